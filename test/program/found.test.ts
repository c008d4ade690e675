// What the model found, each shrunk to a plain example.
import { afterEach, beforeEach, expect, it } from "vitest";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const stripe = "STRIPE_RESTRICTED_KEY";
const onApi = (env: "staging" | "prod") => world.apps.vars(`raxx-api-${env}`)[stripe];

it("a rotation of the flat path, which staging's apps read too, refuses the value of a live key under any name", async () => {
  const live = world.flat("ALPACA_LIVE_API_SECRET_KEY")!;
  for (const name of ["POSTMARK_SERVER_TOKEN", "ALPACA_PAPER_API_SECRET_KEY"] as const) {
    const { code, err, writes } = await world.rotate(name, "staging", live);
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/the value is that of ALPACA_LIVE_API_SECRET_KEY/);
  }
});

it("an app that keeps somebody's value because the vault's breaks a rule still needs a takeover once the vault's is right", async () => {
  world.apps.set("raxx-api-prod", { [stripe]: "rk_live_somebodys" });
  world.write("/MooseQuest/stripe", stripe, "nonsense");
  world.set("prod", "manage", { [stripe]: ["raxx-api-prod"] });
  await world.up("prod");
  expect(onApi("prod")).toBe("rk_live_somebodys");

  world.write("/MooseQuest/stripe", stripe, valueFor(stripe, "prod"));
  const { code, err } = await world.up("prod");
  expect(code).toBe(3);
  expect(err).toMatch(/raxx-api-prod has another value in STRIPE_RESTRICTED_KEY/);
  expect(onApi("prod")).toBe("rk_live_somebodys");

  // Nor is it deleted there with the setting.
  world.set("prod", "manage", undefined);
  expect((await world.up("prod")).code).toBe(3);
  expect(onApi("prod")).toBe("rk_live_somebodys");
});

it("a managed value that is gone while the flag is on is recorded and restarts the soak; the app keeps its own", async () => {
  world.set("staging", "manage", { [stripe]: ["raxx-api-staging"] });
  world.set("staging", "takeover", { "raxx-api-staging": { [stripe]: "staging gets its own key" } });
  await world.stagingOn();
  const value = onApi("staging");
  world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/staging", stripe);
  const { code, err } = await world.up("staging");
  expect(code).toBe(3);
  expect(err).toMatch(/STRIPE_RESTRICTED_KEY: missing/);
  expect(onApi("staging")).toBe(value);

  world.hoursPass(47);
  done(await world.rotate(stripe, "staging", valueFor(stripe, "staging")));
  done(await world.up("staging"));
  done(await world.up("prod"));
  world.hoursPass(47);
  const early = await world.run(["promote", "--yes"]);
  expect(early.code).toBe(3);
  expect(early.err).toMatch(/staging has soaked 47 h of 48 h/);
});

it("a value that was right when it was read back is judged again when the one that it may not equal changes", async () => {
  await world.stagingOn();
  world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "off" });
  world.write("/MooseQuest/stripe", stripe, world.at("staging", stripe)!);
  const { code, err } = await world.up("staging");
  expect([code, world.flag("staging")]).toEqual([3, "off"]);
  expect(err).toMatch(/STRIPE_RESTRICTED_KEY: the value is the same as prod's at \/MooseQuest\/stripe\/ \(distinct\)/);

  world.write("/MooseQuest/stripe", stripe, valueFor(stripe, "prod"));
  done(await world.up("staging"));
  expect(world.flag("staging")).toBe("true");
});

it("prod does not follow while an app of staging's holds a live key, though staging's update came before it got it", async () => {
  await world.stagingOn();
  done(await world.up("prod"));
  world.hoursPass(48);
  world.apps.set("raxx-api-staging", { SOME_KEY: world.flat("ALPACA_LIVE_API_KEY_ID")! });
  const { code, err, writes } = await world.run(["promote", "--yes"]);
  expect([code, writes]).toEqual([3, []]);
  expect(err).toMatch(/ALPACA_LIVE_API_KEY_ID: raxx-api-staging has its value, in SOME_KEY/);
});
