import { load } from "../load.mjs";

export const {
  assertSafeUrl,
  authFromEnvironment,
  createInfisicalClient,
  createVault,
  folderPath,
  InfisicalError,
  isLoopback,
  SecretValue,
  trimmed,
} = await load("vault/index");
