// One clear error per mistake, with the exit code that fits, and nothing written.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/local/index.js";
import { leaks } from "../support/leaks.js";
import { shortWaits } from "../support/shortWaits.js";
import { valueFor } from "../support/values.js";
import { type EnvironmentName, type RunOptions, World } from "../support/world.js";

shortWaits();

let world: World;
beforeAll(async () => {
  world = await World.open({ seed: withViewer() });
});
afterAll(() => world.close());

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

function withViewer() {
  const seed = defaultSeed();
  seed.heroku.accounts.push({ email: "guest@raxx.example", keys: ["HRKU-guest-0000"], apps: ["raxx-api-staging"] });
  return seed;
}

interface Mistake extends RunOptions {
  readonly argv?: string[];
  readonly config?: Record<string, unknown>;
  readonly stack?: EnvironmentName;
}

async function make({ argv, config = {}, stack = "staging", ...options }: Mistake) {
  const there = world.snapshot();
  for (const [key, value] of Object.entries(config)) world.set(stack, key, value);
  const ran = await world.run(argv ?? ["up", "--stack", stack, "--yes"], options);
  for (const key of Object.keys(config)) world.set(stack, key, undefined);
  world.set(stack, "infisicalProjectId", world.services.infisical.vault.project.id);
  world.set(stack, "root", "/MooseQuest");
  expect(world.snapshot()).toEqual(there);
  expect(ran.writes).toEqual([]);
  expect(ran.out).toBe("");
  expect(ran.err).not.toMatch(/\n\s+at /);
  return { code: ran.code, said: ran.err };
}

describe("where the services are", () => {
  it("INFISICAL_API_URL at a port where nobody listens: 1", async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    const { code, said } = await make({ env: { INFISICAL_API_URL: url } });
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`error: ${url} can not be reached \\(ECONNREFUSED\\).*INFISICAL_API_URL`));
  });

  it("HEROKU_API_URL at a port where nobody listens: 1", async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    const { code, said } = await make({ env: { HEROKU_API_URL: url } });
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`error: ${url} can not be reached \\(ECONNREFUSED\\).*HEROKU_API_URL`));
  });

  it.each([
    ["INFISICAL_API_URL", "Heroku"],
    ["HEROKU_API_URL", "Infisical"],
  ])("only one of the two on loopback, %s left out: 2", async (variable, local) => {
    const { code, said } = await make({ env: { [variable]: undefined } });
    expect(code).toBe(2);
    expect(said).toMatch(new RegExp(`^error: only ${local} is on loopback .*local start prints them`));
  });

  it("plain http off loopback: 2", async () => {
    const env = { INFISICAL_API_URL: "http://vault.example", HEROKU_API_URL: "https://heroku.example" };
    const { code, said } = await make({ env });
    expect(code).toBe(2);
    expect(said).toMatch(/^error: INFISICAL_API_URL: must be https/);
  });

  it.each([
    "https://user:hush-1234@vault.example",
    "https://vault.example/?token=hush-1234",
    "https://vault.example/#hush-1234",
    "https://hush-1234@vault.example:port",
  ])(
    "a secret in a URL (%s), of the shell or of the file: 2, and it is not repeated, in a plan for a comment neither",
    async (url) => {
      const plan = ["preview", "--offline", "--stack", "staging"];
      for (const mistake of [
        { env: { INFISICAL_API_URL: url } },
        { env: { HEROKU_API_URL: url }, argv: plan },
        { config: { infisicalUrl: url } },
        { config: { infisicalUrl: url }, argv: plan },
      ]) {
        const { code, said } = await make(mistake);
        expect(code).toBe(2);
        expect(said).toMatch(
          /(_API_URL|infisicalUrl): (a URL may have neither user, password, query|not an http\(s\) URL)/,
        );
        expect(said).not.toContain("hush-1234");
      }
    },
  );

  it.each<[string, string | undefined, string | undefined, RegExp]>([
    ["", "", undefined, /PULUMI_CONFIG_PASSPHRASE is empty/],
    [" whatever its file holds, since the variable wins", "", "good", /PULUMI_CONFIG_PASSPHRASE is empty/],
    [" in a file", undefined, "empty", /empty \(PULUMI_CONFIG_PASSPHRASE_FILE\) is empty/],
  ])("no empty passphrase off loopback%s, and no asking the services first: 2", async (_, text, file, message) => {
    writeFileSync(join(world.dir, "good"), "correct horse battery staple");
    writeFileSync(join(world.dir, "empty"), " \n");
    const { code, said } = await make({
      env: {
        INFISICAL_API_URL: "https://vault.example",
        HEROKU_API_URL: "https://heroku.example",
        PULUMI_CONFIG_PASSPHRASE: text,
        PULUMI_CONFIG_PASSPHRASE_FILE: file && join(world.dir, file),
      },
    });
    expect(code).toBe(2);
    expect(said).toMatch(message);
  });
});

describe("who asks", () => {
  it.each(["garbage", "st.00000000-0000-4000-8000-000000000000.00000000000000000000000000000000"])(
    "a wrong INFISICAL_TOKEN (%s): 1",
    async (token) => {
      const { code, said } = await make({
        env: { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined },
      });
      expect(code).toBe(1);
      expect(said).toMatch(/^error: .*INFISICAL_TOKEN/m);
      expect(leaks(new Map([[token, "token"]]), { said })).toEqual([]);
    },
  );

  it("a wrong client secret: 1", async () => {
    const { code, said } = await make({ env: { INFISICAL_CLIENT_SECRET: "x".repeat(64) } });
    expect(code).toBe(1);
    expect(said).toMatch(/^error: .*client secret/m);
    expect(said).not.toContain("xxxxxx");
  });

  it("no credentials at all: 2, and both are named at once", async () => {
    const { code, said } = await make({
      env: { INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined, HEROKU_API_KEY: undefined },
    });
    expect(code).toBe(2);
    expect(said).toMatch(/INFISICAL_TOKEN[\s\S]*HEROKU_API_KEY/);
  });

  it("a wrong Heroku key: 1", async () => {
    const { code, said } = await make({ env: { HEROKU_API_KEY: "HRKU-not-a-key" } });
    expect(code).toBe(1);
    expect(said).toMatch(/^error: Heroku does not accept the API key/m);
    expect(said).not.toContain("HRKU-not-a-key");
  });

  it("a Heroku account that does not see all of the stack's apps: 3, with both names", async () => {
    const { code, said } = await make({ env: { HEROKU_API_KEY: "HRKU-guest-0000" } });
    expect(code).toBe(3);
    expect(said).toMatch(/guest@raxx.example does not see the app raxx-console-staging/);
  });

  it("a vault identity that may not read: 1", async () => {
    const { accessToken } = world.services.infisical.vault.addIdentity({ role: "no-access" });
    const { code, said } = await make({
      env: { INFISICAL_TOKEN: accessToken, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined },
    });
    expect(code).toBe(1);
    expect(said).toMatch(/error: The token may not list the secrets of \/MooseQuest\/heroku\/staging\//);
  });
});

describe("a flag var that is neither on nor off", () => {
  it.each([
    ["up", "--stack", "staging", "--yes"],
    ["preview", "--stack", "staging"],
    ["destroy", "--stack", "staging", "--yes"],
    ["status"],
    ["rotate", "POSTMARK_SERVER_TOKEN", "--env", "staging", "--yes"],
  ])(
    "is refused by %s: 3, with app, var and the command to type, and nothing is changed or shown of it",
    async (...argv) => {
      const app = "raxx-console-staging";
      world.apps.set(app, { FLAG_CONSOLE_VAULT_ENV_AWARE: "rk_live_pasted" });
      const { code, text, writes } = await world.run(argv, { input: "pm-0123456789abcdef" });
      world.apps.set(app, { FLAG_CONSOLE_VAULT_ENV_AWARE: null });
      expect([code, writes]).toEqual([3, []]);
      expect(text).toMatch(
        /FLAG_CONSOLE_VAULT_ENV_AWARE \(raxx-console-staging\) is neither true, 1, false, 0 nor empty/,
      );
      expect(text).toMatch(/^ {2}heroku config:set FLAG_CONSOLE_VAULT_ENV_AWARE=true --app raxx-console-staging$/m);
      expect(text).not.toContain("rk_live_pasted");
    },
  );
});

describe("what the stack's file says", () => {
  it.each<[string, Record<string, unknown>, number, RegExp]>([
    ["an unknown project", { infisicalProjectId: "11111111-2222-4333-8444-555555555555" }, 1, /infisicalProjectId/],
    ["an unknown environment slug", { infisicalEnvironment: "production" }, 1, /infisicalEnvironment/],
    ["a folder name with a space", { root: "/Moose Quest" }, 2, /console-vault:root: an absolute folder path/],
    ["an unknown key", { vaultEnvAwar: true }, 2, /console-vault:vaultEnvAwar: unknown key/],
    [
      "a shared credential to manage",
      { manage: { SLACK_BOT_TOKEN: ["raxx-api-staging"] } },
      2,
      /manage.SLACK_BOT_TOKEN: SLACK_BOT_TOKEN is shared/,
    ],
    [
      "a live Alpaca key to manage on staging",
      { manage: { ALPACA_LIVE_API_KEY_ID: ["raxx-api-staging"] } },
      2,
      /ALPACA_LIVE_API_KEY_ID must never be in staging/,
    ],
    [
      "another environment's app",
      { manage: { STRIPE_RESTRICTED_KEY: ["raxx-api-prod"] } },
      2,
      /raxx-api-prod is not an app of staging/,
    ],
    ["less than 48 hours without a reason", { soakHours: 1 }, 2, /soakHours: .*promoteOverride/],
    ["a secret in a reason", { promoteOverride: "because rk_live_51H8abcdefgh says so" }, 2, /looks like .* a secret/],
    [
      "an override of what no override lifts",
      { overrides: { STRIPE_RESTRICTED_KEY: { rule: "never-in", token: "id@1", reason: "just this once" } } },
      2,
      /overrides.STRIPE_RESTRICTED_KEY.rule: .*one of prefix, format, pattern, length, expiry, distinct, not-value-of, older-than-flat/,
    ],
    ["retirement on staging", { retireFlat: true }, 2, /retireFlat: only prod owns the flat path/],
  ])("%s", async (_, config, expected, message) => {
    const { code, said } = await make({ config });
    expect(code).toBe(expected);
    expect(said).toMatch(message);
    expect(said).not.toContain("rk_live_51H8");
  });

  it.each<[string, string, unknown, RegExp]>([
    [
      "a Heroku key in clear",
      "apiKey",
      "HRKU-in-clear-0000",
      /heroku:apiKey: is there in clear.*pulumi config set --secret heroku:apiKey --stack staging.* HEROKU_API_KEY/,
    ],
    [
      "another host for the Heroku key",
      "url",
      "https://elsewhere.example/HRKU-in-clear-0000",
      /heroku:url: .*console-vault:herokuApiUrl.*HEROKU_API_URL/,
    ],
    ["headers of its own for Heroku", "headers", '{"Host":"HRKU-in-clear-0000"}', /heroku:headers: .*Take it out/],
  ])("%s: 2, with nobody asked and nothing of it repeated", async (_, key, value, message) => {
    const file = readFileSync(world.file("staging"), "utf8");
    writeFileSync(
      world.file("staging"),
      file.replace("config:\n", `config:\n  heroku:${key}: ${JSON.stringify(value)}\n`),
    );
    const { code, err, requests } = await world.up("staging");
    writeFileSync(world.file("staging"), file);
    expect([code, requests]).toEqual([2, []]);
    expect(err).toMatch(message);
    expect(err).not.toContain("in-clear");
  });

  it("names every problem at once, by key", async () => {
    const { said } = await make({ config: { root: "Moose", soakHours: 2, sources: { NOPE: "copy" } } });
    expect(said).toMatch(/console-vault:root/);
    const { said: more } = await make({ config: { soakHours: 2, sources: { NOPE: "copy" } } });
    expect(more).toMatch(/has 2 problems:[\s\S]*sources.NOPE[\s\S]*soakHours/);
  });

  it("a stack that is no environment: 2", async () => {
    const { code, said } = await make({ argv: ["up", "--stack", "production", "--yes"] });
    expect(code).toBe(2);
    expect(said).toMatch(/Unknown environment "production"/);
  });

  it("a directory without a project: 2", async () => {
    const { code, said } = await make({ argv: ["up", "--stack", "staging", "--yes", "--cwd", "/"] });
    expect(code).toBe(2);
    expect(said).toMatch(/no Pulumi.yaml in \//);
  });
});

describe("what an operator provisions", () => {
  const provision = (name: string, input: string, ...more: string[]) =>
    make({ argv: ["provision", name, "--env", "staging", ...more], input });

  it("a live Alpaca key for staging: 3, whatever its value", async () => {
    for (const name of ["ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"] as const) {
      const { code, said } = await provision(name, valueFor(name, "prod"));
      expect(code).toBe(3);
      expect(said).toMatch(new RegExp(`^refused: staging must never hold ${name}`));
    }
  });

  it.each([
    [
      "a live key's id under the paper name",
      "ALPACA_PAPER_API_KEY_ID",
      () => world.flat("ALPACA_LIVE_API_KEY_ID")!,
      /begin with PK/,
    ],
    [
      "a live secret under the paper name",
      "ALPACA_PAPER_API_SECRET_KEY",
      () => world.flat("ALPACA_LIVE_API_SECRET_KEY")!,
      /ALPACA_LIVE_API_SECRET_KEY/,
    ],
    [
      "a live secret under another vendor's name",
      "POSTMARK_SERVER_TOKEN",
      () => world.flat("ALPACA_LIVE_API_SECRET_KEY")!,
      /ALPACA_LIVE_API_SECRET_KEY, which staging must never hold/,
    ],
    [
      "a Stripe live key",
      "STRIPE_RESTRICTED_KEY",
      () => valueFor("STRIPE_RESTRICTED_KEY", "prod"),
      /begin with rk_test_/,
    ],
    ["prod's own value", "POSTMARK_SERVER_TOKEN", () => world.flat("POSTMARK_SERVER_TOKEN")!, /same as prod's/],
    ["a reference", "POSTMARK_SERVER_TOKEN", () => "${dev.OTHER}", /\$\{, which Infisical's clients expand/],
  ])("%s: 3", async (_, name, value, message) => {
    const given = value();
    const { code, said } = await provision(name, given);
    expect(code).toBe(3);
    expect(said).toMatch(message);
    if (!given.startsWith("$")) expect(leaks(new Map([[given, name]]), { said })).toEqual([]);
  });

  it("nothing at all: 2", async () => {
    const { code, said } = await provision("POSTMARK_SERVER_TOKEN", "\n");
    expect(code).toBe(2);
    expect(said).toMatch(/No value for POSTMARK_SERVER_TOKEN/);
  });

  it("without --env and without a person to ask: 2, since writing commands do not fall back in silence", async () => {
    for (const command of ["provision", "rotate"]) {
      const { code, said } = await make({ argv: [command, "POSTMARK_SERVER_TOKEN"], input: "value" });
      expect(code).toBe(2);
      expect(said).toMatch(/--env staging or --env prod.*fall back to prod/);
    }
  });

  it("a shared credential: 3", async () => {
    const { code, said } = await provision("SLACK_BOT_TOKEN", "xoxb-1");
    expect(code).toBe(3);
    expect(said).toMatch(/SLACK_BOT_TOKEN is shared: .*\/MooseQuest\/slack\//);
  });

  it("what prod copies: 3, with the setting that changes it", async () => {
    const value = valueFor("POSTMARK_SERVER_TOKEN", "prod");
    const { code, said } = await make({ argv: ["provision", "POSTMARK_SERVER_TOKEN", "--env", "prod"], input: value });
    expect(code).toBe(3);
    expect(said).toMatch(/sources: \{ POSTMARK_SERVER_TOKEN: provision \} in Pulumi.prod.yaml/);
  });
});

it("nobody is asked where nobody is: up without --yes on changes is wrong use, and changes nothing", async () => {
  const there = world.snapshot();
  const { code, err, writes } = await world.run(["up", "--stack", "staging"]);
  expect([code, writes]).toEqual([2, []]);
  expect(err).toMatch(/pass --yes/);
  expect(world.snapshot()).toEqual(there);
});
