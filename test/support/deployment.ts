import { type DeploymentJson, deploymentText } from "../../src/engine/embedded/state/checkpoint.js";

/** A state as what is read back of its text. */
export const snapshotToJson = (...state: Parameters<typeof deploymentText>): DeploymentJson =>
  JSON.parse([...deploymentText(...state)].join("")) as DeploymentJson;
