// What a rollback does about the flag, the config file and the locks. What it does about the flat path: wayBack.ts. Pure.
import type { StackConfig } from "../config/index.js";
import type { FlagReading } from "../resolver/index.js";

/** The flag as each app has it, in the order in which it turns off. */
export type FlagReadings = ReadonlyMap<string, FlagReading>;

/** Apps whose readers may take the flag as on, in the order in which it turns off. */
export const mayBeOn = (readings: FlagReadings): string[] =>
  [...readings].flatMap(([app, reading]) => (reading === "off" ? [] : [app]));

/** Whether the flat path is looked at. Restoring the flat copies takes a look even where the flag is off already. */
export const looksBack = (restoreFlat: boolean, on: boolean): boolean => on || restoreFlat;

/**
 * Whether it is looked at once more under the lock. A vault that could not be asked the first time, with the flag on as it is
 * now, was passed over knowingly.
 *
 * @param first whether the flag was on at the first look, and whether there was one
 */
export const looksBackAgain = (
  restoreFlat: boolean,
  on: boolean,
  first: { readonly on: boolean; readonly looked: boolean },
): boolean => looksBack(restoreFlat, on) && !(on && first.on && !first.looked);

/**
 * What the stack's file has to say once the flag is off: nothing of it is wanted any more, nor the retirement, which is wanted
 * only with the flag on. Left at true it would have every later command refused.
 *
 * @returns the keys that are to change; none where it asks for neither
 */
export const settingsForOff = ({
  vaultEnvAware,
  retireFlat,
}: Pick<StackConfig, "vaultEnvAware" | "retireFlat">): { vaultEnvAware?: false; retireFlat?: false } => ({
  ...(vaultEnvAware ? { vaultEnvAware: false } : {}),
  ...(retireFlat ? { retireFlat: false } : {}),
});

/**
 * Stacks whose locks a rollback takes: its own, and that of the flat path's owner, whose update is what retires the flat copies.
 *
 * @param readable whether the stack's state can be read: one that cannot be read cannot be locked
 * @param force the flag has to go off at any price, so no other stack's lock is waited for
 */
export function locksForRollback(
  environment: string,
  owner: string,
  { readable, force }: { readonly readable: boolean; readonly force: boolean },
): string[] {
  if (!readable) return [];
  return force || environment === owner ? [environment] : [environment, owner];
}

/** How a rollback that failed left the flag. The config file is put back only where it turned off nowhere. */
export type FailedRollback =
  | { readonly is: "off" | "unknown" | "as it was" }
  | { readonly is: "partly"; readonly off: readonly string[]; readonly on: readonly string[] };

/**
 * @param asked apps on which Heroku was asked to turn it off
 * @param readings as it is now; undefined where Heroku does not answer
 */
export function afterFailedRollback(asked: readonly string[], readings: FlagReadings | undefined): FailedRollback {
  if (asked.length === 0) return { is: "as it was" };
  if (readings === undefined) return { is: "unknown" };
  const off = asked.filter((app) => readings.get(app) === "off");
  if (off.length === 0) return { is: "as it was" };
  const on = mayBeOn(readings);
  return on.length === 0 ? { is: "off" } : { is: "partly", off, on };
}
