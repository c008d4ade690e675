/** The local Infisical service. */
export type { Flavour } from "./errors.js";
export { type Plan, plans, type RateLimits } from "./rate-limit.js";
export { type InfisicalSeed, infisicalSeedSchema } from "./seed.js";
export { type InfisicalOptions, type LocalInfisical, startInfisical } from "./server.js";
export type { Vault } from "./vault.js";
