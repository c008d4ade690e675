export { findForbidden, overridesOf, ownVarWarnings } from "./appVars.js";
export { comparedPlaces, credentialPaths, type Place } from "./compared.js";
export {
  type ComparedEnvironment,
  compareEnvironments,
  type Difference,
  foldersToCompare,
} from "./difference.js";
export {
  distinct,
  type Finding,
  type FlatFinding,
  type LeftOutFinding,
  type PlaceFinding,
  type Reason,
  timeless,
  type Verdict,
} from "./findings.js";
export { appFlag, touches } from "./flag.js";
export {
  appsInWords,
  appsOfFlag,
  asWanted,
  flagOf,
  flagWords,
  type KeptFlag,
  keptFlag,
  keptState,
} from "./flagState.js";
export { type GateAnswer, type GateFacts, gate } from "./gate.js";
export { forbiddenPlaces, revisionsFor, revisionsOf, surroundingsOf } from "./judged.js";
export {
  type Last,
  type LastUpdate,
  type LeftResource,
  lastOf,
  neverUpdated,
  otherResources,
  recordOf,
  type ShownResource,
  stateOf,
} from "./last.js";
export { foldersOfLeft, leftByPath, placesRead } from "./left.js";
export {
  checkRoot,
  type FolderSight,
  gateFacts,
  isFlagOn,
  look,
  lookAtFlag,
  lookAtFolder,
  lookAtWayBack,
  readForPlan,
  type Sight,
  see,
  targetOf,
  unreadable,
  type VaultReads,
  type VaultSight,
} from "./look.js";
export { type Earlier, type Neighbours, nextSteps, settingFirst } from "./next.js";
export { gatedBy, type Promotion, predecessor, promotionOf, successor } from "./order.js";
export { duration, phaseOf, phases, soakEnd, soakStart, soakTimes } from "./phases.js";
export { place } from "./placement.js";
export {
  type AppPlan,
  type FlagPlan,
  type FolderPlan,
  offReasons,
  planStack,
  type SetPlan,
  type StackPlan,
  specOf,
  writesOf,
} from "./plan.js";
export {
  type AppsByEnvironment,
  type ProposedCredential,
  proposeApps,
  proposeFlagRole,
  proposeScope,
  type SeenCredential,
} from "./propose.js";
export { decideProvision, type ProvisionDecision } from "./provision.js";
export { publicName } from "./readers.js";
export { readEverySecret, readFolders, readNames } from "./readFolders.js";
export { type MigrationFacts, recordAtEnd, recordMigration, remembersElse } from "./record.js";
export { followRestored, restore, retire } from "./retirement.js";
export {
  afterFailedRollback,
  type FlagReadings,
  locksForRollback,
  looksBack,
  looksBackAgain,
  mayBeOn,
  settingsForOff,
} from "./rollback.js";
export { otherPlaces } from "./root.js";
export { indexed } from "./rows.js";
export {
  type Decisions,
  decide,
  newRevision,
  SetView,
  setChanged,
  summarise,
} from "./set.js";
export * from "./state/index.js";
export { brokenOf, duplicateOf, mergeSummaries, ruleBroken } from "./summary.js";
export { flagVerdict, recordAsOf, reportAsOf, retirementVerdict } from "./verdict.js";
export {
  type DifferentName,
  type FlatWrite,
  type GoneName,
  planWayBack,
  retiredNames,
  type WayBack,
  type WayBackObstacle,
  wayBack,
  wayBackObstacle,
  withoutVault,
} from "./wayBack.js";
export { findingJson, reason, recordOutput, refusalOf, sentence, verdictHead } from "./wording.js";
export { type FlagState, labelsOf, movedFrom, type RunningFlag, type VaultRow, type World } from "./world.js";
