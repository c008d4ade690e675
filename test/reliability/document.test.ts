import { expect, it } from "vitest";
import { columnTitles, documented, rowTitles } from "./document.js";

it("docs/reliability.md has a row for each fault and a column for each command, with nothing lost and nothing leaked", () => {
  const [head, , ...rows] = documented();
  expect(head!.slice(1)).toEqual([...columnTitles, "runs", "converged", "lost", "leaked"]);
  expect(rows.map(([title]) => title)).toEqual([...rowTitles, "all"]);
  for (const row of rows) {
    const [runs, converged, lost, leaked] = row.slice(-4);
    expect([converged, lost, leaked], row[0]).toEqual([runs, "0", "0"]);
    expect(Number(runs), row[0]).toBeGreaterThan(0);
  }
});
