import type { SecretValue } from "../secret.js";
import type { PlaceFinding } from "./findings.js";

/** A row of the vault as it was seen. */
export interface VaultRow {
  readonly name: string;
  /** With a final slash. */
  readonly path: string;
  /** `id@version`: another one after each write. */
  readonly revision: string;
  readonly value: SecretValue;
  readonly comment: string;
  /** Pairs that somebody keeps with it. */
  readonly metadata: readonly { readonly key: string; readonly value: SecretValue; readonly isEncrypted: boolean }[];
  readonly tagIds: readonly string[];
  readonly updatedAt: Date;
}

/** What is written with a value where a row is made that takes another one's place. */
export const labelsOf = ({ comment, metadata, tagIds }: VaultRow) => ({ comment, metadata, tagIds });

/** A Heroku app as it was seen. */
export interface AppView {
  readonly name: string;
  /** UUID: what the provider asks for. */
  readonly id: string;
  readonly vars: ReadonlyMap<string, SecretValue>;
}

/** The flag as one app has it now. */
export interface AppFlag {
  readonly app: string;
  /** The config var as it stands, e.g. `true` or a hand-set `1`; undefined where there is none. */
  readonly raw: string | undefined;
  readonly on: boolean;
  /** When the release that last touched the flag was made; undefined where it is off or no release names it. */
  readonly since: Date | undefined;
}

/**
 * The flag of an environment. `partly`: some of its apps have it on and others off, so the environment path and the flat path are
 * both read. That is neither on nor off: nothing that asks for one of them may take it for that.
 */
export type FlagState = "on" | "off" | "partly";

/** The flag as an environment's apps have it now. */
export interface RunningFlag {
  readonly is: FlagState;
  /** Its apps in words; empty for an environment without a flag. */
  readonly app: string;
  /** In the order in which it turns on. */
  readonly apps: readonly AppFlag[];
  /** When the last of its apps turned it on; undefined where it is not on, or no release of one of them tells. */
  readonly since: Date | undefined;
}

/** Everything that a plan is made from, seen in one look. */
export interface World {
  /** Every secret below the root. */
  readonly rows: readonly VaultRow[];
  /** Environment folders that exist, with a final slash. */
  readonly folders: ReadonlySet<string>;
  /** Apps of the stack's environment. */
  readonly apps: readonly AppView[];
  /** Of the stack's environment. */
  readonly flag: RunningFlag;
  /** E-mail of the Heroku account. */
  readonly account: string;
  /** Heroku's clock. */
  readonly now: Date;
}

/** What of a place (a target, or a part of one) is another one now. */
export function movedFrom<Place extends object>(before: Place, now: Place): Extract<PlaceFinding, { code: "moved" }>[] {
  return (
    (Object.keys(before) as (keyof Place & string)[])
      // A company that had no Heroku has none to move from.
      .filter((key) => before[key] !== now[key] && before[key] !== "")
      .map((key) => ({ code: "moved", key, before: String(before[key]), now: String(now[key]) }))
  );
}
