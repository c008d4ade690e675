import { createRequire } from "node:module";
import type * as Automation from "@pulumi/pulumi/automation/index.js";
import type { LocalWorkspace, PulumiCommand, Stack } from "@pulumi/pulumi/automation/index.js";
import { openSecretsManager } from "../embedded/index.js";
import { ErrorCollector } from "../errors.js";
import {
  type Deployment,
  type Engine,
  EngineError,
  type EngineEvent,
  type Outcome,
  type OutputMap,
  type RunOptions,
  type StackLocation,
  type Work,
} from "../port.js";
import { cliBackend, environmentOf } from "../project/backend.js";
import { readProject } from "../project/project.js";
import { readYaml } from "../project/yaml.js";
import { Redactor } from "../redact.js";
import { WorkHost } from "../work/host.js";
import { cliVersion, findCli, howToInstall } from "./cli.js";
import { portEvents } from "./events.js";

type Operation = "preview" | "up" | "refresh" | "destroy";

/** The Pulumi CLI through the Automation API: every backend, every provider, policies, Pulumi Cloud. */
export class PulumiEngine implements Engine {
  readonly name = "pulumi";

  constructor(private readonly location: StackLocation) {}

  preview(options: RunOptions): Promise<Outcome> {
    return this.operate("preview", options);
  }

  up(options: RunOptions): Promise<Outcome> {
    return options.before === undefined ? this.operate("up", options) : this.upAfter(options.before, options);
  }

  refresh(options: RunOptions): Promise<Outcome> {
    return this.operate("refresh", options);
  }

  destroy(options: RunOptions): Promise<Outcome> {
    return this.operate("destroy", options);
  }

  async outputs(): Promise<OutputMap> {
    return (await this.stack("select"))?.outputs() ?? {};
  }

  async export(): Promise<Deployment> {
    const stack = await this.stack("select");
    if (stack === undefined) throw new EngineError(`Stack ${this.location.stack} does not exist: nothing to export.`);
    return stack.exportStack();
  }

  async cancel(): Promise<undefined> {
    await (await this.stack("select"))?.cancel();
    return undefined;
  }

  /** The CLI holds the lock, in a process of its own: its program says when. */
  private async upAfter(work: Work, options: RunOptions): Promise<Outcome> {
    const host = await WorkHost.open(work);
    try {
      // The CLI refreshes before it runs the program: it would show what was there before the work, and fail where a service that
      // the work can do without is down.
      const outcome = await this.operate("up", { ...options, refresh: false }, host.env);
      const done = await host.settled();
      if (done || outcome.result !== "succeeded") return outcome;
      const message = `The program of stack ${this.location.stack} never asked for the work that this update was for, so that was not done.`;
      options.onEvent(errorEvent(message));
      return { ...outcome, result: "failed", errors: [message] };
    } finally {
      await host.close();
    }
  }

  private async operate(operation: Operation, options: RunOptions, env: Record<string, string> = {}): Promise<Outcome> {
    const redactor = new Redactor();
    const errors = new ErrorCollector();
    const outcome: Outcome = { result: "succeeded", changes: {}, outputs: {}, errors: [], interrupted: [] };
    const portEvent = portEvents();
    const onEvent = (event: EngineEvent) => {
      const passed = portEvent(event);
      if (passed === undefined) return;
      const shown = redactor.event(passed);
      errors.see(shown);
      if (shown.summaryEvent !== undefined) outcome.changes = shown.summaryEvent.resourceChanges;
      if (shown.diagnosticEvent?.severity === "warning")
        outcome.interrupted.push(...interruptions(shown.diagnosticEvent.message));
      options.onEvent(shown);
    };
    let stack: Stack | undefined;
    try {
      stack = await this.stack("createOrSelect", { ...env, ...refreshOption(options) });
      const before = (await stack?.outputs()) ?? {};
      redactor.add(
        Object.values(before)
          .filter(({ secret }) => secret)
          .flatMap(({ value }) => strings(value)),
      );
      outcome.outputs = before;
      await run(stack as Stack, operation, options, onEvent);
    } catch (error) {
      const message = redactor.text(reason(error));
      outcome.result = options.signal?.aborted === true ? "cancelled" : "failed";
      if (errors.list().length === 0) onEvent(errorEvent(message));
    }
    // What they would be the CLI does not tell.
    outcome.outputs = operation === "preview" ? {} : ((await stack?.outputs().catch(() => outcome.outputs)) ?? {});
    return { ...outcome, errors: errors.list() };
  }

  private async stack(how: "createOrSelect" | "select", env: Record<string, string> = {}): Promise<Stack | undefined> {
    // By `require`: it takes a second to load, and what `import()` makes of a CommonJS module depends on who runs this.
    const automation = createRequire(import.meta.url)("@pulumi/pulumi/automation") as typeof Automation;
    const { projectDir, stack } = this.location;
    const project = await readProject(this.location, { anyRuntime: true });
    await refuseMissingPassphrase(this.location, project.stackFile);
    const workspace: LocalWorkspace = await automation.LocalWorkspace.create({
      workDir: projectDir,
      envVars: { ...this.location.env, ...(await cliBackend(this.location, project)), ...env },
      pulumiCommand: await this.command(automation.PulumiCommand),
    });
    try {
      return how === "select"
        ? await automation.Stack.select(stack, workspace)
        : await automation.Stack.createOrSelect(stack, workspace);
    } catch (error) {
      if (how === "select" && error instanceof automation.StackNotFoundError) return undefined;
      throw new EngineError(reason(error));
    }
  }

  private async command(Command: typeof PulumiCommand): Promise<PulumiCommand> {
    const cli = await findCli(this.location);
    if (cli === undefined) throw new EngineError(`There is no Pulumi CLI. ${howToInstall}`);
    const version = await cliVersion(cli, environmentOf(this.location));
    // The version as the API itself parses it, with its own semver.
    const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
    const { parse } = require("semver") as { parse(version: string): unknown };
    // The API's own `get` finds `pulumi` on PATH or in `<root>/bin` only.
    return Reflect.construct(Command, [cli.command, parse(version)]) as PulumiCommand;
  }
}

/** The Automation API passes on that a refresh is wanted, and not that none is: the CLI then goes by the project's own option. */
const refreshOption = ({ refresh }: RunOptions): Record<string, string> =>
  refresh === false ? { PULUMI_OPTION_REFRESH: "false" } : {};

/**
 * The CLI calls a passphrase that was not given an incorrect one.
 * @throws EngineError when none is given, and the stack's salt was made with one
 */
async function refuseMissingPassphrase(location: StackLocation, stackFile: string): Promise<void> {
  const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = environmentOf(location);
  if (PULUMI_CONFIG_PASSPHRASE || PULUMI_CONFIG_PASSPHRASE_FILE) return;
  const salt: unknown = (await readYaml(stackFile))?.document.get("encryptionsalt");
  if (typeof salt === "string") await openSecretsManager("", salt, `stack ${location.stack}`);
}

async function run(
  stack: Stack,
  operation: Operation,
  options: RunOptions,
  onEvent: (event: EngineEvent) => void,
): Promise<void> {
  const { refresh, targets = [], targetDependents, excludes = [], replace = [], signal } = options;
  const common = {
    onEvent,
    color: "never" as const,
    ...(targets.length === 0 ? {} : { target: targets }),
    ...(targetDependents === undefined ? {} : { targetDependents }),
    ...(excludes.length === 0 ? {} : { exclude: excludes }),
    ...(signal === undefined ? {} : { signal }),
  };
  const update = {
    ...common,
    ...(replace.length === 0 ? {} : { replace }),
    ...(refresh === undefined ? {} : { refresh }),
  };
  if (operation === "preview") await stack.preview(update);
  else if (operation === "up") await stack.up(update);
  else if (operation === "refresh") await stack.refresh(common);
  else await stack.destroy({ ...common, ...(refresh === undefined ? {} : { refresh }) });
}

// The API gives the CLI's stderr and stdout in one piece: an error ends where the headline of stdout begins.
const endOfError = /\n\n|\n(?=(?:Previewing \w+|Updating|Refreshing|Destroying) \([^\n]*\):)/;

/** What the CLI says is wrong: the error lines of its stderr, without its banner and whatever else it printed. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const stderr = /\n stderr: ([\s\S]*?)\n err\?: /.exec(text)?.[1] ?? text;
  const said = stderr.split(/^error: /m).slice(1);
  const messages = said
    .map((message) => message.split(endOfError)[0]?.trim() ?? "")
    .filter((message) => message !== "");
  return messages.length === 0 ? text.trim() : [...new Set(messages)].join("\n");
}

/** The CLI tells of interrupted operations in one warning, a line for each. */
const interruptions = (message: string): string[] =>
  [...message.matchAll(/^\s*\* (\S+), interrupted while (\w+)$/gm)].map(
    ([, urn, doing]) => `An earlier run was interrupted while ${urn} was ${doing}: whether that happened is not known.`,
  );

const errorEvent = (message: string): EngineEvent => ({
  sequence: 0,
  timestamp: Math.floor(Date.now() / 1000),
  diagnosticEvent: { prefix: "error: ", message, color: "never", severity: "error" },
});

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}
