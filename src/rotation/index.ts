export { type Flags, readFlags } from "./flags.js";
export { planRotation, type RotationPlan, type RotationRequest } from "./plan.js";
export { type AppFacts, decideApp, type Kept, previousValue } from "./reach.js";
export { type RotationEvent, rotate } from "./rotate.js";
export { flagDisagreement, settingsOf } from "./stacks.js";
export { writeFlat } from "./writeFlat.js";
