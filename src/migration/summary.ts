import { type Finding, type Override, overridableRules } from "../catalog/index.js";
import type { CopyRecord } from "./placement.js";

export interface Broken {
  readonly name: string;
  readonly rule: string;
  readonly why: string;
  /** Of the value, where an override for it would let it pass. */
  readonly token?: string;
}

/** An override that let a value pass. */
export interface Passed extends Override {
  /** Token of the value's row: the override may be tied to the flat row that it was copied from, which may be gone by now. */
  readonly row: string;
}

/** @param token of the value that the findings are about */
export function brokenOf(findings: readonly Finding[], token: string): Broken[] {
  const mayPass = new Set<string>(overridableRules);
  return findings.map(({ name, rule, why }) => ({ name, rule, why, ...(mayPass.has(rule) ? { token } : {}) }));
}

/** What is wrong, and what an override would have to name. */
export function told({ rule, why, token }: Broken): string {
  return `${why} (${rule}${token === undefined ? "" : `; token ${token}`})`;
}

/** What a `SecretSet` found and did; also what the stack says of all of them together. Names, rules and tokens only. */
export interface SetSummary {
  /** Of the names that are at their environment path: revision (`id@version`) by name. */
  readonly revisions: Readonly<Record<string, string>>;
  /** Placed, read back, and passing their rules. */
  readonly confirmed: readonly string[];
  readonly missing: readonly string[];
  readonly broken: readonly Broken[];
  /** To be written by an operator. */
  readonly waiting: readonly string[];
  readonly conflicts: readonly { readonly name: string; readonly why: string }[];
  /** Whose `distinct` could not be checked: no other environment's value was to be seen. */
  readonly unchecked: readonly string[];
  readonly overrides: readonly Passed[];
}

/** What a name had when it was last looked at: tokens, `null` where there was no row. */
export interface SeenTokens {
  readonly target: string | null;
  readonly flat: string | null;
  /** Rules that the value broke, overridden or not; `unchecked` where `distinct` could not be. */
  readonly verdict: { readonly target: readonly string[]; readonly flat: readonly string[] };
}

/** What a `SecretSet` remembers besides. */
export interface SetMemory {
  readonly seen: Readonly<Record<string, SeenTokens>>;
  readonly records: Readonly<Record<string, CopyRecord>>;
}

/** One summary of many, in their order. */
export function mergeSummaries(sets: readonly SetSummary[]): SetSummary {
  const all = <Key extends Exclude<keyof SetSummary, "revisions">>(key: Key) =>
    sets.flatMap((set) => set[key] as never[]) as SetSummary[Key];
  return {
    revisions: Object.assign({}, ...sets.map(({ revisions }) => revisions)) as Record<string, string>,
    confirmed: all("confirmed"),
    missing: all("missing"),
    broken: all("broken"),
    waiting: all("waiting"),
    conflicts: all("conflicts"),
    unchecked: all("unchecked"),
    overrides: all("overrides"),
  };
}

/** Whether every one of `expected` is confirmed and nothing is wrong with any. */
export function allConfirmed(summary: SetSummary, expected: readonly string[]): boolean {
  const confirmed = new Set(summary.confirmed);
  return summary.conflicts.length === 0 && summary.broken.length === 0 && expected.every((name) => confirmed.has(name));
}

/** What is wrong, a line each. Waiting for an operator is not: see `waits`. */
export function wrongs(summary: SetSummary): string[] {
  return [
    ...summary.missing.map((name) => `${name}: missing`),
    ...summary.broken.map((one) => `${one.name}: ${told(one)}`),
    ...summary.conflicts.map(({ name, why }) => `${name}: conflict: ${why}`),
  ];
}

/** What an operator has still to write, a line each. */
export function waits(summary: SetSummary): string[] {
  return summary.waiting.map((name) => `${name}: not provisioned yet`);
}
