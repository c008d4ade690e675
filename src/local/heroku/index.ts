export type { KeyCheck } from "./accounts.js";
export type { Changes, ReleaseStatus } from "./platform.js";
export { defaultHerokuSeed, HerokuSeed, newKey } from "./seed.js";
export {
  type HerokuOptions,
  type LocalApps,
  type LocalHeroku,
  type LocalKeys,
  type ReleaseView,
  startHeroku,
} from "./server.js";
