export { UnknownNameError } from "../catalog/lookup.js";
export { type RequestContext, selectedEnvironment, withEnvironment } from "./context.js";
export { expressEnvironment, fastifyEnvironment, type SelectEnvironment } from "./middleware.js";
export {
  activeEnvironment,
  environmentPath,
  flagFromEnvironment,
  flagMeansOn,
  flatPath,
  type Resolution,
  type ResolveOptions,
  resolve,
  secretPathFor,
} from "./resolve.js";
