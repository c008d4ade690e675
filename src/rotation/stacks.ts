// What the stacks' config files and last updates say of a rotation. Pure.
import { type Catalog, hasFlag, type Override } from "../catalog/index.js";
import { type FlagState, type KeptFlag, keptState } from "../migration/index.js";
import type { Flags } from "./flags.js";
import type { RotationRequest } from "./plan.js";

/** A flag by each of those that know of it. */
export interface FlagAccounts {
  /** By the stack's config file. */
  readonly wanted: boolean;
  /** By the stack's last update. */
  readonly recorded: FlagState;
  /** By the apps' config vars. */
  readonly running: boolean;
}

/**
 * A rotation goes by the flag as it runs, and only where config and state say the same: otherwise the next update turns it, and
 * what was written is not what is read.
 *
 * @param recorded undefined where the stack was never updated: then it is off
 * @returns undefined where all agree
 */
export function flagDisagreement(
  catalog: Catalog,
  { environment, vaultEnvAware: wanted }: { readonly environment: string; readonly vaultEnvAware: boolean },
  recorded: KeptFlag | undefined,
  running: boolean,
): FlagAccounts | undefined {
  const last = recorded ? keptState(recorded) : "off";
  // A catalog that has no flag any more says nothing of an app that still has it on.
  if (!hasFlag(catalog, environment) && last === "off") return undefined;
  if (wanted === running && last === (running ? "on" : "off")) return undefined;
  return { wanted, recorded: last, running };
}

/** What of a stack's config is about the credentials on its apps and about its rules. */
interface StackSettings {
  readonly environment: string;
  readonly manage: Readonly<Record<string, readonly string[]>>;
  readonly overrides: Readonly<Record<string, Omit<Override, "name">>>;
}

/** What each environment's stack says of the name. One that does not own the flat path manages it only while its flag is on. */
export function settingsOf(
  catalog: Catalog,
  name: string,
  stacks: readonly StackSettings[],
  flags: Flags,
): Pick<RotationRequest, "managed" | "overrides"> {
  return {
    managed: stacks
      .filter(({ environment }) => environment === catalog.fallback || flags[environment])
      .flatMap(({ manage }) => manage[name] ?? []),
    overrides: Object.fromEntries(
      stacks.map(({ environment, overrides }) => [environment, overrides[name] ? [{ name, ...overrides[name] }] : []]),
    ),
  };
}
