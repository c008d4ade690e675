// `console-vault/vault`: for other TypeScript services.
export { SecretValue } from "../secret.js";
export * from "./client/index.js";
export { createVault, type Read, type Vault, type VaultOptions } from "./service.js";
