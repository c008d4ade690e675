// The programs of examples/, on the local services.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { build } from "../../examples/resolver/app.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { type LocalSeed, type LocalServices, startLocal } from "../../src/local/index.js";
import { InProcessStacks } from "../support/inProcessEngine.js";
import { done, World } from "../support/world.js";

const examples = fileURLToPath(new URL("../../examples/", import.meta.url));

// test/scenarios/environments.test.ts runs acme; python-console and policy-pack have a test file each.
it("every other example is run here", () => {
  const directories = readdirSync(examples, { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(directories.map(({ name }) => name).sort()).toEqual([
    "acme",
    "own-catalog",
    "policy-pack",
    "python-console",
    "resolver",
    "status-in-ci",
  ]);
});

describe("resolver", () => {
  afterEach(() => vi.unstubAllEnvs());
  const ask = async (cookie: string, name = "HEROKU_API_KEY") =>
    (await build().inject({ url: `/path?name=${name}`, headers: { cookie } })).json();

  it("resolves for the environment of the request's session while the flag is on", async () => {
    vi.stubEnv("FLAG_CONSOLE_VAULT_ENV_AWARE", "true");
    expect(await ask("session=1")).toEqual({ path: "/MooseQuest/heroku/staging/" });
    expect(await ask("session=2")).toEqual({ path: "/MooseQuest/heroku/prod/" });
    expect(await ask("")).toEqual({ path: "/MooseQuest/heroku/prod/" });
    expect(await ask("session=1", "SLACK_BOT_TOKEN")).toEqual({ path: "/MooseQuest/slack/" });
    expect(await ask("session=1", "HEROKU_APIKEY")).toEqual({ error: expect.stringContaining("Did you mean") });
  });

  it("resolves to the flat path while it is off", async () => {
    vi.stubEnv("FLAG_CONSOLE_VAULT_ENV_AWARE", "false");
    expect(await ask("session=1")).toEqual({ path: "/MooseQuest/heroku/" });
  });
});

describe("own-catalog", () => {
  const seed = (mail: string): LocalSeed => ({
    infisical: {
      project: { id: "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9", slug: "acme", name: "Acme" },
      identities: [{ name: "acme", clientId: randomUUID(), clientSecret: randomUUID(), role: "admin" }],
      secrets: {
        prod: {
          "/Acme/mail": { MAIL_TOKEN: mail },
          "/Acme/payment": { PAYMENT_KEY: `live_${randomUUID()}` },
          "/Acme/github": { GITHUB_TOKEN: randomUUID() },
        },
      },
    },
    heroku: {
      accounts: [{ email: "ops@acme.example", keys: [randomUUID()], apps: ["acme-shop-staging", "acme-shop"] }],
      apps: [{ name: "acme-shop-staging" }, { name: "acme-shop" }],
    },
  });

  let services: LocalServices;
  let dir: string;
  afterEach(async () => {
    await services.close();
    rmSync(dir, { recursive: true });
  });

  /** One update of each stack. @returns the outputs `migration` */
  async function updateBoth(mail: string) {
    services = await startLocal({ seed: seed(mail) });
    dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-acme-"));
    cpSync(join(examples, "own-catalog"), dir, { recursive: true });
    const { default: program } = (await import(join(examples, "own-catalog/index.mjs"))) as {
      default: () => Promise<object>;
    };
    const stacks = new InProcessStacks({
      program,
      native: (env) => ({ heroku: herokuEngineProvider({ env }) }),
    });
    const env = { ...services.env, PULUMI_CONFIG_PASSPHRASE: "acme", PULUMI_BACKEND_URL: `file://${dir}` };
    const migrations: Record<string, unknown> = {};
    for (const stack of ["staging", "prod"]) {
      const outcome = await stacks.open({ projectDir: dir, stack, env }).up({ onEvent: () => {} });
      expect(outcome.errors).toEqual([]);
      migrations[stack] = outcome.outputs.migration!.value;
    }
    return migrations;
  }

  it("makes Acme's folders, waits for staging's credentials and copies prod's", async () => {
    const mail = randomUUID();
    const { staging, prod } = await updateBoth(mail);
    expect(staging).toMatchObject({ phase: "awaiting-provision" });
    expect(prod).toMatchObject({ phase: "confirmed", broken: [] });
    const { vault } = services.infisical;
    expect(vault.folders("prod")).toEqual(expect.arrayContaining(["/Acme/mail/staging", "/Acme/payment/prod"]));
    expect(vault.folders("prod")).not.toContain("/Acme/github/prod");
    expect(vault.secrets("prod", "/Acme/mail/prod")).toMatchObject([{ name: "MAIL_TOKEN", value: mail }]);
    expect(services.heroku.apps.vars("acme-shop")).toMatchObject({ FLAG_VAULT_ENV_AWARE: "false" });
  });

  it("says of a mail token that is no UUID on prod which rule it breaks", async () => {
    const { prod } = await updateBoth("not-a-uuid");
    expect(prod).toMatchObject({ broken: [{ name: "MAIL_TOKEN", rule: "format" }] });
    expect(JSON.stringify(prod)).not.toContain("not-a-uuid");
  });
});

describe("status-in-ci", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  const summary = async () => {
    writeFileSync(join(world.dir, "status.json"), done(await world.run(["status", "--json"])).out);
    const script = join(examples, "status-in-ci/summary.mjs");
    return new Promise<{ code: number; out: string }>((ended) =>
      execFile(process.execPath, [script, join(world.dir, "status.json")], (error, out) =>
        ended({ code: error ? Number(error.code) : 0, out }),
      ),
    );
  };

  it("lists phases, flags and the next command", async () => {
    expect(await summary()).toEqual({
      code: 0,
      out: "- **staging**: empty, flag off\n- **prod**: empty, flag off\n- Next: `console-vault up --stack staging`\n",
    });
  });

  it("ends with 1 over a credential that is lost while its flag is on", async () => {
    await world.stagingOn();
    world.services.infisical.vault.delete("prod", "/MooseQuest/postmark/staging", "POSTMARK_SERVER_TOKEN");
    const { code, out } = await summary();
    expect(code).toBe(1);
    expect(out).toMatch(/\*\*staging\*\*: .*, flag on\n {2}- \d in the way/);
  });
});
