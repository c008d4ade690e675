// The resource classes of the dynamic provider, without `dynamic.Resource`: that one serialises a closure into the state, and
// ours is a constant string. `refresh` and `destroy` run what the state holds, so the string names the package, not a path.
import * as pulumi from "@pulumi/pulumi";
import {
  type FolderInputs,
  type FolderOutputs,
  type MigrationInputs,
  type MigrationOutputs,
  type RetirementInputs,
  type RetirementOutputs,
  resourceTypes,
  type SecretSetInputs,
  type SecretSetOutputs,
} from "../migration/index.js";

/** What a resource of this kind keeps in state as its provider. */
export const providerCode = (kind: string) =>
  `exports.handler = () => require("node:module").createRequire(process.cwd() + "/")("console-vault/provider").provider(${JSON.stringify(kind)});`;

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
  declare readonly created: pulumi.Output<FolderOutputs["created"]>;
  constructor(name: string, args: Args<FolderInputs>, opts?: pulumi.CustomResourceOptions) {
    super(
      resourceTypes.folder,
      name,
      { ...args, created: undefined, folderId: undefined, __provider: providerCode("folder") },
      opts,
    );
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
  declare readonly summary: pulumi.Output<SecretSetOutputs["summary"]>;
  declare readonly memory: pulumi.Output<SecretSetOutputs["memory"]>;
  constructor(name: string, args: Args<SecretSetInputs>, opts?: pulumi.CustomResourceOptions) {
    super(resourceTypes.secretSet, name, { ...args, memory: undefined, __provider: providerCode("secretSet") }, opts);
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
  declare readonly migration: pulumi.Output<MigrationOutputs["migration"]>;
  declare readonly apps: pulumi.Output<MigrationOutputs["apps"]>;
  declare readonly turn: pulumi.Output<MigrationOutputs["turn"]>;
  declare readonly phase: pulumi.Output<MigrationOutputs["phase"]>;
  constructor(name: string, args: Args<MigrationInputs>, opts?: pulumi.CustomResourceOptions) {
    super(
      resourceTypes.migration,
      name,
      { ...args, migration: undefined, __provider: providerCode("migration") },
      opts,
    );
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
  declare readonly retirement: pulumi.Output<RetirementOutputs["retirement"]>;
  constructor(name: string, args: Args<RetirementInputs>, opts?: pulumi.CustomResourceOptions) {
    super(
      resourceTypes.retirement,
      name,
      { ...args, retirement: undefined, left: undefined, __provider: providerCode("retirement") },
      opts,
    );
  }
}
