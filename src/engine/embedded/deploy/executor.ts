import { Secret } from "../values/values.js";
import { type EventEmitter, isInternal } from "./events.js";
import { type FailureStatus, ProviderError } from "./plugin.js";
import type { SnapshotManager } from "./snapshotManager.js";
import { ProtectedError, type Step, StepFailed, urnOf } from "./step.js";
import { type RefreshStep, readChanged } from "./steps.js";

export interface ExecutorOptions {
  dryRun: boolean;
  parallel: number;
  events: EventEmitter;
  snapshots: SnapshotManager;
  /** Failures do not stop the steps that have not begun (during a refresh). */
  carryOn: boolean;
  /** A refresh is the operation itself, so that what it finds counts as change; before an update it does not. */
  refreshCounts: boolean;
  /** The first failure, at the moment it happens: nothing new is to begin. */
  onFailure(): void;
}

/**
 * Runs steps, several at a time, and says what became of each (pkg/resource/deploy/step_executor.go). After a failure, steps
 * under way end; none begins.
 */
export class StepExecutor {
  private readonly running = new Set<Promise<void>>();
  private free: number;
  private readonly waiting: (() => void)[] = [];
  private stopped = false;
  private readonly registered = new Map<string, Step>();
  readonly failures: StepFailed[] = [];
  /** Errors of the engine itself, such as a state that could not be written. */
  readonly faults: Error[] = [];
  maybeCorrupt = false;

  constructor(private readonly options: ExecutorOptions) {
    this.free = options.parallel;
  }

  get failed(): boolean {
    return this.failures.length > 0 || this.faults.length > 0;
  }

  /** No step begins any more. */
  stop(): void {
    this.stopped = true;
  }

  /** Runs steps one after another, each chain beside the others. Resolves when the chain has ended, however it did. */
  chain(steps: Step[]): Promise<void> {
    const run = this.runChain(steps).finally(() => this.running.delete(run));
    this.running.add(run);
    return run;
  }

  async parallel(steps: Step[]): Promise<void> {
    await Promise.all(steps.map((step) => this.chain([step])));
  }

  /** Everything that was begun has ended. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** The step that registered a resource in this deployment. */
  registration(urn: string): Step | undefined {
    return this.registered.get(urn);
  }

  private async runChain(steps: Step[]): Promise<void> {
    await this.takeSlot();
    try {
      for (const step of steps) {
        if (this.stopped) return;
        if (!(await this.run(step))) return;
      }
    } finally {
      this.free += 1;
      this.waiting.shift()?.();
    }
  }

  private async takeSlot(): Promise<void> {
    while (this.free <= 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.free -= 1;
  }

  /** @returns whether the chain may go on. */
  private async run(step: Step): Promise<boolean> {
    const { events, snapshots } = this.options;
    events.before(step);
    try {
      await snapshots.begin(step);
    } catch (error) {
      return this.fault(error);
    }
    let failure: Error | undefined;
    let status: FailureStatus = "ok";
    try {
      const applied = await step.apply();
      failure = applied?.partialFailure;
      if (failure !== undefined) status = "partial";
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      status = failure instanceof ProviderError ? failure.status : "ok";
    }
    if (failure === undefined && step.logical && step.new !== undefined) this.registered.set(step.new.urn, step);
    if (failure === undefined || status === "partial") markSecrets(step);
    if (failure === undefined) this.report(step);
    else this.reportFailure(step, failure, status);
    try {
      await snapshots.end(step, failure === undefined || status === "partial");
    } catch (error) {
      return this.fault(error);
    }
    if (failure !== undefined) {
      this.failures.push(new StepFailed(step, failure, status));
      if (!(failure instanceof ProtectedError) && !this.options.carryOn) this.halt();
      return false;
    }
    step.complete();
    return true;
  }

  private report(step: Step): void {
    const { events, dryRun } = this.options;
    const refreshed = step.op === "refresh" && this.options.refreshCounts;
    const op = refreshed ? (step as RefreshStep).resultOp() : step.op;
    const counts = refreshed || (step.op === "read" ? readChanged(step) : step.logical);
    const { custom } = step.new ?? step.old ?? { custom: false };
    // What a component has to show comes later, with its outputs.
    const shown = dryRun || custom || step.op === "delete" || step.op === "refresh";
    events.after(step, op, counts, shown);
  }

  private reportFailure(step: Step, failure: Error, status: FailureStatus): void {
    if (status === "unknown") this.maybeCorrupt = true;
    const message = this.options.dryRun ? `Preview failed: ${failure.message}` : failure.message;
    this.options.events.diagnostic("error", message, isInternal(step) ? "" : urnOf(step));
    this.options.events.failed(step, status);
  }

  private fault(error: unknown): false {
    const fault = error instanceof Error ? error : new Error(String(error));
    this.faults.push(fault);
    this.options.events.diagnostic("error", fault.message);
    this.halt();
    return false;
  }

  private halt(): void {
    this.stopped = true;
    this.options.onFailure();
  }
}

/** Outputs are secret where they were asked to be, and where the input of the same key is. */
function markSecrets({ op, new: now }: Step): void {
  if (now === undefined || op === "replace") return;
  const marked = Object.entries(now.outputs).filter(
    ([key, value]) =>
      !(value instanceof Secret) &&
      key !== "id" &&
      (now.additionalSecretOutputs.includes(key) || now.inputs[key] instanceof Secret),
  );
  if (marked.length === 0) return;
  now.outputs = { ...now.outputs, ...Object.fromEntries(marked.map(([key, value]) => [key, new Secret(value)])) };
}
