// docs/console-vault-env-aware.md, the specification, against what the project says that it says.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { consoleCatalog, type EnvironmentName, flagApps } from "../../src/catalog/index.js";
import { environmentScoped, folders, shared } from "../support/document.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const specification = readFileSync(`${root}docs/console-vault-env-aware.md`, "utf8");

/** Names and reason of each row of a section's table. */
function tableOf(heading: string) {
  const section = specification.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!;
  const rows = [...section.matchAll(/^\| (.*`.*) \| (.*) \|$/gm)];
  return rows.flatMap(([, names, reason]) => [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => [name!, reason!]));
}

it("has the catalog's credentials in its two tables, with their reasons", () => {
  const byScope = (scope: string) => consoleCatalog.credentials.filter((one) => one.scope === scope);
  const plain = (reason: string) => reason.replaceAll("`", "");
  for (const [heading, scope, names] of [
    ["Environment-specific credentials", "environment", Object.keys(environmentScoped)],
    ["Shared credentials", "shared", shared],
  ] as const) {
    const rows = tableOf(heading);
    expect(rows.map(([name]) => name)).toEqual([...names]);
    expect(byScope(scope).map(({ name }) => name)).toEqual([...names]);
    rows.forEach(([name, reason], index) => {
      const said = byScope(scope).find((one) => one.name === name)!.reason;
      const above = rows
        .slice(0, index)
        .map(([, one]) => plain(one!))
        .filter((one) => one !== "As above.");
      expect(
        [plain(reason!), above.at(-1)].some((one) => one !== undefined && said.startsWith(one)),
        name,
      ).toBe(true);
    });
  }
});

it("has the catalog's folders, flag and apps", () => {
  for (const folder of folders) expect(specification).toContain(folder.slice(0, -1));
  const { name, variable, revision } = consoleCatalog.flag;
  for (const text of [name, variable, revision]) expect(specification).toContain(text);
  for (const environment of ["staging", "prod"] satisfies EnvironmentName[])
    expect(specification).toContain(flagApps(consoleCatalog, environment)[0]!);
});

it("is named by the comments of the code where they lean on it", () => {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const named = new Set<string>();
  for (const file of files) {
    const text = readFileSync(`${root}src/${file}`, "utf8");
    for (const [path] of text.matchAll(/\bdocs\/[\w-]+\.(?:md|json)/g)) named.add(path);
    for (const [said] of text.matchAll(/.*\bthe document\b.*/gi)) expect(said, `src/${file}`).toBeUndefined();
  }
  expect([...named].filter((path) => !existsSync(root + path))).toEqual([]);
  expect([...named]).toContain("docs/console-vault-env-aware.md");
});
