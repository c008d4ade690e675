// The table of docs/reliability.md, between its two marks.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Command, commands } from "./commands.js";
import { kinds } from "./faults.js";
import type { Disturbance, Verdict } from "./trial.js";

const file = fileURLToPath(new URL("../../docs/reliability.md", import.meta.url));
const marks = ["<!-- table: npm run reliability -->", "<!-- end of table -->"] as const;

const pairs = "two of them at random";
export const rowTitles = [...kinds.map(({ title }) => title), pairs];
export const columnTitles = commands.map(({ title }) => title);

interface Count {
  runs: number;
  converged: number;
  lost: number;
  leaked: number;
}

/** What came of the trials, by fault and command. */
export class Tally {
  readonly #cells = new Map<string, Count>();

  add({ title }: Command, disturbances: readonly Disturbance[], { unclear, diverged, lost, leaked }: Verdict): void {
    const row = disturbances.length > 1 ? pairs : disturbances[0]!.kind.title;
    const cell = this.cell(row, title);
    this.#cells.set(`${row} ${title}`, {
      runs: cell.runs + 1,
      converged: cell.converged + (unclear.length + diverged.length === 0 ? 1 : 0),
      lost: cell.lost + (lost.length > 0 ? 1 : 0),
      leaked: cell.leaked + (leaked.length > 0 ? 1 : 0),
    });
  }

  cell(row: string, column: string): Count {
    return this.#cells.get(`${row} ${column}`) ?? { runs: 0, converged: 0, lost: 0, leaked: 0 };
  }
}

const sum = (counts: readonly Count[], key: keyof Count) => counts.reduce((total, count) => total + count[key], 0);
const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

/** Runs of each fault and command; a cell with runs that did not converge says how many did. */
export function table(tally: Tally): string {
  const totals = (counts: readonly Count[]) =>
    (["runs", "converged", "lost", "leaked"] as const).map((key) => sum(counts, key));
  const shown = ({ runs, converged }: Count) => (runs === converged ? runs : `${converged} of ${runs}`);
  const body = rowTitles.map((row) => {
    const counts = columnTitles.map((column) => tally.cell(row, column));
    return line([row, ...counts.map(shown), ...totals(counts)]);
  });
  const every = columnTitles.map((column) => rowTitles.map((row) => tally.cell(row, column)));
  return [
    line(["", ...columnTitles, "runs", "converged", "lost", "leaked"]),
    line(["---", ...columnTitles.map(() => "---:"), ...totals([]).map(() => "---:")]),
    ...body,
    line(["all", ...every.map((counts) => sum(counts, "runs")), ...totals(every.flat())]),
  ].join("\n");
}

function parts(): [before: string, table: string, after: string] {
  const text = readFileSync(file, "utf8");
  const [start, end] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])];
  return [text.slice(0, start), text.slice(start, end), text.slice(end)];
}

/** @param part which of all trials these are */
export function writeDocument(tally: Tally, part: string): void {
  const [before, , after] = parts();
  writeFileSync(file, `${before}\n\n${part}:\n\n${table(tally)}\n\n${after}`);
}

/** The document's rows, each a list of cells. */
export const documented = (): string[][] =>
  parts()[1]
    .trim()
    .split("\n")
    .filter((row) => row.startsWith("|"))
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
