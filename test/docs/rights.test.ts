// The least rights that docs/security.md names: each suffices for what it is said to suffice for, and for no more.
import { afterEach, describe, expect, test } from "vitest";
import { defaultSeed } from "../../src/local/index.js";
import type { StatusReport } from "../../src/report/index.js";
import { stagingNames, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

const vendors = ["heroku", "alpaca", "stripe", "postmark"];
const wide = ["/MooseQuest/{heroku,alpaca,stripe,postmark}/**"];
const narrow = ["/MooseQuest/*/staging/**"];
const token = `st.11111111-2222-3333-4444-555555555555.${"a".repeat(32)}`;
const herokuKey = "11111111-2222-3333-4444-666666666666";
/** Nothing but these two. */
const env = {
  INFISICAL_TOKEN: token,
  INFISICAL_CLIENT_ID: undefined,
  INFISICAL_CLIENT_SECRET: undefined,
  HEROKU_API_KEY: herokuKey,
};
const stagingApps = ["raxx-api-staging", "raxx-console-staging"];
const allApps = [...stagingApps, "raxx-api-prod", "raxx-console-prod"];

let world: World;
afterEach(() => world?.close());

interface Rights {
  readonly scopes: readonly string[];
  readonly permissions?: ("read" | "write")[];
  readonly apps?: readonly string[];
  readonly folders?: readonly string[];
}

async function open({ scopes, permissions = ["read", "write"], apps = allApps, folders = [] }: Rights) {
  const seed = defaultSeed();
  seed.heroku.accounts[0]!.keys.push({ key: herokuKey, apps: [...apps] });
  seed.infisical.serviceTokens?.push({
    name: "the one in question",
    token,
    scopes: scopes.map((secretPath) => ({ environment: "prod", secretPath })),
    permissions,
  });
  seed.infisical.folders = { prod: [...folders] };
  world = await World.open({ seed });
}

async function provision(): Promise<void> {
  for (const name of stagingNames)
    done(await world.run(["provision", name, "--env", "staging"], { input: valueFor(name, "staging"), env }));
}

describe("read and write on the folders of the four vendors", () => {
  test("is all that the whole migration takes", async () => {
    await open({ scopes: wide });
    done(await world.up("staging", { env }));
    await provision();
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging", { env }));
    done(await world.rotate("POSTMARK_SERVER_TOKEN", "staging", valueFor("POSTMARK_SERVER_TOKEN", "staging"), { env }));
    world.hoursPass(48);
    done(await world.run(["promote", "--yes"], { env }));
    done(await world.run(["rollback", "--stack", "prod", "--yes"], { env }));
    const { shared, warnings } = JSON.parse(done(await world.run(["status", "--json"], { env })).out) as StatusReport;
    // What it may not see is not called gone. Shared ones of the four vendors it does see.
    expect(shared.find(({ name }) => name === "SLACK_BOT_TOKEN")?.flat.state).toBe("unreadable");
    expect(shared.filter(({ flat }) => flat.state === "absent")).toEqual([]);
    const [hidden, ...others] = warnings;
    expect(hidden).toMatch(/^the vault does not let this token list .*\/MooseQuest\/slack\//);
    expect(others.filter((line) => !line.includes("no update manages it"))).toEqual([]);
    expect([world.flag("staging"), world.flag("prod")]).toEqual(["true", "false"]);
  });
});

describe("read and write on staging's folders alone", () => {
  const there = vendors.map((vendor) => `/MooseQuest/${vendor}/staging`);

  test("does not make the folders: that takes rights at the flat path, once", async () => {
    await open({ scopes: narrow, apps: stagingApps });
    const { code, err } = await world.up("staging", { env });
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/may not create the folder \/MooseQuest\/heroku\/staging\//),
    ]);
  });

  test("is all that staging takes from then on: provisioning and its flag, with a Heroku account that sees its two apps", async () => {
    await open({ scopes: narrow, apps: stagingApps, folders: there });
    await provision();
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging", { env }));
    expect(world.flag("staging")).toBe("true");
  });

  test("is all that a rotation takes, with a Heroku account that sees prod's console as well", async () => {
    const rotate = () =>
      world.rotate("STRIPE_RESTRICTED_KEY", "staging", valueFor("STRIPE_RESTRICTED_KEY", "staging"), { env });
    await open({ scopes: narrow, apps: [...stagingApps, "raxx-console-prod"], folders: there });
    await provision();
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging", { env }));
    done(await rotate());
    await world.close();

    await open({ scopes: narrow, apps: stagingApps, folders: there });
    expect(await rotate()).toMatchObject({ code: 1, err: expect.stringContaining("raxx-console-prod") });
  });

  test("shows nobody a value of prod's, neither flat nor in its folders", async () => {
    await open({ scopes: narrow, folders: there });
    const { code, err } = await world.run(["preview", "--stack", "prod"], { env });
    expect([code, err]).toEqual([1, expect.stringMatching(/may not list the secrets of \/MooseQuest\/heroku\/prod\//)]);
  });

  test("shows staging's half of the status; the rest is called unreadable, never missing or off", async () => {
    await open({ scopes: narrow, apps: stagingApps, folders: there });
    done(await world.up("prod"));
    await provision();
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging", { env }));
    const report = JSON.parse(done(await world.run(["status", "--json"], { env })).out) as StatusReport;
    const [staging, prod] = report.environments;
    expect([staging!.phase, staging!.flag.running, staging!.blocked]).toEqual(["soaking", true, []]);
    // As it was last recorded.
    expect([prod!.phase, prod!.flag.running, prod!.blocked]).toEqual(["confirmed", null, []]);
    const stripe = report.credentials.find(({ name }) => name === "STRIPE_RESTRICTED_KEY")!;
    expect(stripe).toMatchObject({
      flat: { state: "unreadable" },
      environments: [{ state: "confirmed", flat: "unknown" }, { state: "unreadable" }],
      distinct: "unchecked",
    });
    expect(report.drift).toEqual([]);
    expect(report.warnings[0]).toMatch(/^the vault does not let this token list .*\/MooseQuest\/stripe\/prod\//);
    expect(report.warnings).toContainEqual(
      expect.stringMatching(/^The Heroku account .* does not see the app raxx-console-prod/),
    );
    expect(report.next.map(({ command }) => command)).toEqual(["console-vault status"]);

    const { code, err } = await world.run(["status", "--check"], { env });
    expect([code, err]).toEqual([4, "pending: prod: not all of it could be seen"]);
    expect(done(await world.run(["status"], { env })).out).toContain("Not all of prod could be seen");
  });

  test("promotes nobody: what it may not read is not called gone", async () => {
    await open({ scopes: ["/MooseQuest/*/prod/**", "/MooseQuest/{heroku,alpaca,stripe,postmark}"] });
    await world.stagingOn();
    world.hoursPass(48);
    const { code, err, writes } = await world.run(["promote", "--yes"], { env });
    expect([code, writes]).toEqual([3, []]);
    expect(err).toContain(
      "staging, read now: the token may not read STRIPE_RESTRICTED_KEY at /MooseQuest/stripe/staging/",
    );
  });

  test("turns staging's flag off only with --force: the flat path is not to be seen", async () => {
    await open({ scopes: narrow, apps: stagingApps, folders: there });
    await provision();
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging", { env }));
    const { code, err } = await world.run(["rollback", "--stack", "staging", "--yes"], { env });
    expect([code, err]).toEqual([3, expect.stringMatching(/may not list .*\/MooseQuest\/heroku\/.* --force/)]);
    expect(world.flag("staging")).toBe("true");
    const forced = await world.run(["rollback", "--stack", "staging", "--yes", "--force"], { env });
    expect([forced.code, forced.text]).toEqual([0, expect.stringContaining("console-vault up --stack staging")]);
    expect(world.flag("staging")).toBe("false");
    // Off already there is nothing to look back for, and the update follows.
    const again = done(await world.run(["rollback", "--stack", "staging", "--yes"], { env }));
    expect(again.out).toMatch(/off already .*[\s\S]*phase {3}confirmed/);
  });
});

describe("read on the folders of the four vendors", () => {
  test("is enough to look, and for no change", async () => {
    await open({ scopes: wide, permissions: ["read"] });
    done(await world.run(["preview", "--stack", "staging"], { env }));
    expect((await world.run(["status"], { env })).code).toBe(0);
    const { code, err } = await world.up("staging", { env });
    expect([code, err]).toEqual([1, expect.stringMatching(/may not create the folder/)]);
    expect(world.control.requests.filter(({ write, status }) => write && status < 400)).toEqual([]);
  });
});
