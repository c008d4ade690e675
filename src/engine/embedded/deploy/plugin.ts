import type { CheckFailure, PropertyDiffKind } from "../../provider.js";
import type { Properties } from "../values/values.js";

/** What a provider says about the difference of two states of a resource. */
export interface Diff {
  changes: boolean;
  changedKeys: string[];
  replaceKeys: string[];
  deleteBeforeReplace: boolean;
  detailedDiff: Record<string, { kind: PropertyDiffKind; inputDiff: boolean }> | undefined;
}

export const noDiff: Diff = {
  changes: false,
  changedKeys: [],
  replaceKeys: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};
export const someDiff: Diff = { ...noDiff, changes: true };
/** A difference that needs a new resource, because of a key that is not a property of it (`provider`, `deletedWith`, …). */
export const replacingDiff = (key: string): Diff => ({ ...someDiff, replaceKeys: [key] });

export const replaces = (diff: Diff): boolean =>
  diff.replaceKeys.length > 0 || Object.values(diff.detailedDiff ?? {}).some(({ kind }) => kind.endsWith("-replace"));

export interface CheckResult {
  inputs: Properties;
  failures: CheckFailure[];
}

interface ReadResult {
  /** "" : the resource is gone. */
  id: string;
  /** undefined: there is nothing to read. A dynamic provider that finds nothing gives empty outputs instead. */
  outputs: Properties | undefined;
  inputs: Properties | undefined;
}

export interface ResourceIdentity {
  urn: string;
  type: string;
}

/** One configured provider, as the engine's core sees it: values may be secret, and during a preview unknown. */
export interface Plugin {
  configure(inputs: Properties): Promise<void>;
  check(resource: ResourceIdentity, olds: Properties | undefined, news: Properties): Promise<CheckResult>;
  /** `"unknown"`: the provider cannot tell; the engine compares inputs. */
  diff(
    resource: ResourceIdentity & { id: string },
    old: { inputs: Properties; outputs: Properties },
    news: Properties,
    ignoreChanges: string[],
  ): Promise<Diff | "unknown">;
  create(resource: ResourceIdentity, inputs: Properties): Promise<{ id: string; outputs: Properties }>;
  read(resource: ResourceIdentity & { id: string }, inputs: Properties, outputs: Properties): Promise<ReadResult>;
  update(
    resource: ResourceIdentity & { id: string },
    old: { inputs: Properties; outputs: Properties },
    news: Properties,
    ignoreChanges: string[],
  ): Promise<{ outputs: Properties }>;
  delete(resource: ResourceIdentity & { id: string }, inputs: Properties, outputs: Properties): Promise<void>;
  /** A function of the package. Only the built-in package `pulumi` has any. Throws {@link InvokeFailed}. */
  invoke?(token: string, args: Properties): Promise<Properties>;
}

/** A function that failed: the program that called it gets the message, and decides what that means. */
export class InvokeFailed extends Error {
  override readonly name = "InvokeFailed";
}

/** What a program asked for when it named a package. */
export interface PackageRequest {
  /** The plugin: `heroku`, or `terraform-provider` for a parameterized package. */
  name: string;
  version: string;
  downloadUrl: string;
  parameterization: { name: string; version: string; value: string } | undefined;
}

/** Makes a provider instance for a package. Throws EngineError for a package that the engine does not have. */
export type PluginFactory = (pkg: string) => Plugin;

/** Whether the state of a resource after a failed operation is known (`ok`), partly made, or anybody's guess. */
export type FailureStatus = "ok" | "partial" | "unknown";

/** A provider's operation that failed. `partial` ones left a resource that is kept in state with its `reasons`. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  constructor(
    message: string,
    readonly status: FailureStatus,
    readonly partial?: { id: string; outputs: Properties; reasons: string[] },
  ) {
    super(message);
  }
}
