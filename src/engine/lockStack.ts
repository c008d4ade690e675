import { StackFiles } from "./embedded/index.js";
import { acquireLock, type Lock } from "./embedded/state/lock.js";
import type { EngineName, StackLocation } from "./port.js";
import { chosenBackend, goesByLogin, stateDirectory } from "./project/backend.js";
import { readProject } from "./project/project.js";

/**
 * Holds a stack's lock for work that is no update of it, so that no update runs meanwhile: both engines honour it.
 *
 * @param engine the one that runs the stack: without a backend of its own, the CLI's is where it is logged in
 * @returns undefined for a backend that is not of files: its lock is the backend's own, and cannot be held from outside
 * @throws EngineError that names the holder, while an update runs
 */
export async function lockStack(location: StackLocation, engine: EngineName): Promise<Lock | undefined> {
  const project = await readProject(location, { anyRuntime: true });
  if (chosenBackend(location, project.backendUrl)?.isFiles === false) return undefined;
  if (engine === "pulumi" && (await goesByLogin(location, project))) return undefined;
  const files = new StackFiles(stateDirectory(location, project.backendUrl), project.name, location.stack);
  return acquireLock(files.lockDirectory, location.stack);
}
