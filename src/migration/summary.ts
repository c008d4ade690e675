import { type Finding, overridableRules } from "../catalog/index.js";
import type { Broken, SetSummary } from "./state/index.js";

/** @param token of the value that the findings are about */
export function brokenOf(findings: readonly Finding[], token: string): Broken[] {
  const mayPass = new Set<string>(overridableRules);
  return findings.map(({ name, rule, why }) => ({ name, rule, why, ...(mayPass.has(rule) ? { token } : {}) }));
}

/** What is wrong, and what an override would have to name. */
export function told({ rule, why, token }: Broken): string {
  return `${why} (${rule}${token === undefined ? "" : `; token ${token}`})`;
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
