// The table of docs/mutation.md.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { companies } from "./companies.js";
import type { Outcome } from "./model.js";
import { type Mutant, mutants } from "./mutants.js";

const file = fileURLToPath(new URL("../../docs/mutation.md", import.meta.url));

export interface Found {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
}

const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

function cellsOf({ mutant: { finding, title, half }, outcome: { failed, sequences, theme, said } }: Found) {
  const count = half === "catalogs" ? `${sequences} of ${companies}` : sequences;
  return [finding, title, half, failed ? count : "not found", theme ?? "", said.replaceAll("|", "\\|")] as const;
}

/**
 * @param found rows that are written anew; those of other mutants stay
 * @param most sequences in each half of the suite
 */
export function writeDocument(found: readonly Found[], most: number): void {
  const before = found.length < mutants.length ? documented() : [];
  const rows = mutants.flatMap(({ title }) => {
    const anew = found.find(({ mutant }) => mutant.title === title);
    const cells = anew ? cellsOf(anew) : before.find((row) => row[1] === title);
    return cells ? [line(cells)] : [];
  });
  writeFileSync(
    file,
    `# Does the model find what it is for?

The model test (\`test/model\`) plays ${most * 2} sequences in every run of the suite, half of them about staging and half about
prod, always the same ones. Here it plays them on a tool with one safeguard taken out, until a sequence fails. \`npm run mutants\`
writes this page; the edits are in \`test/model/mutants.ts\`.

*found by* says how the sequence came about. Half of the sequences are *at random*; the others follow a theme: the steps that a
finding is made from, with names, values and what else happens left to chance (\`test/model/chance.ts\`). Every sequence begins at
one of eight places of the road, such as a prod that is on and rotated.

*catalogs* are companies that are drawn as well (\`test/model/catalogs.test.ts\`, ${companies} in every run): one to five environments, the flag
on no app, one or several. They find what a company of two environments with its flag on one app cannot meet.

${line(["finding", "what is taken out", "half", `sequences until found (of ${most})`, "found by", "what the model says"])}
${line(["---", "---", "---", "---:", "---", "---"])}
${rows.join("\n")}
`,
  );
}

/** The document's rows, each a list of cells. */
export const documented = (): string[][] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((row) => row.startsWith("| ") && !row.startsWith("| ---") && !row.startsWith("| finding"))
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
