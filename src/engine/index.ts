// The only way in. This folder knows nothing of the rest of the project and could be a package of its own.
export { chooseEngine } from "./choose.js";
export type { InlineContext, InlineProgram, InlineProvider } from "./inline.js";
export { inspectBackend, inspectCli, inspectSecrets } from "./inspect.js";
export { lockStack } from "./lockStack.js";
export { openEngine } from "./open.js";
export { type PlainResource, plainResources, readPlainState, stackType } from "./plainState.js";
export * from "./port.js";
export * from "./provider.js";
export { loadPartsLater } from "./sdkParts.js";
export { configValue } from "./secretConfig.js";
