// The resource classes of the dynamic provider, without `dynamic.Resource`: that one serialises a closure into the state, and
// ours is a constant string. `refresh` and `destroy` run what the state holds, so the string names the package, not a path.
import * as pulumi from "@pulumi/pulumi";
import {
  type FolderInputs,
  type FolderOutputs,
  type MigrationInputs,
  type MigrationOutputs,
  type ResourceKind,
  type RetirementInputs,
  type RetirementOutputs,
  resourceTypes,
  type SecretSetInputs,
  type SecretSetOutputs,
  unpacked,
  written,
} from "../migration/index.js";

/** What a resource of this kind keeps in state as its provider. */
export const providerCode = (kind: string) =>
  `exports.handler = () => require("node:module").createRequire(process.cwd() + "/")("console-vault/provider").provider(${JSON.stringify(kind)});`;

/** @param outputs keys that only the provider fills */
const properties = (kind: ResourceKind, args: object, ...outputs: readonly string[]) => ({
  ...written(kind, { ...args, ...Object.fromEntries(outputs.map((key) => [key, undefined])) }, (value, pack) =>
    pulumi.Output.isInstance(value) || value instanceof Promise ? pulumi.output(value).apply(pack) : pack(value),
  ),
  __provider: providerCode(kind),
});

/** A property that a state keeps as text; undefined where nothing is known of it yet. */
const kept = <T>(output: pulumi.Output<unknown>): pulumi.Output<T> => output.apply((value) => unpacked(value) as T);

type Args<T> = { [Key in keyof T]: pulumi.Input<T[Key]> };

/**
 * An Infisical folder. Deleting the resource deletes only a folder that it made and that is empty.
 *
 * @example
 * ```ts
 * import type { Folder } from "console-vault";
 * // Whether the folder was made by its stack, and not adopted.
 * export const isOurs = (folder: Folder) => folder.created;
 * ```
 */
export class Folder extends pulumi.CustomResource {
  declare readonly path: pulumi.Output<string>;
  declare protected readonly __cv_created: pulumi.Output<FolderOutputs["created"]>;
  constructor(name: string, args: Args<FolderInputs>, opts?: pulumi.CustomResourceOptions) {
    super(resourceTypes.folder, name, properties("folder", args, "created", "folderId"), opts);
  }
  get created() {
    return this.__cv_created;
  }
}

/**
 * The credentials of one folder: placed, read back, judged. Inputs are names, paths and revisions, never values.
 *
 * @example
 * ```ts
 * import type { SecretSet } from "console-vault";
 * export const confirmedBy = (set: SecretSet) => set.summary.apply(({ confirmed }) => confirmed);
 * ```
 */
export class SecretSet extends pulumi.CustomResource {
  declare readonly path: pulumi.Output<string>;
  declare protected readonly __cv_summary: pulumi.Output<unknown>;
  declare protected readonly __cv_memory: pulumi.Output<unknown>;
  constructor(name: string, args: Args<SecretSetInputs>, opts?: pulumi.CustomResourceOptions) {
    super(resourceTypes.secretSet, name, properties("secretSet", args, "memory"), opts);
  }
  get summary() {
    return kept<SecretSetOutputs["summary"]>(this.__cv_summary);
  }
  get memory() {
    return kept<SecretSetOutputs["memory"]>(this.__cv_memory);
  }
}

/**
 * Stands before the flag: keeps the soak, and refuses to let the flag turn on over anything unconfirmed.
 *
 * @example
 * ```ts
 * import type { Migration } from "console-vault";
 * export const phaseOf = (migration: Migration) => migration.phase;
 * ```
 */
export class Migration extends pulumi.CustomResource {
  declare protected readonly __cv_migration: pulumi.Output<MigrationOutputs["migration"]>;
  declare protected readonly __cv_turn: pulumi.Output<MigrationOutputs["turn"]>;
  declare readonly apps: pulumi.Output<MigrationOutputs["apps"]>;
  declare readonly phase: pulumi.Output<MigrationOutputs["phase"]>;
  constructor(name: string, args: Args<MigrationInputs>, opts?: pulumi.CustomResourceOptions) {
    super(resourceTypes.migration, name, properties("migration", args, "migration"), opts);
  }
  get migration() {
    return this.__cv_migration;
  }
  get turn() {
    return this.__cv_turn;
  }
}

/**
 * Takes the flat copies away, last and reversibly. Deleting the resource deletes and restores nothing.
 *
 * @example
 * ```ts
 * import type { Retirement } from "console-vault";
 * export const reportOf = (retirement: Retirement) => retirement.retirement;
 * ```
 */
export class Retirement extends pulumi.CustomResource {
  declare protected readonly __cv_retirement: pulumi.Output<RetirementOutputs["retirement"]>;
  constructor(name: string, args: Args<RetirementInputs>, opts?: pulumi.CustomResourceOptions) {
    super(resourceTypes.retirement, name, properties("retirement", args, "retirement", "left"), opts);
  }
  get retirement() {
    return this.__cv_retirement;
  }
}
