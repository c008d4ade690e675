export { consoleCatalog, type EnvironmentName } from "./console.js";
export { CatalogError, defineCatalog } from "./define.js";
export {
  credentialOf,
  environmentOf,
  flagApps,
  flaggedEnvironments,
  flagRoles,
  flagVariable,
  forbiddenIn,
  hasFlag,
  heldBy,
  heldByVendor,
  isHerokuKey,
  mayHold,
  rulesOf,
  scopedVendors,
  usesHeroku,
} from "./lookup.js";
export { nearest } from "./nearest.js";
export {
  type Held,
  type Judgement,
  judge,
  looksLikeSecret,
  type Override,
  overridableRules,
  type RuleDetails,
  type RuleFinding,
  type Subject,
  type Surroundings,
  shapeRules,
  withOverrides,
} from "./rules.js";
export { neverHolds, ruleRefusal, ruleWords, wantedOf } from "./ruleWords.js";
export { ruleSchema } from "./schema.js";
export type { Catalog, Credential, Environment, Flag, Rule, Scope } from "./types.js";
