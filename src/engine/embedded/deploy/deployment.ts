import { EngineError, type EngineEvent } from "../../port.js";
import type { OperationType, ResourceState, Snapshot } from "../state/resource.js";
import { isProviderType, makeUrn, parseUrn, rootStackType } from "../urn.js";
import { equal, type Properties, secretStrings } from "../values/values.js";
import { diffResource } from "./diffing.js";
import { type Changes, EventEmitter, type Severity } from "./events.js";
import { StepExecutor } from "./executor.js";
import { StepGenerator } from "./generator.js";
import type { Goal, ReadGoal } from "./goal.js";
import { type Deploying, type Monitor, ProviderResolver, Terminating } from "./monitor.js";
import { InvokeFailed, type PluginFactory } from "./plugin.js";
import { rebuildBase } from "./refresh.js";
import { ProviderRegistry } from "./registry.js";
import { Reported } from "./run.js";
import { refreshed, type Selection } from "./selection.js";
import { type Persist, SnapshotManager } from "./snapshotManager.js";
import { resourceOf, type Step, StepFailed } from "./step.js";
import { pluginOf, refreshStep } from "./steps.js";

/** How a program ended: well, or badly with a message — none when it has reported its errors itself. */
export type ProgramEnd = { ok: true } | { ok: false; message: string | undefined };

/** What registers resources: a process that speaks gRPC, or a function in a test. */
export interface Program {
  /** Resolves when nothing more will be registered. */
  run(monitor: Monitor): Promise<ProgramEnd>;
}

export interface DeploymentOptions {
  stack: string;
  project: string;
  kind: "update" | "refresh" | "destroy";
  dryRun: boolean;
  /** Read every resource first. */
  refresh: boolean;
  selection: Selection;
  parallel: number;
  /** What is there now. The deployment works on it; do not use it afterwards. */
  base: Snapshot;
  /** Where states go; not called in a preview. */
  persist: Persist;
  factory: PluginFactory;
  packageConfig(pkg: string): Properties;
  /** Configuration, secrets blinded, for the first event. */
  config: Record<string, string>;
  emit(event: EngineEvent): void;
  /** Told every secret string that the program registers, before anything is done with it: no event may show it. */
  onSecrets(secrets: readonly string[]): void;
  signal: AbortSignal | undefined;
}

export interface DeploymentResult {
  result: "succeeded" | "failed" | "cancelled";
  changes: Changes;
  /** The stack's state afterwards; of a preview, as it would be. */
  snapshot: Snapshot;
}

/** One run of the engine: what a program wants, against what is there (pkg/resource/deploy/deployment_executor.go). */
export class Deployment {
  private readonly events: EventEmitter;
  private readonly snapshots: SnapshotManager;
  private readonly registry: ProviderRegistry;
  private readonly generator: StepGenerator;
  private readonly executors: StepExecutor[] = [];
  private readonly executor: StepExecutor;
  private generating: Promise<unknown> = Promise.resolve();
  private over = false;
  private failed = false;
  private terminate: (error: Terminating) => void = () => {};
  private readonly terminated: Promise<never>;
  private stackOutputs: { urn: string; outputs: Properties } | undefined;

  constructor(private readonly options: DeploymentOptions) {
    const { dryRun, base, factory, packageConfig, emit, persist, parallel } = options;
    this.events = new EventEmitter(emit, dryRun);
    this.registry = new ProviderRegistry(factory, dryRun, packageConfig);
    this.snapshots = new SnapshotManager(base, dryRun ? undefined : persist);
    const report = (severity: "error" | "warning" | "info", message: string, urn: string) =>
      this.events.diagnostic(severity, message, urn);
    this.generator = new StepGenerator({ ...options, registry: this.registry, report }, base);
    this.executor = this.newExecutor(parallel, false, () => this.halt());
    this.terminated = new Promise((_, reject) => {
      this.terminate = reject;
    });
    this.terminated.catch(() => {});
  }

  private newExecutor(parallel: number, carryOn: boolean, onFailure: () => void): StepExecutor {
    const { dryRun, kind } = this.options;
    const { events, snapshots } = this;
    const options = { dryRun, parallel, events, snapshots, carryOn, refreshCounts: kind === "refresh", onFailure };
    const executor = new StepExecutor(options);
    this.executors.push(executor);
    return executor;
  }

  private get hasFailed(): boolean {
    return this.failed || this.generator.sawError || this.executors.some((executor) => executor.failed);
  }

  /** Runs to the end, whatever happens; what went wrong has been reported as events. */
  async run(program: Program | undefined): Promise<DeploymentResult> {
    const started = performance.now();
    const { signal, dryRun, config } = this.options;
    const onAbort = () => this.halt();
    signal?.addEventListener("abort", onAbort);
    this.events.prelude(config);
    if (signal?.aborted === true) this.halt();
    try {
      this.warnOfInterruptions();
      await this.execute(program);
    } catch (error) {
      this.fail(error);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.halt();
    }
    await this.executor.idle();
    await this.finishOutputs();
    await this.close();
    const failed = this.hasFailed;
    const cancelled = !failed && signal?.aborted === true;
    // As the CLI ends: what a program or its inputs did wrong has been said, and needs no such line.
    if (cancelled || (failed && !this.failed)) {
      this.events.diagnostic("error", `${dryRun ? "preview" : "update"} ${cancelled ? "canceled" : "failed"}`);
    }
    this.events.summary(
      (performance.now() - started) / 1000,
      this.executors.some(({ maybeCorrupt }) => maybeCorrupt),
    );
    this.events.cancel();
    return {
      result: failed ? "failed" : cancelled ? "cancelled" : "succeeded",
      changes: this.events.changes,
      snapshot: this.snapshots.snapshot(),
    };
  }

  /** Something that the program or a provider says beside its resources. */
  log(severity: Severity, message: string, urn = "", streamID = 0, ephemeral = false): void {
    this.events.diagnostic(severity, message, urn, streamID, ephemeral);
  }

  /** A resource that was registered in this run. */
  find(urn: string): ResourceState | undefined {
    return this.executor.registration(urn)?.new;
  }

  private async execute(program: Program | undefined): Promise<void> {
    const { refresh, kind } = this.options;
    const { targets, excludes, replace } = this.options.selection;
    if (kind !== "update" && !this.namesAreThere([...(targets ?? []), ...(excludes ?? [])])) return;
    if (refresh || kind === "refresh") {
      // A refresh knows what is there and no more: what the program would declare only now cannot be named with it.
      const named = this.options.base.resources.length === 0 ? [] : [...(targets ?? []), ...(excludes ?? [])];
      if (!this.areKnown(named, [])) return;
      await this.refresh();
      if (this.hasFailed || this.over || kind === "refresh") return;
    }
    if (!this.areKnown(replace, [])) return;
    if (program !== undefined && !(await this.runProgram(program))) return;
    await this.generating;
    await this.executor.idle();
    if (this.over) return;
    this.areKnown(targets ?? [], this.generator.seen);
    await this.deleteTheRest();
  }

  /** @returns whether the program ended well. */
  private async runProgram(program: Program): Promise<boolean> {
    const end = await Promise.race([program.run(this.monitor()), this.terminated]).catch((error: unknown) => {
      if (error instanceof Terminating) return undefined;
      throw error;
    });
    if (end === undefined) return false;
    if (end.ok) return true;
    this.failed = true;
    if (end.message !== undefined) this.events.diagnostic("error", end.message);
    return false;
  }

  private monitor(): Monitor {
    const deploying: Deploying = {
      register: (goal) => this.register(goal),
      read: (goal) => this.readResource(goal),
      invoke: (provider, token, args) => this.invoke(provider, token, args),
      packageConfig: this.options.packageConfig,
    };
    const resolver = new ProviderResolver(deploying);
    const answered = <T>(call: () => Promise<T>): Promise<T> => {
      if (this.over) return Promise.reject(new Terminating());
      const work = call().catch((error: unknown) => {
        if (error instanceof Terminating || error instanceof InvokeFailed) throw error;
        this.fail(error);
        throw new Terminating();
      });
      return Promise.race([work, this.terminated]);
    };
    return {
      registerPackage: (request) => resolver.registerPackage(request),
      register: (request) => answered(() => resolver.register(request)),
      read: (request) => answered(() => resolver.read(request)),
      invoke: (token, args) => answered(() => resolver.invoke(token, args)),
      registerOutputs: (urn, outputs) => answered(() => this.serially(() => this.registerOutputs(urn, outputs))),
      refuse: (problem) => this.fail(problem),
    };
  }

  /** Registrations are decided on one at a time; what they lead to runs side by side. */
  private serially<T>(work: () => Promise<T>): Promise<T> {
    const next = this.generating.then(() => {
      if (this.over) throw new Terminating();
      return work();
    });
    this.generating = next.catch(() => {});
    return next;
  }

  private register(goal: Goal): Promise<ResourceState> {
    this.options.onSecrets(secretStrings(goal.properties));
    return new Promise((resolve, reject) => {
      this.serially(async () => {
        const steps = await this.generator.register({ goal, done: resolve });
        void this.executor.chain(steps);
      }).catch((error: unknown) => reject(this.located(error, goal)));
    });
  }

  private readResource(goal: ReadGoal): Promise<ResourceState> {
    return new Promise((resolve, reject) => {
      this.serially(async () => {
        void this.executor.chain(this.generator.read({ goal, done: resolve }));
      }).catch((error: unknown) => reject(this.located(error, goal)));
    });
  }

  private async invoke(provider: string, token: string, args: Properties): Promise<Properties> {
    const invoke = this.registry.get(provider)?.plugin.invoke;
    if (invoke === undefined) throw new EngineError(`The provider of the function ${token} has no functions.`);
    const result = await invoke(token, args);
    this.options.onSecrets(secretStrings(result));
    return result;
  }

  /** Says of which resource an error is, and that it has been said. */
  private located(error: unknown, { parent, type, name }: { parent: string; type: string; name: string }): unknown {
    if (error instanceof Reported || error instanceof Terminating || error instanceof EngineError) return error;
    const message = error instanceof Error ? error.message : String(error);
    const urn = makeUrn(this.options.stack, this.options.project, parent, type, name);
    this.events.diagnostic("error", message, isProviderType(type) ? "" : urn);
    return new Reported(message);
  }

  private async registerOutputs(urn: string, outputs: Properties): Promise<void> {
    this.options.onSecrets(secretStrings(outputs));
    if (parseUrn(urn).qualifiedType === rootStackType) this.stackOutputs = { urn, outputs };
    else await this.setOutputs(urn, outputs);
  }

  private async setOutputs(urn: string, outputs: Properties): Promise<void> {
    const step = this.executor.registration(urn);
    if (step?.new === undefined)
      throw new Error(`cannot complete a resource '${urn}' whose registration isn't pending`);
    if (step.skippedCreate) return;
    step.new.outputs = outputs;
    this.events.outputs(step, step.op);
    const unchanged = step.old !== undefined && equal(step.old.outputs, outputs);
    if (!unchanged) await this.snapshots.outputsChanged();
  }

  /** The stack's outputs are set when it is known how the update ended: after a failure none of the earlier ones is lost. */
  private async finishOutputs(): Promise<void> {
    if (this.stackOutputs === undefined) return;
    const { urn, outputs } = this.stackOutputs;
    const before = this.generator.oldOf(urn)?.outputs ?? {};
    try {
      await this.setOutputs(urn, this.hasFailed ? { ...before, ...outputs } : outputs);
    } catch (error) {
      this.fail(error);
    }
  }

  private async deleteTheRest(): Promise<void> {
    const planned = await this.generator.deletions.plan().catch((error: unknown) => {
      if (error instanceof Reported) return undefined; // what targets leave out must not go: it has been said
      throw error;
    });
    if (planned === undefined) return;
    const { sames, deletes } = planned;
    await this.executor.chain(sames);
    const spared = new Set<ResourceState>();
    let seen = 0;
    for (const round of this.generator.deletions.schedule(deletes)) {
      for (const { step } of this.executor.failures.slice(seen)) {
        for (const needed of this.generator.deletions.needs(resourceOf(step))) spared.add(needed);
      }
      seen = this.executor.failures.length;
      await this.executor.parallel(round.filter((step) => !spared.has(resourceOf(step))));
    }
  }

  private async refresh(): Promise<void> {
    const { base, parallel, selection } = this.options;
    const resources = refreshed(base.resources, selection);
    const steps = new Map<ResourceState, Step>();
    for (const resource of resources) {
      await this.registry.ensure(resource.provider, base.resources);
      steps.set(resource, this.refreshing(resource));
    }
    const executor = this.newExecutor(parallel, true, () => this.halt());
    const onAbort = () => executor.stop();
    this.options.signal?.addEventListener("abort", onAbort);
    if (this.options.signal?.aborted === true) executor.stop();
    await executor.parallel([...steps.values()]);
    this.options.signal?.removeEventListener("abort", onAbort);
    rebuildBase(base, steps);
    this.generator.rebase();
    await this.snapshots.rebased();
  }

  private refreshing(resource: ResourceState): Step {
    const context = { dryRun: this.options.dryRun, registry: this.registry };
    const diff = (now: ResourceState, olds: Properties) =>
      diffResource(pluginOf(context, now.provider, now.urn).plugin, now, now, olds, now.ignoreChanges);
    return refreshStep(context, resource, diff, (message) => this.events.diagnostic("warning", message, resource.urn));
  }

  /** Reports each URN that neither the state nor `more` has. */
  private areKnown(urns: Iterable<string>, more: Iterable<string>): boolean {
    const known = new Set([...this.options.base.resources.map(({ urn }) => urn), ...more]);
    const unknown = [...urns].filter((urn) => !known.has(urn));
    for (const urn of unknown) {
      const hint = urn.includes("$") ? "" : " Did you forget to escape $ in your shell?";
      this.events.diagnostic("error", `Target '${urn}' could not be found in the stack.${hint}`);
    }
    this.failed ||= unknown.length > 0;
    return unknown.length === 0;
  }

  /** A refresh or a destruction has no program that could still declare what is named. */
  private namesAreThere(urns: readonly string[]): boolean {
    const known = new Set(this.options.base.resources.map(({ urn }) => urn));
    const unknown = urns.filter((urn) => !known.has(urn));
    for (const urn of unknown) this.events.diagnostic("error", `no resource named '${urn}' found`);
    this.failed ||= unknown.length > 0;
    return unknown.length === 0;
  }

  private warnOfInterruptions(): void {
    const sentences = interruptions(this.options.base);
    if (sentences.length > 0 && !this.options.dryRun) this.events.diagnostic("warning", sentences.join("\n"));
  }

  private fail(error: unknown): void {
    if (error instanceof Terminating) return;
    this.failed = true;
    const reported = error instanceof Reported || error instanceof StepFailed;
    if (!reported) this.events.diagnostic("error", error instanceof Error ? error.message : String(error));
    this.halt();
  }

  /** Nothing new begins, and nobody waits for an answer any more. */
  private halt(): void {
    if (this.over) return;
    this.over = true;
    this.executor.stop();
    this.terminate(new Terminating());
  }

  private async close(): Promise<void> {
    try {
      await this.snapshots.close();
    } catch (error) {
      this.fail(error);
    }
  }
}

const doing: Record<OperationType, string> = {
  creating: "being created",
  updating: "being updated",
  deleting: "being deleted",
  reading: "being read",
};

/** One sentence for every operation that was under way when an earlier run ended. */
export const interruptions = (snapshot: Snapshot): string[] =>
  snapshot.pendingOperations.map(
    ({ resource, type }) =>
      `An earlier run was interrupted while ${resource.urn} was ${doing[type]}: whether that happened is not known, and is looked at now.`,
  );
