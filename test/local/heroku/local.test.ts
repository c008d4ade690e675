import { afterEach, describe, expect, test } from "vitest";
import { defaultSeed, type LocalServices, parseSeed, startLocal } from "../../../src/local/index.js";
import { ask } from "./world.js";

const running: LocalServices[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

async function local(options?: Parameters<typeof startLocal>[0]): Promise<LocalServices> {
  const services = await startLocal(options);
  running.push(services);
  return services;
}

const consumed = {
  api: ["ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY", "STRIPE_RESTRICTED_KEY", "POSTMARK_SERVER_TOKEN"],
  live: ["ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"],
  console: ["HEROKU_API_KEY", "HEROKU_PLATFORM_API_TOKEN"],
};

describe("both services together", () => {
  test("the environment that is handed out gets in at both", async () => {
    const { env } = await local();
    expect(Object.keys(env).sort()).toEqual([
      "HEROKU_API_KEY",
      "HEROKU_API_URL",
      "INFISICAL_API_URL",
      "INFISICAL_CLIENT_ID",
      "INFISICAL_CLIENT_SECRET",
    ]);
    const account = await ask({ url: env.HEROKU_API_URL! }, "GET", "/account", { key: env.HEROKU_API_KEY! });
    expect(account).toMatchObject({ status: 200, body: { email: "ops@raxx.example" } });
    const login = await fetch(`${env.INFISICAL_API_URL}/api/v1/auth/universal-auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ clientId: env.INFISICAL_CLIENT_ID, clientSecret: env.INFISICAL_CLIENT_SECRET }),
    });
    expect(login.status).toBe(200);
  });

  test("they share one clock and one record of requests", async () => {
    const { env, control } = await local();
    await fetch(`${env.INFISICAL_API_URL}/_local/clock`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ advanceHours: 48 }),
    });
    const { headers } = await ask({ url: env.HEROKU_API_URL! }, "GET", "/account", { key: env.HEROKU_API_KEY! });
    expect(new Date(headers.get("date")!).getTime()).toBeGreaterThan(Date.now() + 47 * 3_600_000);
    expect(control.requests.map(({ service }) => service)).toEqual(["heroku"]);
  });

  test("a port in use is told, and nothing is left behind", async () => {
    const first = await local();
    await expect(startLocal({ herokuPort: first.heroku.port })).rejects.toThrow("EADDRINUSE");
  });
});

describe("the world that they start with", () => {
  test("each app holds the flat value of what it consumes, and things of its own", async () => {
    const seed = defaultSeed();
    const { heroku } = await local({ seed });
    const flat = Object.assign({}, ...Object.values(seed.infisical.secrets?.prod ?? {}));
    const value = (name: string) => (typeof flat[name] === "string" ? flat[name] : flat[name].value);
    const expected: Record<string, string[]> = {
      "raxx-api-staging": consumed.api,
      "raxx-console-staging": consumed.console,
      "raxx-api-prod": [...consumed.api, ...consumed.live],
      "raxx-console-prod": consumed.console,
      "raxx-marketing": [],
    };
    expect(heroku.apps.names()).toEqual(Object.keys(expected));
    const credentials = Object.values(consumed).flat();
    for (const [app, names] of Object.entries(expected)) {
      const vars = heroku.apps.vars(app);
      expect(
        Object.keys(vars)
          .filter((name) => credentials.includes(name))
          .sort(),
        app,
      ).toEqual([...names].sort());
      for (const name of names) expect(vars[name], `${app} ${name}`).toBe(value(name));
      expect(Object.keys(vars).length, app).toBeGreaterThan(names.length);
    }
  });

  test("the Heroku credentials in the vault are keys of the account", async () => {
    const { heroku } = await local();
    const vars = heroku.apps.vars("raxx-console-prod");
    for (const name of consumed.console) {
      expect((await ask(heroku, "GET", "/account", { key: vars[name]! })).status, name).toBe(200);
    }
  });

  test("credentials are new at every start, ids of apps are not", async () => {
    const [one, two] = [await local(), await local()];
    expect(one.env.HEROKU_API_KEY).not.toBe(two.env.HEROKU_API_KEY);
    expect(one.heroku.apps.id("raxx-api-prod")).toBe(two.heroku.apps.id("raxx-api-prod"));
  });
});

describe("a seed file", () => {
  test("is what defaultSeed gives, as JSON", async () => {
    const seed = defaultSeed();
    const { heroku } = await local({ seed: parseSeed(JSON.stringify(seed)) });
    expect(heroku.apps.vars("raxx-api-prod")).toEqual(
      seed.heroku.apps.find(({ name }) => name === "raxx-api-prod")?.vars,
    );
  });

  test("says what is wrong with it, without any value", () => {
    expect(() => parseSeed("{ s3cret")).toThrow(/^The seed is not JSON\.$/);
    const wrong = { ...defaultSeed(), heroku: { accounts: [], apps: [{ name: "A", vars: { "A-B": "s3cret" } }] } };
    const parse = () => parseSeed(JSON.stringify(wrong));
    expect(parse).toThrow("heroku.accounts");
    expect(parse).toThrow("heroku.apps[0].name");
    expect(parse).not.toThrow("s3cret");
  });
});
