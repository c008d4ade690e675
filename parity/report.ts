// A run's report, for people. As JSON it is the report itself.
import Table from "cli-table3";
import type { Judged } from "./compare.js";
import type { Report } from "./run.js";

export const unknownOf = (report: Report): readonly Judged[] => report.differences.filter(({ known }) => !known);

export function describeReport(report: Report): string {
  const [left, right] = report.targets.map(({ name, kind }) => `${name} (${kind})`) as [string, string];
  const unknown = unknownOf(report);
  const listed = report.differences.length - unknown.length;
  return [
    `${left} and ${right}: ${report.steps} steps`,
    ...report.left.map(({ scenario, lacks }) => `left out: ${scenario} (needs ${lacks.join(", ")})`),
    `${listed} differences are known facts`,
    ...report.notSeen.map(({ at, says }) => `listed as known, not seen: ${at} (${says})`),
    unknown.length === 0 ? "no other difference" : `${unknown.length} differences that no fact explains:`,
    ...(unknown.length === 0 ? [] : [tableOf(unknown, [left, right])]),
  ].join("\n");
}

function tableOf(differences: readonly Judged[], head: readonly [string, string]): string {
  const table = new Table({ head: ["scenario: step", "at", ...head], style: { head: [], border: [] } });
  for (const { scenario, step, at, left = "–", right = "–" } of differences)
    table.push([`${scenario}: ${step}`, at, left, right]);
  return table.toString();
}
