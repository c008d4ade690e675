export { credentialsOf } from "./credentials.js";
export { withConfigValue } from "./edit.js";
export { isEncrypted } from "./herokuConfig.js";
export { catalogKey, namespace } from "./keys.js";
export {
  configKeys,
  configShape,
  defaultHerokuUrl,
  type StackConfig,
  sourceOf,
} from "./schema.js";
export { type Services, servicesOf } from "./services.js";
export {
  checkedConfig,
  configError,
  parseStackConfig,
  rawStackConfig,
  readStackConfig,
  siblingStacks,
  stackFile,
} from "./stackFile.js";
