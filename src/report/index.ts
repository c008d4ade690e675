export { buildStatus, type EnvironmentSight } from "./build.js";
export { commentLimit, type PlanReport, type PlanStep, renderComment } from "./comment.js";
export { renderMarkdown } from "./markdown.js";
export { renderHtml } from "./page.js";
export {
  type Cell,
  type CellState,
  type CredentialStatus,
  cellStates,
  type EnvironmentStatus,
  type StatusReport,
  statusReport,
} from "./status.js";
export { quietBorders, renderTerminal, type TerminalOptions } from "./terminal.js";
export { type TimelineStep, timelineOf, timelineSteps } from "./timeline.js";
export { headline, notSeen } from "./words.js";
