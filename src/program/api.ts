// `import … from "console-vault/pulumi"`: what a Pulumi program of one's own declares.
export { awaitWork } from "../engine/work/program.js";
export { Folder, Migration, Retirement, SecretSet } from "../provider/index.js";
export { ConsoleVault, type ConsoleVaultArgs } from "./component.js";
export { consoleVault } from "./index.js";
