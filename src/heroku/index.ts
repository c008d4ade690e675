export { herokuEngineProvider } from "./appConfigAssociation.js";
export { HerokuClient, type HerokuClientOptions } from "./client.js";
export { HerokuClients } from "./clients.js";
export { HerokuError, type HerokuErrorKind } from "./error.js";
export {
  configVarBytes,
  configVarLimit,
  configVarProblem,
  configVarWarning,
  inKilobytes,
  overLimit,
  type VarProblem,
} from "./limits.js";
export { NoHeroku } from "./noHeroku.js";
export { SeenVars } from "./seenVars.js";
