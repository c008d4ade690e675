// `import … from "console-vault"`: for a Pulumi program of one's own, with one's own catalog or resources.
export * from "./catalog/api.js";
export { awaitWork } from "./engine/work/program.js";
export { consoleVault } from "./program/index.js";
export { Folder, Migration, Retirement, SecretSet } from "./provider/index.js";
export * from "./resolver/index.js";
