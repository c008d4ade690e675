// A program in the engine's own process, as the Automation API runs inline programs: it speaks to the deployment through the SDK
// and the engine's own services, with no wire between them.
import { setImmediate as nextTurn } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import type { InlineContext, InlineProgram } from "../../inline.js";
import { EngineError } from "../../port.js";
import type { Program, ProgramEnd } from "../deploy/deployment.js";
import type { Monitor } from "../deploy/monitor.js";
import { handOverJson } from "../grpc/protocol.js";
import type { ServiceHost } from "../grpc/services.js";
import { Services } from "../grpc/services.js";

/** What the SDK keeps per run; its types leave this out. */
const { withLocalStorage, getStore } = state as unknown as {
  withLocalStorage<T>(run: () => Promise<T>): Promise<T>;
  getStore(): Store;
};
interface Store {
  settings: { monitor: unknown; engine: unknown; options: object; rpcDone: Promise<unknown> };
  stackResource: unknown;
  leakCandidates: Set<unknown>;
}

const { disconnect, resetOptions } = settings as unknown as {
  disconnect(): Promise<void>;
  resetOptions(...options: unknown[]): void;
};

export interface InlineRunOptions extends Pick<ServiceHost, "log" | "find"> {
  inline: InlineProgram;
  context: InlineContext;
  organization: string;
  project: string;
  stack: string;
  /** Directory of Pulumi.yaml. */
  rootDir: string;
  dryRun: boolean;
  parallel: number;
  /** Values in clear, by `namespace:key`. */
  config: ReadonlyMap<string, { value: string; secret: boolean }>;
}

/** One run of a program in this process. */
export class InlineRun implements Program {
  private current: Monitor | undefined;
  /** It has ended well: from here on the engine concludes what is to be deleted from what was declared. */
  private ended = false;
  private unlisten: () => void = () => {};
  private store: Store | undefined;
  private readonly services: Services;

  constructor(private readonly options: InlineRunOptions) {
    this.services = new Services({
      monitor: () => {
        if (this.ended) this.current?.refuse(new EngineError("The program declares something after its end."));
        return this.ended ? undefined : this.current;
      },
      root: options.rootDir,
      log: options.log,
      programDone: async () => {},
      find: options.find,
    });
  }

  run(monitor: Monitor): Promise<ProgramEnd> {
    this.current = monitor;
    handOverJson();
    return withLocalStorage(() => this.inStore());
  }

  /** Nothing that the program still does reaches the deployment, or the next one. */
  async close(): Promise<void> {
    this.current = undefined;
    this.unlisten();
    if (this.store) forget(this.store);
  }

  private async inStore(): Promise<ProgramEnd> {
    const { organization, project, stack, rootDir, dryRun, parallel, config } = this.options;
    resetOptions(project, stack, parallel, "inline", "inline", dryRun, organization);
    this.store = getStore();
    const { settings: own } = this.store;
    Object.assign(own.options, { rootDirectory: rootDir });
    Object.assign(own, this.services.clients());
    const entries = [...config];
    pulumi.runtime.setAllConfig(
      Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
      entries.filter(([, { secret }]) => secret).map(([key]) => key),
    );
    let fail: (error: unknown) => void = () => {};
    const failed = new Promise<ProgramEnd>((resolve) => {
      fail = (error) => {
        const message = error instanceof Error ? error.message : String(error);
        if (this.ended) this.current?.refuse(new EngineError(message));
        resolve({ ok: false, message });
      };
    });
    // What nobody handles is an error of the program: it may not have declared all it has. Nothing else in this process may be
    // taken for less than that while the program runs, which is until the deployment is over: a program that is stopped never
    // comes back here.
    this.unlisten = listen(fail);
    return Promise.race([failed, this.program(fail)]);
  }

  private async program(fail: (error: unknown) => void): Promise<ProgramEnd> {
    const { inline, context } = this.options;
    // An error of the program is its end; the SDK would spread it over every promise that waits for the program.
    const guarded = () =>
      inline.run(context).catch((error: unknown) => {
        fail(error);
        return new Promise<object>(() => {});
      });
    await pulumi.runtime.runInPulumiStack(guarded);
    const { settings: own } = getStore();
    let seen: unknown;
    do {
      seen = own.rpcDone;
      await disconnect();
      // Node tells of what nobody handled only once no microtask is left.
      await nextTurn();
    } while (seen !== own.rpcDone);
    this.ended = true;
    return { ok: true };
  }
}

/** How each program that runs here fails: the process has one listener of a kind for all of them. */
const running = new Set<(error: unknown) => void>();

const failAll = (error: unknown): void => {
  for (const fail of running) fail(error);
};

/** Node tells of it only where nothing at all is left that could end a program: no request, no timer, no other program. */
const stuck = () => failAll(new EngineError("The program waits for something that never comes, and has not ended."));

/** @returns ends it */
function listen(fail: (error: unknown) => void): () => void {
  if (running.size === 0) {
    process.on("uncaughtException", failAll);
    process.on("unhandledRejection", failAll);
    process.on("beforeExit", stuck);
  }
  running.add(fail);
  return () => {
    running.delete(fail);
    if (running.size > 0) return;
    process.off("uncaughtException", failAll);
    process.off("unhandledRejection", failAll);
    process.off("beforeExit", stuck);
  };
}

/**
 * Lets go of a run's resources. Whatever was begun in the run holds its store for as long as it lasts, as a connection that is kept
 * open and the SDK's listener for the process's exit do: all of a plan would stay in memory while its update runs.
 */
function forget(store: Store): void {
  const shared = globalThis as { stackResource?: unknown };
  if (shared.stackResource === store.stackResource) shared.stackResource = undefined;
  store.stackResource = undefined;
  store.leakCandidates = new Set();
  store.settings.rpcDone = Promise.resolve();
}
