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
import { run as runCommand } from "../../src/cli/program.js";
import { type LocalServices, parseSeed, startLocal } from "../../src/local/index.js";

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

const printed: string[] = [];
async function run(argv: readonly string[], stdin = "", env: Record<string, string | undefined> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const before = services.control.requests.length;
  const all = { PATH: process.env.PATH, HOME: dir, ...localEnv(services, join(dir, "state")), ...env };
  const code = await runCommand(argv, {
    env: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    cwd: dir,
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
    [["--env", "one", "--env", "two"], "No app could be told of every environment"],
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
        "index.cjs",
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
    expect(ran.err).toContain("console-vault init --cwd vault");
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

  it("no value of the vault was printed or written", () => {
    const written = files().filter((path) => path.endsWith(".yaml") || path.endsWith(".ts") || path.endsWith(".cjs"));
    const texts = [
      ...printed,
      ...written.map((path) => (existsSync(join(dir, path)) ? readFileSync(join(dir, path), "utf8") : "")),
    ];
    for (const value of Object.values(values)) for (const text of texts) expect(text.includes(value)).toBe(false);
  });
});
