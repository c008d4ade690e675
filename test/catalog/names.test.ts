// The code decides nothing by one company's names: they are in its catalog.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";

const src = fileURLToPath(new URL("../../src/", import.meta.url));
/** The example catalog, and what the local services start with. */
const companies = [/^catalog\/console\.ts$/, /^local\//];
/** Not the company's: the variable with which the tool logs in, Infisical's own slug of its environments. `init` guesses environments by what they are mostly called. */
const ownMeaning = ["HEROKU_API_KEY", "prod"];
const guessed = /^(migration\/propose|cli\/commands\/init)\.ts: staging$/;

const { credentials, environments, flag } = consoleCatalog;
const names = [
  "MooseQuest",
  flag.name,
  flag.variable,
  ...credentials.map(({ name }) => name),
  ...environments.flatMap(({ name, apps }) => [name, ...Object.values(apps)]),
].filter((name) => !ownMeaning.includes(name));

/** Every text of a module, without its comments. */
function textsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

it("no text of the code has a name of the example's", () => {
  const files = readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !companies.some((one) => one.test(path)))
    .flatMap((path) => textsOf(src + path).map((text) => ({ path, words: text.split(/[^A-Za-z0-9_-]+/) })));
  expect(files.length).toBeGreaterThan(1000);
  const found = files.flatMap(({ path, words }) =>
    words.filter((word) => names.includes(word)).map((word) => `${path}: ${word}`),
  );
  expect(found.filter((one) => !guessed.test(one))).toEqual([]);
});
