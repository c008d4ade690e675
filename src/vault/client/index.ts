export { createInfisicalClient } from "./client.js";
export { authFromEnvironment } from "./environment.js";
export { InfisicalError, type InfisicalErrorKind } from "./error.js";
export { Logins } from "./logins.js";
export { folderPath } from "./paths.js";
export { type FolderRights, type TokenHolder, VaultProbe } from "./probe.js";
export { put, putAs, writeSecrets } from "./put.js";
export type {
  DeleteResult,
  FolderEntry,
  InfisicalAuth,
  InfisicalClient,
  InfisicalClientOptions,
  SecretEntry,
  SecretMetadata,
  SecretToWrite,
  WriteResult,
} from "./types.js";
export { assertSafeUrl } from "./url.js";
export { bytesInBody, MAX_VALUE_BYTES, trimmed } from "./values.js";
