// Every export of the package has TSDoc with an example, and every example compiles in a project that has the package.
import { expect, it } from "vitest";
import { everyExport, typeErrors } from "./exports.js";

const exported = everyExport();
const named = ({ entry, name }: { entry: string; name: string }) => `${entry} ${name}`;

it("every export of every entry point says what it is, and has an example", () => {
  expect(exported.length).toBeGreaterThan(50);
  expect(exported.filter(({ description }) => description === "").map(named)).toEqual([]);
  expect(exported.filter(({ examples }) => examples.length === 0).map(named)).toEqual([]);
});

it("every example compiles as it stands, and imports what it is about", () => {
  const examples = new Map(exported.flatMap(({ name, examples }) => examples.map((text) => [text, name] as const)));
  for (const [text, name] of examples) expect(text, name).toMatch(/^import /);
  const modules = [...examples].map(([text, name], index) => [`example-${index}-${name}`, text]);
  expect(typeErrors(Object.fromEntries(modules))).toEqual([]);
});

it("an example that does not compile would be found", () => {
  const wrong = 'import { secretPathFor } from "console-vault/resolver";\nsecretPathFor(1);';
  expect(typeErrors({ wrong })).toEqual([expect.stringContaining("'number' is not assignable")]);
});
