export { findCli, howToInstall } from "./cli.js";
export { PulumiEngine } from "./engine.js";
