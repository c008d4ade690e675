import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { PulumiCommand, Stack } from "@pulumi/pulumi/automation/index.js";
import { openSecretsManager } from "../embedded/index.js";
import { rootStackType } from "../embedded/urn.js";
import { signatureKey } from "../embedded/values/signatures.js";
import { type Deployment, EngineError, type EngineEvent, type OutputMap, type StackLocation } from "../port.js";
import { cliBackend, runEnvironment } from "../project/backend.js";
import { readProject } from "../project/project.js";
import { readYaml } from "../project/yaml.js";
import { type Cli, cliVersion, findCli, howToInstall } from "./cli.js";

/** What the CLI keeps of a stack. */
export interface CliState {
  readonly deployment: Deployment;
  readonly outputs: OutputMap;
  /** One sentence for every operation that an earlier run had begun and never finished. */
  readonly interrupted: readonly string[];
}

interface Setting {
  readonly cli: Cli;
  /** Added to the process's own environment. */
  readonly env: Record<string, string>;
}

const notFound = /no stack named.*found/;

/** A stack as the CLI keeps it, in few calls of the CLI: each takes a quarter of a second and more. */
export class CliStack {
  #found: Promise<Setting> | undefined;
  #version: Promise<string> | undefined;

  constructor(private readonly location: StackLocation) {}

  /** @returns undefined when the stack does not exist */
  async read(): Promise<CliState | undefined> {
    const printed = await this.#call("stack", "export").catch(unlessMissing);
    if (printed === undefined) return undefined;
    const deployment = JSON.parse(printed) as Deployment;
    const { resources = [], pending_operations: pending } = (deployment.deployment ?? {}) as Exported;
    const root = resources.find((one) => one.type === rootStackType && one.delete !== true);
    const outputs = plainOutputs(root?.outputs ?? {}) ?? (await this.#decryptedOutputs());
    return { deployment, outputs, interrupted: (pending ?? []).map((one) => interruption(one.resource.urn, one.type)) };
  }

  async create(): Promise<void> {
    await this.#call("stack", "init");
  }

  async cancel(): Promise<void> {
    await this.#call("cancel", "--yes").catch(unlessMissing);
  }

  /** A stack that exists, for one operation of the Automation API. */
  async open(env: Record<string, string>): Promise<Stack> {
    const { cli, env: own } = await this.#setting();
    // The CLI says its version while the API loads, which takes most of a second.
    this.#version ??= cliVersion(cli, runEnvironment(this.location));
    const automation = await loadAutomation();
    const workspace = await automation.LocalWorkspace.create({
      workDir: this.location.projectDir,
      envVars: { ...own, ...env },
      pulumiCommand: commandOf(automation, cli, await this.#version),
    });
    // What the API would ask the CLI besides, in six more calls: to select the stack, which every call names anyway; after an
    // operation for its outputs, which `read` has, and for its history, which nobody needs.
    Object.assign(workspace, { selectStack: async () => {}, stackOutputs: async () => ({}) });
    const stack = await automation.Stack.select(this.location.stack, workspace);
    return Object.assign(stack, { info: async () => undefined });
  }

  async #decryptedOutputs(): Promise<OutputMap> {
    const [masked, clear] = await Promise.all([
      this.#call("stack", "output", "--json"),
      this.#call("stack", "output", "--json", "--show-secrets"),
    ]);
    const hidden = JSON.parse(masked) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(JSON.parse(clear) as Record<string, unknown>).map(([key, value]) => [
        key,
        { value, secret: hidden[key] === "[secret]" },
      ]),
    );
  }

  /** @throws EngineError in the CLI's own words */
  async #call(...args: string[]): Promise<string> {
    const { cli, env } = await this.#setting();
    const { projectDir, stack } = this.location;
    try {
      const { stdout } = await promisify(execFile)(cli.command, [...args, "--stack", stack, "--non-interactive"], {
        cwd: projectDir,
        env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", ...env },
        maxBuffer: Number.POSITIVE_INFINITY,
      });
      return stdout;
    } catch (error) {
      throw new EngineError(cliReason((error as { stderr?: string }).stderr || String(error)));
    }
  }

  /** The same for all calls of one command: where the stack is kept does not change under it. */
  #setting(): Promise<Setting> {
    this.#found ??= settingOf(this.location);
    return this.#found;
  }
}

async function settingOf(location: StackLocation): Promise<Setting> {
  const project = await readProject(location, { anyRuntime: true });
  await refuseMissingPassphrase(location, project.stackFile);
  const cli = await findCli(location);
  if (cli === undefined) throw new EngineError(`There is no Pulumi CLI. ${howToInstall}`);
  return { cli, env: { ...location.env, ...(await cliBackend(location, project)) } };
}

/**
 * The CLI calls a passphrase that was not given an incorrect one.
 * @throws EngineError when none is given, and the stack's salt was made with one
 */
async function refuseMissingPassphrase(location: StackLocation, stackFile: string): Promise<void> {
  const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = runEnvironment(location);
  if (PULUMI_CONFIG_PASSPHRASE || PULUMI_CONFIG_PASSPHRASE_FILE) return;
  const salt: unknown = (await readYaml(stackFile))?.document.get("encryptionsalt");
  if (typeof salt === "string") await openSecretsManager("", salt, `stack ${location.stack}`);
}

/** Loaded only where it is used: it takes most of a second. */
async function loadAutomation() {
  const [api, lowest] = await Promise.all([
    import("@pulumi/pulumi/automation/index.js"),
    import("@pulumi/pulumi/automation/minimumVersion.js") as Promise<object>,
  ]);
  const { minimumVersion } = lowest as { readonly minimumVersion: object };
  // A version of the class that the API's own semver has.
  return { ...api, SemVer: minimumVersion.constructor as new (version: string) => object };
}

/** The API's own `get` finds `pulumi` on PATH or in `<root>/bin` only. */
function commandOf(
  { PulumiCommand, SemVer }: Awaited<ReturnType<typeof loadAutomation>>,
  { command }: Cli,
  version: string,
): PulumiCommand {
  return Reflect.construct(PulumiCommand, [command, new SemVer(version)]) as PulumiCommand;
}

function unlessMissing(error: Error): undefined {
  if (!notFound.test(error.message)) throw error;
  return undefined;
}

/** The part of an export that is read here (`sdk/go/common/apitype/core.go`, `DeploymentV3`). */
interface Exported {
  readonly resources?: readonly { type: string; delete?: boolean; outputs?: Record<string, unknown> }[];
  readonly pending_operations?: readonly { resource: { urn: string }; type: string }[] | null;
}

/** @returns undefined where something of them is a secret, an asset or a reference: these stand for a value that is elsewhere */
function plainOutputs(outputs: Record<string, unknown>): OutputMap | undefined {
  if (JSON.stringify(outputs).includes(signatureKey)) return undefined;
  return Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, { value, secret: false }]));
}

/** What a stack's outputs are, or in a preview would be, out of the event of the stack itself. */
export function outputsOfEvent({ resOutputsEvent }: EngineEvent): OutputMap | undefined {
  const { type, new: state } = resOutputsEvent?.metadata ?? {};
  return type === rootStackType ? plainOutputs(state?.outputs ?? {}) : undefined;
}

export const interruption = (urn: string, doing: string): string =>
  `An earlier run was interrupted while ${urn} was ${doing}: whether that happened is not known.`;

// The API gives the CLI's stderr and stdout in one piece: an error ends where the headline of stdout begins.
const endOfError = /\n\n|\n(?=(?:Previewing \w+|Updating|Refreshing|Destroying) \([^\n]*\):)/;

/** What the CLI says is wrong: the error lines of its stderr, without its banner and whatever else it printed. */
export function cliReason(text: string): string {
  const stderr = /\n stderr: ([\s\S]*?)\n err\?: /.exec(text)?.[1] ?? text;
  const said = stderr.split(/^error: /m).slice(1);
  const messages = said
    .map((message) => message.split(endOfError)[0]?.trim() ?? "")
    .filter((message) => message !== "");
  return messages.length === 0 ? text.trim() : [...new Set(messages)].join("\n");
}
