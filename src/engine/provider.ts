/**
 * Resource providers that run inside the embedded engine's process. They take the place of a provider plugin, for packages
 * of which a project needs one or two resources and no download.
 *
 * Values are plain JavaScript (strings, numbers, booleans, null, arrays, objects). Secrets arrive unwrapped; which of them are
 * secret is the engine's business: an output is secret where the input of the same key was, or where
 * `additionalSecretOutputs` names it. During a preview a value that is not known yet arrives as {@link unknown}.
 */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | { [key: string]: PropertyValue };
export type Properties = Record<string, PropertyValue>;

/** Stands for a value that a preview cannot know yet (the same string that Pulumi uses on its wire). */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface CheckFailure {
  /** Key of the input that is at fault. */
  property: string;
  /** What is wrong with it; without its value if that may be secret. */
  reason: string;
}

export type PropertyDiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

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

/** Keyed by package name, e.g. `heroku`. */
export type NativeProviders = Record<string, NativeProvider>;

/** Thrown from `create` or `update` when the resource exists but is not what was asked for: it stays in state with its `reasons`. */
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
