export { buildStatus, type EnvironmentSight } from "./build.js";
export { commentLimit, type PlanReport, type ReportStep, renderComment, sideWord } from "./comment.js";
export { renderMarkdown } from "./markdown.js";
export { renderHtml } from "./page.js";
export { type Cell, type CredentialStatus, type EnvironmentStatus, type StatusReport, statusReport } from "./status.js";
export { quietBorders, renderTerminal } from "./terminal.js";
export { timelineOf } from "./timeline.js";
export { type ResolutionVectors, resolutionVectors, vectorsOf } from "./vectors.js";
export { headline, pendingLines } from "./words.js";
