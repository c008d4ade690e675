import { join } from "node:path";
import { readPassphrase } from "./embedded/session.js";
import { openSecretsManager } from "./embedded/state/passphrase.js";
import type { StackLocation } from "./port.js";
import { chosenBackend, goesByLogin, runEnvironment, stateDirectory } from "./project/backend.js";
import { readProject } from "./project/project.js";
import { readYaml, text } from "./project/yaml.js";
import { cliVersion, findCli } from "./pulumi/cli.js";

/** The Pulumi CLI of a project. */
export interface CliSeen {
  readonly found: string;
  readonly version: string;
}

/** @returns undefined where there is none. @throws EngineError for one that was named and does not run */
export async function inspectCli(location: StackLocation): Promise<CliSeen | undefined> {
  const cli = await findCli(location);
  return cli && { found: cli.found, version: await cliVersion(cli, runEnvironment(location)) };
}

/** Where a stack's state is kept, to be printed. */
export interface BackendSeen {
  readonly description: string;
  /** Of files on this machine, which a passphrase protects; else a service. */
  readonly isFiles: boolean;
}

/** @throws EngineError for a project that cannot be read */
export async function inspectBackend(location: StackLocation): Promise<BackendSeen> {
  const project = await readProject(location, { anyRuntime: true });
  const chosen = chosenBackend(location, project.backendUrl);
  if (chosen?.isFiles === false) return { description: `${chosen.kind} (${chosen.source})`, isFiles: false };
  if (await goesByLogin(location, project)) return { description: "where the Pulumi CLI is logged in", isFiles: false };
  const directory = join(stateDirectory(location, project.backendUrl), ".pulumi");
  return { description: `files in ${directory}${chosen ? ` (${chosen.source})` : ""}`, isFiles: true };
}

/** Who encrypts a stack's secrets, to be printed. @throws EngineError for a passphrase that is missing or another one */
export async function inspectSecrets(location: StackLocation, { isFiles }: BackendSeen): Promise<string> {
  const { stackFile } = await readProject(location, { anyRuntime: true });
  const document = (await readYaml(stackFile))?.document;
  const provider = document && text(document, ["secretsprovider"], stackFile);
  if (provider !== undefined && provider !== "passphrase")
    return `secrets provider ${provider.replace(/:\/\/.*/, "://…")}`;
  const salt = document && text(document, ["encryptionsalt"], stackFile);
  if (salt === undefined && !isFiles) return "secrets provider of the backend";
  const passphrase = await readPassphrase(runEnvironment(location), `stack ${location.stack}`);
  if (salt === undefined) return "passphrase set; the stack has nothing encrypted yet";
  await openSecretsManager(passphrase, salt, `stack ${location.stack}`);
  return "passphrase fits the stack's salt";
}
