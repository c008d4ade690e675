// `console-vault/catalog`: what other programs may use of this room. Rooms of this repository enter by index.ts.
export { brokenRules } from "./brokenRules.js";
export { type CredentialName, consoleCatalog, type EnvironmentName } from "./console.js";
export { CatalogError, defineCatalog } from "./define.js";
export { credentialOf, environmentOf, heldBy, mayHold, UnknownNameError } from "./lookup.js";
export type { Catalog, Credential, Environment, Flag, Format, Rule, RuleName, Scope } from "./types.js";
