// The two tables of docs/console-vault-env-aware.md and its resolution order, through the command line and the vault service.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withEnvironment } from "../../src/resolver/index.js";
import { createInfisicalClient, createVault, SecretValue } from "../../src/vault/index.js";
import { environmentScoped, shared } from "../support/document.js";
import { stagingValues, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const resolve = async (...argv: string[]) =>
  JSON.parse(done(await world.run(["resolve", ...argv, "--json"])).out) as Record<string, unknown>;

describe("resolve", () => {
  const rows = [
    ...Object.entries(environmentScoped).map(([name, vendor]) => ({ name, vendor, scope: "environment" })),
    ...shared.map((name) => ({ name, vendor: undefined, scope: "shared" })),
  ];
  const cases = rows.flatMap((row) =>
    ["staging", "prod"].flatMap((env) => ["on", "off"].map((flag) => [row.name, env, flag, row] as const)),
  );
  it.each(cases)("%s for %s with the flag %s", async (name, env, flag, { vendor, scope }) => {
    const answer = await resolve(name, "--env", env, "--flag", flag);
    const folder = vendor ?? answer.vendor;
    expect(answer).toEqual({
      name,
      vendor: folder,
      scope,
      environment: env,
      path: flag === "on" && scope === "environment" ? `/MooseQuest/${folder}/${env}/` : `/MooseQuest/${folder}/`,
      flag: flag === "on",
    });
  });

  it("falls back to prod without --env, and to the flag of the shell, absent = off", async () => {
    expect(await resolve("HEROKU_API_KEY", "--flag", "on")).toMatchObject({ path: "/MooseQuest/heroku/prod/" });
    expect(await resolve("HEROKU_API_KEY")).toMatchObject({ path: "/MooseQuest/heroku/", flag: false });
    const env = { FLAG_CONSOLE_VAULT_ENV_AWARE: "True" };
    const { out } = done(await world.run(["resolve", "HEROKU_API_KEY", "--json"], { env }));
    expect(JSON.parse(out)).toMatchObject({ environment: "prod", flag: true, path: "/MooseQuest/heroku/prod/" });
  });

  it.each([
    [["resolve", "HEROKU_APIKEY"], /Unknown credential "HEROKU_APIKEY". Did you mean HEROKU_API_KEY\?/],
    [["resolve", "HEROKU_API_KEY", "--env", "stagin"], /Unknown environment "stagin". Did you mean staging\?/],
    [["resolve", "HEROKU_API_KEY", "--flag", "maybe"], /--flag takes on or off/],
  ])("%j is wrong use, and says what was meant", async (argv, message) => {
    const { code, err, requests } = await world.run(argv);
    expect([code, requests]).toEqual([2, []]);
    expect(err).toMatch(message);
  });

  it("paths shows every name of both tables at once", async () => {
    const { out } = done(await world.run(["paths", "--json"]));
    const names = (JSON.parse(out) as { name: string; on: Record<string, string> }[]).map(({ name }) => name);
    expect(names).toEqual([...Object.keys(environmentScoped), ...shared]);
  });
});

describe("the vault service", () => {
  const service = (flag: boolean) => {
    const { INFISICAL_API_URL: url, INFISICAL_CLIENT_ID: clientId, INFISICAL_CLIENT_SECRET: secret } = world.env;
    const auth = { kind: "universal", clientId: clientId!, clientSecret: SecretValue.of(secret!) } as const;
    const projectId = world.services.infisical.vault.project.id;
    const client = createInfisicalClient({ url: url!, projectId, environment: "prod", auth });
    return createVault({ client, flag: () => flag });
  };
  const own = stagingValues();
  beforeAll(() => world.provisionStaging(own));

  it("takes the environment from its argument, else from the request under way, else prod", async () => {
    const vault = service(true);
    world.write("/MooseQuest/heroku/prod", "HEROKU_API_KEY", valueFor("HEROKU_API_KEY", "prod"));
    const read = async (env?: string) => (await vault.read("HEROKU_API_KEY", env)).value.reveal();
    await withEnvironment("staging", async () => {
      expect(await read("prod")).toBe(world.at("prod", "HEROKU_API_KEY"));
      expect(await read()).toBe(own.HEROKU_API_KEY);
    });
    expect(await read()).toBe(world.at("prod", "HEROKU_API_KEY"));
  });

  it("reads the flat path for any environment while the flag is off, and always for a shared credential", async () => {
    expect((await service(false).read("HEROKU_API_KEY", "staging")).path).toBe("/MooseQuest/heroku/");
    expect((await service(true).read("SLACK_BOT_TOKEN", "staging")).path).toBe("/MooseQuest/slack/");
  });

  it("writes where it reads, after the rules", async () => {
    const value = valueFor("STRIPE_RESTRICTED_KEY", "staging");
    await service(true).write("STRIPE_RESTRICTED_KEY", SecretValue.of(value), "staging");
    expect(world.at("staging", "STRIPE_RESTRICTED_KEY")).toBe(value);
    const live = SecretValue.of(valueFor("STRIPE_RESTRICTED_KEY", "prod"));
    await expect(service(true).write("STRIPE_RESTRICTED_KEY", live, "staging")).rejects.toThrow(/rk_test_/);
    expect(world.at("staging", "STRIPE_RESTRICTED_KEY")).toBe(value);
  });
});
