// Which entry points of a project are this package's program and nothing more: those run in the command's own process.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { ownProgram } from "../../src/cli/inline.js";
import { openEngine } from "../../src/engine/index.js";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function project(file: string, text: string, type?: "module", installed = true): string {
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-entry-"));
  dirs.push(dir);
  mkdirSync(join(dir, "node_modules"));
  symlinkSync(join(checkout, "node_modules/@pulumi"), join(dir, "node_modules/@pulumi"), "junction");
  if (installed) symlinkSync(checkout, join(dir, "node_modules/console-vault"), "junction");
  writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "own", private: true, type }));
  writeFileSync(join(dir, file), text);
  return dir;
}
const runsInline = (file: string, text: string, type?: "module", installed?: boolean) =>
  ownProgram().isEntryPoint(join(project(file, text, type, installed), file));

const reexport = 'export { default } from "console-vault/program";\n';
const required = 'module.exports = require("console-vault/program");\n';
const assigned = 'import program = require("console-vault/program");\nexport = program;\n';

it.each([
  ["index.cjs", `// The program.\n${required}`, undefined],
  ["index.js", `"use strict";\n${required}`, undefined],
  ["index.cjs", required, "module"],
  ["index.mjs", `/* The program. */ ${reexport}`, "module"],
  ["index.js", "import program from 'console-vault/program'\nexport default program\n", "module"],
  ["index.ts", assigned, undefined],
] as const)("%s: %j runs in this process (package type %s)", (file, text, type) => {
  expect(runsInline(file, text, type)).toBe(true);
});

it.each([
  ["another line", "index.cjs", `${required}require("./other");\n`, undefined],
  ["another module", "index.cjs", 'module.exports = require("./program");\n', undefined],
  ["a form that the SDK does not load", "index.mjs", reexport, undefined],
  ["a default export that the SDK takes for an output", "index.ts", reexport, undefined],
] as const)("%s gets a process of its own", (_what, file, text, type) => {
  expect(runsInline(file, text, type)).toBe(false);
});

it("a package that is not installed there gets a process, which says so", () => {
  expect(runsInline("index.cjs", required, undefined, false)).toBe(false);
});

it("a default export of CommonJS TypeScript declares nothing: that fails, and deletes nothing", {
  timeout: 120_000,
}, async () => {
  const projectDir = project("index.ts", reexport);
  writeFileSync(join(projectDir, "Pulumi.yaml"), "name: own\nmain: index.ts\nruntime: nodejs\n");
  const env = { PULUMI_CONFIG_PASSPHRASE: "own", PULUMI_BACKEND_URL: `file://${projectDir}` };
  const said: string[] = [];
  const engine = openEngine("embedded", { projectDir, stack: "staging", env }, {}, ownProgram());
  const onEvent = ({ diagnosticEvent }: { diagnosticEvent?: { message: string } }) =>
    void said.push(diagnosticEvent?.message ?? "");
  expect((await engine.up({ onEvent })).result).toBe("failed");
  expect(said.join("")).toContain("export = program;");
});
