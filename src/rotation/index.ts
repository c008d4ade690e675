export { type AffectedApp, affectedApps } from "./affected.js";
export { planRotation, type RotationEvent, type RotationPlan, type RotationRequest, rotate } from "./rotate.js";
export { writeFlat } from "./writeFlat.js";
