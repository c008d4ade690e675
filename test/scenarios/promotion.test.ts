// Prod follows staging: what the gate asks, and what happens to prod's config file.
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stagingValues, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
  await world.stagingOn();
});
afterEach(() => world.close());

const promote = (...options: string[]) => world.run(["promote", "--yes", ...options]);
const config = () => readFileSync(world.file("prod"), "utf8");

async function refused(message: RegExp): Promise<void> {
  const [there, file] = [world.snapshot(), config()];
  const { code, err, writes } = await promote();
  expect([code, writes]).toEqual([3, []]);
  expect(err).toMatch(message);
  expect(world.snapshot()).toEqual(there);
  expect(config()).toBe(file);
}

describe("staging breaks at hour 1, and prod is to follow at hour 49", () => {
  beforeEach(() => world.hoursPass(1));

  it("refused where a credential is gone", async () => {
    world.services.infisical.vault.delete("prod", "/MooseQuest/postmark/staging", "POSTMARK_SERVER_TOKEN");
    world.hoursPass(48);
    await refused(/staging, read now: POSTMARK_SERVER_TOKEN is not at \/MooseQuest\/postmark\/staging\//);
  });

  it("refused where it has prod's value", async () => {
    world.write("/MooseQuest/postmark/staging", "POSTMARK_SERVER_TOKEN", world.flat("POSTMARK_SERVER_TOKEN")!);
    world.hoursPass(48);
    await refused(/POSTMARK_SERVER_TOKEN: the value is the same as prod's/);
  });

  it("refused where its flag was off for a while: the soak began again, although everything is well now", async () => {
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
    world.hoursPass(1);
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
    world.hoursPass(47);
    await refused(/staging has soaked 47 h of 48 h: (1 h|59 min) left/);
    world.hoursPass(1);
    done(await promote());
    expect(world.flag("prod")).toBe("true");
  });

  it("refused where its flag is off now, and where its config no more wants it", async () => {
    world.hoursPass(48);
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "0" });
    await refused(/staging's flag is off now \(raxx-console-staging\)/);
  });

  it("an update that finds it broken says so by exit 3, records it, and the soak begins when it is mended", async () => {
    const value = world.at("staging", "POSTMARK_SERVER_TOKEN")!;
    world.services.infisical.vault.delete("prod", "/MooseQuest/postmark/staging", "POSTMARK_SERVER_TOKEN");
    const { code, err } = await world.up("staging");
    expect(code).toBe(3);
    expect(err).toMatch(
      /is on \(raxx-console-staging\), and not everything it needs is confirmed[\s\S]*POSTMARK_SERVER_TOKEN/,
    );
    expect(world.flag("staging")).toBe("true");

    world.hoursPass(20);
    done(await world.rotate("POSTMARK_SERVER_TOKEN", "staging", value));
    done(await world.up("staging"));
    world.hoursPass(30);
    await refused(/staging has soaked 30 h/);
  });
});

describe("after 48 hours", () => {
  beforeEach(() => world.hoursPass(48));

  it("warns where no rotation was seen on staging, or refuses where that is asked for", async () => {
    world.set("prod", "requireStagingRotation", true);
    await refused(/no rotation seen on staging since its flag was turned on: console-vault rotate NAME --env staging/);
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "staging", valueFor("STRIPE_RESTRICTED_KEY", "staging")));
    done(await promote());
  });

  it("keeps every byte of the config file but the one value", async () => {
    const odd = `# first\n${config().replace("vaultEnvAware: false", "vaultEnvAware:   false # off, for now")}\n# last`;
    writeFileSync(world.file("prod"), odd);
    const { err } = done(await promote());
    expect(err).toMatch(/no rotation seen on staging/);
    expect(config()).toBe(odd.replace("vaultEnvAware:   false", "vaultEnvAware:   true"));
  });

  it("puts it back byte for byte where nobody says yes", async () => {
    const file = config();
    const { code, err, writes } = await world.run(["promote"]);
    expect([code, writes]).toEqual([2, []]);
    expect(err).toMatch(/pass --yes/);
    expect(config()).toBe(file);
  });

  it("puts it back where Heroku does not take the flag, and the same command works afterwards", async () => {
    const file = config();
    world.control.addFault({
      service: "heroku",
      method: "PATCH",
      do: { status: 503, body: { id: "x", message: "no" } },
    });
    const { code } = await promote();
    expect(code).toBe(1);
    expect(config()).toBe(file);
    expect(world.flag("prod")).toBeUndefined();
    world.control.clearFaults();
    done(await promote());
    expect(world.flag("prod")).toBe("true");
  });

  it("leaves it saying true where the flag is on when something fails after it: off would be the next update's work", async () => {
    world.control.onRequest = ({ method }) => {
      if (method === "PATCH")
        world.control.addFault({
          service: "heroku",
          method: "GET",
          path: "config-vars$",
          times: 1,
          do: { status: 403, body: { id: "forbidden" } },
        });
    };
    // The copies are there, so that the one change is the flag's.
    const { code, err } = await promote();
    world.control.onRequest = undefined;
    world.control.clearFaults();
    expect(code).toBe(1);
    expect(world.flag("prod")).toBe("true");
    expect(err).toMatch(/is on, so .* keeps saying so/);
    const there = world.snapshot();
    done(await promote());
    expect(world.snapshot()).toEqual(there);
    expect(config()).toContain("console-vault:vaultEnvAware: true");
  });

  it("leaves it saying true where Heroku cannot be asked any more: the flag may be on", async () => {
    world.control.onRequest = ({ method }) => {
      if (method === "PATCH")
        world.control.addFault({ service: "heroku", method: "GET", do: { status: 403, body: { id: "forbidden" } } });
    };
    const { code, err } = await promote();
    world.control.onRequest = undefined;
    world.control.clearFaults();
    expect(code).toBe(1);
    expect(err).toMatch(/cannot be asked whether FLAG_CONSOLE_VAULT_ENV_AWARE turned on.*console-vault status/);
    expect(config()).toContain("console-vault:vaultEnvAware: true");
    done(await promote());
    expect(world.flag("prod")).toBe("true");
  });

  it("does nothing the second time", async () => {
    done(await promote());
    const { writes } = done(await promote());
    expect(writes).toEqual([]);
  });

  it("refuses where prod itself is not ready: a copy that somebody else wrote", async () => {
    world.write("/MooseQuest/stripe/prod", "STRIPE_RESTRICTED_KEY", valueFor("STRIPE_RESTRICTED_KEY", "prod"));
    const file = config();
    const { code, err } = await promote();
    expect(code).toBe(3);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY: conflict: somebody wrote another value/);
    expect([world.flag("prod"), config()]).toEqual(["false", file]);
  });

  it("refuses where staging works on another vault folder than prod", async () => {
    world.services.infisical.vault.createFolder("prod", "/Other/heroku");
    world.set("prod", "root", "/Other");
    await refused(/staging works on another root \(\/MooseQuest, here \/Other\)/);
  });
});

describe("before", () => {
  it("less than 48 hours is an override with a reason, which is recorded", async () => {
    world.hoursPass(3);
    world.set("prod", "soakHours", 2);
    const without = await promote();
    expect(without.code).toBe(2);
    expect(without.err).toMatch(/soakHours: under 48 hours is an override: say why in promoteOverride/);
    world.set("prod", "promoteOverride", "the flat key leaks, see incident 12");
    done(await promote());
    expect(await world.migration("prod")).toMatchObject({ promoteOverride: "the flat key leaks, see incident 12" });
  });

  it("by config instead of promote it is refused the same way, and the copies are made all the same", async () => {
    world.set("prod", "vaultEnvAware", true);
    const { code, err } = await world.up("prod");
    expect(code).toBe(3);
    expect(err).toMatch(/stays off \(raxx-console-prod\):\n {2}staging has soaked less than a minute of 48 h: 4[78] h/);
    expect(world.flag("prod")).toBe("false");
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(world.flat("STRIPE_RESTRICTED_KEY"));
  });

  it("a value that both environments share is let pass by an override on either side, and the gate knows it", async () => {
    const own = await World.open();
    const { id, version } = own.row("/MooseQuest/postmark", "POSTMARK_SERVER_TOKEN")!;
    const override = { rule: "distinct", token: `${id}@${version}`, reason: "one account for both until June" };
    for (const stack of ["staging", "prod"] as const) own.set(stack, "overrides", { POSTMARK_SERVER_TOKEN: override });
    own.set("staging", "sources", { POSTMARK_SERVER_TOKEN: "copy" });
    const { POSTMARK_SERVER_TOKEN: _, ...others } = stagingValues();
    await own.stagingOn(others);
    expect(own.at("staging", "POSTMARK_SERVER_TOKEN")).toBe(own.flat("POSTMARK_SERVER_TOKEN"));
    own.hoursPass(48);
    done(await own.run(["promote", "--yes"]));
    expect(await own.migration("prod")).toMatchObject({ overrides: [{ name: "POSTMARK_SERVER_TOKEN", ...override }] });
    await own.close();
  });

  it("there is no staging to follow: refused, with the command", async () => {
    const alone = await World.open();
    const { code, err, writes } = await alone.run(["promote", "--yes"]);
    await alone.close();
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/no output "migration": run console-vault up --stack staging/);
  });

  it("nor by config: refused with the same command, and nothing is written", async () => {
    const alone = await World.open({ config: { prod: { vaultEnvAware: true } } });
    const { code, err, writes } = await alone.up("prod");
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/the stack staging cannot be read .*first:\n +console-vault up --stack staging/);
    await alone.close();
  });

  it("the order is staging, prod", async () => {
    const { code, err } = await promote("--from", "prod", "--to", "staging");
    expect(code).toBe(2);
    expect(err).toMatch(/staging does not follow prod; the order is staging, prod/);
  });
});
