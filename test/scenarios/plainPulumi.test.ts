// Plain `pulumi` in the checkout, where there is a CLI: its exit codes, what it says and keeps, and what it sends where.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resourceTypes } from "../../src/migration/index.js";
import { cli, plainPulumi } from "../support/plainPulumi.js";
import { noCli, without } from "../support/without.js";
import { done, World } from "../support/world.js";

const { PATH, PULUMI_HOME, PULUMI_CLI } = process.env;
const pulumiEnv = { PATH, PULUMI_HOME, PULUMI_CLI, PULUMI_SKIP_UPDATE_CHECK: "1" };
const flag = "FLAG_CONSOLE_VAULT_ENV_AWARE";
const stripe = "STRIPE_RESTRICTED_KEY";

let world: World;
beforeEach(async () => {
  world = await World.open({ engine: "processes" });
});
afterEach(() => world.close());

const up = (...options: string[]) =>
  plainPulumi(world, ["up", "--stack", "staging", "--yes", "--skip-preview", ...options]);
const preview = () => plainPulumi(world, ["preview", "--stack", "staging"]);
const output = async () => {
  const { out } = done(await plainPulumi(world, ["stack", "output", "--stack", "staging", "--json", "migration"]));
  return JSON.parse(out) as { blocked: { code: string; name?: string }[]; confirmedSince: string | null };
};
const fullUp = async () => done(await world.run(["up", "--stack", "staging", "--yes", "--engine", "embedded"]));
const stagingOn = async () => {
  await world.provisionStaging();
  world.set("staging", "vaultEnvAware", true);
  await fullUp();
  expect(world.flag("staging")).toBe("true");
};

describe.skipIf(without("plain pulumi", cli ? undefined : noCli))("plain pulumi", { timeout: 300_000 }, () => {
  it("up with a refused flag: 1, the reasons, and what was prepared stays; preview: 0, and warns", async () => {
    world.set("staging", "vaultEnvAware", true);
    done(await plainPulumi(world, ["stack", "init", "staging"]));
    const ran = await up();
    expect(ran.code, ran.text).toBe(1);
    expect(ran.text).toContain(`error: ${flag} stays off (raxx-console-staging):`);
    expect(ran.text).toContain(`${stripe}: not provisioned yet`);
    expect(world.services.infisical.vault.folders("prod")).toContain("/MooseQuest/stripe/staging");
    expect((await output()).blocked).toContainEqual({ code: "not-provisioned", name: stripe });
    const { text } = done(await preview());
    expect(text).toContain(`warning: ${flag} stays off (raxx-console-staging):`);
    expect(text).toContain(`${stripe}: not provisioned yet`);
    await world.provisionStaging();
    done(await up());
    expect(world.flag("staging")).toBe("true");
    expect((await output()).blocked).toEqual([]);
  });

  it("up with the flag on over a missing credential: 1 each time, recorded; preview: 0, and warns", async () => {
    await stagingOn();
    world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/staging", stripe);
    for (const options of [[], ["--refresh=false"]]) {
      const ran = await up(...options);
      expect([ran.code, ran.writes], ran.text).toEqual([1, []]);
      expect(ran.text).toContain(
        `error: ${flag} is on (raxx-console-staging), and not everything it needs is confirmed`,
      );
    }
    expect(await output()).toMatchObject({ blocked: [{ code: "missing", name: stripe }], confirmedSince: null });
    expect(done(await preview()).text).toContain(`warning: ${flag} is on (raxx-console-staging), and not everything`);
  });

  // The SDK gives what is left out and does not exist yet the outputs of its inputs, and the CLI goes on with them.
  it("turns no flag on where Migration is excluded before it exists", async () => {
    await world.provisionStaging();
    world.set("staging", "vaultEnvAware", true);
    done(await plainPulumi(world, ["stack", "init", "staging"]));
    await up("--exclude", `urn:pulumi:staging::console-vault::${resourceTypes.migration}::staging`);
    expect(world.flag("staging")).not.toBe("true");
  });

  it("sends another Heroku URL one look at each app, by its own refresh, and another vault nothing", async () => {
    await stagingOn();
    const other = await World.open({ engine: "processes" });
    const askedThere = () => other.control.requests.map(({ method, path }) => `${method} ${path}`);
    const [app] = world.apps.names().filter((name) => name === "raxx-console-staging");
    for (const [variable, asked] of [
      ["INFISICAL_API_URL", []],
      ["HEROKU_API_URL", [expect.stringMatching(/^GET \/apps\/[0-9a-f-]+\/config-vars$/)]],
    ] as const) {
      const env = { [variable]: other.env[variable] };
      const { code, writes } = await plainPulumi(world, ["preview", "--stack", "staging"], { env });
      expect([code, writes, askedThere()], app).toEqual([1, [], asked]);
      const before = askedThere().length;
      for (const engine of ["embedded", "pulumi"]) {
        const argv = ["up", "--stack", "staging", "--yes", "--engine", engine];
        const { code: refused, text } = await world.run(argv, { env: { ...pulumiEnv, ...env } });
        expect([refused, askedThere().length], text).toEqual([3, before]);
      }
    }
    await other.close();
  });
});
