export { findForbidden, overridesOf, ownVarWarnings } from "./appVars.js";
export { comparedPlaces, type Place } from "./compared.js";
export {
  type ComparedEnvironment,
  compareEnvironments,
  type Difference,
  foldersToCompare,
} from "./difference.js";
export { type FlagRelease, runningFlag, touches } from "./flag.js";
export { type GateAnswer, type GateFacts, gate, migrationOutput } from "./gate.js";
export {
  type ForbiddenPlace,
  forbiddenPlaces,
  readNow,
  seenNow,
  surroundingsOf,
  tokensFor,
  tokensOf,
} from "./judged.js";
export {
  type Last,
  type LeftResource,
  lastOf,
  neverUpdated,
  resourceTypes,
} from "./last.js";
export {
  checkRoot,
  type FolderSight,
  gateFacts,
  isFlagOn,
  look,
  lookAtFlag,
  lookAtFolder,
  lookAtRoot,
  mustRead,
  predecessor,
  type Sight,
  see,
  successors,
  targetOf,
  unreadable,
} from "./look.js";
export { type Earlier, type Neighbours, type NextStep, nextSteps, settingFirst } from "./next.js";
export { duration, hoursBetween, type Phase, phaseOf, phases, soakStart } from "./phases.js";
export { type Authority, type CopyRecord, type Placement, place } from "./placement.js";
export {
  type AppPlan,
  type FlagPlan,
  type FolderPlan,
  type NamePlan,
  offReasons,
  type PlanQuestion,
  planStack,
  type RetirementPlan,
  type SetPlan,
  type StackPlan,
  specOf,
} from "./plan.js";
export { howToSee, publicName } from "./readers.js";
export { readEverySecret, readFolders, readNames, type SeenFolders, type SeenNames } from "./readFolders.js";
export {
  type MigrationFacts,
  type MigrationRecord,
  type NamePlaces,
  type OnApp,
  recordAtEnd,
  recordMigration,
  remembersElse,
  type Transition,
  type UpdateEnd,
  type ValueSource,
} from "./record.js";
export { type Restore, type Retire, restore, retire } from "./retirement.js";
export { foldersToList, judgeRoot, type Listings, otherPlaces, type RootJudgement, type StackPlace } from "./root.js";
export {
  type Decision,
  type Decisions,
  decide,
  newRevision,
  predict,
  readBack,
  type SetSpec,
  type SetState,
  SetView,
  setChanged,
  summarise,
} from "./set.js";
export {
  allConfirmed,
  type Broken,
  brokenOf,
  mergeSummaries,
  type Passed,
  type SeenTokens,
  type SetMemory,
  type SetSummary,
  told,
  waits,
  wrongs,
} from "./summary.js";
export { flagVerdict, retirementVerdict, type Verdict, verdictText } from "./verdict.js";
export {
  type DifferentName,
  type FlatWrite,
  type GoneName,
  planWayBack,
  type WayBack,
  type WayBackChoice,
  type WayBackPlan,
  wayBack,
  wayBackPaths,
} from "./wayBack.js";
export {
  type AppView,
  differences,
  movedFrom,
  type RunningFlag,
  type Target,
  type VaultRow,
  type World,
} from "./world.js";
