// `preview --offline`: what it knows, what it says it does not know, and that it asks nobody.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { World } from "../support/world.js";

let world: World;
afterEach(() => world?.close());

/** No credential of any kind. */
const nobody = {
  INFISICAL_CLIENT_ID: undefined,
  INFISICAL_CLIENT_SECRET: undefined,
  HEROKU_API_KEY: undefined,
  PULUMI_CONFIG_PASSPHRASE: undefined,
};

interface Plan {
  offline: true;
  changes: Record<string, number>;
  steps: { op: string; kind: string; subject: string; details: { name: string; text: string }[] }[];
  flag: { from: boolean | null; to: boolean };
  soak: { hours: number; since: string | null; readyAt: string | null } | null;
  gate: { open: boolean | null; reasons: string[] } | null;
  unchecked: { what: string; why: string }[];
  next: { command: string }[];
}

async function plan(stack: "staging" | "prod", ...more: string[]): Promise<Plan> {
  const ran = await world.run(["preview", "--offline", "--stack", stack, "--json", ...more], { env: nobody });
  expect(ran.requests).toEqual([]);
  expect(ran.code, ran.err).toBe(0);
  return JSON.parse(ran.out) as Plan;
}

describe("before the first update", () => {
  test("lists the folders, sets and apps that the stack declares, with no credential and no network", async () => {
    world = await World.open();
    const { steps, flag, changes } = await plan("staging");
    expect(changes).toEqual({ create: 10 });
    expect(steps.filter(({ kind }) => kind === "folder").map(({ subject }) => subject)).toEqual([
      "/MooseQuest/heroku/staging/",
      "/MooseQuest/alpaca/staging/",
      "/MooseQuest/stripe/staging/",
      "/MooseQuest/postmark/staging/",
    ]);
    const names = steps
      .filter(({ kind }) => kind === "secrets")
      .flatMap(({ details }) => details.map(({ name }) => name));
    expect(names.sort()).toEqual([
      "ALPACA_PAPER_API_KEY_ID",
      "ALPACA_PAPER_API_SECRET_KEY",
      "HEROKU_API_KEY",
      "HEROKU_PLATFORM_API_TOKEN",
      "POSTMARK_SERVER_TOKEN",
      "STRIPE_RESTRICTED_KEY",
    ]);
    expect(flag).toMatchObject({ from: null, to: false });
  });

  test("declares the same resources as the program does", async () => {
    world = await World.open();
    for (const stack of ["staging", "prod"] as const) {
      const offline = await plan(stack);
      const live = JSON.parse((await world.run(["preview", "--stack", stack, "--json"])).out) as Plan;
      const named = ({ steps }: Plan) => steps.map(({ op, kind, subject }) => `${op} ${kind} ${subject}`).sort();
      expect(named(offline)).toEqual(named(live));
    }
  });

  test("says that the gate could not be asked, and why", async () => {
    world = await World.open({ config: { prod: { vaultEnvAware: true } } });
    const { gate } = await plan("prod");
    expect(gate).toMatchObject({
      open: null,
      reasons: [expect.stringMatching(/are read again/), "staging was never updated"],
    });
  });
});

describe("after an update", () => {
  test("nothing changes until the config does, and what it changes is what is shown", async () => {
    world = await World.open();
    await world.up("staging");
    const unchanged = await world.run(["preview", "--offline", "--stack", "staging", "--expect-no-changes"], {
      env: nobody,
    });
    expect([unchanged.code, unchanged.out]).toEqual([0, expect.stringContaining("10 unchanged")]);

    world.set("staging", "vaultEnvAware", true);
    world.set("staging", "sources", { POSTMARK_SERVER_TOKEN: "copy" });
    const changed = await world.run(["preview", "--offline", "--stack", "staging", "--expect-no-changes"], {
      env: nobody,
    });
    expect(changed.code).toBe(4);
    expect(changed.out).toMatch(
      /~ secrets +\/MooseQuest\/postmark\/staging\/ +update\n +POSTMARK_SERVER_TOKEN +provision → copy/,
    );
    expect(changed.out).toMatch(/FLAG_CONSOLE_VAULT_ENV_AWARE +false → true/);
    expect(changed.out).toMatch(/3 to update/);
    expect(changed.err).toMatch(/3 changes are pending on staging/);
  });

  test("another vault than the last update's is told, with the option that it would take", async () => {
    world = await World.open();
    await world.up("staging");
    const elsewhere = { ...nobody, INFISICAL_API_URL: "http://127.0.0.1:1", HEROKU_API_URL: "http://127.0.0.1:1" };
    const { out } = await world.run(["preview", "--offline", "--stack", "staging", "--json"], { env: elsewhere });
    const { steps } = JSON.parse(out) as Plan;
    const [migration] = steps.filter(({ kind }) => kind === "migration");
    expect(migration!.details).toContainEqual({
      name: "vault (refused without --rebind)",
      text: `${world.env.INFISICAL_API_URL} → http://127.0.0.1:1`,
    });
  });

  test("the flag and the soak are as last recorded", async () => {
    world = await World.open();
    await world.stagingOn();
    const { flag, soak } = await plan("staging");
    expect(flag).toMatchObject({ from: true, to: true });
    const [since, readyAt] = [Date.parse(soak!.since!), Date.parse(soak!.readyAt!)];
    expect(readyAt - since).toBe(48 * 3_600_000);
    expect(Math.abs(since - world.control.clock.now().getTime())).toBeLessThan(60_000);

    world.set("prod", "vaultEnvAware", true);
    const prod = await plan("prod");
    expect(prod.gate!.reasons).toContain("staging as last recorded: soaking, its flag on");
    expect(prod.soak!.readyAt).toBe(soak!.readyAt);
  });

  test("a running flag that nobody may ask is among what was not checked", async () => {
    world = await World.open();
    const { unchecked } = await plan("staging");
    expect(unchecked.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^The vault/),
      expect.stringMatching(/running flag/),
    ]);
    for (const { why } of unchecked) expect(why).toMatch(/--offline/);
  });

  test("credentials that leave an app's map are called what they are: refused", async () => {
    world = await World.open({ config: { prod: { manage: { STRIPE_RESTRICTED_KEY: ["raxx-api-prod"] } } } });
    await world.up("prod");
    world.set("prod", "manage", { POSTMARK_SERVER_TOKEN: ["raxx-api-prod"] });
    const { steps } = await plan("prod");
    const [app] = steps.filter(({ kind, subject }) => kind === "config vars" && subject === "raxx-api-prod");
    expect(app!.details).toEqual([
      { name: "POSTMARK_SERVER_TOKEN", text: "the vault's value (see manage)" },
      { name: "STRIPE_RESTRICTED_KEY", text: "leaves manage, which is refused" },
    ]);
  });
});

describe("a state in files", () => {
  test("is read without its passphrase, and nothing secret in it is told", async () => {
    world = await World.open({
      engine: "processes",
      config: { prod: { manage: { STRIPE_RESTRICTED_KEY: ["raxx-api-prod"] } } },
    });
    expect((await world.up("prod")).code).toBe(0);
    const ran = await world.run(["preview", "--offline", "--stack", "prod", "--markdown", "plan.md"], { env: nobody });
    expect([ran.code, ran.requests]).toEqual([0, []]);
    expect(ran.out).toMatch(/12 unchanged/);
    const told = `${ran.text}${readFileSync(join(world.dir, "plan.md"), "utf8")}`;
    for (const { value } of world.snapshot().secrets) expect(told).not.toContain(value);
    expect(told).not.toMatch(/ciphertext|v1:/);
  });

  test.each([
    [
      "a backend that takes a login",
      { PULUMI_BACKEND_URL: "s3://user:password@states" },
      /its state is kept at s3:\/\/…/,
    ],
    ["no backend at all", { PULUMI_BACKEND_URL: undefined }, /no state in the project's directory/],
  ])("with %s what the last update left is unknown, and said to be", async (_, env, why) => {
    world = await World.open({ engine: "processes" });
    const ran = await world.run(["preview", "--offline", "--stack", "staging"], { env: { ...nobody, ...env } });
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/10 declared/);
    expect(ran.out).toMatch(/last recorded unknown, wanted off/);
    expect(ran.out).toMatch(why);
    expect(ran.text).not.toContain("password");

    const asked = await world.run(["preview", "--offline", "--stack", "staging", "--expect-no-changes"], {
      env: { ...nobody, ...env },
    });
    expect([asked.code, asked.err]).toEqual([1, expect.stringMatching(/Whether there are changes is not known/)]);
  });

  test("a damaged one is no obstacle", async () => {
    world = await World.open({ engine: "processes" });
    const stacks = join(world.dir, "state/.pulumi/stacks/console-vault");
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "staging.json"), "{");
    const { unchecked } = await plan("staging");
    expect(unchecked[0]).toMatchObject({
      what: "What the last update of staging left",
      why: expect.stringMatching(/not JSON/),
    });
  });
});

describe("a config that is wrong", () => {
  test("has all its problems told by key, in the comment too, with exit code 2", async () => {
    world = await World.open({ config: { staging: { soakHours: 2, sources: { NOPE: "copy" }, rout: "/x" } } });
    const ran = await world.run(["preview", "--offline", "--stack", "staging", "--markdown", "plan.md"], {
      env: nobody,
    });
    expect(ran.code).toBe(2);
    const problems = [/rout: unknown key/, /sources\.NOPE: NOPE is not in the catalog/, /soakHours: under 48/];
    const comment = readFileSync(join(world.dir, "plan.md"), "utf8");
    for (const problem of problems)
      expect([ran.err, comment]).toEqual([expect.stringMatching(problem), expect.stringMatching(problem)]);
    expect(comment).toMatch(/^<!-- console-vault: staging -->\n/);
  });

  test("an unknown stack is a mistake that is answered with the ones that there are", async () => {
    world = await World.open();
    const ran = await world.run(["preview", "--offline", "--stack", "stagin"], { env: nobody });
    expect([ran.code, ran.err]).toEqual([2, expect.stringMatching(/Did you mean staging\?/)]);
  });
});
