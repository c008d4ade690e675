// The order in which the environments' flags turn on: which one follows which, and whether one has to wait. Pure.
import { type Catalog, environmentOf, flaggedEnvironments } from "../catalog/index.js";
import type { StackConfig } from "../config/index.js";

/** The environment whose flag turns on before another one's, in the catalog's order. One without a flag waits for none. */
export function predecessor(catalog: Catalog, environment: string): string | undefined {
  const names = flaggedEnvironments(catalog);
  return names[names.indexOf(environment) - 1];
}

/** The environment whose flag may turn on once the one of another has soaked. */
export function successor(catalog: Catalog, environment: string): string | undefined {
  const names = flaggedEnvironments(catalog);
  const index = names.indexOf(environment);
  return index < 0 ? undefined : names[index + 1];
}

/**
 * The environment that the gate asks about before the flag turns on.
 *
 * @param on whether the flag is on already, on each app that has it
 * @returns undefined where no gate is asked: the flag is on or not wanted, or no other environment goes first
 */
export function gatedBy(
  catalog: Catalog,
  { environment, vaultEnvAware }: Pick<StackConfig, "environment" | "vaultEnvAware">,
  on: boolean,
): string | undefined {
  return vaultEnvAware && !on ? predecessor(catalog, environment) : undefined;
}

/** Which environment's flag a promotion turns on, and which one has to have soaked; or why there is no such pair. */
export type Promotion =
  | { readonly is: "pair"; readonly from: string; readonly to: string }
  /** Fewer than two environments have the flag. */
  | { readonly is: "nothing to promote"; readonly only: string | undefined }
  | { readonly is: "not said"; readonly choices: readonly string[] }
  | { readonly is: "last" | "first"; readonly environment: string; readonly order: readonly string[] }
  | { readonly is: "not next"; readonly from: string; readonly to: string; readonly order: readonly string[] };

/**
 * One of the two environments implies the other, and of two environments there is no doubt.
 *
 * @throws UsageError for an environment that the catalog does not have
 */
export function promotionOf(
  catalog: Catalog,
  given: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promotion {
  const order = flaggedEnvironments(catalog);
  for (const name of [given.from, given.to]) if (name !== undefined) environmentOf(catalog, name);
  const to = given.to ?? targetOf(order, given.from);
  if (to === undefined) {
    if (order.length < 2) return { is: "nothing to promote", only: order[0] };
    if (given.from === undefined) return { is: "not said", choices: order.slice(1) };
    return { is: "last", environment: given.from, order };
  }
  const before = predecessor(catalog, to);
  const from = given.from ?? before;
  if (from === undefined) return { is: "first", environment: to, order };
  return before === from ? { is: "pair", from, to } : { is: "not next", from, to, order };
}

/** Where `--to` is not given. */
function targetOf(order: readonly string[], from: string | undefined): string | undefined {
  if (from !== undefined) return order[order.indexOf(from) + 1];
  return order.length === 2 ? order[1] : undefined;
}
