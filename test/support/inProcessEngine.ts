// The Engine port without processes, files and gRPC, for tests that run thousands of updates: the embedded engine's own
// deployment (generator, executor, refresh, state format), the real program and the real dynamic providers, in this process.
// What is left out (processes, wire, file backend) has tests of its own under test/engine.
import * as pulumi from "@pulumi/pulumi";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { ownProgram } from "../../src/cli/inline.js";
import { builtinPlugin, type StackStates } from "../../src/engine/embedded/builtin.js";
import { Deployment } from "../../src/engine/embedded/deploy/deployment.js";
import { nativeProvider } from "../../src/engine/embedded/deploy/native.js";
import { type Plugin, ProviderError } from "../../src/engine/embedded/deploy/plugin.js";
import { secretBlind } from "../../src/engine/embedded/deploy/secretBlind.js";
import { selectionOf } from "../../src/engine/embedded/deploy/selection.js";
import { InlineRun } from "../../src/engine/embedded/inline/program.js";
import { inlineProviders } from "../../src/engine/embedded/inline/providers.js";
import { StackFiles } from "../../src/engine/embedded/state/backend.js";
import { type DeploymentJson, snapshotFromJson } from "../../src/engine/embedded/state/checkpoint.js";
import { integrityProblem } from "../../src/engine/embedded/state/integrity.js";
import { acquireLock } from "../../src/engine/embedded/state/lock.js";
import { rootStackType } from "../../src/engine/embedded/urn.js";
import { hasSecrets, type Properties } from "../../src/engine/embedded/values/values.js";
import { type JsonObject, toWire } from "../../src/engine/embedded/values/wire.js";
import { ErrorCollector } from "../../src/engine/errors.js";
import type {
  Engine,
  InlineContext,
  InlineProgram,
  NativeProviders,
  Outcome,
  OutputMap,
  RunOptions,
  StackLocation,
} from "../../src/engine/index.js";
import { stateDirectory } from "../../src/engine/project/backend.js";
import { type Project, readProject } from "../../src/engine/project/project.js";
import { readStackFile, resolveConfig } from "../../src/engine/project/stackConfig.js";
import { type Shared, shareWithRun } from "../../src/provider/index.js";
import { betweenStepsMs } from "../../src/provider/inventory.js";
import { inRunContext } from "../../src/runContext.js";
import { snapshotToJson } from "./deployment.js";
import { withoutResource } from "./stateDelete.js";
import { waitShorter } from "./timers.js";

type Env = Record<string, string>;
type Kind = "update" | "refresh" | "destroy";

interface OwnLocation extends StackLocation {
  /** The program and its providers, with what the command shares. */
  readonly inline: InlineProgram;
  readonly native: NativeProviders;
}

export interface InProcessOptions {
  /** What `main` of `Pulumi.yaml` would load. */
  program(): Promise<object>;
  /** As `openEngine` is given them. */
  native(env: Env, shared?: Shared): NativeProviders;
  /** Steps at the same time; one makes a run's requests come in an order that can be repeated. */
  readonly parallel?: number;
  /** What a run's code prints; dropped by default. */
  readonly print?: (line: string) => void;
}

const noSecrets = { salt: "none", encrypt: (text: string) => text, decrypt: (text: string) => text };

const noHost = (): never => {
  throw new Error("a provider that this package does not have");
};

/** Stacks whose state is in memory. */
export class InProcessStacks {
  readonly #states = new Map<string, DeploymentJson>();
  readonly #outputs = new Map<string, Properties>();

  constructor(private readonly options: InProcessOptions) {}

  /** In place of `openEngine`. @param shared as a command gives it to the embedded engine */
  readonly open = (location: StackLocation, shared?: Shared): Engine => {
    const own = ownProgram(shared);
    const program = (context: InlineContext) =>
      inRunContext(context, () => {
        shareWithRun(shared);
        return this.options.program();
      });
    const inline = { ...own, run: program };
    const native = this.options.native(location.env ?? {}, shared);
    const run = (kind: Kind, dryRun: boolean) => (options: RunOptions) =>
      this.#operate({ ...location, inline, native }, kind, dryRun, options);
    return {
      name: "embedded",
      preview: run("update", true),
      up: run("update", false),
      refresh: run("refresh", false),
      destroy: run("destroy", false),
      outputs: async () => outputMap(this.outputs(location.stack)),
      export: async () => ({ version: 3, deployment: this.#states.get(location.stack) }),
      cancel: async () => [],
    };
  };

  /** Outputs of a stack's last update. */
  outputs(stack: string): Properties {
    return this.#outputs.get(stack) ?? {};
  }

  /** @returns puts every stack's state back as it is now */
  checkpoint(): () => void {
    const kept = [new Map(this.#states), new Map(this.#outputs)] as const;
    return () => {
      this.#states.clear();
      this.#outputs.clear();
      for (const [stack, state] of kept[0]) this.#states.set(stack, state);
      for (const [stack, outputs] of kept[1]) this.#outputs.set(stack, outputs);
    };
  }

  /** @param renamed each state as text, with what is called otherwise here. @returns gives other stacks the states of now */
  copies(): (into: InProcessStacks, renamed: (text: string) => string) => void {
    const kept = [...this.#states].map(([stack, state]) => [stack, JSON.stringify(state)] as const);
    return (into, renamed) => {
      for (const [stack, text] of kept) into.#set(stack, JSON.parse(renamed(text)) as DeploymentJson);
    };
  }

  /** As if the stack was never updated. */
  forget(stack: string): void {
    this.#states.delete(stack);
    this.#outputs.delete(stack);
  }

  /** `pulumi state delete`. @returns the URNs that went */
  delete(stack: string, urn: string): string[] {
    const { state, gone } = withoutResource(this.#states.get(stack)!, urn);
    this.#states.set(stack, state);
    return gone;
  }

  /** An editor, or another version of this tool. @param change gets a copy */
  edit(stack: string, change: (resources: JsonObject[]) => void): void {
    const state = structuredClone(this.#states.get(stack)!);
    change(state.resources!);
    this.#set(stack, state);
    if (!state.resources!.some(({ type }) => type === rootStackType)) this.forget(stack);
  }

  #set(stack: string, state: DeploymentJson): void {
    this.#states.set(stack, state);
    this.#outputs.set(stack, snapshotFromJson(state, noSecrets, stack).resources[0]!.outputs);
  }

  #load(stack: string) {
    const json = this.#states.get(stack);
    return json ? snapshotFromJson(json, noSecrets, stack) : { resources: [], pendingOperations: [] };
  }

  async #operate(location: OwnLocation, kind: Kind, dryRun: boolean, run: RunOptions): Promise<Outcome> {
    const project = await readProject(location);
    if (dryRun) return this.#deploy(location, project, kind, dryRun, run);
    const { lockDirectory } = new StackFiles(
      stateDirectory(location, project.backendUrl),
      project.name,
      location.stack,
    );
    const lock = await acquireLock(lockDirectory, location.stack).catch((error: Error) => error);
    if (lock instanceof Error)
      return { result: "failed", changes: {}, outputs: {}, errors: [lock.message], interrupted: [] };
    try {
      // Not yet with the deployment's environment: the work may run another stack's update.
      await run.before?.(new AbortController().signal);
      return await this.#deploy(location, project, kind, dryRun, run);
    } finally {
      await lock.release();
    }
  }

  async #deploy(
    location: OwnLocation,
    project: Project,
    kind: Kind,
    dryRun: boolean,
    run: RunOptions,
  ): Promise<Outcome> {
    const { stack, env = {}, inline, native } = location;
    const errors = new ErrorCollector();
    const file = await readStackFile(project.stackFile, project.name);
    const config = resolveConfig(file, project.config, (text) => text, stack);
    const { print = () => {} } = this.options;
    const context: InlineContext = { env: { ...process.env, ...env }, print };
    const deployment: Deployment = new Deployment({
      stack,
      project: project.name,
      kind,
      dryRun,
      refresh: run.refresh ?? project.alwaysRefresh,
      selection: selectionOf(run),
      parallel: this.options.parallel ?? 1,
      base: this.#load(stack),
      persist: async () => {},
      factory: (pkg) => this.#plugin(pkg, location, native, context),
      packageConfig: () => ({}),
      config: {},
      emit: (event) => {
        errors.see(event);
        run.onEvent(event);
      },
      onSecrets: () => {},
      signal: run.signal,
    });
    const program = new InlineRun({
      inline,
      context,
      organization: "organization",
      project: project.name,
      stack,
      rootDir: location.projectDir,
      dryRun,
      parallel: 16,
      config,
      log: (...said) => deployment.log(...said),
      find: (urn) => deployment.find(urn),
    });
    const { result, changes, snapshot } = await withoutWire(() =>
      deployment.run(kind === "update" ? program : undefined),
    ).finally(() => program.close());
    const outputs = snapshot.resources.find(({ type }) => type === rootStackType)?.outputs ?? {};
    if (!dryRun) {
      const problem = integrityProblem(snapshot.resources);
      if (problem) throw new Error(`the state of ${stack} after ${kind} is not valid: ${problem}`);
      this.#states.set(stack, snapshotToJson(snapshot, noSecrets, new Date()));
      this.#outputs.set(stack, outputs);
    }
    return { result, changes, outputs: outputMap(outputs), errors: errors.list(), interrupted: [] };
  }

  #plugin(pkg: string, { stack, inline }: OwnLocation, native: NativeProviders, context: InlineContext): Plugin {
    if (pkg === "pulumi-nodejs") return secretBlind(inlineProviders(inline, context, noHost));
    if (pkg === "pulumi") return builtinPlugin(this.#statesFor(stack));
    const found = native[pkg];
    if (!found) throw new Error(`no provider for the package ${pkg}`);
    return secretBlind(nativeProvider(found));
  }

  /** The last states, as the program of `own` reads them. */
  #statesFor(own: string): StackStates {
    const stackOf = (name: string): string => {
      const stack = name.split("/").at(-1)!;
      if (stack !== own && !this.#states.has(stack)) throw new ProviderError(`unknown stack "${name}"`, "ok");
      return stack;
    };
    return {
      outputs: async (name) => this.outputs(stackOf(name)),
      resources: async (name) => this.#load(stackOf(name)).resources,
    };
  }
}

// The SDK walks and maps the whole stack for each resource, to note where in the program it stands; nobody asks here.
(pulumi.Resource as unknown as { callsites(): object[] }).callsites = () => [];

/** A protobuf `Struct` that stays JSON: nothing is put on a wire here, and the real ones take a tenth of an update's time. */
class PlainStruct extends structPb.Struct {
  readonly #json: string;
  constructor(value: unknown) {
    super();
    this.#json = JSON.stringify(value);
  }
  override toJavaScript(): ReturnType<structPb.Struct["toJavaScript"]> {
    return JSON.parse(this.#json);
  }
}

// Steps come one right after the other here, and none is recorded on a disk: what waits to see whether another one begins waits for
// a millisecond. An update looks up to six times, so that this is a tenth of its time.
waitShorter((ms) => (running > 0 && ms === betweenStepsMs ? 1 : ms));

let running = 0;
const { fromJavaScript } = structPb.Struct;
const { stackTraceLimit } = Error;

/**
 * Only while a deployment runs here: another engine in this process has a wire. The SDK reads a stack trace for every promise that
 * it makes, which is half of the time of an update, and nobody looks at them.
 */
async function withoutWire<T>(work: () => Promise<T>): Promise<T> {
  if (running++ === 0) {
    structPb.Struct.fromJavaScript = (value) => new PlainStruct(value);
    Error.stackTraceLimit = 0;
  }
  try {
    return await work();
  } finally {
    if (--running === 0) {
      structPb.Struct.fromJavaScript = fromJavaScript;
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

function outputMap(outputs: Properties): OutputMap {
  const plain = (value: Properties[string]) => ({
    value: toWire(value, { secrets: false, references: false }),
    secret: hasSecrets(value),
  });
  return Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, plain(value)]));
}
