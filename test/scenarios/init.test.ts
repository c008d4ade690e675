// From an empty folder to the first updates of a company that this repository knows nothing of: init, doctor, up, provision.
import { spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localEnv } from "../../src/cli/commands/local.js";
import { ownProgram } from "../../src/cli/inline.js";
import { run as runCommand } from "../../src/cli/program.js";
import { openEngine } from "../../src/engine/index.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { type LocalServices, parseSeed, startLocal } from "../../src/local/index.js";
import { cli } from "../support/plainPulumi.js";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const hex = (length: number) => randomBytes(length).toString("hex").slice(0, length);
const project = randomUUID();
const values = {
  TWILIO_ACCOUNT_SID: `AC${hex(32)}`,
  TWILIO_AUTH_TOKEN: hex(32),
  SENDGRID_API_KEY: `SG.${hex(22)}.${hex(43)}`,
  SENTRY_DSN: `https://${hex(32)}@o1.ingest.example/2`,
};

let services: LocalServices;
let dir: string;
beforeAll(async () => {
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, SENDGRID_API_KEY, SENTRY_DSN } = values;
  const app = (name: string, vars: Record<string, string>) => ({ name, vars });
  const seed = {
    infisical: {
      project: { id: project, slug: "initech", name: "Initech" },
      identities: [{ name: "vault", clientId: randomUUID(), clientSecret: hex(64), role: "admin" }],
      secrets: {
        prod: {
          "/Initech/twilio": { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN },
          "/Initech/sendgrid": { SENDGRID_API_KEY, "not-a-variable": "x" },
          "/Initech/sentry": { SENTRY_DSN },
        },
      },
    },
    heroku: {
      accounts: [
        {
          email: "ops@initech.example",
          keys: [randomUUID()],
          apps: ["initech-web-staging", "initech-web", "initech-api-staging", "initech-api"],
        },
      ],
      apps: [
        app("initech-web-staging", { TWILIO_AUTH_TOKEN }),
        app("initech-web", { TWILIO_AUTH_TOKEN, SENTRY_DSN }),
        app("initech-api-staging", { SENDGRID_API_KEY: `SG.${hex(22)}.${hex(43)}` }),
        app("initech-api", { SENDGRID_API_KEY }),
      ],
    },
  };
  services = await startLocal({ seed: parseSeed(JSON.stringify(seed)) });
  dir = mkdtempSync(join(realpathSync(tmpdir()), "initech-"));
  // As npm install leaves it.
  mkdirSync(join(dir, "node_modules"), { recursive: true });
  symlinkSync(checkout, join(dir, "node_modules/console-vault"), "junction");
  symlinkSync(join(checkout, "node_modules/@pulumi"), join(dir, "node_modules/@pulumi"), "junction");
});
afterAll(async () => {
  await services.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Another directory, as npm install leaves it. */
function folder(name: string): string {
  const path = join(dir, "node_modules/.others", name);
  mkdirSync(path, { recursive: true });
  return path;
}

const location = (projectDir: string, more: Record<string, string>) => ({
  projectDir,
  stack: "staging",
  env: {
    PATH: process.env.PATH ?? "",
    ...localEnv(services, join(dir, "state")),
    PULUMI_CONFIG_PASSPHRASE: "",
    ...more,
  },
});

const printed: string[] = [];
async function run(argv: readonly string[], stdin = "", env: Record<string, string | undefined> = {}, cwd = dir) {
  const out: string[] = [];
  const err: string[] = [];
  const before = services.control.requests.length;
  const all = { PATH: process.env.PATH, HOME: dir, ...localEnv(services, join(dir, "state")), ...env };
  const code = await runCommand(argv, {
    env: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    cwd,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    readStdin: async () => stdin,
    interactive: false,
    color: false,
    signal: new AbortController().signal,
  });
  const text = [...out, ...err].join("\n");
  printed.push(text);
  return {
    code,
    out: out.join("\n"),
    err: err.join("\n"),
    text,
    writes: services.control.requests.slice(before).filter(({ write }) => write),
  };
}

const files = () =>
  readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((path) => !path.startsWith("node_modules"));

describe("init", { timeout: 240_000 }, () => {
  it("without a terminal says which answer is missing, and writes nothing", async () => {
    const ran = await run(["init"]);
    expect([ran.code, ran.writes, files()]).toEqual([2, [], []]);
    expect(ran.err).toContain("--project");
  });

  it("shows everything, and without --yes writes nothing", async () => {
    const ran = await run(["init", "--project", project]);
    expect([ran.code, ran.writes, files()]).toEqual([2, [], []]);
    expect(ran.err).toContain("export default defineCatalog({");
    expect(ran.err).toContain("pass --yes");
  });

  it.each([
    [["--root", "Initech"], "--root"],
    [["--env", "staging", "--env", "prod", "--fallback", "dev"], "--fallback"],
    [["--app", "staging:web"], "--app"],
    [["--app", "staging:web=raxx"], "does not see"],
    [["--scope", "NOPE=shared"], "--scope"],
    [["--env", "one", "--env", "two"], "No role has an app in every environment"],
    [["--env", "sta/ging", "--env", "prod"], '--env: "sta/ging": use only letters'],
    [["--env", "prod", "--env", "prod"], "--env: prod is there twice"],
    [["a", "b", "c", "d", "e", "f"].flatMap((name) => ["--env", name]), "--env: at most five environments"],
    [["--app", "prod:web=initech-web", "--app", "prod:web=initech-api"], "prod has two apps with the role web"],
    [["--flag", "a b"], '--flag: "a b" cannot be a config var'],
    [["--name", "my vault"], "--name"],
    [["--url", "http://127.0.0.1:9"], "--url is http://127.0.0.1:9, and INFISICAL_API_URL"],
    [["--root", "/Initeck"], "/Initeck"],
    [["--root", "/Initech/twilio"], "no secret in the folders of /Initech/twilio"],
  ])("%j is refused", async (options, message) => {
    const ran = await run(["init", "--project", project, "--yes", ...options]);
    expect([ran.code, files()]).toEqual([2, []]);
    expect(ran.err).toContain(message);
  });

  it("writes a catalog with a scope for each credential, and ends with the next command", async () => {
    const ran = await run(["init", "--project", project, "--yes"]);
    expect(ran.err).not.toContain("error:");
    expect([ran.code, ran.writes]).toEqual([0, []]);
    expect(ran.out).toContain("console-vault up --stack staging");
    expect(ran.err).toMatch(
      /SENDGRID_API_KEY +sendgrid +environment +The apps of staging and prod have different values/,
    );
    expect(ran.err).toMatch(/TWILIO_AUTH_TOKEN +twilio +environment +The apps of staging and prod share one value/);
    expect(ran.err).toMatch(/SENTRY_DSN +sentry +shared +Only apps of prod have it/);
    expect(ran.err).toContain("left out: a name at /Initech/sendgrid/ that cannot be an environment variable");
    expect(
      files()
        .filter((path) => path.includes(".") && !path.startsWith("state"))
        .sort(),
    ).toEqual(
      [
        ".github",
        ".github/workflows",
        ".github/workflows/vault.yml",
        "Pulumi.prod.yaml",
        "Pulumi.staging.yaml",
        "Pulumi.yaml",
        "catalog.ts",
        "index.mjs",
        "package.json",
      ]
        .filter((path) => path.includes("."))
        .sort(),
    );
  });

  it("what it wrote is TypeScript that compiles", () => {
    const config = {
      compilerOptions: {
        target: "es2022",
        lib: ["es2023"],
        module: "nodenext",
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: true,
        noEmit: true,
        types: ["node"],
        typeRoots: [join(checkout, "node_modules/@types")],
        paths: { "console-vault/catalog": [join(checkout, "src/catalog/api.ts")] },
      },
      include: ["catalog.ts"],
    };
    writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
    const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    const compiled = spawnSync(process.execPath, [tsc, "-p", dir], { encoding: "utf8" });
    expect(compiled.stdout).toBe("");
    const misspelled = readFileSync(join(dir, "catalog.ts"), "utf8").replace('scope: "shared"', 'scope: "everywhere"');
    writeFileSync(join(dir, "wrong.ts"), misspelled);
    writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ ...config, include: ["wrong.ts"] }));
    const refused = spawnSync(process.execPath, [tsc, "-p", dir], { encoding: "utf8" });
    expect(refused.stdout).toContain('"everywhere"');
    for (const path of ["wrong.ts", "tsconfig.json"]) rmSync(join(dir, path));
  });

  it("overwrites nothing", async () => {
    const before = readFileSync(join(dir, "catalog.ts"), "utf8");
    const ran = await run(["init", "--project", project, "--yes"]);
    expect([ran.code, readFileSync(join(dir, "catalog.ts"), "utf8")]).toEqual([2, before]);
    expect(ran.err).toMatch(/has catalog\.ts already, and init overwrites nothing[\s\S]*console-vault doctor/);
  });

  it("doctor misses nothing", async () => {
    const ran = await run(["doctor", "--json"]);
    const { checks } = JSON.parse(ran.out) as { checks: { state: string }[] };
    expect(checks.filter(({ state }) => state === "missing")).toEqual([]);
  });

  it("the first update makes the folders and names what is to be provisioned; provision and the next one confirm it", async () => {
    const up = () => run(["up", "--stack", "staging", "--yes", "--engine", "embedded"]);
    const first = await up();
    expect(first.code, first.text).toBe(0);
    expect(first.text).toContain("console-vault provision TWILIO_AUTH_TOKEN --env staging");
    expect(services.infisical.vault.folders("prod")).toContain("/Initech/twilio/staging");
    for (const name of ["TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY"]) {
      const provisioned = await run(["provision", name, "--env", "staging", "--engine", "embedded"], hex(40));
      expect(provisioned.code, provisioned.text).toBe(0);
    }
    const status = await run(["status", "--json", "--engine", "embedded"]);
    const report = JSON.parse(status.out) as { environments: { name: string; phase: string }[] };
    expect(report.environments[0]).toMatchObject({ name: "staging", phase: "confirmed" });
  });

  it.each([
    ["with a key that Infisical does not know", { INFISICAL_CLIENT_SECRET: hex(64) }, /client id|INFISICAL_CLIENT/],
    ["with a key that Heroku does not know", { HEROKU_API_KEY: randomUUID() }, /HEROKU_API_KEY/],
  ])("%s says so, and writes nothing", async (_what, env, message) => {
    const cwd = folder("no-rights");
    const ran = await run(["init", "--project", project, "--yes"], "", env, cwd);
    expect([ran.code, readdirSync(cwd)]).toEqual([1, []]);
    expect(ran.err).toMatch(message);
  });

  it("without a flag and without apps: folders and copies only", async () => {
    const cwd = folder("no-flag");
    const ran = await run(
      ["init", "--project", project, "--no-app", "--env", "dev", "--env", "prod", "--yes"],
      "",
      // Nothing is asked of Heroku, so nothing is needed for it.
      { HEROKU_API_KEY: undefined },
      cwd,
    );
    expect([ran.code, ran.writes], ran.err).toEqual([0, []]);
    const catalog = readFileSync(join(cwd, "catalog.ts"), "utf8");
    expect(catalog).not.toContain("flag:");
    expect(catalog).toContain('{ name: "dev", apps: {}, source: "provision" }');
    expect(readFileSync(join(cwd, "Pulumi.dev.yaml"), "utf8")).not.toContain("vaultEnvAware");
    expect((await run(["paths"], "", {}, cwd)).code).toBe(0);
  });

  it.each(["package.json", "Pulumi.yaml"])("names a %s that it cannot read", async (file) => {
    const cwd = folder(`broken-${file}`);
    writeFileSync(join(cwd, file), "{ [");
    const ran = await run(["init", "--project", project, "--yes"], "", {}, cwd);
    expect([ran.code, readdirSync(cwd)]).toEqual([2, [file]]);
    expect(ran.err).toContain(join(cwd, file));
  });

  it("without a key for Heroku says what a company without apps types", async () => {
    const ran = await run(["init", "--project", project, "--yes"], "", { HEROKU_API_KEY: undefined }, folder("no-key"));
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/HEROKU_API_KEY[\s\S]*--no-app/)]);
  });

  it("with npx ends with a command that a shell finds", async () => {
    const ran = await run(["init", "--project", project, "--yes"], "", { npm_command: "exec" }, folder("npx"));
    expect(ran.out.trimEnd()).toMatch(/\n {2}npx console-vault up --stack staging$/);
  });

  it("in a CommonJS project whose TypeScript takes no import there, the catalog is an ES module by its name, and is found", async () => {
    const cwd = folder("verbatim");
    writeFileSync(join(cwd, "package.json"), "{}");
    writeFileSync(join(cwd, "base.json"), '{ "compilerOptions": { "verbatimModuleSyntax": true } }');
    writeFileSync(join(cwd, "tsconfig.json"), '{ "extends": "./base" } // The team\'s.');
    const ran = await run(["init", "--project", project, "--yes"], "", {}, cwd);
    expect([ran.code, existsSync(join(cwd, "catalog.mts"))], ran.err).toEqual([0, true]);
    expect((await run(["resolve", "TWILIO_AUTH_TOKEN", "--env", "prod"], "", {}, cwd)).code).toBe(0);
  });

  it("a project of ES modules gets a program that Pulumi imports, and both engines run it", async () => {
    const cwd = folder("esm");
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ name: "esm", type: "module" }));
    const ran = await run(["init", "--project", project, "--yes"], "", {}, cwd);
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out).toContain("npm install console-vault");
    expect(readFileSync(join(cwd, "index.mjs"), "utf8")).toContain('export { default } from "console-vault/program";');
    expect(ownProgram().isEntryPoint(join(cwd, "index.mjs"))).toBe(true);
    // One passphrase for all: the CLI keeps what belongs to it in the stack's file, also in a preview.
    const state = { PULUMI_BACKEND_URL: `file://${cwd}`, PULUMI_CONFIG_PASSPHRASE: "" };
    const process = openEngine("embedded", location(cwd, state), {
      heroku: herokuEngineProvider({ env: location(cwd, state).env }),
    });
    const { errors } = await process.preview({ onEvent: () => {} });
    expect(errors).toEqual([]);
    if (cli)
      expect((await openEngine("pulumi", location(cwd, state), {}).preview({ onEvent: () => {} })).errors).toEqual([]);
    const shown = await run(["preview", "--stack", "staging", "--engine", "embedded"], "", state, cwd);
    expect(shown.code, shown.text).toBe(0);
  });

  describe("in a Pulumi project that is there", () => {
    const program = "exports.answer = 42;\n";
    const own = "name: shop\nmain: index.js\nruntime: nodejs\n";
    const stack = "config:\n  shop:size: 3\n";
    let cwd: string;
    beforeAll(() => {
      cwd = folder("existing");
      for (const [path, text] of Object.entries({
        "Pulumi.yaml": own,
        "index.js": program,
        "Pulumi.prod.yaml": stack,
        "Pulumi.staging.yaml": stack,
        "package.json": JSON.stringify({ name: "shop" }),
      }))
        writeFileSync(join(cwd, path), text);
    });

    it("adds what is missing, keeps every file, and says what to add by hand", async () => {
      const ran = await run(["init", "--project", project, "--yes"], "", {}, cwd);
      expect(ran.code, ran.err).toBe(0);
      expect(readdirSync(cwd).sort()).toEqual([
        ".github",
        "Pulumi.prod.yaml",
        "Pulumi.staging.yaml",
        "Pulumi.yaml",
        "catalog.ts",
        "index.js",
        "package.json",
      ]);
      for (const [path, text] of [
        ["Pulumi.yaml", own],
        ["index.js", program],
        ["Pulumi.prod.yaml", stack],
      ] as const)
        expect(readFileSync(join(cwd, path), "utf8")).toBe(text);
      expect(ran.out).toMatch(/To the config of Pulumi\.staging\.yaml:\n {2}console-vault:infisicalProjectId: /);
      expect(ran.out).toMatch(/To the program:\n[\s\S]*new ConsoleVault\("vault"\)/);
      expect(ran.out.trimEnd()).toMatch(/console-vault up --stack staging$/);
    });

    it("refuses a project in another language", async () => {
      const python = folder("python");
      writeFileSync(join(python, "Pulumi.yaml"), "name: shop\nruntime: python\n");
      const ran = await run(["init", "--project", project, "--yes"], "", {}, python);
      expect([ran.code, readdirSync(python).filter((one) => one !== "node_modules")]).toEqual([2, ["Pulumi.yaml"]]);
      expect(ran.err).toContain("console-vault init --cwd vault");
    });
  });

  it("no value of the vault was printed or written", () => {
    const written = files().filter((path) => path.endsWith(".yaml") || path.endsWith(".ts") || path.endsWith(".mjs"));
    const texts = [
      ...printed,
      ...written.map((path) => (existsSync(join(dir, path)) ? readFileSync(join(dir, path), "utf8") : "")),
    ];
    for (const value of Object.values(values)) for (const text of texts) expect(text.includes(value)).toBe(false);
  });
});
