// Whether an app gets the new value. Pure; values are compared in here, and only the answers leave.
import type { Credential } from "../catalog/index.js";
import type { SecretValue } from "../secret.js";

/** What the path had before this rotation, as far as that is known. */
export type Previous =
  | { readonly is: "known"; readonly values: readonly SecretValue[] }
  /** An earlier run wrote the path; these values of the environment's own apps, which are set last, are from before it. */
  | { readonly is: "left"; readonly values: readonly SecretValue[] }
  /** An earlier run got as far as the environment's own apps: it has decided about every other app. */
  | { readonly is: "decided" };

/**
 * @param before the value at the path; undefined where there is none
 * @param ownVars what the apps of the rotation's own environment have under the name
 */
export function previousValue(
  value: SecretValue,
  before: SecretValue | undefined,
  ownVars: readonly (SecretValue | undefined)[],
): Previous {
  if (!before?.equals(value)) return { is: "known", values: before ? [before] : [] };
  const held = ownVars.flatMap((one) => (one ? [one] : []));
  if (held.some((one) => one.equals(value))) return { is: "decided" };
  return { is: "left", values: held };
}

export interface AppFacts {
  readonly value: SecretValue;
  /** What the app has under the name; undefined where it has none. */
  readonly current: SecretValue | undefined;
  /** Of the environment that is rotated. */
  readonly own: boolean;
  /** The app's stack gives it the name. */
  readonly managed: boolean;
  /** Its environment's value at its own path, where another one is read. */
  readonly environmentValue: SecretValue | undefined;
  readonly previous: Previous;
  /** The value breaks the format rule of the app's environment. */
  readonly barred: boolean;
  /** An operator said that it gets the value, whatever it has. */
  readonly also: boolean;
}

/**
 * - `own value`: it has its environment's, which it will read there once the flag is on.
 * - `another value`: it never had this path's.
 * - `format`: its environment's rule forbids the new value, and what it has is not of the new one's kind.
 * - `unknown`: whether it had this path's value can no longer be told.
 */
export type Kept = "own value" | "another value" | "format" | "unknown";

export type AppStep =
  | { readonly is: "set" | "had it" | "does not use it" }
  | { readonly is: "keeps"; readonly why: Kept };

export function decideApp(credential: Credential, facts: AppFacts): AppStep {
  const { value, current, own, managed, environmentValue, previous, barred, also } = facts;
  if (current?.equals(value)) return { is: "had it" };
  if (!current && !(own && managed)) return { is: "does not use it" };
  const had = previous.is !== "decided" && previous.values.some((one) => current?.equals(one));
  if (current && !also && !had && environmentValue?.equals(current)) return { is: "keeps", why: "own value" };
  if (barred && !(current && sameKind(credential, current, value))) return { is: "keeps", why: "format" };
  if (!current || also) return { is: "set" };
  if (own || had) return { is: "set" };
  return { is: "keeps", why: previous.is === "left" ? "unknown" : "another value" };
}

/** Whether two values begin alike, by the prefixes that the catalog knows of the credential: `rk_live_`, `rk_test_`. */
function sameKind({ rules }: Credential, one: SecretValue, other: SecretValue): boolean {
  const prefixes = rules.flatMap((rule) => (rule.rule === "prefix" ? Object.values(rule.prefixes).flat() : []));
  return prefixes.some(
    (prefix) => prefix !== undefined && one.reveal().startsWith(prefix) && other.reveal().startsWith(prefix),
  );
}
