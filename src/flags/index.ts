export type { Flag } from "../catalog/index.js";
export { applyFlags } from "./apply.js";
export { DatabaseError } from "./failure.js";
export { flagsOf } from "./registry.js";
export { type Direction, flagSql } from "./sql.js";
