// Whether what an update left is to be called refused: what a command ends with 3 for, and what turns plain `pulumi up` red. Pure.
import type { Reason, Verdict } from "./findings.js";
import type { MigrationRecord } from "./state/index.js";

/** A flag that is wanted and refused, or that is on over something bad. */
export function flagVerdict({ blocked, flag }: Pick<MigrationRecord, "blocked" | "flag">): Verdict | undefined {
  const { variable, app, wanted, running } = flag;
  if (blocked.length === 0) return undefined;
  if (wanted !== running) return { code: "flag-stays", variable, app, on: running, because: blocked };
  return running ? { code: "flag-unconfirmed", variable, app, because: blocked } : undefined;
}

/** Flat copies that were wanted gone and stay. */
export function retirementVerdict(report: { readonly refused: readonly Reason[] } | undefined): Verdict | undefined {
  return report && report.refused.length > 0 ? { code: "flat-stays", because: report.refused } : undefined;
}
