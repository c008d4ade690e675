// Loaded only where a project has YAML to be read.
export { parse } from "yaml";
