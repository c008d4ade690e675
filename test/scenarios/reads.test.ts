// What each command reads of the vault: the names and folders that its decision needs, and nothing else.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { usual } from "../support/flavour.js";
import { valueFor } from "../support/values.js";
import { done, type Ran, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const live = ["ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"];
const liveAt = (...folders: string[]) => folders.flatMap((folder) => live.map((name) => `${folder}${name}`));

/** `/folder/` for a list, `/folder/**` for a recursive one, `/folder/NAME` for one secret; each once. */
function reads({ requests }: Pick<Ran, "requests">): string[] {
  const route = usual("/api/v3/secrets/raw");
  const all = requests.flatMap(({ method, path, folder }) =>
    method === "GET" && folder && path.startsWith(route) ? [`${folder}${path.slice(route.length + 1)}`] : [],
  );
  return [...new Set(all)].sort();
}

/** Of a command that ends with an update of its stack: what it read itself, before its write. */
function ownReads(ran: Pick<Ran, "requests">): string[] {
  const writes = ({ service, write }: Ran["requests"][number]) => service === "infisical" && write;
  const write = ran.requests.findIndex(writes);
  expect(write).toBeGreaterThan(0);
  return reads({ requests: ran.requests.slice(0, write) });
}

describe("rotate", () => {
  const stripe = "STRIPE_RESTRICTED_KEY";

  it("of prod's key with prod's flag on reads that vendor's folders, in one list", async () => {
    await world.prodOn();
    const ran = done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    expect(ownReads(ran)).toEqual(["/MooseQuest/stripe/**", `/MooseQuest/stripe/prod/${stripe}`]);
  });

  it("of staging's with its flag on reads the folders of the keys that staging may never hold, too, and alone what no list shows", async () => {
    await world.stagingOn();
    const ran = done(await world.rotate(stripe, "staging", valueFor(stripe, "staging")));
    expect(ownReads(ran)).toEqual(
      [
        "/MooseQuest/alpaca/**",
        ...liveAt("/MooseQuest/alpaca/prod/"),
        "/MooseQuest/stripe/**",
        `/MooseQuest/stripe/prod/${stripe}`,
        `/MooseQuest/stripe/staging/${stripe}`,
      ].sort(),
    );
  });

  it("works with a token for staging's folders alone, and says what could not be compared", async () => {
    await world.stagingOn();
    const scopes = [{ environment: "prod", secretPath: "/MooseQuest/*/staging/**" }];
    const token = world.services.infisical.vault.addServiceToken({
      name: "few",
      scopes,
      permissions: ["read", "write"],
    });
    const env = { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined };
    const { out } = done(await world.rotate(stripe, "staging", valueFor(stripe, "staging"), { env }));
    expect(out).toMatch(/could not be compared with .*\/MooseQuest\/stripe\//);
    expect(out).toMatch(/ALPACA_LIVE_API_SECRET_KEY/);
  });

  it("of a shared credential reads its one folder", async () => {
    const ran = done(await world.rotate("SLACK_BOT_TOKEN", "prod", "xoxb-new"));
    expect(ownReads(ran)).toEqual([
      "/MooseQuest/alpaca/**",
      ...liveAt("/MooseQuest/alpaca/prod/"),
      "/MooseQuest/slack/",
      "/MooseQuest/slack/SLACK_BOT_TOKEN",
    ]);
  });
});

it("provision reads the folder it writes to, and the names that its rules compare with", async () => {
  done(await world.up("staging"));
  const name = "POSTMARK_SERVER_TOKEN";
  expect(ownReads(done(await world.provision(name, valueFor(name, "staging"))))).toEqual(
    [
      ...liveAt("/MooseQuest/alpaca/", "/MooseQuest/alpaca/prod/"),
      `/MooseQuest/postmark/${name}`,
      `/MooseQuest/postmark/prod/${name}`,
      "/MooseQuest/postmark/staging/",
    ].sort(),
  );
});

describe("rollback", () => {
  const vendors = ["alpaca", "heroku", "postmark", "stripe"];

  it("of staging reads the flat folders before the flag is off, and of prod prod's too", async () => {
    await world.prodOn();
    for (const [stack, own] of [
      ["staging", []],
      ["prod", ["prod/"]],
    ] as const) {
      const { requests } = done(await world.run(["rollback", "--stack", stack, "--yes"]));
      const off = requests.findIndex(({ write }) => write);
      const expected = vendors.flatMap((vendor) => ["", ...own].map((sub) => `/MooseQuest/${vendor}/${sub}`));
      expect(reads({ requests: requests.slice(0, off) })).toEqual(expected);
    }
  });
});

it("an update and promote read the vendors' folders that the migration moves, and no other credential", async () => {
  await world.stagingOn();
  world.hoursPass(48);
  for (const argv of [
    ["up", "--stack", "prod", "--yes"],
    ["promote", "--yes"],
  ]) {
    const all = reads(done(await world.run(argv)));
    expect(
      all.filter((path) => !/^\/MooseQuest\/(alpaca|heroku|postmark|stripe)\//.test(path)),
      argv[0],
    ).toEqual([]);
    expect(all).toContain("/MooseQuest/stripe/**");
  }
});

/** How often the vault was logged in to, and Heroku asked for the account, by the command itself and by each run of its program. */
const asked = ({ requests }: Pick<Ran, "requests">) =>
  ["/api/v1/auth/universal-auth/login", "/account"].map(
    (path) => requests.filter((request) => request.path === path).length,
  );

describe("a command logs in once", () => {
  const stripe = "STRIPE_RESTRICTED_KEY";
  const postmark = "POSTMARK_SERVER_TOKEN";

  it("by itself, where its update has nothing to look at: the stack is not made yet", async () => {
    expect(asked(done(await world.provision(postmark, valueFor(postmark, "staging"))))).toEqual([1, 1]);
    expect(asked(done(await world.rotate(stripe, "prod", valueFor(stripe, "prod"))))).toEqual([1, 1]);
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
    expect(asked(done(await world.run(["rollback", "--stack", "staging", "--yes"])))).toEqual([1, 1]);
  });

  it("for itself and for all of its updates", async () => {
    for (const stack of ["staging", "prod"] as const) done(await world.up(stack));
    expect(asked(done(await world.provision(postmark, valueFor(postmark, "staging"))))).toEqual([1, 1]);
    expect(asked(done(await world.rotate(stripe, "prod", valueFor(stripe, "prod"))))).toEqual([1, 1]);
    // The flag is off already, so a rollback has nothing to ask the vault.
    expect(asked(done(await world.run(["rollback", "--stack", "staging", "--yes"])))).toEqual([1, 1]);
    expect(asked(done(await world.run(["preview", "--stack", "staging"])))).toEqual([1, 1]);
  });

  it("for all environments that it looks at", async () => {
    expect(asked(done(await world.run(["status"])))).toEqual([1, 1]);
    await world.stagingOn();
    done(await world.up("prod"));
    const refused = await world.run(["promote", "--yes"]);
    expect([refused.code, ...asked(refused)]).toEqual([3, 1, 1]);
  });
});
