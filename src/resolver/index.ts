export { UnknownNameError } from "../catalog/lookup.js";
export { type RequestContext, selectedEnvironment, withEnvironment } from "./context.js";
export { expressEnvironment, fastifyEnvironment, type SelectEnvironment } from "./middleware.js";
export {
  activeEnvironment,
  environmentPath,
  type FlagReading,
  flagFromEnvironment,
  flagMeansOn,
  flatPath,
  type Known,
  type Resolution,
  type ResolveOptions,
  readFlag,
  resolve,
  secretPathFor,
} from "./resolve.js";
