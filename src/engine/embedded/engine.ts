import { ErrorCollector } from "../errors.js";
import type { InlineProgram } from "../inline.js";
import {
  type Deployment as DeploymentExport,
  type Engine,
  EngineError,
  type EngineEvent,
  type Outcome,
  type OutputMap,
  type RunOptions,
  type StackLocation,
  type Work,
} from "../port.js";
import type { Project } from "../project/project.js";
import { readStackFile } from "../project/stackConfig.js";
import type { NativeProviders } from "../provider.js";
import { Redactor } from "../redact.js";
import { Deployment, type DeploymentResult, interruptions } from "./deploy/deployment.js";
import { selectionOf } from "./deploy/selection.js";
import type { Persist } from "./deploy/snapshotManager.js";
import { loadInline, Packages, standsFor } from "./packages.js";
import {
  configAsWritten,
  ensureStack,
  loadSnapshot,
  openSession,
  persistTo,
  readOnce,
  type Session,
} from "./session.js";
import { schemaVersion } from "./state/checkpoint.js";
import { acquireLock, type Lock, removeLocks } from "./state/lock.js";
import type { Snapshot } from "./state/resource.js";
import { isProviderType, rootStackType } from "./urn.js";
import { hasSecrets, type Properties, secretStrings } from "./values/values.js";
import { toWire } from "./values/wire.js";

type Kind = "update" | "refresh" | "destroy";

/** Steps that may run at the same time, as the CLI has it: those that wait for a provider cost nothing. */
const parallel = 16;

/** The Pulumi engine inside this process, with the state of the CLI's file backend. */
export class EmbeddedEngine implements Engine {
  readonly name = "embedded";
  /** A preview in this object has shown that the program uses nothing that would be refused half-way. */
  private previewed = false;

  constructor(
    private readonly location: StackLocation,
    private readonly providers: NativeProviders,
    private readonly inline?: InlineProgram,
  ) {}

  async preview(options: RunOptions): Promise<Outcome> {
    const outcome = await this.operate("update", true, options);
    this.previewed = outcome.result === "succeeded";
    return outcome;
  }

  up(options: RunOptions): Promise<Outcome> {
    return this.operate("update", false, options);
  }

  refresh(options: RunOptions): Promise<Outcome> {
    return this.operate("refresh", false, options);
  }

  destroy(options: RunOptions): Promise<Outcome> {
    return this.operate("destroy", false, options);
  }

  async outputs(): Promise<OutputMap> {
    const session = await this.open();
    return outputMap(await loadSnapshot(session, this.location.stack));
  }

  async export(): Promise<DeploymentExport> {
    const session = await openSession(this.location);
    const deployment = await session.deployment();
    if (deployment === undefined)
      throw new EngineError(`Stack ${this.location.stack} has no state yet: nothing to export.`);
    return { version: schemaVersion, deployment };
  }

  async cancel(): Promise<readonly string[]> {
    const { files } = await openSession(this.location);
    return removeLocks(files.lockDirectory);
  }

  /** Most commands that open a stack run its program next. */
  private open(): Promise<Session> {
    const load = async (project: Project) => {
      if (this.inline === undefined || !standsFor(this.inline, project)) return;
      await loadInline(this.inline);
    };
    // What cannot be loaded is told by the run that needs it.
    return openSession(this.location, (project) => void load(project).catch(() => {}));
  }

  private async operate(kind: Kind, dryRun: boolean, options: RunOptions): Promise<Outcome> {
    const redactor = new Redactor();
    const errors = new ErrorCollector();
    const emit = (event: EngineEvent) => {
      const shown = redactor.event(event);
      errors.see(shown);
      options.onEvent(shown);
    };
    try {
      const session = await this.open();
      const run = new Operation(this.location, this.providers, this.inline, session, options, emit, redactor);
      return await (dryRun ? this.dry(kind, run, errors) : this.locked(kind, run, errors));
    } catch (error) {
      if (error instanceof WorkFailed) throw error.reason;
      if (!(error instanceof EngineError)) throw error;
      emit(diagnostic("error", error.message));
      return { result: "failed", changes: {}, outputs: {}, errors: errors.list(), interrupted: [] };
    }
  }

  private async dry(kind: Kind, run: Operation, errors: ErrorCollector): Promise<Outcome> {
    const { result, interrupted } = await run.deploy(kind, true, run.emit);
    await run.close();
    return { ...ended(result), outputs: outputMap(result.snapshot), errors: errors.list(), interrupted };
  }

  private async locked(kind: Kind, run: Operation, errors: ErrorCollector): Promise<Outcome> {
    const { files } = run.session;
    const lock = await acquireLock(files.lockDirectory, this.location.stack);
    run.lock = lock;
    try {
      for (const sentence of lock.takenOver) run.emit(diagnostic("warning", sentence));
      await doWork(run.options.before);
      run.use(await this.asItIsNow(run.session));
      const refused = kind === "update" ? await this.preflight(run) : undefined;
      if (refused !== undefined) return { ...refused, errors: errors.list() };
      await lock.check();
      await run.begin();
      const startTime = seconds();
      const { result, interrupted } = await run.deploy(kind, false, run.emit);
      await lock.check();
      if (run.made)
        await files.record({
          kind,
          startTime,
          message: "",
          environment: { "exec.kind": "embedded" },
          config: configAsWritten(run.session),
          version: 0,
          result: result.result === "succeeded" ? "succeeded" : "failed",
          endTime: seconds(),
          resourceChanges: result.changes,
        });
      return { ...ended(result), outputs: outputMap(result.snapshot), errors: errors.list(), interrupted };
    } finally {
      await run.close();
      await lock.release();
    }
  }

  /** Whoever held the lock, or the work itself, may have changed the state and the stack's file (its salt, too). */
  private async asItIsNow(session: Session): Promise<Session> {
    const { project, stackFile, files } = session;
    const { text } = await readStackFile(project.stackFile, project.name);
    return text === stackFile.text
      ? { ...session, deployment: readOnce(files, await files.read()) }
      : openSession(this.location);
  }

  /**
   * Runs the program dry before it may touch anything, unless a preview has done so: what the engine does not support is found
   * here. Says nothing when all is well.
   */
  private async preflight(run: Operation): Promise<Omit<Outcome, "errors"> | undefined> {
    // After work there is nothing left that it could keep from being touched.
    if (this.previewed || run.options.before !== undefined) return undefined;
    const events: EngineEvent[] = [];
    const { result, interrupted } = await run.deploy("update", true, (event) => events.push(event));
    if (result.result === "succeeded") return undefined;
    for (const event of events) run.emit(event);
    const before = await loadSnapshot(run.session, this.location.stack);
    return { ...ended(result), changes: {}, outputs: outputMap(before), interrupted };
  }
}

/** What a caller's work threw: not an outcome of the engine, whatever it is. */
class WorkFailed {
  constructor(readonly reason: unknown) {}
}

/** In this very process, which holds the lock: it is not lost before the work ends. */
async function doWork(work: Work | undefined): Promise<void> {
  try {
    await work?.(new AbortController().signal);
  } catch (error) {
    throw new WorkFailed(error);
  }
}

/** One call of the port: the processes it starts live as long as it. */
class Operation {
  private packages: Packages;
  /** The stack's, while the operation may write. */
  lock: Lock | undefined;
  /** Whether the stack exists. */
  made = false;

  constructor(
    private readonly location: StackLocation,
    private readonly providers: NativeProviders,
    private readonly inline: InlineProgram | undefined,
    public session: Session,
    readonly options: RunOptions,
    readonly emit: (event: EngineEvent) => void,
    private readonly redactor: Redactor,
  ) {
    this.packages = this.packagesOf(session);
  }

  /** Before the first deployment. */
  use(session: Session): void {
    this.session = session;
    this.packages = this.packagesOf(session);
  }

  /** A stack that does not exist is made; for the sake of a command's work only once something of it is declared. */
  async begin(): Promise<void> {
    this.made = this.options.before === undefined || (await this.session.files.exists());
    if (this.made) await ensureStack(this.session);
  }

  private packagesOf(session: Session): Packages {
    this.redactor.add([...session.config.values()].flatMap(({ value, secret }) => (secret ? [value] : [])));
    return new Packages(this.location, this.providers, this.inline, session, this.redactor);
  }

  async deploy(
    kind: Kind,
    dryRun: boolean,
    emit: (event: EngineEvent) => void,
  ): Promise<{ result: DeploymentResult; interrupted: string[] }> {
    const { stack } = this.location;
    const { project, config } = this.session;
    const base = await loadSnapshot(this.session, stack);
    this.redactor.add(
      base.resources.flatMap(({ inputs, outputs }) => [...secretStrings(inputs), ...secretStrings(outputs)]),
    );
    const interrupted = interruptions(base);
    const { refresh, signal } = this.options;
    const deployment = new Deployment({
      stack,
      project: project.name,
      kind,
      dryRun,
      refresh: refresh ?? project.alwaysRefresh,
      selection: selectionOf(this.options),
      parallel,
      base,
      persist: this.persist(),
      factory: (pkg) => this.packages.plugin(pkg),
      packageConfig: (pkg) => this.packages.config(pkg),
      config: Object.fromEntries([...config].map(([key, { value, secret }]) => [key, secret ? "[secret]" : value])),
      emit,
      onSecrets: (secrets) => this.redactor.add(secrets),
      signal,
    });
    const result = await this.packages.serving(deployment, {
      program: kind === "update",
      dynamic: base.resources.some(({ type }) => type === "pulumi:providers:pulumi-nodejs"),
      dryRun,
      parallel,
    });
    return { result, interrupted };
  }

  close(): Promise<void> {
    return this.packages.close();
  }

  /** Looks at the lock before each write: the state of whoever has it now must not be overwritten. */
  private persist(): Persist {
    const write = persistTo(this.session);
    return async (snapshot) => {
      if (!this.made && isBare(snapshot)) return;
      await this.lock?.check();
      if (!this.made) await ensureStack(this.session);
      this.made = true;
      await write(snapshot);
    };
  }
}

/** Nothing but the stack itself and what its program asked the engine with, as one that declares nothing leaves it. */
const isBare = ({ resources, pendingOperations }: Snapshot): boolean =>
  [...resources, ...pendingOperations.map(({ resource }) => resource)].every(
    ({ type }) => type === rootStackType || isProviderType(type),
  );

const seconds = (): number => Math.floor(Date.now() / 1000);

const ended = ({ result, changes }: DeploymentResult): Pick<Outcome, "result" | "changes"> => ({ result, changes });

const diagnostic = (severity: "error" | "warning", message: string): EngineEvent => ({
  sequence: 0,
  timestamp: seconds(),
  diagnosticEvent: { prefix: `${severity}: `, message: `${message}\n`, color: "never", severity },
});

function outputMap(snapshot: Snapshot): OutputMap {
  const root = snapshot.resources.find(({ type, delete: condemned }) => type === rootStackType && !condemned);
  const outputs: Properties = root?.outputs ?? {};
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [
      key,
      { value: toWire(value, { secrets: false, references: false }), secret: hasSecrets(value) },
    ]),
  );
}
