export { type AffectedApp, affectedApps } from "./affected.js";
export { FlagMoved, type Flags, readFlags } from "./flags.js";
export { planRotation, type RotationPlan, type RotationRequest } from "./plan.js";
export { type AppFacts, type AppStep, decideApp, type Kept, type Previous, previousValue } from "./reach.js";
export { type RotationEvent, rotate } from "./rotate.js";
export { writeFlat } from "./writeFlat.js";
