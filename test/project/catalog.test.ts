// Where a project's catalog is, and what is said of one that does not load.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CatalogError, consoleCatalog } from "../../src/catalog/index.js";
import { UsageError } from "../../src/errors.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-project-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, text = ""): string {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const data = `{
  root: "/Acme",
  environments: [{ name: "live", apps: { shop: "acme-shop" }, source: "copy" }],
  fallback: "live",
  credentials: [
    { name: "MAIL_TOKEN", vendor: "mail", scope: "environment", reason: "Own account.", rules: [], consumers: ["shop"], assumed: [] },
  ],
  flag: { name: "f", variable: "FLAG_F", default: false, role: "shop", revision: "1", description: "One." },
}`;
const esm = `import { defineCatalog } from "console-vault/catalog";\nexport default defineCatalog(${data});\n`;
const commonJs = `const { defineCatalog } = require("console-vault/catalog");\nmodule.exports = defineCatalog(${data});\n`;

describe("the catalog is found", () => {
  it.each(["ts", "mts", "cts", "js", "mjs", "cjs"])("as catalog.%s beside Pulumi.yaml", async (extension) => {
    write("Pulumi.yaml", "name: acme\nruntime: nodejs\n");
    const file = write(`catalog.${extension}`);
    expect(await findCatalog(dir)).toBe(file);
  });

  it("beside the program that Pulumi.yaml names, a module or its directory", async () => {
    write("program/index.ts");
    const file = write("program/catalog.ts");
    for (const main of ["program/index.ts", "program", "./program/"]) {
      write("Pulumi.yaml", `name: acme\nruntime: nodejs\nmain: ${main}\n`);
      expect(await findCatalog(dir)).toBe(file);
    }
  });

  it.each(["console-vault:catalog: ./vault/names.mts", "console-vault:catalog: { value: vault/names.mts }"])(
    "where Pulumi.yaml's config says: %s",
    async (config) => {
      write("Pulumi.yaml", `name: acme\nruntime: nodejs\nconfig:\n  ${config}\n`);
      write("catalog.ts");
      const file = write("vault/names.mts");
      expect(await findCatalog(dir)).toBe(file);
    },
  );

  it.each(['"console-vault:catalog"', '"console\\x2dvault:\\x63atalog"', "? console-vault:catalog\n  "])(
    "where a key says that YAML spells otherwise: %s",
    async (key) => {
      write("Pulumi.yaml", `name: acme\nconfig:\n  ${key}: names.ts\n`);
      write("catalog.ts");
      const file = write("names.ts");
      expect(await findCatalog(dir)).toBe(file);
    },
  );

  it("not where it is named and is not, nor where there are two, nor where there is none", async () => {
    write("Pulumi.yaml", "name: acme\nconfig:\n  console-vault:catalog: names.ts\n");
    await expect(findCatalog(dir)).rejects.toThrow(/console-vault:catalog in .* names no file: "names.ts"/);
    write("Pulumi.yaml", "name: acme\n");
    await expect(findCatalog(dir)).rejects.toThrow(/no catalog\.ts in .*\n {2}console-vault init/);
    write("Pulumi.yaml", "name: [acme\n");
    await expect(findCatalog(dir)).rejects.toThrow(/Pulumi\.yaml: not valid YAML: /);
    write("catalog.ts");
    write("catalog.mjs");
    await expect(findCatalog(dir)).rejects.toThrow(/more than one catalog: catalog.ts, catalog.mjs/);
  });
});

describe("the catalog is loaded", () => {
  it.each([
    ["module", "ts", esm],
    ["module", "js", esm],
    ["module", "mts", esm],
    ["module", "cjs", commonJs],
    ["commonjs", "ts", esm],
    ["commonjs", "ts", commonJs],
    ["commonjs", "js", commonJs],
    ["commonjs", "cts", commonJs],
    ["commonjs", "mjs", esm],
  ])("in a %s project from catalog.%s", async (type, extension, text) => {
    write("package.json", JSON.stringify({ type }));
    expect(await loadCatalog(write(`catalog.${extension}`, text))).toMatchObject({ root: "/Acme", fallback: "live" });
  });

  it("with what TypeScript has and JavaScript has not, from several files, by the package's other entry too", async () => {
    write("apps.ts", 'export enum App { shop = "acme-shop" }\nexport type Unused = string;\n');
    const text = `import { type Catalog, defineCatalog } from "console-vault";\nimport { App, type Unused } from "./apps";\nconst own = ${data} satisfies Catalog;\nexport default defineCatalog({ ...own, environments: [{ name: "live", apps: { shop: App.shop as Unused }, source: "copy" }] });`;
    const { environments } = await loadCatalog(write("catalog.ts", text));
    expect(environments).toEqual([{ name: "live", apps: { shop: "acme-shop" }, source: "copy" }]);
  });

  it("again where it was edited", async () => {
    const file = write("catalog.ts", esm);
    await loadCatalog(file);
    writeFileSync(file, esm.replace("/Acme", "/Other"));
    expect(await loadCatalog(file)).toMatchObject({ root: "/Other" });
  });

  it("this repository's own is the example that comes with the package", async () => {
    const own = await findCatalog(new URL("../../", import.meta.url).pathname);
    expect(await loadCatalog(own)).toEqual(consoleCatalog);
  });
});

describe("a catalog that does not load", () => {
  const failure = async (text: string) => loadCatalog(write("catalog.ts", text)).catch((error: unknown) => error);

  it("lists every problem, and where defineCatalog was called", async () => {
    const error = await failure(esm.replace('fallback: "live"', 'fallback: "prod"').replace('"/Acme"', '"Acme"'));
    expect(error).toBeInstanceOf(CatalogError);
    expect((error as Error).message).toMatch(/catalog\.ts:2:\d+ has 2 problems:\n {2}root: .*\n {2}fallback: /);
  });

  it("lists them of a catalog that defineCatalog has not seen, too", async () => {
    const error = await failure(`export default ${data.replace('fallback: "live"', 'fallback: "prod"')};`);
    expect((error as Error).message).toMatch(/catalog\.ts has 1 problem:\n {2}fallback: unknown environment prod/);
  });

  it.each([
    ["is no TypeScript", "export const a = 1;\nexport default {,};", /catalog\.ts:2:\d+: Unexpected token/],
    ["throws", "const a: any = undefined;\n\nexport default a.b;", /catalog\.ts:3:\d+: Cannot read properties/],
    [
      "imports what is not there",
      'import a from "nowhere";\nexport default a;',
      /catalog\.ts:1:\d+: Cannot find .*nowhere/,
    ],
    ["has no default export", "export const catalog = 1;", /catalog\.ts does not export a catalog by default/],
  ])("names file and line: one that %s", async (_, text, message) => {
    const error = await failure(text);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
  });
});
