// Credentials that a stack keeps on Heroku apps, and what no command may take from an app: a value or a var.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/local/index.js";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const onApi = (env: "staging" | "prod") => world.apps.vars(`raxx-api-${env}`).STRIPE_RESTRICTED_KEY;
const managed = (env: "staging" | "prod") => ({ STRIPE_RESTRICTED_KEY: [`raxx-api-${env}`] });

describe("a managed credential on prod", () => {
  it("that the app has already makes no release, and a rotation of the flat value reaches it by the next update", async () => {
    world.set("prod", "manage", managed("prod"));
    const { releases } = world.snapshot();
    done(await world.up("prod"));
    expect(world.snapshot().releases["raxx-api-prod"]).toBe(releases["raxx-api-prod"]);

    const value = valueFor("STRIPE_RESTRICTED_KEY", "prod");
    world.write("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY", value);
    done(await world.up("prod"));
    expect(onApi("prod")).toBe(value);
    expect(done(await world.up("prod")).writes).toEqual([]);
  });

  it("is not written over another value that somebody set there, until takeover says so with a reason", async () => {
    world.apps.set("raxx-api-prod", { STRIPE_RESTRICTED_KEY: "rk_live_by_hand" });
    world.set("prod", "manage", managed("prod"));
    const { code, err } = await world.up("prod");
    expect(code).toBe(3);
    expect(err).toMatch(
      /raxx-api-prod has another value in STRIPE_RESTRICTED_KEY.*takeover.raxx-api-prod.STRIPE_RESTRICTED_KEY/,
    );
    expect(onApi("prod")).toBe("rk_live_by_hand");

    world.set("prod", "takeover", { "raxx-api-prod": { STRIPE_RESTRICTED_KEY: "left over from the outage" } });
    done(await world.up("prod"));
    expect(onApi("prod")).toBe(world.flat("STRIPE_RESTRICTED_KEY"));
  });

  it("comes back where somebody changes or removes it on Heroku", async () => {
    world.set("prod", "manage", managed("prod"));
    done(await world.up("prod"));
    for (const theirs of ["rk_live_by_hand", null]) {
      world.apps.set("raxx-api-prod", { STRIPE_RESTRICTED_KEY: theirs });
      done(await world.up("prod"));
      expect(onApi("prod")).toBe(world.flat("STRIPE_RESTRICTED_KEY"));
    }
  });

  it("never leaves the map by itself, because the provider would delete it on the app", async () => {
    world.set("prod", "manage", managed("prod"));
    done(await world.up("prod"));
    world.set("prod", "manage", undefined);
    const { code, err } = await world.up("prod");
    expect(code).toBe(3);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY on raxx-api-prod is managed by this stack and would be deleted there/);
    expect(onApi("prod")).toBe(world.flat("STRIPE_RESTRICTED_KEY"));
  });

  it("fails the plan where the vault does not have it, and the app keeps what it has", async () => {
    world.set("prod", "manage", managed("prod"));
    done(await world.up("prod"));
    const value = onApi("prod");
    world.services.infisical.vault.delete("prod", "/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY");
    const { code, err } = await world.up("prod");
    expect(code).toBe(1);
    expect(err).toMatch(
      /manage.STRIPE_RESTRICTED_KEY: nothing at \/MooseQuest\/stripe\/, so raxx-api-prod would lose it/,
    );
    expect(onApi("prod")).toBe(value);
  });

  it("turns to the environment path together with the flag, which is one release of each app", async () => {
    world.set("prod", "manage", { HEROKU_API_KEY: ["raxx-console-prod"] });
    await world.stagingOn();
    done(await world.up("prod"));
    world.hoursPass(48);
    const { releases } = world.snapshot();
    done(await world.run(["promote", "--yes"]));
    expect(world.snapshot().releases["raxx-console-prod"]).toBe(releases["raxx-console-prod"]! + 1);
    expect(world.apps.vars("raxx-console-prod")).toMatchObject({
      FLAG_CONSOLE_VAULT_ENV_AWARE: "true",
      HEROKU_API_KEY: world.at("prod", "HEROKU_API_KEY"),
    });
  });
});

describe("a managed credential on staging", () => {
  beforeEach(async () => {
    await world.provisionStaging();
    world.set("staging", "manage", managed("staging"));
  });

  it("is left alone while the flag is off: the app has what the flat path has, which is prod's", async () => {
    const before = onApi("staging");
    done(await world.up("staging"));
    expect(onApi("staging")).toBe(before);
  });

  it("needs a takeover to replace prod's value when the flag turns on, and keeps staging's own after a rollback", async () => {
    done(await world.up("staging"));
    world.set("staging", "vaultEnvAware", true);
    const refused = await world.up("staging");
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/raxx-api-staging has another value in STRIPE_RESTRICTED_KEY/);
    expect(world.flag("staging")).toBe("false");

    world.set("staging", "takeover", { "raxx-api-staging": { STRIPE_RESTRICTED_KEY: "staging gets its own key" } });
    done(await world.up("staging"));
    expect(onApi("staging")).toBe(world.at("staging", "STRIPE_RESTRICTED_KEY"));

    done(await world.run(["rollback", "--stack", "staging", "--yes"]));
    expect(world.flag("staging")).toBe("false");
    expect(onApi("staging")).toBe(world.at("staging", "STRIPE_RESTRICTED_KEY"));
    done(await world.up("staging"));
    expect(onApi("staging")).toBe(world.at("staging", "STRIPE_RESTRICTED_KEY"));
  });
});

it("what was only named in manage while staging's flag is off may be taken out again: nothing was set on the app", async () => {
  world.set("staging", "manage", managed("staging"));
  done(await world.up("staging"));
  const before = onApi("staging");
  world.set("staging", "manage", undefined);
  done(await world.up("staging"));
  expect(onApi("staging")).toBe(before);
});

describe("the flag on Heroku", () => {
  it("set by hand to 1 is adopted as it is", async () => {
    await world.provisionStaging();
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "1" });
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    expect(world.flag("staging")).toBe("1");
    expect(done(await world.up("staging")).writes).toEqual([]);
  });

  it("set by hand against config is put back, and an update says so first", async () => {
    await world.provisionStaging();
    done(await world.up("staging"));
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
    const { out } = done(await world.up("staging"));
    expect(out).toMatch(/FLAG_CONSOLE_VAULT_ENV_AWARE +on → off \(raxx-console-staging\)/);
    expect(world.flag("staging")).toBe("false");
  });

  it("turned on by hand over something unconfirmed is told by exit 3, and not turned off behind the operator's back", async () => {
    done(await world.up("staging"));
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
    world.set("staging", "vaultEnvAware", true);
    const { code, err } = await world.up("staging");
    expect(code).toBe(3);
    expect(err).toMatch(/is on \(raxx-console-staging\), and not everything it needs is confirmed/);
    expect(world.flag("staging")).toBe("true");
  });
});

describe("destroy", () => {
  it("takes no value and no var from anybody; only empty folders of its own go", async () => {
    world.set("prod", "manage", managed("prod"));
    done(await world.up("prod"));
    done(await world.up("staging"));
    const before = world.snapshot();
    done(await world.run(["destroy", "--stack", "prod", "--yes"]));
    expect(world.snapshot()).toEqual(before);

    world.services.infisical.vault.createFolder("prod", "/MooseQuest/stripe/staging/theirs");
    await world.provision("POSTMARK_SERVER_TOKEN", valueFor("POSTMARK_SERVER_TOKEN", "staging"));
    done(await world.run(["destroy", "--stack", "staging", "--yes"]));
    const after = world.snapshot();
    expect(after.apps).toEqual(before.apps);
    const folders = after.folders.filter((path) => path.includes("staging"));
    expect(folders).toEqual([
      "/MooseQuest/stripe/staging",
      "/MooseQuest/stripe/staging/theirs",
      "/MooseQuest/postmark/staging",
    ]);
    expect(world.at("staging", "POSTMARK_SERVER_TOKEN")).toBeDefined();
  });

  it("leaves a folder that was there before, empty as it is", async () => {
    world.services.infisical.vault.createFolder("prod", "/MooseQuest/stripe/staging");
    done(await world.up("staging"));
    done(await world.run(["destroy", "--stack", "staging", "--yes"]));
    expect(world.snapshot().folders.filter((path) => path.includes("staging"))).toEqual(["/MooseQuest/stripe/staging"]);
  });

  it("refuses while the flag is on, whoever turned it on", async () => {
    await world.stagingOn();
    const there = world.snapshot();
    const { code, err, writes } = await world.run(["destroy", "--stack", "staging", "--yes"]);
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/is on \(raxx-console-staging\)[\s\S]*console-vault rollback --stack staging/);
    expect(world.snapshot()).toEqual(there);

    done(await world.run(["rollback", "--stack", "staging", "--yes"]));
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
    const again = await world.run(["destroy", "--stack", "staging", "--yes"]);
    expect([again.code, again.writes]).toEqual([3, []]);
  });

  it("can be followed by a new start that adopts everything", async () => {
    done(await world.up("prod"));
    done(await world.run(["destroy", "--stack", "prod", "--yes"]));
    const there = world.snapshot();
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed", conflicts: [] });
    expect(world.snapshot().secrets).toEqual(there.secrets);
  });
});

describe("a stack that is pointed at another place", () => {
  it("refuses, naming both, and moves only with --rebind", async () => {
    done(await world.up("prod"));
    world.write("/Elsewhere/heroku", "HEROKU_API_KEY", valueFor("HEROKU_API_KEY", "prod"));
    world.set("prod", "root", "/Elsewhere");
    const there = world.snapshot();
    const { code, err, writes } = await world.up("prod");
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/this stack works on \/MooseQuest, not on \/Elsewhere/);
    expect(err).toContain("If that is meant: console-vault up --stack prod --rebind");
    expect(world.snapshot()).toEqual(there);

    done(await world.run(["up", "--stack", "prod", "--yes", "--rebind"]));
    expect(world.value("/Elsewhere/heroku/prod", "HEROKU_API_KEY")).toBe(
      world.value("/Elsewhere/heroku", "HEROKU_API_KEY"),
    );
    expect(world.at("prod", "HEROKU_API_KEY")).toBe(world.flat("HEROKU_API_KEY"));
  });

  it("leaves a vault that is gone, and nobody shows it the credentials of the other one", async () => {
    done(await world.up("prod"));
    const other = await World.open();
    const { INFISICAL_API_URL, INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET } = other.env;
    const env = { INFISICAL_API_URL, INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET };
    const before = world.control.requests.length;
    for (const command of ["up", "preview", "refresh", "destroy"]) {
      const { code, err } = await world.run([command, "--stack", "prod", "--yes"], { env });
      expect([command, code]).toEqual([command, 3]);
      expect(err).toContain(`If that is meant: console-vault ${command} --stack prod --rebind`);
    }
    done(await world.run(["up", "--stack", "prod", "--yes", "--rebind"], { env }));
    expect(world.control.requests.slice(before).filter(({ service }) => service === "infisical")).toEqual([]);
    expect(other.at("prod", "HEROKU_API_KEY")).toBe(other.flat("HEROKU_API_KEY"));
    await other.close();
  });

  it.each<[string, string[], string]>([
    ["provision", ["provision", "POSTMARK_SERVER_TOKEN", "--env", "staging"], "up --stack staging --rebind"],
    ["rotate", ["rotate", "POSTMARK_SERVER_TOKEN", "--env", "staging", "--yes"], "up --stack staging --rebind"],
    ["rollback", ["rollback", "--stack", "staging", "--yes"], "rollback --stack staging --rebind"],
    ["promote", ["promote", "--yes"], "up --stack prod --rebind"],
  ])("so does %s with another vault in the shell, before it writes to either", async (_, argv, ifMeant) => {
    await world.stagingOn();
    done(await world.up("prod"));
    const other = await World.open();
    const [there, elsewhere, files] = [world.snapshot(), other.snapshot(), world.files()];
    const { INFISICAL_API_URL, INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET } = other.env;
    const { code, err } = await world.run(argv, {
      input: valueFor("POSTMARK_SERVER_TOKEN", "staging"),
      env: { INFISICAL_API_URL, INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET },
    });
    expect([world.snapshot(), other.snapshot(), world.files()]).toEqual([there, elsewhere, files]);
    await other.close();
    expect(code).toBe(3);
    expect(err).toContain(`vault: this stack works on ${world.env.INFISICAL_API_URL}, not on ${INFISICAL_API_URL}`);
    expect(err).toContain(`If that is meant: console-vault ${ifMeant}`);
  });

  it("an account of another name is another place as well", async () => {
    const key = valueFor("HEROKU_API_KEY", "staging");
    const seed = defaultSeed();
    const apps = seed.heroku.apps.map(({ name }) => name);
    seed.heroku.accounts.push({ email: "other@raxx.example", keys: [key], apps });
    const shared = await World.open({ seed });
    done(await shared.up("staging"));
    const { code, err } = await shared.up("staging", { env: { HEROKU_API_KEY: key } });
    await shared.close();
    expect(code).toBe(3);
    expect(err).toMatch(/account: this stack works on ops@raxx.example, not on other@raxx.example/);
  });
});
