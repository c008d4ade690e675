export { credentialsOf } from "./credentials.js";
export { withConfigValue } from "./edit.js";
export { isEncrypted } from "./herokuConfig.js";
export {
  catalogKey,
  configKeys,
  configShape,
  defaultHerokuUrl,
  namespace,
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
