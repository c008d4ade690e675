// What a rollback looks at before a flag goes off: the vault, or where that cannot be asked, what is recorded.
import { Refusal } from "../errors.js";
import {
  type GoneName,
  type Last,
  lookAtWayBack,
  placesRead,
  retiredNames,
  type StackOutputs,
  type WayBack,
  withoutVault,
} from "../migration/index.js";
import { InfisicalError } from "../vault/client/index.js";
import { askWhether, askYes } from "./ask.js";
import type { Io } from "./io.js";
import { retirementOf } from "./lastUpdate.js";
import { type OpenStack, openStack, type StackOptions } from "./stack.js";
import { difference } from "./wayBack.js";

export interface LookBackOptions extends StackOptions {
  readonly acceptStale?: boolean;
  readonly restoreFlat?: boolean;
  /** Names whose other value at the flat path may be overwritten. */
  readonly overwrite?: readonly string[];
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** The stack's own state, as far as it can be read. */
export interface Known {
  readonly outputs: StackOutputs;
  /** Of the owner of the flat path only: another environment has copied nothing from there. */
  readonly sets: Last["sets"];
}

/**
 * What the flat path would lead to.
 * @param running whether the flag is on; when it is off already, there is nothing to ask a person
 * @returns undefined where the vault cannot be asked and the flag is to go off all the same
 */
export async function lookBack(
  io: Io,
  stack: OpenStack,
  options: LookBackOptions,
  known: Known,
  running: boolean,
): Promise<WayBack | undefined> {
  try {
    const { catalog, config, vault } = stack;
    return await lookAtWayBack(catalog, config, vault, known.sets, running);
  } catch (error) {
    if (!(error instanceof InfisicalError)) throw error;
    const { restoreFlat = false, force = false } = options;
    switch (withoutVault({ restoreFlat, force }, running)) {
      case "cannot-restore":
        throw new Refusal(
          `The vault cannot be asked, so --restore-flat cannot be done (${error.message}). Nothing was changed.`,
          { code: "vault-unreachable" },
        );
      case "nothing-to-ask":
        return undefined;
      case "forced":
        io.err(`! the vault cannot be asked (${error.message}); going on, as --force says`);
        return undefined;
    }
    const question = `The vault cannot be asked whether the flat path still has what its readers need (${error.message}).`;
    if (!io.interactive)
      throw new Refusal(`${question} To turn the flag off all the same: --force`, { code: "vault-unreachable" });
    await askYes(io, {}, `${question} Turn the flag off all the same?`);
    return undefined;
  }
}

/** The revisions that may be overwritten: of the names that were given, and of those that a person confirms one by one. */
export async function confirmOverwrites(io: Io, back: WayBack, options: LookBackOptions): Promise<Map<string, string>> {
  const { restoreFlat, acceptStale, overwrite = [], stack } = options;
  const confirmed = new Map<string, string>();
  const asks = restoreFlat && !acceptStale && !options.yes && io.interactive;
  for (const one of back.different.filter(({ copied }) => !copied)) {
    const yes =
      overwrite.includes(one.name) ||
      (asks && (await askWhether(io, `${difference(one, stack)}. Overwrite what is at ${one.flat.path}?`)));
    if (yes) confirmed.set(one.name, one.flat.revision);
  }
  return confirmed;
}

/** For when the vault cannot be asked: what the owner of the flat path has retired there, as far as that can be read. */
export async function knownGone(
  io: Io,
  { outputs: own, sets }: Known,
  options: LookBackOptions,
  { catalog, config: { root, environment } }: OpenStack,
): Promise<GoneName[]> {
  const owner = catalog.fallback;
  const ofOwner = async () =>
    retirementOf(owner, await (await openStack(io, { ...options, stack: owner })).engine.outputs());
  const { retirement } =
    environment === owner
      ? own
      : await ofOwner().catch((error: Error): StackOutputs => {
          io.err(`! what ${owner} has retired at the flat path cannot be read (${error.message})`);
          return {};
        });
  return retiredNames(placesRead({ catalog, environment, root, sets }), retirement?.retired ?? []);
}
