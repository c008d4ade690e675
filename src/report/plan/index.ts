export { type OfflinePlan, planOffline, soakOf } from "./offline.js";
export { planReport, refusedReport, reportStep } from "./report.js";
export { countShown, flagSwitch, type PlanStep, planSteps, stepHead } from "./steps.js";
