// `npm run mutants` runs the model on every mutant and writes docs/mutation.md; every other run sees that the list still holds.
// CONSOLE_VAULT_MUTANTS=staging or prod (a half, whose sequences are its own) or a finding's letter leaves the other rows.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Outcome, sequences } from "./model.js";
import { type Mutant, mutants, mutate, sourceOf } from "./mutants.js";
import { documented, type Found, writeDocument } from "./mutantsDocument.js";

it.each(mutants.map((one) => [one.title, one] as const))(
  "the source has the text of this mutant once: %s",
  (_title, one) => {
    expect(mutate(one, sourceOf(one))).not.toBe(sourceOf(one));
  },
);

it("docs/mutation.md says how the model found every mutant", () => {
  expect(documented().map(([, title, ...rest]) => [title, rest.every((cell) => cell !== "")])).toEqual(
    mutants.map(({ title }) => [title, true]),
  );
});

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Plays the suite's own sequences on a mutant until one fails. */
async function play({ title }: Mutant): Promise<Outcome> {
  const dir = mkdtempSync(join(tmpdir(), "console-vault-mutant-"));
  const result = join(dir, "result.json");
  const env = { ...process.env, CONSOLE_VAULT_MUTANT: title, CONSOLE_VAULT_MODEL_RESULT: result };
  const argv = [here("../../node_modules/vitest/vitest.mjs"), "run", "--config", here("mutant.config.ts")];
  const child = spawn(process.execPath, argv, { cwd: here("../../"), env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      output += data;
    });
  await once(child, "close");
  try {
    return JSON.parse(readFileSync(result, "utf8")) as Outcome;
  } catch {
    throw new Error(`the model did not run on "${title}":\n${output}`);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const asked = process.env.CONSOLE_VAULT_MUTANTS;

it.runIf(asked)(
  "the model finds every mutant within its own number of sequences",
  { timeout: 10_800_000 },
  async () => {
    const found: Found[] = [];
    for (const mutant of mutants.filter(({ half, finding }) => ["all", half, finding].includes(asked!))) {
      const outcome = await play(mutant);
      process.stdout.write(`${mutant.finding}  ${outcome.failed ? outcome.sequences : "not found"}  ${mutant.title}\n`);
      found.push({ mutant, outcome });
    }
    writeDocument(found, sequences / 2);
    expect(found.filter(({ outcome }) => !outcome.failed).map(({ mutant }) => mutant.title)).toEqual([]);
  },
);
