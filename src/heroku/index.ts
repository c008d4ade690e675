export { type EngineProviderOptions, herokuEngineProvider } from "./appConfigAssociation.js";
export { type ConfigVarChanges, HerokuClient, type HerokuClientOptions } from "./client.js";
export { HerokuError, type HerokuErrorKind } from "./error.js";
export {
  configVarBytes,
  configVarLimit,
  configVarProblem,
  configVarWarning,
  inKilobytes,
  overLimit,
} from "./limits.js";
export type { HerokuAccount, HerokuApp, HerokuRelease } from "./shapes.js";
export type { HerokuAuth } from "./transport.js";
