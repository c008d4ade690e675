// The table of docs/architecture.md against the rules that hold it, and those against an import that breaks one.
import { readdirSync, readFileSync } from "node:fs";
import { cruise, type IForbiddenRuleType } from "dependency-cruiser";
import { expect, it } from "vitest";

const file = new URL("../../.dependency-cruiser.mjs", import.meta.url).href;
const { default: rules, rooms } = (await import(file)) as {
  default: { forbidden: (IForbiddenRuleType & { to: object })[]; options: object };
  rooms: Record<string, string[]>;
};
const document = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");

it("docs/architecture.md shows every room of src and what it may import", () => {
  const rows = [...document.matchAll(/^\| `src\/(\w+)` \|.*\| ([^|]+) \|$/gm)].map(([, room, imports]) => [
    room!,
    imports!.trim() === "–" ? [] : imports!.split(",").map((one) => one.trim()),
  ]);
  expect(Object.fromEntries(rows)).toEqual({ ...rooms, cli: ["every room"] });

  const folders = readdirSync(new URL("../../src", import.meta.url), { withFileTypes: true });
  const names = folders.filter((one) => one.isDirectory()).map(({ name }) => name);
  expect(rows.map(([room]) => room).sort()).toEqual(names.sort());
});

it("an import that the table does not allow is found", async () => {
  const allowed = rules.forbidden.filter(({ name }) => name?.startsWith("heroku "));
  const broken = allowed.map((rule) => ({ ...rule, to: { ...rule.to, pathNot: ["^src/heroku/"] } }));
  const { output } = await cruise(["src/heroku"], { ...rules.options, validate: true, ruleSet: { forbidden: broken } });
  const { violations } = (output as { summary: { violations: { to: string }[] } }).summary;
  expect(violations.map(({ to }) => to)).toContain("src/engine/provider.ts");
});
