import type { Stack } from "@pulumi/pulumi/automation/index.js";
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
import { Redactor } from "../redact.js";
import { WorkHost } from "../work/host.js";
import { portEvents } from "./events.js";
import { CliStack, type CliState, cliReason, interruption, outputsOfEvent } from "./stack.js";

type Operation = "preview" | "up" | "refresh" | "destroy";

/** The Pulumi CLI through the Automation API: every backend, every provider, policies, Pulumi Cloud. */
export class PulumiEngine implements Engine {
  readonly name = "pulumi";

  private readonly stack: CliStack;
  private last: CliState | undefined;

  constructor(private readonly location: StackLocation) {
    this.stack = new CliStack(location);
  }

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
    return (await this.read())?.outputs ?? {};
  }

  async export(): Promise<Deployment> {
    const state = await this.read();
    if (state === undefined) throw new EngineError(`Stack ${this.location.stack} does not exist: nothing to export.`);
    return state.deployment;
  }

  async cancel(): Promise<undefined> {
    await this.stack.cancel();
    return undefined;
  }

  private async read(): Promise<CliState | undefined> {
    this.last = await this.stack.read();
    return this.last;
  }

  /**
   * The stack as it is before an operation; made where there is none.
   * @param dry a preview goes by what was read right before it
   */
  private async begin(dry: boolean): Promise<CliState | undefined> {
    const state = (dry ? this.last : undefined) ?? (await this.read());
    if (state === undefined) await this.stack.create();
    return state;
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
    const dry = operation === "preview";
    let told: OutputMap = {};
    const onEvent = (event: EngineEvent) => {
      const passed = portEvent(event);
      if (passed === undefined) return;
      told = outputsOfEvent(passed) ?? told;
      const shown = redactor.event(passed);
      errors.see(shown);
      if (shown.summaryEvent !== undefined) outcome.changes = shown.summaryEvent.resourceChanges;
      if (shown.diagnosticEvent?.severity === "warning")
        outcome.interrupted.push(...interruptions(shown.diagnosticEvent.message));
      options.onEvent(shown);
    };
    try {
      const before = await this.begin(dry);
      outcome.outputs = before?.outputs ?? {};
      // A preview that refreshes says nothing of them.
      if (dry) outcome.interrupted.push(...(before?.interrupted ?? []));
      redactor.add(
        Object.values(outcome.outputs)
          .filter(({ secret }) => secret)
          .flatMap(({ value }) => strings(value)),
      );
      await run(await this.stack.open({ ...env, ...refreshOption(options) }), operation, options, onEvent);
    } catch (error) {
      const message = redactor.text(cliReason(error instanceof Error ? error.message : String(error)));
      outcome.result = options.signal?.aborted === true ? "cancelled" : "failed";
      if (errors.list().length === 0) onEvent(errorEvent(message));
    }
    if (dry) outcome.outputs = outcome.result === "succeeded" ? told : {};
    else outcome.outputs = (await this.read().catch(() => undefined))?.outputs ?? outcome.outputs;
    return { ...outcome, interrupted: [...new Set(outcome.interrupted)], errors: errors.list() };
  }
}

/** The Automation API passes on that a refresh is wanted, and not that none is: the CLI then goes by the project's own option. */
const refreshOption = ({ refresh }: RunOptions): Record<string, string> =>
  refresh === false ? { PULUMI_OPTION_REFRESH: "false" } : {};

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

/** The CLI tells of interrupted operations in one warning, a line for each. */
const interruptions = (message: string): string[] =>
  [...message.matchAll(/^\s*\* (\S+), interrupted while (\w+)$/gm)].map(([, urn = "", doing = ""]) =>
    interruption(urn, doing),
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
