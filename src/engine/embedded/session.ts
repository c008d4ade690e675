import { appendFile, readFile, writeFile } from "node:fs/promises";
import { isNode } from "yaml";
import { EngineError, type StackLocation } from "../port.js";
import { runEnvironment, stateDirectory } from "../project/backend.js";
import { type Project, readProject } from "../project/project.js";
import { type ConfigValue, readStackFile, resolveConfig, type StackFile } from "../project/stackConfig.js";
import { StackFiles } from "./state/backend.js";
import { type DeploymentJson, deploymentText, snapshotFromJson } from "./state/checkpoint.js";
import { targetOf } from "./state/files.js";
import { integrityProblem } from "./state/integrity.js";
import { missingPassphrase, newSecretsManager, openSecretsManager, type SecretsManager } from "./state/passphrase.js";
import type { Snapshot } from "./state/resource.js";

/** Everything about a stack that an operation starts from. */
export interface Session {
  project: Project;
  files: StackFiles;
  stackFile: StackFile;
  secrets: SecretsManager;
  /** The salt is new: it has to be written to the stack's file before anything is encrypted with it. */
  newSalt: boolean;
  config: Map<string, ConfigValue>;
  env: NodeJS.ProcessEnv;
  /** The state as it was read when the session was opened, to the first who asks; read again for the next. */
  deployment: () => Promise<DeploymentJson | undefined>;
}

/** As JSON a state is as large in memory as what is made of it: nobody keeps it. */
export function readOnce(files: StackFiles, read: DeploymentJson | undefined): Session["deployment"] {
  let kept = read;
  return async () => {
    const first = kept;
    kept = undefined;
    return first ?? files.read();
  };
}

/**
 * Reads a stack's project, configuration and state.
 * @param meanwhile is called while another thread derives the key from the passphrase, which takes most of a second
 * @throws EngineError for whatever cannot be used, before anything is touched
 */
export async function openSession(
  location: StackLocation,
  meanwhile: (project: Project) => void = () => {},
): Promise<Session> {
  const project = await readProject(location);
  const env = runEnvironment(location);
  const files = new StackFiles(stateDirectory(location, project.backendUrl), project.name, location.stack);
  const stackFile = await readStackFile(project.stackFile, project.name);
  const deployment = await files.read();
  const where = `stack ${location.stack}`;
  const salt = stackFile.encryptionSalt ?? saltOf(deployment);
  const passphrase = await readPassphrase(env, where);
  const opening =
    salt === undefined
      ? newSecretsManager(passphrase, files.checkpointPath)
      : openSecretsManager(passphrase, salt, where);
  meanwhile(project);
  const secrets = await opening;
  const config = resolveConfig(stackFile, project.config, (text) => secrets.decrypt(text), location.stack);
  return {
    project,
    files,
    stackFile,
    secrets,
    newSalt: stackFile.encryptionSalt === undefined,
    config,
    env,
    deployment: readOnce(files, deployment),
  };
}

/** The state as the engine works on it. Throws EngineError when it is damaged. */
export async function loadSnapshot(session: Session, stack: string): Promise<Snapshot> {
  const { files } = session;
  const deployment = await session.deployment();
  if (deployment === undefined) return { resources: [], pendingOperations: [] };
  const secrets = await stateSecrets(session, deployment, stack);
  const snapshot = snapshotFromJson(deployment, secrets, `stack ${stack}`);
  const problem = integrityProblem(snapshot.resources);
  if (problem !== undefined) throw files.damaged(problem);
  return snapshot;
}

/** State may have been encrypted with another salt than the stack's file has now. */
async function stateSecrets(session: Session, deployment: DeploymentJson, stack: string): Promise<SecretsManager> {
  const salt = saltOf(deployment);
  if (salt === undefined || salt === session.secrets.salt) return session.secrets;
  return openSecretsManager(await readPassphrase(session.env, stack), salt, `the state of stack ${stack}`);
}

export const saltOf = (deployment: DeploymentJson | undefined): string | undefined =>
  deployment?.secrets_providers?.state.salt;

/** Writes a state as the file backend keeps it. */
export const persistTo =
  ({ files, secrets }: Session) =>
  (snapshot: Snapshot): Promise<void> =>
    files.write(deploymentText(snapshot, secrets, new Date()));

/** Makes the stack exist: its salt in its file, every other byte of that file as it was, and an empty state. */
export async function ensureStack(session: Session): Promise<void> {
  const { project, stackFile, secrets, files } = session;
  if (session.newSalt) {
    const line = `encryptionsalt: ${secrets.salt}\n`;
    if (stackFile.text === undefined) await writeFile(await targetOf(project.stackFile), line, { flag: "wx" });
    else
      await appendFile(project.stackFile, (stackFile.text === "" || stackFile.text.endsWith("\n") ? "" : "\n") + line);
  }
  if (!(await files.exists())) await persistTo(session)({ resources: [], pendingOperations: [] });
}

/** @throws EngineError when neither variable is set: an empty passphrase has to be asked for. */
export async function readPassphrase(env: NodeJS.ProcessEnv, where: string): Promise<string> {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined) return env.PULUMI_CONFIG_PASSPHRASE;
  const file = env.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (file === undefined || file === "") {
    throw missingPassphrase(where);
  }
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    throw new EngineError(`The passphrase of ${where} cannot be read: PULUMI_CONFIG_PASSPHRASE_FILE is ${file}.`);
  }
}

/** The configuration as it stands in the file, ciphertexts included, for the stack's history. */
export const configAsWritten = ({ stackFile }: Session): Record<string, unknown> =>
  Object.fromEntries([...stackFile.config].map(([key, node]) => [key, plain(isNode(node) ? node.toJSON() : node)]));

const plain = (value: unknown): unknown => (typeof value === "object" && value !== null ? value : String(value ?? ""));
