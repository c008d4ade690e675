// The table of docs/mutation.md.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./model.js";
import type { Mutant } from "./mutants.js";

const file = fileURLToPath(new URL("../../docs/mutation.md", import.meta.url));

export interface Found {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
}

const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;

/** @param most sequences in each half of the suite */
export function writeDocument(found: readonly Found[], most: number): void {
  const rows = found.map(({ mutant: { finding, title, half }, outcome: { failed, sequences, theme, said } }) =>
    line([finding, title, half, failed ? sequences : "not found", theme ?? "", said.replaceAll("|", "\\|")]),
  );
  writeFileSync(
    file,
    `# Does the model find what it is for?

The model test (\`test/model\`) plays ${most * 2} sequences in every run of the suite, half of them about staging and half about
prod, always the same ones. Here it plays them on a tool with one safeguard taken out, until a sequence fails. \`npm run mutants\`
writes this page; the edits are in \`test/model/mutants.ts\`.

*found by* says how the sequence came about. Half of the sequences are *at random*; the others follow a theme: the steps that a
finding is made from, with names, values and what else happens left to chance (\`test/model/chance.ts\`). Every sequence begins at
one of eight places of the road, such as a prod that is on and rotated.

${line(["finding", "what is taken out", "half", `sequences until found (of ${most})`, "found by", "what the model says"])}
${line(["---", "---", "---", "---:", "---", "---"])}
${rows.join("\n")}
`,
  );
}
