import { overridableRules, type RuleFinding } from "../catalog/index.js";
import type { Broken, Reason } from "./findings.js";
import type { SetSummary } from "./state/index.js";

/** @param revision of the value that the findings are about */
export function brokenOf(findings: readonly RuleFinding[], revision: string): Broken[] {
  const mayPass = new Set<string>(overridableRules);
  return findings.map((one) => ({ ...one, ...(mayPass.has(one.rule) ? { token: revision } : {}) }));
}

export const duplicateOf = (
  name: string,
  { path, rows }: { readonly path: string; readonly rows: number },
): Broken => ({
  name,
  rule: "duplicate",
  detail: { path, rows },
});

export const ruleBroken = (broken: Broken) => ({ code: "rule-broken", ...broken }) as const;

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

/** What is wrong. Waiting for an operator is not: see `notProvisioned`. */
export function wrongOf(summary: SetSummary): Reason[] {
  return [
    ...summary.missing.map((name): Reason => ({ code: "missing", name })),
    ...summary.broken.map(ruleBroken),
    ...summary.conflicts.map((one): Reason => ({ code: "conflict", ...one })),
  ];
}

/** What an operator has still to write. */
export function notProvisioned(summary: SetSummary): Reason[] {
  return summary.waiting.map((name) => ({ code: "not-provisioned", name }));
}
