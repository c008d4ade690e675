// Vitest with one mutant (CONSOLE_VAULT_MUTANT, its title): the edit is made as the file is loaded; nothing on disk changes.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { mutants, mutate } from "./mutants.js";

const mutant = mutants.find(({ title }) => title === process.env.CONSOLE_VAULT_MUTANT);
if (!mutant) throw new Error("CONSOLE_VAULT_MUTANT is not the title of a mutant");
const root = fileURLToPath(new URL("../../", import.meta.url));

export default defineConfig({
  root,
  plugins: [
    {
      name: "mutant",
      enforce: "pre",
      transform: (code, id) => (id === `${root}${mutant.file}` ? mutate(mutant, code) : undefined),
    },
  ],
  test: { include: [`test/model/${mutant.half}.test.ts`] },
});
