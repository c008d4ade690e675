// Whether what an update left is to be called refused: what a command ends with 3 for, and what turns plain `pulumi up` red. Pure.
import { asOf, type Reason, type Verdict } from "./findings.js";
import { asWanted } from "./flagState.js";
import type { MigrationRecord, RetirementReport } from "./state/index.js";

/** A record as it is told at another time than that of the update which left it: a soak goes on in between. */
export const recordAsOf = (record: MigrationRecord, now: Date): MigrationRecord => ({
  ...record,
  blocked: record.blocked.map((one) => asOf(one, now)),
});

/** The same of what an update left of the flat copies. */
export function reportAsOf(report: RetirementReport, now: Date): RetirementReport {
  const kept = report.kept.map((one) =>
    "held" in one && "because" in one.held
      ? { ...one, held: { because: one.held.because.map((reason) => asOf(reason, now)) } }
      : one,
  );
  return { ...report, kept, refused: report.refused.map((one) => asOf(one, now)) };
}

/** A flag that is wanted and refused, or that is on over something bad. */
export function flagVerdict({ blocked, flag }: Pick<MigrationRecord, "blocked" | "flag">): Verdict | undefined {
  const { variable, app, running, apps } = flag;
  if (blocked.length === 0) return undefined;
  if (!asWanted(flag))
    return { code: "flag-stays", variable, app, on: running, ...(apps ? { apps } : {}), because: blocked };
  return running ? { code: "flag-unconfirmed", variable, app, because: blocked } : undefined;
}

/** Flat copies that were wanted gone and stay. */
export function retirementVerdict(report: { readonly refused: readonly Reason[] } | undefined): Verdict | undefined {
  return report && report.refused.length > 0 ? { code: "flat-stays", because: report.refused } : undefined;
}
