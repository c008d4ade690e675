// The resolver in Python against the resolution table, where there is a Python with Flask.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { consoleCatalog } from "../../src/catalog/index.js";
import { run } from "../../src/cli/program.js";
import { resolutionVectors, vectorsOf } from "../../src/report/index.js";

const checkout = fileURLToPath(new URL("../../", import.meta.url));
const example = join(checkout, "examples/python-console");
const hasFlask = spawnSync("python3", ["-c", "import flask"]).status === 0;

async function paths(...options: string[]): Promise<string> {
  const out: string[] = [];
  const code = await run(["paths", ...options], {
    env: {},
    cwd: checkout,
    out: (text) => out.push(text),
    err: () => {},
    readStdin: async () => "",
    interactive: false,
    color: false,
    signal: new AbortController().signal,
  });
  expect(code).toBe(0);
  return out.join("\n");
}

describe("paths --vectors", () => {
  it("is what the example has (npx vitest run test/examples/pythonConsole.test.ts --update writes it)", async () => {
    await expect(`${await paths("--vectors")}\n`).toMatchFileSnapshot(join(example, "vectors.json"));
  });
  it("is as docs/vectors.schema.json says", async () => {
    const schema = `${JSON.stringify(z.toJSONSchema(resolutionVectors), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(join(checkout, "docs/vectors.schema.json"));
    expect(resolutionVectors.parse(JSON.parse(await paths("--vectors")))).toEqual(vectorsOf(consoleCatalog));
  });
  it("has an error for what there is not", () => {
    const wrong = vectorsOf(consoleCatalog).vectors.filter(({ path }) => path === null);
    expect(wrong.map(({ argument, request }) => [argument, request])).toEqual([
      [null, null],
      ["nowhere", "staging"],
      [null, "nowhere"],
      ["", null],
    ]);
  });
});

describe.skipIf(!hasFlask)("examples/python-console (skipped where there is no Python with Flask)", () => {
  const check = (dir: string) =>
    spawnSync("python3", ["check.py"], {
      cwd: dir,
      encoding: "utf8",
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
  it("gives every answer of the table", () => {
    const { status, stdout, stderr } = check(example);
    expect(stderr).toBe("");
    expect([status, stdout.trim()]).toEqual([0, expect.stringMatching(/^\d+ vectors, 0 wrong$/)]);
  });
  it("is found out where it gives another", () => {
    const dir = mkdtempSync(join(tmpdir(), "python-console-"));
    cpSync(example, dir, { recursive: true });
    const text = readFileSync(join(dir, "resolver.py"), "utf8");
    writeFileSync(join(dir, "resolver.py"), text.replace("(env, selected,", "(selected, env,"));
    const { status, stdout } = check(dir);
    rmSync(dir, { recursive: true });
    expect([status, stdout]).toEqual([1, expect.stringContaining("wrong:")]);
  });
});
