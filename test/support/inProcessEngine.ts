// The Engine port without processes, files and gRPC, for tests that run thousands of updates: the embedded engine's own
// deployment (generator, executor, refresh, state format), the real program and the real dynamic providers, in this process.
// What is left out (processes, wire, file backend) has tests of its own under test/engine.
import * as grpc from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { builtinPlugin, type StackStates } from "../../src/engine/embedded/builtin.js";
import { Deployment, type Program, type ProgramEnd } from "../../src/engine/embedded/deploy/deployment.js";
import { nativeProvider } from "../../src/engine/embedded/deploy/native.js";
import { type Plugin, ProviderError } from "../../src/engine/embedded/deploy/plugin.js";
import { type BareProvider, secretBlind } from "../../src/engine/embedded/deploy/secretBlind.js";
import { selectionOf } from "../../src/engine/embedded/deploy/selection.js";
import { Services } from "../../src/engine/embedded/grpc/services.js";
import { StackFiles } from "../../src/engine/embedded/state/backend.js";
import { type DeploymentJson, snapshotFromJson, snapshotToJson } from "../../src/engine/embedded/state/checkpoint.js";
import { integrityProblem } from "../../src/engine/embedded/state/integrity.js";
import { acquireLock } from "../../src/engine/embedded/state/lock.js";
import { rootStackType } from "../../src/engine/embedded/urn.js";
import { hasSecrets, type Properties } from "../../src/engine/embedded/values/values.js";
import { isJsonObject, type JsonObject, toWire } from "../../src/engine/embedded/values/wire.js";
import { ErrorCollector } from "../../src/engine/errors.js";
import type { Engine, NativeProviders, Outcome, OutputMap, RunOptions, StackLocation } from "../../src/engine/index.js";
import { stateDirectory } from "../../src/engine/project/backend.js";
import { readProject } from "../../src/engine/project/project.js";
import { readStackFile, resolveConfig } from "../../src/engine/project/stackConfig.js";
import { providers } from "../../src/provider/index.js";
import { withoutResource } from "./stateDelete.js";

type Env = Record<string, string>;
type Kind = "update" | "refresh" | "destroy";

export interface InProcessOptions {
  /** What `main` of `Pulumi.yaml` would load. */
  program(): Promise<object>;
  /** As `openEngine` is given them; made anew for each operation, as a process would. */
  native(env: Env): NativeProviders;
  /** Steps at the same time; one makes a run's requests come in an order that can be repeated. */
  readonly parallel?: number;
}

const noSecrets = { salt: "none", encrypt: (text: string) => text, decrypt: (text: string) => text };

/** Stacks whose state is in memory. One operation at a time: it owns `process.env`. */
export class InProcessStacks {
  readonly #states = new Map<string, DeploymentJson>();
  readonly #outputs = new Map<string, Properties>();

  constructor(private readonly options: InProcessOptions) {}

  /** In place of `openEngine`. */
  readonly open = (location: StackLocation): Engine => {
    const run = (kind: Kind, dryRun: boolean) => (options: RunOptions) =>
      this.#operate(location, kind, dryRun, options);
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
    this.#states.set(stack, state);
    const own = state.resources!.find(({ type }) => type === rootStackType);
    this.#outputs.set(stack, snapshotFromJson(state, noSecrets, stack).resources[0]!.outputs);
    if (!own) this.forget(stack);
  }

  #load(stack: string) {
    const json = this.#states.get(stack);
    return json ? snapshotFromJson(json, noSecrets, stack) : { resources: [], pendingOperations: [] };
  }

  async #operate(location: StackLocation, kind: Kind, dryRun: boolean, run: RunOptions): Promise<Outcome> {
    if (dryRun) return this.#deploy(location, kind, dryRun, run);
    const project = await readProject(location);
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
      return await this.#deploy(location, kind, dryRun, run);
    } finally {
      await lock.release();
    }
  }

  async #deploy(location: StackLocation, kind: Kind, dryRun: boolean, run: RunOptions): Promise<Outcome> {
    const { stack, env = {} } = location;
    const errors = new ErrorCollector();
    const project = await readProject(location);
    const file = await readStackFile(project.stackFile, project.name);
    const config = resolveConfig(file, project.config, (text) => text, stack);
    const native = this.options.native(env);
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
      factory: (pkg) => this.#plugin(pkg, stack, native),
      packageConfig: () => ({}),
      config: {},
      emit: (event) => {
        errors.see(event);
        run.onEvent(event);
      },
      onSecrets: () => {},
      signal: run.signal,
    });
    const values = Object.fromEntries([...config].map(([key, { value }]) => [key, value]));
    const program = inProcess(
      this.options.program,
      { dir: location.projectDir, project: project.name, stack, dryRun, values },
      () => deployment,
    );
    const { result, changes, snapshot } = await withEnv(env, () =>
      withPlainStructs(() => deployment.run(kind === "update" ? program : undefined)),
    );
    const outputs = snapshot.resources.find(({ type }) => type === rootStackType)?.outputs ?? {};
    if (!dryRun) {
      const problem = integrityProblem(snapshot.resources);
      if (problem) throw new Error(`the state of ${stack} after ${kind} is not valid: ${problem}`);
      this.#states.set(stack, snapshotToJson(snapshot, noSecrets, new Date()));
      this.#outputs.set(stack, outputs);
    }
    return { result, changes, outputs: outputMap(outputs), errors: errors.list(), interrupted: [] };
  }

  #plugin(pkg: string, stack: string, native: NativeProviders): Plugin {
    if (pkg === "pulumi-nodejs") return secretBlind(dynamicProviders);
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

/** Only while a deployment runs here: another engine in this process has a wire. */
async function withPlainStructs<T>(work: () => Promise<T>): Promise<T> {
  const { fromJavaScript } = structPb.Struct;
  structPb.Struct.fromJavaScript = (value) => new PlainStruct(value);
  try {
    return await work();
  } finally {
    structPb.Struct.fromJavaScript = fromJavaScript;
  }
}

function outputMap(outputs: Properties): OutputMap {
  const plain = (value: Properties[string]) => ({
    value: toWire(value, { secrets: false, references: false }),
    secret: hasSecrets(value),
  });
  return Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, plain(value)]));
}

async function withEnv<T>(env: Env, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(env).map((key) => [key, process.env[key]] as const);
  const { stackTraceLimit } = Error;
  Object.assign(process.env, env);
  // The SDK reads a stack trace for every promise that it makes: half of the time of an update, and nobody looks at them.
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    for (const [key, value] of before) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  }
}

/** What the SDK keeps per run; its types leave this out. */
const { withLocalStorage, getStore } = state as unknown as {
  withLocalStorage<T>(run: () => Promise<T>): Promise<T>;
  getStore(): { settings: { monitor: unknown; engine: unknown; options: object } };
};
const { disconnect, resetOptions } = settings as unknown as {
  disconnect(): Promise<void>;
  resetOptions(...options: unknown[]): void;
};

interface Run {
  /** Of `Pulumi.yaml`. */
  readonly dir: string;
  readonly project: string;
  readonly stack: string;
  readonly dryRun: boolean;
  readonly values: Record<string, string>;
}

/** A program that speaks to the deployment through the SDK and the engine's own services, only without a wire between. */
function inProcess(main: () => Promise<object>, run: Run, deployment: () => Deployment): Program {
  return {
    run: (monitor) =>
      withLocalStorage(async () => {
        const services: unknown = new Services({
          monitor: () => monitor,
          root: "/",
          log: (...said) => deployment().log(...said),
          programDone: async () => {},
          find: (urn) => deployment().find(urn),
        });
        resetOptions(run.project, run.stack, 16, "in-process", "in-process", run.dryRun, "organization");
        const { settings: own } = getStore();
        Object.assign(own.options, { rootDirectory: run.dir });
        own.monitor = client((services as Handlers).monitorHandlers());
        own.engine = client((services as Handlers).engineHandlers());
        pulumi.runtime.setAllConfig(run.values);
        // An error of the program is its end; the SDK would spread it over every promise that waits for the program.
        let end: (failed: ProgramEnd) => void = () => {};
        const failed = new Promise<ProgramEnd>((resolve) => {
          end = resolve;
        });
        const guarded = () =>
          main().catch((error: unknown) => {
            end({ ok: false, message: error instanceof Error ? error.message : String(error) });
            return new Promise<object>(() => {});
          });
        const done = async (): Promise<ProgramEnd> => {
          await pulumi.runtime.runInPulumiStack(guarded);
          await disconnect();
          return { ok: true };
        };
        return Promise.race([failed, done()]);
      }),
  };
}

/** The services' own handlers, which only their gRPC server is meant to call. */
interface Handlers {
  monitorHandlers(): object;
  engineHandlers(): object;
}

type Handler = (call: { request: never }, done: (error: unknown, answer?: unknown) => void) => void;

/**
 * A gRPC client's methods over the services' handlers. That they are unavailable means that the deployment is over: a process
 * would be ended then, here nobody answers any more.
 */
function client(handlers: object): Record<string, unknown> {
  const methods = Object.entries(handlers as Record<string, Handler>).map(([name, handler]) => [
    name,
    (request: never, ...rest: unknown[]) =>
      handler({ request }, (error, answer) => {
        if ((error as Partial<grpc.ServiceError> | null)?.code === grpc.status.UNAVAILABLE) return;
        (rest.at(-1) as (error: unknown, answer: unknown) => void)(error, answer);
      }),
  ]);
  return { ...Object.fromEntries(methods), close: () => {} };
}

type Bag = Record<string, unknown>;
interface AnyProvider {
  check(olds: Bag, news: Bag): Promise<{ inputs: Bag; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Bag,
    news: Bag,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Bag): Promise<{ id: string; outs: Bag }>;
  update(id: string, olds: Bag, news: Bag): Promise<{ outs: Bag }>;
  read(id: string, props: Bag): Promise<{ id?: string; props?: Bag }>;
  delete(id: string, props: Bag): Promise<void>;
}

const providerOf = ({ __provider }: JsonObject): AnyProvider => {
  const kind = /\.provider\("(\w+)"\)/.exec(String(__provider))?.[1] as keyof typeof providers;
  return providers[kind] as unknown as AnyProvider;
};

/** As it leaves the host's process: plain JSON; an `undefined` in it fails there too. */
function sent(outs: Bag | undefined, like: JsonObject): JsonObject {
  const bare = { ...outs, __provider: like.__provider! };
  const walk = (value: unknown, path: string): void => {
    if (value === undefined) throw new ProviderError(`Unexpected struct type (${path})`, "unknown");
    if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
  };
  walk(bare, "");
  const json: unknown = JSON.parse(JSON.stringify(bare));
  if (!isJsonObject(json as JsonObject)) throw new Error("not an object");
  return json as JsonObject;
}

const failing = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw new ProviderError(error instanceof Error ? error.message : String(error), "unknown");
  });

/** What the SDK's `cmd/dynamic-provider` does around a provider. */
const dynamicProviders: BareProvider = {
  configure: async () => {},
  check: async (_resource, olds, news) => {
    const { inputs, failures } = await providerOf(news).check(structuredClone(olds ?? {}), structuredClone(news));
    return { inputs: sent(inputs, news), failures };
  },
  diff: async ({ id }, old, news) => {
    const diff = await providerOf(news).diff(id, structuredClone(old.outputs), structuredClone(news));
    return {
      changes: diff.changes,
      changedKeys: [],
      replaceKeys: diff.replaces ?? [],
      deleteBeforeReplace: diff.deleteBeforeReplace ?? false,
      detailedDiff: undefined,
    };
  },
  create: async (_resource, inputs) => {
    const { id, outs } = await failing(providerOf(inputs).create(structuredClone(inputs)));
    return { id, outputs: sent(outs, inputs) };
  },
  read: async ({ id }, _inputs, outputs) => {
    const found = await failing(providerOf(outputs).read(id, structuredClone(outputs)));
    return { id: found.id ?? "", outputs: found.id ? sent(found.props, outputs) : {}, inputs: undefined };
  },
  update: async ({ id }, old, news) => {
    const { outs } = await failing(providerOf(news).update(id, structuredClone(old.outputs), structuredClone(news)));
    return { outputs: sent(outs, news) };
  },
  delete: ({ id }, _inputs, outputs) => failing(providerOf(outputs).delete(id, structuredClone(outputs))),
  secretOutputs: () => [],
};
