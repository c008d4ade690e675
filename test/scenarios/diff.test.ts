// diff: two environments' credentials, compared without a value ever leaving the process.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentScoped } from "../support/document.js";
import { shortWaits } from "../support/shortWaits.js";
import { stagingNames, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

shortWaits();

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const names = Object.keys(environmentScoped);
const live = names.filter((name) => name.startsWith("ALPACA_LIVE_"));

interface Row {
  readonly name: string;
  readonly state: string;
  readonly missing: string[];
  readonly unreadable: string[];
  readonly problem: string | null;
}
const diff = async (...options: string[]) => {
  const ran = await world.run(["diff", "staging", "prod", "--json", ...options]);
  const { credentials } = JSON.parse(ran.out) as { credentials: Row[] };
  expect(ran.writes).toEqual([]);
  return { ...ran, rows: new Map(credentials.map((row) => [row.name, row])) };
};
const check = () => world.run(["diff", "staging", "prod", "--check"]);

/** The environment of a shell whose token reaches these paths and no others, and that has no Heroku key. */
function only(...paths: string[]) {
  const scopes = paths.map((secretPath) => ({ environment: "prod", secretPath }));
  const token = world.services.infisical.vault.addServiceToken({ name: "few", scopes, permissions: ["read"] });
  return {
    INFISICAL_TOKEN: token,
    INFISICAL_CLIENT_ID: undefined,
    INFISICAL_CLIENT_SECRET: undefined,
    HEROKU_API_KEY: undefined,
  };
}

describe("diff staging prod", () => {
  it("before the migration calls every name missing in both, and reads no flat value", async () => {
    const { code, rows, requests } = await diff();
    expect([code, [...rows.keys()]]).toEqual([0, names]);
    for (const row of rows.values()) expect(row).toMatchObject({ state: "missing", missing: ["staging", "prod"] });
    const read = requests.flatMap(({ folder }) => folder ?? []);
    expect(read).toHaveLength(8);
    for (const folder of read) expect(folder).toMatch(/\/(staging|prod)\/$/);
  });

  it("migrated: different everywhere, and staging must not hold the live keys", async () => {
    await world.stagingOn();
    done(await world.up("prod"));
    const { rows } = await diff();
    for (const name of stagingNames) expect(rows.get(name)).toMatchObject({ state: "different", problem: null });
    for (const name of live)
      expect(rows.get(name)).toMatchObject({ state: "missing", missing: ["staging"], problem: null });
    const { code, out } = await check();
    expect(code).toBe(0);
    expect(out).toMatch(/STRIPE_RESTRICTED_KEY +different/);
    expect(out).toMatch(/ALPACA_LIVE_API_KEY_ID +missing in staging +staging must not hold it/);
  });

  it("takes the environments in either order", async () => {
    const { out } = done(await world.run(["diff", "prod", "staging", "--json"]));
    expect(JSON.parse(out)).toMatchObject({ environments: ["prod", "staging"] });
  });

  it("one value in both is a problem, unless an override lets it pass", async () => {
    const prods = world.at("prod", "HEROKU_API_KEY")!;
    world.write("/MooseQuest/heroku/staging", "HEROKU_API_KEY", prods);
    expect((await diff()).rows.get("HEROKU_API_KEY")).toMatchObject({ state: "equal", problem: "must-differ" });
    const refused = await check();
    expect(refused.code).toBe(4);
    expect(refused.err).toMatch(/HEROKU_API_KEY: each environment needs its own value \(distinct\)/);

    const { id, version } = world.row("/MooseQuest/heroku/staging", "HEROKU_API_KEY")!;
    const override = { rule: "distinct", token: `${id}@${version}`, reason: "one account until the audit in May" };
    world.set("staging", "overrides", { HEROKU_API_KEY: override });
    expect((await diff()).rows.get("HEROKU_API_KEY")).toMatchObject({ state: "equal", problem: null });
    world.set("staging", "overrides", undefined);
    world.write("/MooseQuest/heroku/staging", "HEROKU_API_KEY", valueFor("HEROKU_API_KEY", "staging"));
  });

  it("a live key on staging is a problem", async () => {
    world.write("/MooseQuest/alpaca/staging", live[0]!, valueFor("ALPACA_LIVE_API_KEY_ID", "prod"));
    expect((await diff()).rows.get(live[0]!)).toMatchObject({ state: "different", problem: "must-not-hold" });
    expect((await check()).code).toBe(4);
  });

  it("what the token may not read is unreadable, not missing; no Heroku key is asked for", async () => {
    const env = only("/MooseQuest/*/staging");
    const { code, out } = await world.run(["diff", "staging", "prod", "--json"], { env });
    expect(code).toBe(0);
    for (const row of (JSON.parse(out) as { credentials: Row[] }).credentials)
      expect(row).toMatchObject({ state: "unreadable", unreadable: ["prod"] });
    const checked = await world.run(["diff", "staging", "prod", "--check"], { env });
    expect(checked.code).toBe(4);
    expect(checked.err).toContain("POSTMARK_SERVER_TOKEN: the token may not read /MooseQuest/postmark/prod/");
  });

  it.each([
    [["diff", "staging"], 2, /missing required argument/],
    [["diff", "prod", "prod"], 2, /Name two environments: prod is compared with itself/],
    [["diff", "stagin", "prod"], 2, /Did you mean staging\?/],
  ])("%j ends with %i", async (argv, code, message) => {
    const ran = await world.run(argv);
    expect([ran.code, ran.requests]).toEqual([code, []]);
    expect(ran.err).toMatch(message);
  });

  it("a vault that is down or a wrong root is no table of missing names", async () => {
    world.control.addFault({ service: "infisical", do: { status: 500 } });
    expect(await check()).toMatchObject({ code: 1, out: "" });
    world.control.clearFaults();
    world.set("prod", "root", "/MoseQuest");
    expect(await check()).toMatchObject({ code: 3, out: "", err: expect.stringContaining("There is no folder") });
    world.set("prod", "root", undefined);
  });
});
