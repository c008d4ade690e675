import type { Deployment, EngineEvent, OpType, OutputMap } from "@pulumi/pulumi/automation/index.js";

export type { Deployment, EngineEvent, OpType, OutputMap };

export const engineNames = ["pulumi", "embedded"] as const;
/**
 * Which engine runs a stack: the Pulumi CLI, or the one in this package.
 *
 * @example
 * ```ts
 * import { type EngineName, openEngine } from "console-vault/engine";
 * const name: EngineName = process.env.CI ? "pulumi" : "embedded";
 * export const dev = openEngine(name, { projectDir: process.cwd(), stack: "dev" });
 * ```
 */
export type EngineName = (typeof engineNames)[number];

/**
 * Where a stack is: the directory that holds `Pulumi.yaml`, and the stack's name (without organization and project).
 *
 * @example
 * ```ts
 * import type { StackLocation } from "console-vault/engine";
 * export const dev: StackLocation = {
 *   projectDir: "/srv/infrastructure",
 *   stack: "dev",
 *   env: { PULUMI_CONFIG_PASSPHRASE_FILE: "/run/secrets/passphrase" },
 * };
 * ```
 */
export interface StackLocation {
  /** Absolute path of the directory that holds `Pulumi.yaml` and `Pulumi.<stack>.yaml`. */
  projectDir: string;
  /** Simple name of the stack, e.g. `staging`. */
  stack: string;
  /** Added to `process.env` for the program, its providers and (engine `pulumi`) the CLI. */
  env?: Record<string, string>;
}

/**
 * Work of the caller that an update holds the stack's lock for.
 * @param lost aborted when the update is gone, and its lock with it: what has not been written by then must not be
 * @example
 * ```ts
 * import type { Work } from "console-vault/engine";
 * export const work: Work = async (lost) => {
 *   for (const row of ["first", "second"]) {
 *     lost.throwIfAborted();
 *     console.log(`writing ${row}`);
 *   }
 * };
 * ```
 */
export type Work = (lost: AbortSignal) => Promise<void>;

/**
 * What one operation of an engine is to do.
 *
 * @example
 * ```ts
 * import type { RunOptions } from "console-vault/engine";
 * export const options: RunOptions = {
 *   refresh: true,
 *   onEvent: ({ diagnosticEvent }) => {
 *     if (diagnosticEvent) console.error(diagnosticEvent.message);
 *   },
 * };
 * ```
 */
export interface RunOptions {
  /** Called for every engine event, in order, as it happens. Secret values are already replaced by `[secret]`. */
  onEvent(event: EngineEvent): void;
  /** Read every resource from its provider before it is compared (`pulumi up --refresh`). */
  refresh?: boolean;
  /** URNs: only these resources are changed (`--target`). Not with `excludes`. */
  targets?: string[];
  /** What depends on a target is changed too (`--target-dependents`). */
  targetDependents?: boolean;
  /** URNs: these resources are not changed (`--exclude`). */
  excludes?: string[];
  /** URNs: these resources are replaced, whether they have changed or not (`--replace`). Only of `preview` and `up`. */
  replace?: string[];
  /** Ctrl-C: steps under way are finished, no new one is started, the result is `cancelled`. */
  signal?: AbortSignal;
  /**
   * `up` only: work to do once the stack's lock is held, before the program looks. It is done in the caller's process, at most
   * once. Where it fails, nothing is declared and `up` throws what it threw, its lock released. Where the outcome is `failed`,
   * only the work itself knows whether it was done: the lock may be somebody else's, or what follows the work may have failed.
   *
   * The program has to await {@link awaitWork} first thing for it. The engine `pulumi` does not refresh in such an update: the CLI
   * refreshes before it runs the program.
   */
  before?: Work;
}

/**
 * How one operation ended. An operation that failed is an outcome, not an exception; only misuse of the port throws.
 *
 * @example
 * ```ts
 * import type { Outcome } from "console-vault/engine";
 * export function refuseFailure({ result, errors }: Outcome): void {
 *   if (result !== "succeeded") throw new Error(errors.join("\n"));
 * }
 * ```
 */
export interface Outcome {
  result: "succeeded" | "failed" | "cancelled";
  /** Steps by operation, as in the summary event (`same` included). */
  changes: Partial<Record<OpType, number>>;
  /**
   * The stack's outputs after the operation (after a failed update: the previous ones), secrets in clear and marked. Of a preview:
   * what they would be; empty where the engine does not tell.
   */
  outputs: OutputMap;
  /** Messages of error diagnostics, each once, secrets redacted, without stack traces. */
  errors: string[];
  /** One sentence for every operation that an earlier run had begun and never finished. */
  interrupted: string[];
}

/**
 * One way to run a stack's program. Both engines give the same events, keep the same state, and can take over from each other.
 *
 * @example
 * ```ts
 * import type { Engine } from "console-vault/engine";
 * // Whether an update would change anything.
 * export async function hasChanges(engine: Engine): Promise<boolean> {
 *   const { changes } = await engine.preview({ onEvent: () => {} });
 *   return Object.keys(changes).some((operation) => operation !== "same");
 * }
 * ```
 */
export interface Engine {
  readonly name: EngineName;
  /** What `up` would do; changes nothing. */
  preview(options: RunOptions): Promise<Outcome>;
  /** Runs the program and makes the stack's resources what it declares. The stack is made when it does not exist. */
  up(options: RunOptions): Promise<Outcome>;
  /** Reads every resource of the state from its provider. Does not run the program. */
  refresh(options: RunOptions): Promise<Outcome>;
  /** Deletes every resource of the state. Does not run the program. */
  destroy(options: RunOptions): Promise<Outcome>;
  /** The outputs of the last update; empty when the stack does not exist. Values in clear, secret ones marked. */
  outputs(): Promise<OutputMap>;
  /** The stack's state as `pulumi stack export` prints it: secrets stay encrypted. */
  export(): Promise<Deployment>;
  /**
   * Frees the stack of the lock of an update that is gone (`pulumi cancel`).
   * @returns who held it, a line each; undefined where the backend does not say
   */
  cancel(): Promise<readonly string[] | undefined>;
}

/**
 * A mistake of the person who runs the engine. The message names the setting and what mends it; show it without a stack trace.
 *
 * @example
 * ```ts
 * import { EngineError, openEngine } from "console-vault/engine";
 * try {
 *   console.log(await openEngine("embedded", { projectDir: process.cwd(), stack: "dev" }).outputs());
 * } catch (error) {
 *   if (!(error instanceof EngineError)) throw error;
 *   console.error(error.message);
 * }
 * ```
 */
export class EngineError extends Error {
  override readonly name = "EngineError";
}
