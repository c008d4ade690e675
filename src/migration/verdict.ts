// Whether what an update left is to be called refused: what a command ends with 3 for, and what turns plain `pulumi up` red. Pure.
import type { MigrationRecord } from "./state/index.js";

/** What was refused, and why, a line each. */
export interface Verdict {
  readonly what: string;
  readonly why: readonly string[];
}

/** A flag that is wanted and refused, or that is on over something bad. */
export function flagVerdict({ blocked, flag }: Pick<MigrationRecord, "blocked" | "flag">): Verdict | undefined {
  const { variable, app, wanted, running } = flag;
  if (blocked.length === 0) return undefined;
  if (wanted !== running) return { what: `${variable} stays ${running ? "on" : "off"} (${app})`, why: blocked };
  if (!running) return undefined;
  return {
    what: `${variable} is on (${app}), and not everything it needs is confirmed (the soak starts again)`,
    why: blocked,
  };
}

/** Flat copies that were wanted gone and stay. */
export function retirementVerdict(report: { readonly refused: readonly string[] } | undefined): Verdict | undefined {
  return report && report.refused.length > 0 ? { what: "The flat copies stay", why: report.refused } : undefined;
}

export const verdictText = ({ what, why }: Verdict): string => `${what}:\n${why.map((line) => `  ${line}`).join("\n")}`;
