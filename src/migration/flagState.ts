// How a flag is over all the apps of an environment that have it. Pure.
import type { AppFlag, FlagState, RunningFlag } from "./world.js";

/** Apps that have a flag, in words. */
export const appsInWords = (apps: readonly string[]): string => apps.join(" and ");

/** @param on of each app that has it; none for an environment without a flag, where it is never on */
function stateOfFlag(on: readonly boolean[]): FlagState {
  if (!on.includes(true)) return "off";
  return on.includes(false) ? "partly" : "on";
}

/** The flag of an environment from that of its apps. */
export function flagOf(apps: readonly AppFlag[]): RunningFlag {
  const is = stateOfFlag(apps.map(({ on }) => on));
  const times = apps.map(({ since }) => since?.getTime());
  const told = is === "on" && times.every((one) => one !== undefined);
  const since = told ? new Date(Math.max(...(times as number[]))) : undefined;
  return { is, app: appsInWords(apps.map(({ app }) => app)), apps, since };
}

/** A flag as a state or a plan has it: `apps` where it stands on several. */
export interface KeptFlag {
  readonly app: string;
  readonly running: boolean;
  readonly apps?: readonly { readonly app: string; readonly running: boolean }[] | undefined;
}

/** Its apps, in the order in which it turns on, each with whether it is on there. */
export const appsOfFlag = ({ app, running, apps }: KeptFlag): NonNullable<KeptFlag["apps"]> =>
  apps ?? (app === "" ? [] : [{ app, running }]);

/** `running` alone says only whether it is on everywhere. */
export const keptState = (flag: KeptFlag): FlagState => stateOfFlag(appsOfFlag(flag).map(({ running }) => running));

/** Whether it is as it is wanted. */
export const asWanted = (flag: KeptFlag & { readonly wanted: boolean }): boolean =>
  keptState(flag) === (flag.wanted ? "on" : "off");

/** In words: `on`, `off`, or which apps have it on and which do not. */
export function flagWords(flag: KeptFlag): string {
  const is = keptState(flag);
  if (is !== "partly") return is;
  const those = (on: boolean) =>
    appsInWords(
      appsOfFlag(flag)
        .filter(({ running }) => running === on)
        .map(({ app }) => app),
    );
  return `on on ${those(true)}, off on ${those(false)}`;
}

/** As a state keeps it: `apps` only where it stands on several. */
export function keptFlag({ is, app, apps }: RunningFlag): KeptFlag {
  const each = apps.map((one) => ({ app: one.app, running: one.on }));
  return { app, running: is === "on", ...(apps.length > 1 ? { apps: each } : {}) };
}
