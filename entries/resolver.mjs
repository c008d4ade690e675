import { load } from "../load.mjs";

export const {
  activeEnvironment,
  environmentPath,
  expressEnvironment,
  fastifyEnvironment,
  flagFromEnvironment,
  flagMeansOn,
  flatPath,
  resolve,
  secretPathFor,
  selectedEnvironment,
  UnknownNameError,
  withEnvironment,
} = await load("resolver/index");
