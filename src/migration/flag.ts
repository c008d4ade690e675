import { flagMeansOn } from "../resolver/index.js";
import type { RunningFlag } from "./world.js";

/** What of a Heroku release tells about the flag. */
export interface FlagRelease {
  readonly description: string;
  readonly createdAt: Date;
}

/**
 * Whether a release touched the flag. Heroku's descriptions name the vars ("Set FLAG_X config vars"); a rollback brings back
 * an older release's vars without naming any, so it counts as one that did.
 */
export function touches({ description }: FlagRelease, variable: string): boolean {
  return description.split(/[^A-Za-z0-9_]+/).includes(variable) || /^rollback to/i.test(description);
}

/** @param touched the newest release that touched the flag */
export function runningFlag(app: string, raw: string | undefined, touched: FlagRelease | undefined): RunningFlag {
  const on = flagMeansOn(raw);
  return { app, raw, on, since: on ? touched?.createdAt : undefined };
}
