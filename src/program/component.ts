// This program as a part of somebody else's: a component, for a stack that holds other things as well.
import * as pulumi from "@pulumi/pulumi";
import type { Catalog } from "../catalog/index.js";
import { componentType, type MigrationRecord, type RetirementReport } from "../migration/index.js";
import { findCatalog, loadCatalog } from "../project/index.js";
import { declareEnvironment } from "./index.js";

/**
 * What {@link ConsoleVault} is made from.
 *
 * @example
 * ```ts
 * import type { ConsoleVaultArgs } from "console-vault/pulumi";
 * import { consoleCatalog } from "console-vault";
 * export const args: ConsoleVaultArgs = { catalog: consoleCatalog };
 * ```
 */
export interface ConsoleVaultArgs {
  /** Default: the project's own, `catalog.ts` beside `Pulumi.yaml`, which the commands read. */
  readonly catalog?: Catalog;
}

/**
 * The folders, sets, migration, config vars and retirement of one environment, inside a program that declares other things as well. The
 * stack's name is the environment's. The program exports both outputs by these names: that is what the commands, and the gate of the next
 * environment, read.
 *
 * @example
 * ```ts
 * import { ConsoleVault } from "console-vault/pulumi";
 * // … whatever else the stack holds, and then
 * export const { migration, retirement } = new ConsoleVault("vault");
 * ```
 */
export class ConsoleVault extends pulumi.ComponentResource {
  /** The stack output `migration`. */
  readonly migration: pulumi.Output<MigrationRecord | undefined>;
  /** The stack output `retirement`; undefined where the environment does not hold the flat copies. */
  readonly retirement: pulumi.Output<RetirementReport | undefined>;

  constructor(name: string, { catalog }: ConsoleVaultArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(componentType, name, {}, opts);
    const declared = pulumi.output(untilItEnds(declareIn(this, catalog)));
    this.migration = declared.apply(({ migration }) => migration);
    this.retirement = declared.apply(({ retirement }) => retirement);
    this.registerOutputs({ migration: this.migration, retirement: this.retirement });
  }
}

async function declareIn(component: ConsoleVault, catalog: Catalog | undefined) {
  const own = async () => loadCatalog(await findCatalog(pulumi.runtime.getRootDirectory()));
  return declareEnvironment(catalog ?? (await own()), component);
}

/**
 * A promise that nobody settles lets Node run out of work, and the SDK report a program that has declared all it has: an engine would
 * delete the rest.
 */
async function untilItEnds<T>(work: Promise<T>): Promise<T> {
  const stopped = () => {
    throw plainError(
      new Error("ConsoleVault stopped before its end; nothing may be concluded from what was declared."),
    );
  };
  process.prependOnceListener("beforeExit", stopped);
  try {
    return await work;
  } catch (error) {
    throw plainError(error);
  } finally {
    process.off("beforeExit", stopped);
  }
}

/** With a stack an error costs a minute on Node 20 and 22, where the SDK inspects it and `util.inspect` loops. */
function plainError(error: unknown): pulumi.RunError {
  const plain = new pulumi.RunError(error instanceof Error ? error.message : String(error));
  delete plain.stack;
  return plain;
}
