/** The local Infisical service. */
export { defaultInfisicalSeed } from "./default-seed.js";
export type { Flavour } from "./errors.js";
export type { RateLimits } from "./rate-limit.js";
export { type InfisicalSeed, infisicalSeedSchema, type Role } from "./seed.js";
export { type InfisicalOptions, type LocalInfisical, startInfisical } from "./server.js";
export type { IdentityOptions, LocalIdentity, StoredSecret, Vault } from "./vault.js";
