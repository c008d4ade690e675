export { EmbeddedEngine } from "./engine.js";
export { StackFiles } from "./state/backend.js";
export { openSecretsManager } from "./state/passphrase.js";
