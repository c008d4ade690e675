export type { Flag } from "../catalog/index.js";
export { type AppliedFlag, type ApplyOptions, applyFlags, type FlagRecord } from "./apply.js";
export { DatabaseError } from "./failure.js";
export { flags, vaultEnvAware } from "./registry.js";
export { type Direction, flagSql, flagsTable, revisionsTable } from "./sql.js";
