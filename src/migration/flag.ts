import { readFlag } from "../resolver/index.js";
import { refusalOf } from "./wording.js";
import type { AppFlag } from "./world.js";

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

/** The config var of a flag: which app has it, and its name. */
export interface FlagVar {
  readonly app: string;
  readonly variable: string;
}

/**
 * @param raw the var's text
 * @param touched the newest release that touched the flag
 * @throws Refusal for a text that is neither on nor off: the app's own code may take it either way, so nothing is decided on it.
 * The text is not shown, since it may be a secret that was pasted into the wrong var.
 */
export function appFlag(
  { app, variable }: FlagVar,
  raw: string | undefined,
  touched: FlagRelease | undefined,
): AppFlag {
  const reading = readFlag(raw);
  if (reading === "unclear") throw refusalOf([{ code: "flag-unclear", variable, app }]);
  const on = reading === "on";
  return { app, raw, on, since: on ? touched?.createdAt : undefined };
}
