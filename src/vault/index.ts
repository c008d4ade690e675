// `console-vault/vault`: for other TypeScript services.
export { SecretValue } from "../secret.js";
export {
  authFromEnvironment,
  createInfisicalClient,
  type DeleteResult,
  type FolderEntry,
  type InfisicalAuth,
  type InfisicalClient,
  type InfisicalClientOptions,
  InfisicalError,
  type InfisicalErrorKind,
  type SecretEntry,
  type SecretToWrite,
  type WriteResult,
} from "./client/index.js";
export { createVault, type Read, type Vault, type VaultOptions } from "./service.js";
