// A value that is not the newest one: what is remembered of a copy, and what the flag may leave behind.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { usual } from "../support/flavour.js";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const name = "STRIPE_RESTRICTED_KEY";
const stripe = "/MooseQuest/stripe";

describe("our own copy stays ours while its flat row is bad for a while", () => {
  it("because the flat value breaks a rule", async () => {
    done(await world.up("prod"));
    world.write(stripe, name, "rk_test_not_for_prod_0000000000000000");
    expect(await world.migration("prod")).toMatchObject({ broken: [{ name, rule: "prefix" }] });
    const mended = valueFor(name, "prod");
    world.write(stripe, name, mended);
    expect(await world.migration("prod")).toMatchObject({ conflicts: [], phase: "confirmed" });
    expect(world.at("prod", name)).toBe(mended);
  });

  it("because the flat path has the name twice", async () => {
    done(await world.up("prod"));
    const { vault } = world.services.infisical;
    const copied = world.at("prod", name);
    vault.writeDuplicate("prod", stripe, name, valueFor(name, "prod"));
    expect(await world.migration("prod")).toMatchObject({ broken: [{ name, rule: "duplicate" }] });
    vault.delete("prod", stripe, name);
    const mended = valueFor(name, "prod");
    world.write(stripe, name, mended);
    expect(world.at("prod", name)).toBe(copied);
    expect(await world.migration("prod")).toMatchObject({ conflicts: [], phase: "confirmed" });
    expect(world.at("prod", name)).toBe(mended);
  });
});

describe("prod's flag over an older value than the one that is read", () => {
  beforeEach(async () => {
    await world.stagingOn();
    world.hoursPass(48);
    done(await world.up("prod"));
    world.hoursPass(1);
    // Somebody writes both, the flat one later: with `sources` the environment's would be kept.
    world.write(`${stripe}/prod`, name, valueFor(name, "prod"));
    world.hoursPass(1);
    world.write(stripe, name, valueFor(name, "prod"));
    world.set("prod", "sources", { [name]: "provision" });
  });

  it("does not turn on: the operator is told the name, both times, and the revision to name", async () => {
    const { code, text } = await world.run(["promote", "--yes"]);
    expect([code, world.flag("prod")]).toEqual([3, "false"]);
    expect(text).toMatch(
      /STRIPE_RESTRICTED_KEY: \/MooseQuest\/stripe\/ has another value, written .*older-than-flat; token \S+@\d+/,
    );
  });

  it("turns on once the operator says so for that flat row, and not for the next one", async () => {
    const { text } = await world.run(["promote", "--yes"]);
    const token = /older-than-flat; token (\S+@\d+)/.exec(text)![1]!;
    world.set("prod", "overrides", {
      [name]: { rule: "older-than-flat", token, reason: "the flat one was a mistake" },
    });
    world.hoursPass(1);
    world.write(stripe, name, valueFor(name, "prod"));
    expect((await world.run(["promote", "--yes"])).code).toBe(3);
    const again = /older-than-flat; token (\S+@\d+)/.exec((await world.run(["promote", "--yes"])).text)![1]!;
    expect(again).not.toBe(token);
    world.set("prod", "overrides", {
      [name]: { rule: "older-than-flat", token: again, reason: "the flat one was a mistake" },
    });
    done(await world.run(["promote", "--yes"]));
    expect(world.flag("prod")).toBe("true");
    expect(await world.migration("prod")).toMatchObject({ phase: "soaking", blocked: [] });
  });

  it("turns on once the value is provisioned again", async () => {
    const value = valueFor(name, "prod");
    done(await world.run(["provision", name, "--env", "prod", "--replace"], { input: value }));
    done(await world.run(["promote", "--yes"]));
    expect(world.at("prod", name)).toBe(value);
  });
});

it("no more flat copies go once staging's flag has gone off during a retirement, and the way back is named", async () => {
  await world.prodOn();
  world.hoursPass(48);
  world.set("prod", "retireFlat", true);
  let deleted = 0;
  world.control.onRequest = ({ method, path }) => {
    if (method !== "DELETE" || !path.startsWith(usual("/api/v3/secrets/raw"))) return;
    deleted += 1;
    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
  };
  const { code, text } = await world.up("prod");
  world.control.onRequest = undefined;
  expect([code, deleted]).toEqual([3, 1]);
  expect(text).toMatch(/was turned off on raxx-console-staging .*retireFlat: false/);
  world.set("prod", "retireFlat", false);
  done(await world.up("prod"));
  const flat = world.services.infisical.vault.secrets("prod", stripe).map((row) => row.name);
  expect(flat).toContain(name);
});

it("a refresh finds nothing to change right after folders were made and after the flag turned on", async () => {
  done(await world.up("staging"));
  const refresh = () => world.run(["refresh", "--stack", "staging", "--yes", "--json"]);
  const updates = async () =>
    (JSON.parse(done(await refresh()).out) as { changes: { update?: number } }).changes.update;
  expect(await updates()).toBeUndefined();
  await world.stagingOn();
  expect(await updates()).toBeUndefined();
});
