// The package as other projects get it: packed, unpacked beside what it depends on, imported and required by its entry points.
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { localEnv } from "../../src/cli/commands/local.js";
import { madeUpCompany } from "../../src/cli/demo/company.js";
import { programLines } from "../../src/cli/init/existing.js";
import { filesOf, type InitPlan } from "../../src/cli/init/files.js";
import { modulesOf } from "../../src/cli/init/modules.js";
import { startLocal } from "../../src/local/index.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";
import { blocksOf } from "../docs/blocks.js";
import { compileErrors } from "./compile.js";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
let dir: string;

const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: dir, encoding: "utf8" });
const manifest = () =>
  JSON.parse(readFileSync(installed("package.json"), "utf8")) as { dependencies: Record<string, string> };
const installed = (path: string) => join(dir, "node_modules/console-vault", path);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "console-vault-installed-"));
  const pack = ["pack", "--silent", "--pack-destination", dir];
  const tarball = execFileSync("npm", pack, { cwd: checkout, encoding: "utf8" }).trim();
  mkdirSync(installed(""), { recursive: true });
  execFileSync("tar", ["-xzf", join(dir, tarball), "--strip-components=1", "-C", installed("")]);
  // What the package names as its dependencies and nothing else of the checkout.
  for (const name of Object.keys(manifest().dependencies)) {
    if (existsSync(installed(`node_modules/${name}`))) continue;
    const link = join(dir, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(checkout, "node_modules", name), link, "junction");
  }
}, 600_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const use = `
const secretPath: string = secretPathFor("HEROKU_API_KEY", "staging", { flag: true });
const catalog = defineCatalog({ ...consoleCatalog });
const folder: typeof Folder = Folder;
const vault: typeof createVault = createVault;
const component: typeof ConsoleVault = ConsoleVault;
const engine: string = openEngine("embedded", { projectDir: ".", stack: "dev" }).name;
process.stdout.write([secretPath, catalog.root, typeof folder, typeof vault, typeof component, engine].join(" "));
`;
const names = {
  "console-vault": "Folder",
  "console-vault/resolver": "secretPathFor",
  "console-vault/catalog": "consoleCatalog, defineCatalog",
  "console-vault/vault": "createVault",
  "console-vault/pulumi": "ConsoleVault",
  "console-vault/engine": "openEngine",
};
const imports = Object.entries(names).map(([from, list]) => `import { ${list} } from "${from}";`);
const requires = Object.entries(names).map(([from, list]) => `const { ${list} } = require("${from}");`);
const plain = use.replace(/: (string|typeof \w+)/g, "");
const answer = "/MooseQuest/heroku/staging/ /MooseQuest function function function embedded";

const initPlan: Omit<InitPlan, "modules"> = {
  name: "acme-vault",
  root: "/Acme",
  environments: ["staging", "prod"],
  fallback: "prod",
  apps: { staging: { web: "acme-web-staging" }, prod: { web: "acme-web" } },
  credentials: [
    { name: "MAIL_TOKEN", vendor: "mail", scope: "environment", reason: "Two values.", consumers: ["web"] },
  ],
  flag: { variable: "FLAG_VAULT_ENV_AWARE", role: "web" },
  settings: {},
  version: "0.1.0",
};

const toyProgram = `
const pulumi = require("@pulumi/pulumi");
class Greeting extends pulumi.dynamic.Resource {
  constructor(name, text) {
    super({ create: async (inputs) => ({ id: "1", outs: inputs }) }, name, { text });
  }
}
exports.greeting = new Greeting("greeting", "hello").text;
`;
const componentProgram = `
const { ConsoleVault } = require("console-vault/pulumi");
const vault = new ConsoleVault("vault");
exports.migration = vault.migration;
exports.retirement = vault.retirement;
exports.answer = 42;
`;
const toyScript = `
(async () => {
  const engine = openEngine("embedded", { projectDir: process.cwd(), stack: "dev" });
  const onEvent = () => {};
  const up = await engine.up({ onEvent });
  const again = await engine.up({ onEvent });
  const destroyed = await engine.destroy({ onEvent });
  const greeting = up.outputs.greeting && up.outputs.greeting.value;
  process.stdout.write(JSON.stringify({ up: up.result, greeting, again: again.changes, destroyed: destroyed.result }));
})();
`;

describe("the installed package", { timeout: 300_000 }, () => {
  it("depends on nothing that is only in a checkout", () => {
    expect(Object.values(manifest().dependencies).filter((range) => range.includes(":"))).toEqual([]);
    expect(existsSync(installed("src"))).toBe(false);
    expect(existsSync(installed("node_modules/@pulumi/heroku/package.json"))).toBe(true);
  });

  it("is imported by an ES module", () => {
    writeFileSync(join(dir, "use.mjs"), imports.join("\n") + plain);
    expect(run(process.execPath, "use.mjs")).toBe(answer);
  });

  it("is required by a CommonJS module", () => {
    writeFileSync(join(dir, "use.cjs"), requires.join("\n") + plain);
    expect(run(process.execPath, "use.cjs")).toBe(answer);
  });

  it.each(["nodenext", "bundler"])("has types for a project with moduleResolution %s", (moduleResolution) => {
    const module = moduleResolution === "nodenext" ? "nodenext" : "esnext";
    const roots = [join(checkout, "node_modules/@types")];
    const options = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: "es2022",
      types: ["node"],
      typeRoots: roots,
    };
    const files = {
      "use.mts": `${imports.join("\n")}${use}`,
      "wrong.mts": 'import { secretPathFor } from "console-vault/resolver"; secretPathFor(1);',
    };
    const project = join(dir, `types-${moduleResolution}`);
    mkdirSync(project);
    const compilerOptions = { ...options, module, moduleResolution };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(project, file), text);
    const takesNames = "Argument of type 'number' is not assignable to parameter of type 'string'.";
    expect(compileErrors(project)).toEqual([`wrong.mts(1,71): ${takesNames}`]);
  });

  const module = { type: "module" };
  it.each([
    ["ES modules", module, { module: "nodenext", verbatimModuleSyntax: true }],
    ["ES modules for a bundler", module, { module: "esnext", moduleResolution: "bundler", verbatimModuleSyntax: true }],
    ["CommonJS", {}, { module: "nodenext" }],
    ["CommonJS with verbatimModuleSyntax", {}, { module: "nodenext", verbatimModuleSyntax: true }],
    ["CommonJS for a bundler", {}, { module: "esnext", moduleResolution: "bundler", verbatimModuleSyntax: true }],
    ["CommonJS, preserved for a bundler", {}, { module: "preserve", verbatimModuleSyntax: true }],
  ])("what init writes compiles in a project of %s", (kind, manifest, more) => {
    const project = join(dir, kind.replace(/\W+/g, "-"));
    mkdirSync(project);
    const checks = {
      strict: true,
      isolatedModules: true,
      noEmit: true,
      skipLibCheck: true,
      allowJs: true,
      checkJs: true,
    };
    const lib = { target: "es2022", types: ["node"], typeRoots: [join(checkout, "node_modules/@types")] };
    // From another file, as in a repository with several packages.
    writeFileSync(join(project, "base.json"), JSON.stringify({ compilerOptions: { ...checks, ...lib, ...more } }));
    writeFileSync(join(project, "tsconfig.json"), '{ "extends": "./base.json", /* all */ "include": ["*"], }');
    writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
    const modules = modulesOf(project, join(project, "package.json"));
    const files = [...filesOf({ ...initPlan, modules }), ["component.ts", programLines(modules)] as const];
    for (const [path, content] of files)
      if (/^\w+\.[cm]?[jt]s$/.test(path)) writeFileSync(join(project, path), content);
    expect(compileErrors(project)).toEqual([]);
  });

  it.each(["mjs", "cjs"])("runs another Pulumi program by its engine, from an .%s script", (extension) => {
    const project = join(dir, `toy-${extension}`);
    mkdirSync(project);
    writeFileSync(join(project, "Pulumi.yaml"), "name: toy\nmain: program.cjs\nruntime: nodejs\n");
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "toy" }));
    writeFileSync(join(project, "program.cjs"), toyProgram);
    const load = 'import { openEngine } from "console-vault/engine";';
    const required = 'const { openEngine } = require("console-vault/engine");';
    const script = join(project, `deploy.${extension}`);
    writeFileSync(script, `${extension === "mjs" ? load : required}\n${toyScript}`);
    const env = { ...process.env, PULUMI_CONFIG_PASSPHRASE: "toy", PULUMI_BACKEND_URL: "" };
    const out = execFileSync(process.execPath, [script], { cwd: project, encoding: "utf8", env });
    expect(JSON.parse(out)).toEqual({ up: "succeeded", greeting: "hello", again: { same: 2 }, destroyed: "succeeded" });
  });

  it("docs/embedded-engine.md works when it is copied", () => {
    const project = join(dir, "page");
    mkdirSync(project);
    const blocks = blocksOf(readFileSync(join(checkout, "docs/embedded-engine.md"), "utf8"));
    const files = ["package.json", "Pulumi.yaml", "program.cjs", "deploy.mjs"];
    for (const [index, file] of files.entries()) writeFileSync(join(project, file), blocks[index]!.text);
    const env = { ...process.env, PULUMI_CONFIG_PASSPHRASE: "page", PULUMI_BACKEND_URL: "" };
    const typed = [...blocks[4]!.text.matchAll(/^node deploy\.mjs (\w+) +# (.*?)(?: …)?$/gm)];
    expect(typed.length).toBe(3);
    for (const [, operation, shown] of typed)
      expect(
        execFileSync(process.execPath, ["deploy.mjs", operation!], { cwd: project, encoding: "utf8", env }),
      ).toContain(shown);
  });

  it("has the program and the provider for both kinds of module", () => {
    const kinds = `
      const { providers } = await import("console-vault/provider").then((m) => ({ providers: m.default.provider("folder") }));
      const { default: program } = await import("console-vault/program");
      process.stdout.write([typeof providers.create, typeof program].join(" "));`;
    expect(run(process.execPath, "--input-type=module", "-e", kinds)).toBe("function function");
    const required = 'process.stdout.write(typeof require("console-vault/program"))';
    expect(run(process.execPath, "-e", required)).toBe("function");
  });

  it("has the component for a CommonJS program that declares other things as well, with the project's catalog", async () => {
    const project = join(dir, "shop");
    mkdirSync(project);
    cpSync(join(checkout, "catalog.ts"), join(project, "catalog.ts"));
    const services = await startLocal({});
    const env = { ...process.env, HOME: project, ...localEnv(services, project) };
    const config = `config:\n  console-vault:infisicalProjectId: ${services.infisical.vault.project.id}\n`;
    for (const name of ["staging", "prod"]) writeFileSync(join(project, `Pulumi.${name}.yaml`), config);
    writeFileSync(join(project, "Pulumi.yaml"), "name: shop\nmain: index.js\nruntime: nodejs\n");
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "shop" }));
    writeFileSync(join(project, "index.js"), componentProgram);
    try {
      const bin = [
        installed("bin/console-vault.mjs"),
        "up",
        "--stack",
        "staging",
        "--engine",
        "embedded",
        "--yes",
        "--json",
      ];
      const { stdout } = await promisify(execFile)(process.execPath, bin, { cwd: project, env });
      expect(JSON.parse(stdout)).toMatchObject({ result: "succeeded", migration: { phase: "awaiting-provision" } });
    } finally {
      await services.close();
    }
  });

  it.each(["acme", "own-catalog"])("runs examples/%s, copied beside it, without a warning", async (example) => {
    const project = join(dir, `example-${example}`);
    cpSync(join(checkout, "examples", example), project, { recursive: true });
    const { config } = parse(readFileSync(join(project, "Pulumi.prod.yaml"), "utf8")) as {
      config: Record<string, string>;
    };
    const catalog = await loadCatalog(await findCatalog(project));
    const id = config["console-vault:infisicalProjectId"]!;
    const services = await startLocal({ seed: madeUpCompany(catalog, { id, name: "Acme" }) });
    const env = { ...process.env, HOME: project, ...localEnv(services, project) };
    const up = ["up", "--stack", "prod", "--engine", "embedded", "--yes", "--json"];
    try {
      const bin = installed("bin/console-vault.mjs");
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [bin, ...up], { cwd: project, env });
      expect(JSON.parse(stdout)).toMatchObject({ result: "succeeded", migration: { phase: "confirmed" } });
      expect(stderr).not.toMatch(/warning/i);
    } finally {
      await services.close();
    }
  });

  it("has the catalog of the company that demo --example tells of", () => {
    expect(existsSync(installed("examples/acme/catalog.ts"))).toBe(true);
  });

  describe("brings the command, which", () => {
    const resolve = (...argv: string[]) =>
      run(process.execPath, installed("bin/console-vault.mjs"), "resolve", ...argv, "--env", "prod", "--flag", "on");

    it("answers for the project that it stands in", () => {
      const project = join(dir, "own");
      cpSync(join(checkout, "examples/own-catalog"), project, { recursive: true });
      expect(resolve("MAIL_TOKEN", "--cwd", project)).toContain("/Acme/mail/prod/");
      expect(() => resolve("HEROKU_API_KEY", "--cwd", project)).toThrow(/Unknown credential "HEROKU_API_KEY"/);
    });

    it("answers for the example where the project has no more than the package's program", () => {
      const project = join(dir, "example");
      mkdirSync(project);
      for (const file of ["Pulumi.yaml", "Pulumi.prod.yaml"]) cpSync(installed(file), join(project, file));
      const text = readFileSync(join(project, "Pulumi.yaml"), "utf8");
      const main = "main: ../node_modules/console-vault/program.mjs";
      writeFileSync(join(project, "Pulumi.yaml"), text.replace(/^main: .*$/m, main));
      expect(resolve("HEROKU_API_KEY", "--cwd", project)).toContain("/MooseQuest/heroku/prod/");
    });

    it("without a project names the command that makes one", () => {
      expect(() => resolve("HEROKU_API_KEY")).toThrow(/no Pulumi\.yaml in [\s\S]*console-vault init/);
    });
  });
});
