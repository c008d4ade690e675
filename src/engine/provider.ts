/**
 * Resource providers that run inside the embedded engine's process. They take the place of a provider plugin, for packages
 * of which a project needs one or two resources and no download.
 *
 * Values are plain JavaScript (strings, numbers, booleans, null, arrays, objects). Secrets arrive unwrapped; which of them are
 * secret is the engine's business: an output is secret where the input of the same key was, or where
 * `additionalSecretOutputs` names it. During a preview a value that is not known yet arrives as {@link unknown}.
 *
 * @example
 * ```ts
 * import type { PropertyValue } from "console-vault/engine";
 * export const tags: PropertyValue = ["web", { tier: 1 }];
 * ```
 */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | { [key: string]: PropertyValue };

/**
 * Inputs or outputs of a resource, by key.
 *
 * @example
 * ```ts
 * import type { Properties } from "console-vault/engine";
 * export const inputs: Properties = { name: "web", size: 2 };
 * ```
 */
export type Properties = Record<string, PropertyValue>;

/**
 * Stands for a value that a preview cannot know yet (the same string that Pulumi uses on its wire).
 *
 * @example
 * ```ts
 * import { type Properties, unknown } from "console-vault/engine";
 * export const isKnown = ({ name }: Properties) => name !== unknown;
 * ```
 */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * An input that a provider does not take.
 *
 * @example
 * ```ts
 * import type { CheckFailure } from "console-vault/engine";
 * export const failure: CheckFailure = { property: "size", reason: "is at least 1" };
 * ```
 */
export interface CheckFailure {
  /** Key of the input that is at fault. */
  property: string;
  /** What is wrong with it; without its value if that may be secret. */
  reason: string;
}

export type PropertyDiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

/**
 * What an update has to do to a resource.
 *
 * @example
 * ```ts
 * import type { DiffResult } from "console-vault/engine";
 * export const renamed: DiffResult = { changes: true, diffs: ["name"], replaces: ["name"] };
 * ```
 */
export interface DiffResult {
  changes: boolean;
  /** Keys that changed. Left out: the engine compares the inputs itself. */
  diffs?: string[];
  /** Keys whose change needs a new resource. */
  replaces?: string[];
  /** With `replaces`: delete the old resource first (it cannot stand beside the new one). Default false. */
  deleteBeforeReplace?: boolean;
  /** Property paths and what happens to each, for display. */
  detailedDiff?: Record<string, { kind: PropertyDiffKind; inputDiff?: boolean }>;
}

/**
 * A resource provider as an object in the engine's own process.
 *
 * @example
 * ```ts
 * import type { NativeProvider } from "console-vault/engine";
 * const rows = new Map<string, string>();
 * export const table: NativeProvider = {
 *   configure: () => {},
 *   check: async (_type, _olds, news) => ({ inputs: news, failures: [] }),
 *   diff: async (_type, _id, _oldOutputs, olds, news) => ({ changes: olds.text !== news.text }),
 *   create: async (_type, _urn, inputs) => {
 *     const id = crypto.randomUUID();
 *     rows.set(id, String(inputs.text));
 *     return { id, outputs: inputs };
 *   },
 *   read: async (_type, id) => (rows.has(id) ? { id, outputs: { text: rows.get(id)! } } : null),
 *   update: async (_type, id, _oldOutputs, _olds, news) => {
 *     rows.set(id, String(news.text));
 *     return { outputs: news };
 *   },
 *   delete: async (_type, id) => void rows.delete(id),
 * };
 * ```
 */
export interface NativeProvider {
  /** Called once per provider instance with its inputs (config `heroku:apiKey` is `config.apiKey`). Must not do I/O. */
  configure(config: Record<string, string>): void;
  /** Validates and completes inputs. `olds` is null for a new resource. Free of I/O. */
  check(
    type: string,
    olds: Properties | null,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: CheckFailure[] }>;
  /** Compares. Free of I/O. `ignoreChanges` has been applied to `news` already and is given for information. */
  diff(
    type: string,
    id: string,
    oldOutputs: Properties,
    oldInputs: Properties,
    news: Properties,
    ignoreChanges: string[],
  ): Promise<DiffResult>;
  /** Never called during a preview. A {@link PartialError} keeps the resource in state as partly made. */
  create(type: string, urn: string, inputs: Properties): Promise<{ id: string; outputs: Properties }>;
  /** `null`: the resource is gone. Reads that do not know the inputs may leave them out. */
  read(
    type: string,
    id: string,
    outputs: Properties,
    inputs: Properties,
  ): Promise<{ id: string; outputs: Properties; inputs?: Properties } | null>;
  update(
    type: string,
    id: string,
    oldOutputs: Properties,
    oldInputs: Properties,
    news: Properties,
    ignoreChanges: string[],
  ): Promise<{ outputs: Properties }>;
  delete(type: string, id: string, outputs: Properties, inputs: Properties): Promise<void>;
  /** Output keys of a type that are always secret. */
  additionalSecretOutputs?(type: string): string[];
}

/**
 * Keyed by package name, e.g. `heroku`.
 *
 * @example
 * ```ts
 * import { type NativeProvider, type NativeProviders, openEngine } from "console-vault/engine";
 * export const open = (heroku: NativeProvider) => {
 *   const providers: NativeProviders = { heroku };
 *   return openEngine("embedded", { projectDir: process.cwd(), stack: "dev" }, providers);
 * };
 * ```
 */
export type NativeProviders = Record<string, NativeProvider>;

/**
 * Thrown from `create` or `update` when the resource exists but is not what was asked for: it stays in state with its `reasons`.
 *
 * @example
 * ```ts
 * import { PartialError } from "console-vault/engine";
 * export const halfMade = (id: string) =>
 *   new PartialError("the row has no index", id, { text: "one" }, ["the index timed out"]);
 * ```
 */
export class PartialError extends Error {
  override readonly name = "PartialError";
  constructor(
    message: string,
    readonly id: string,
    readonly outputs: Properties,
    readonly reasons: string[],
  ) {
    super(message);
  }
}
