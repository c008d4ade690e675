// `preview --markdown` of a live preview: what the engine planned, as a pull request's readers get it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { World } from "../support/world.js";

let world: World;
afterEach(() => world?.close());

async function comment(stack: "staging" | "prod"): Promise<string> {
  const ran = await world.run(["preview", "--stack", stack, "--markdown", "plan.md"]);
  expect(ran.code, ran.err).toBe(0);
  return readFileSync(join(world.dir, "plan.md"), "utf8");
}

test("a fresh stack: every folder and set with its path, what each name waits for, and whose account it is", async () => {
  world = await World.open();
  const text = await comment("staging");
  expect(text).toMatch(/Heroku account `ops@raxx\.example`/);
  expect(text).toMatch(/10 to create\./);
  expect(text).toMatch(/create \| `heroku-staging`<br>folder \| `\/MooseQuest\/heroku\/staging\/`/);
  expect(text).toMatch(/HEROKU_API_KEY: wait for: console-vault provision HEROKU_API_KEY --env staging/);
  expect(text).toMatch(/raxx-console-staging`: stays off/);
  // The first environment has no gate to be closed; that its app has a live key is no secret of the preview.
  expect(text).not.toMatch(/closed/);
  expect(text).not.toMatch(/Gate/);
  expect(text).toMatch(/#### Warnings\n\n- raxx-api-staging has what breaks a rule of staging.*STRIPE_RESTRICTED_KEY/);
});

test("awaiting provision: nothing to update, and a command for each credential that an operator has to write", async () => {
  world = await World.open();
  await world.up("staging");
  const text = await comment("staging");
  expect(text).toMatch(/No changes \(10 unchanged\)/);
  expect(text).toContain(
    "1. `console-vault provision HEROKU_API_KEY --env staging`: staging as last recorded: awaiting-provision",
  );
});

test("drifted: the flag that was turned off by hand, the copy that somebody changed, and nothing of a gate for the first", async () => {
  world = await World.open();
  await world.stagingOn();
  await world.up("prod");
  world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
  world.write("/MooseQuest/stripe/prod", "STRIPE_RESTRICTED_KEY", "rk_live_other");
  const staging = await comment("staging");
  expect(staging).toMatch(/raxx-console-staging`: off → \*\*on\*\*/);
  expect(staging).not.toMatch(/closed/);
  const prod = await comment("prod");
  expect(prod).toMatch(/2 to update, 9 unchanged/);
  expect(prod).toMatch(/STRIPE_RESTRICTED_KEY: written since the last update: conflict: somebody wrote another value/);
  expect(prod).not.toMatch(/Could not be checked/);
});

test("a flag that is wanted and may not turn on: it stays off, and the gate is closed by every name that is missing", async () => {
  world = await World.open();
  await world.up("staging");
  world.set("staging", "vaultEnvAware", true);
  const text = await comment("staging");
  expect(text).toMatch(/stays off\n- Gate: \*\*closed\*\*\n {2}- HEROKU_API_KEY: not provisioned yet/);
  expect(text).toMatch(/9 unchanged/);
});

test("soaking: since when, until when, and nothing to do", async () => {
  world = await World.open();
  await world.stagingOn();
  await world.up("staging");
  const text = await comment("staging");
  expect(text).toContain("1. `console-vault status`: staging as last recorded: soaking");
  expect(text).toMatch(/stays on\n- Soak of 48 h: since \d{4}-\d\d-\d\d \d\d:\d\d UTC, until/);
});

test("prod too early: the gate's answer, and its warning", async () => {
  world = await World.open();
  await world.stagingOn();
  world.set("prod", "vaultEnvAware", true);
  const text = await comment("prod");
  expect(text).toMatch(/Gate: \*\*closed\*\*\n {2}- staging has soaked .* of 48 h/);
  expect(text).toMatch(/#### Warnings\n\n- no rotation seen on staging/);
});

test("prod in time: off to on, the gate open", async () => {
  world = await World.open();
  await world.stagingOn();
  world.hoursPass(48);
  world.set("prod", "vaultEnvAware", true);
  const text = await comment("prod");
  expect(text).toMatch(/raxx-console-prod`: off → \*\*on\*\*/);
  expect(text).toMatch(/Gate: open/);
  expect(text).toMatch(/migration \| FLAG_CONSOLE_VAULT_ENV_AWARE: off → on \(raxx-console-prod\)/);
});

test("a plan that is refused: what refused it, in place of the plan", async () => {
  world = await World.open();
  await world.up("staging");
  world.set("staging", "root", "/Elsewhere");
  const ran = await world.run(["preview", "--stack", "staging", "--markdown", "plan.md"]);
  expect(ran.code).toBe(3);
  const text = readFileSync(join(world.dir, "plan.md"), "utf8");
  expect(text).toMatch(/1 to refuse\.[\s\S]*this stack works on \/MooseQuest, not on \/Elsewhere/);
});

test("flat copies that may not go yet: why, beside the plan", async () => {
  world = await World.open();
  await world.stagingOn();
  world.hoursPass(48);
  await world.run(["promote", "--yes"]);
  world.set("staging", "vaultEnvAware", false);
  await world.up("staging");
  world.set("prod", "retireFlat", true);
  expect(await comment("prod")).toMatch(
    /Gate: \*\*closed\*\*[\s\S]*\n {2}- The flat copies stay\n(?: {4}- .*\n)* {4}- staging's flag is off now/,
  );
});

test("a var of an app whose name is nobody's business: told that there is one, not which", async () => {
  world = await World.open();
  await world.provisionStaging();
  await world.up("staging");
  const live = world.flat("ALPACA_LIVE_API_KEY_ID")!;
  await fetch(`${world.env.HEROKU_API_URL}/apps/raxx-api-staging/config-vars`, {
    method: "PATCH",
    headers: {
      accept: "application/vnd.heroku+json; version=3",
      authorization: `Bearer ${world.env.HEROKU_API_KEY}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ SOMEBODYS_PRIVATE_PLAN: live }),
  });
  world.set("staging", "vaultEnvAware", true);
  const text = await comment("staging");
  expect(text).toMatch(/raxx-api-staging has its value, in a var outside the catalog/);
  expect(text).not.toContain("SOMEBODYS_PRIVATE_PLAN");
});

test("no value is in any of them", async () => {
  world = await World.open({ config: { prod: { manage: { STRIPE_RESTRICTED_KEY: ["raxx-api-prod"] } } } });
  await world.stagingOn();
  const texts = [await comment("staging"), await comment("prod")];
  for (const { value } of world.snapshot().secrets) for (const text of texts) expect(text).not.toContain(value);
});
