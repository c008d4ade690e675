// What the model and readers found, each as a plain example.
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

it("an app that has its own environment's value keeps it when the flat path is rotated, after a rollback as well", async () => {
  world.set("staging", "manage", { [stripe]: ["raxx-api-staging"] });
  world.set("staging", "takeover", { "raxx-api-staging": { [stripe]: "staging gets its own key" } });
  await world.stagingOn();
  const own = world.at("staging", stripe);
  done(await world.run(["rollback", "--stack", "staging", "--yes", "--accept-stale"]));
  const { out } = done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
  expect(out).toContain("raxx-api-staging has its own environment's value, and keeps it");
  expect([onApi("staging"), onApi("prod")]).toEqual([own, world.flat(stripe)]);
});

it("a rotation with a key that does not see every app changes nothing at all", async () => {
  world.control.addFault({
    service: "heroku",
    path: "/apps/raxx-api-prod",
    do: { status: 403, body: { id: "forbidden", message: "no" } },
  });
  const { code, writes } = await world.rotate(
    "POSTMARK_SERVER_TOKEN",
    "prod",
    valueFor("POSTMARK_SERVER_TOKEN", "prod"),
  );
  expect([code, writes]).toEqual([1, []]);
});

it("status --check sees a live key on a staging app, though no update has run since", async () => {
  done(await world.up("staging"));
  world.apps.set("raxx-api-staging", { ALPACA_LIVE_API_KEY_ID: world.flat("ALPACA_LIVE_API_KEY_ID")! });
  const { code, err } = await world.run(["status", "--check"]);
  expect(code).toBe(4);
  expect(err).toMatch(/staging: ALPACA_LIVE_API_KEY_ID: staging must never hold it, and raxx-api-staging has it/);
});

it("a foreign name that changes in a staging folder is no rotation", async () => {
  world.set("prod", "requireStagingRotation", true);
  await world.stagingOn();
  done(await world.up("prod"));
  for (const value of ["one", "two"]) world.write("/MooseQuest/heroku/staging", "SOMEBODYS_NOTE", value);
  world.hoursPass(48);
  const { code, err } = await world.run(["promote", "--yes"]);
  expect(code).toBe(3);
  expect(err).toMatch(/no rotation was seen on staging/);
});

it("a stack whose flag an update has turned off can be destroyed", async () => {
  await world.stagingOn();
  world.set("staging", "vaultEnvAware", false);
  await world.run(["rollback", "--stack", "staging", "--yes", "--accept-stale"]);
  done(await world.run(["destroy", "--stack", "staging", "--yes"]));
});

async function toRetire(): Promise<void> {
  await world.prodOn();
  world.hoursPass(48);
  world.set("prod", "retireFlat", true);
}

it("a flat copy stays when the environment's value goes while the others are deleted", async () => {
  await toRetire();
  world.control.onRequest = ({ method, path }) => {
    if (method === "DELETE" && path.endsWith("/HEROKU_API_KEY"))
      world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/prod", stripe);
  };
  const { writes } = await world.up("prod");
  expect(writes.some((line) => line.includes("DELETE"))).toBe(true);
  expect(world.flat(stripe)).toMatch(/^rk_live_/);
});

it("what an interrupted retirement has deleted is written back as well, also where it was never copied", async () => {
  world.set("prod", "sources", { HEROKU_API_KEY: "provision" });
  world.write("/MooseQuest/heroku/prod", "HEROKU_API_KEY", world.flat("HEROKU_API_KEY")!);
  await toRetire();
  const before = world.flat("HEROKU_API_KEY");
  world.control.addFault({
    service: "infisical",
    method: "DELETE",
    path: "ALPACA",
    do: { status: 500, body: { message: "trouble" } },
  });
  expect((await world.up("prod")).code).toBe(1);
  expect(world.flat("HEROKU_API_KEY")).toBeUndefined();
  world.control.clearFaults();
  done(await world.up("prod"));
  world.set("prod", "retireFlat", false);
  done(await world.up("prod"));
  expect(world.flat("HEROKU_API_KEY")).toBe(before);
});
