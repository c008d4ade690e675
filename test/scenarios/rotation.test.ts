// Rotation, mode A: where a new value is written, which apps get it, and what happens when it is interrupted.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leaks } from "../support/leaks.js";
import { shortWaits } from "../support/shortWaits.js";
import { valueFor } from "../support/values.js";
import { done, type EnvironmentName, World } from "../support/world.js";

shortWaits();

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const apps = ["raxx-api-staging", "raxx-console-staging", "raxx-api-prod", "raxx-console-prod"];
const having = (name: string, value: string) => apps.filter((app) => world.apps.vars(app)[name] === value);
const stripe = (env: EnvironmentName) => valueFor("STRIPE_RESTRICTED_KEY", env);
const newKey = (env: EnvironmentName = "staging") => world.services.heroku.keys.add(valueFor("HEROKU_API_KEY", env));

describe("while both flags are off", () => {
  it("writes the flat path and reaches every site that has the credential, as it always did", async () => {
    const value = stripe("prod");
    const { writes } = done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    expect(world.flat("STRIPE_RESTRICTED_KEY")).toBe(value);
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-staging", "raxx-api-prod"]);
    expect(writes).toHaveLength(3);
  });

  it("says that staging's rotation is prod's too, and judges it as prod's", async () => {
    const refused = await world.rotate("STRIPE_RESTRICTED_KEY", "staging", stripe("staging"));
    expect([refused.code, refused.writes]).toEqual([3, []]);
    expect(refused.err).toMatch(/does not begin with rk_live_, as in prod/);
    const { out } = done(await world.rotate("STRIPE_RESTRICTED_KEY", "staging", stripe("prod")));
    expect(out).toMatch(/prod reads the same path: this rotates prod's too/);
  });

  it("never brings a live Alpaca key to a staging app", async () => {
    world.apps.set("raxx-api-staging", { ALPACA_LIVE_API_KEY_ID: "left behind" });
    const value = valueFor("ALPACA_LIVE_API_KEY_ID", "prod");
    done(await world.rotate("ALPACA_LIVE_API_KEY_ID", "prod", value));
    expect(having("ALPACA_LIVE_API_KEY_ID", value)).toEqual(["raxx-api-prod"]);
    const { code, err } = await world.rotate("ALPACA_LIVE_API_KEY_ID", "staging", value);
    expect(code).toBe(3);
    expect(err).toMatch(/staging must never hold ALPACA_LIVE_API_KEY_ID/);
  });

  it("does not bring prod's value to a staging app that is only to manage it once staging's flag is on", async () => {
    world.apps.set("raxx-api-staging", { STRIPE_RESTRICTED_KEY: null });
    world.set("staging", "manage", { STRIPE_RESTRICTED_KEY: ["raxx-api-staging"] });
    const value = stripe("prod");
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-prod"]);
  });

  it("rotates a shared credential at its one path, and leaves alone the apps that do not have it", async () => {
    const { out, writes } = done(await world.rotate("SLACK_BOT_TOKEN", "staging", "xoxb-new"));
    expect(world.value("/MooseQuest/slack", "SLACK_BOT_TOKEN")).toBe("xoxb-new");
    expect(writes).toHaveLength(1);
    expect(out).toMatch(/raxx-api-prod does not have the var, and is left alone/);
  });
});

describe("while staging's flag is on and prod's is off", () => {
  beforeEach(() => world.stagingOn());

  it("staging's goes to staging's path and apps only", async () => {
    const [flat, value] = [world.flat("STRIPE_RESTRICTED_KEY"), stripe("staging")];
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "staging", value));
    expect(world.at("staging", "STRIPE_RESTRICTED_KEY")).toBe(value);
    expect(world.flat("STRIPE_RESTRICTED_KEY")).toBe(flat);
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-staging"]);
  });

  it("prod's goes to the flat path, which only prod's apps still read", async () => {
    const [own, value] = [world.at("staging", "STRIPE_RESTRICTED_KEY"), stripe("prod")];
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    expect(world.flat("STRIPE_RESTRICTED_KEY")).toBe(value);
    expect(world.at("staging", "STRIPE_RESTRICTED_KEY")).toBe(own);
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-prod"]);
  });

  it("is confirmed by the next update, and does not restart the soak", async () => {
    const { confirmedSince } = await world.migration("staging");
    world.hoursPass(3);
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "staging", stripe("staging")));
    expect(await world.migration("staging")).toMatchObject({ phase: "soaking", confirmedSince, blocked: [] });
  });

  it.each([
    ["config", () => world.set("staging", "vaultEnvAware", false), /wanted off .* recorded on .* running on/],
    [
      "somebody's hand on Heroku",
      () => world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" }),
      /wanted on .* recorded on .* running off/,
    ],
  ])(
    "refuses where %s disagrees about the flag, naming all three, with nothing written",
    async (_, change, message) => {
      change();
      const { code, err, writes } = await world.rotate("STRIPE_RESTRICTED_KEY", "staging", stripe("staging"));
      expect([code, writes]).toEqual([3, []]);
      expect(err).toMatch(message);
    },
  );

  it("refuses the value that another environment has", async () => {
    const { code, err, writes } = await world.rotate(
      "POSTMARK_SERVER_TOKEN",
      "staging",
      world.flat("POSTMARK_SERVER_TOKEN")!,
    );
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/the value is the same as prod's/);
  });

  it("sets nothing on an app while the vault keeps the change for an approval", async () => {
    world.services.infisical.vault.requireApproval("/MooseQuest/stripe/staging");
    const value = stripe("staging");
    const { code, err } = await world.rotate("STRIPE_RESTRICTED_KEY", "staging", value);
    expect(code).toBe(3);
    expect(err).toMatch(/for an approval. Nothing was set on an app; run the command again/);
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual([]);

    world.write("/MooseQuest/stripe/staging", "STRIPE_RESTRICTED_KEY", value);
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "staging", value));
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-staging"]);
  });

  it("writes nothing by a plan that a flag has overtaken", async () => {
    let looks = 0;
    world.control.onRequest = ({ path }) => {
      if (path !== "/apps/raxx-console-staging/config-vars" || ++looks !== 1) return;
      setImmediate(() => world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "False" }));
    };
    const { code, err, writes } = await world.rotate("STRIPE_RESTRICTED_KEY", "staging", stripe("staging"));
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/Somebody turned a flag meanwhile/);
  });

  it("waits for nobody: while an update of the stack runs it refuses and names who holds the lock", async () => {
    let holder: ChildProcess | undefined;
    try {
      holder = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
      const locks = join(world.dir, "state/.pulumi/locks/organization/console-vault/staging");
      mkdirSync(locks, { recursive: true });
      const lock = {
        pid: holder.pid,
        username: "colleague",
        hostname: hostname(),
        timestamp: new Date().toISOString(),
      };
      writeFileSync(join(locks, "1b4e28ba-2fa1-41d2-883f-0016d3cca427.json"), JSON.stringify(lock));
      const { code, err, writes } = await world.rotate("STRIPE_RESTRICTED_KEY", "staging", stripe("staging"));
      expect([code, writes]).toEqual([1, []]);
      expect(err).toMatch(/Stack staging is being updated by colleague@/);
    } finally {
      holder?.kill("SIGKILL");
    }
  });
});

describe("a rotation that is interrupted", () => {
  it("is finished by the same command: the vault is not written again, the apps that miss it are", async () => {
    const value = stripe("prod");
    world.control.addFault({
      service: "heroku",
      method: "PATCH",
      path: "/apps/raxx-api-prod",
      times: 1,
      do: { status: 503, body: {} },
    });
    const first = await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value);
    expect(first.code).toBe(1);
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-staging"]);

    const { writes, out } = done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    expect(writes).toEqual(["PATCH /apps/raxx-api-prod/config-vars"]);
    expect(out).toMatch(/\/MooseQuest\/stripe\/ has it already[\s\S]*raxx-api-staging has it already/);
    expect(leaks(new Map([[value, "the new value"]]), { printed: first.text + out })).toEqual([]);
  });

  it("by Ctrl-C writes nothing more; the same command goes on from there", async () => {
    const value = stripe("prod");
    const interrupt = new AbortController();
    world.control.onRequest = ({ method, path }) => {
      if (method === "PATCH" && path.startsWith("/apps/")) interrupt.abort(new Error("interrupted"));
    };
    const first = await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value, { signal: interrupt.signal });
    world.control.onRequest = undefined;
    expect([first.code, first.err]).toEqual([1, expect.stringMatching(/Interrupted: nothing more was written/)]);
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-staging"]);
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    expect(having("STRIPE_RESTRICTED_KEY", value)).toEqual(["raxx-api-staging", "raxx-api-prod"]);
  });

  it("ends the same wherever an answer is lost, with one write per name and app", async () => {
    const clean = done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", stripe("prod"))).requests.length;
    const cases = Array.from({ length: clean }, (_, after) => after).flatMap((after) =>
      (["drop", "drop-after"] as const).map((lost) => ({ after, lost })),
    );
    await Promise.all(cases.map(({ after, lost }) => rotateLosing(after, lost)));
  });

  async function rotateLosing(after: number, lost: "drop" | "drop-after"): Promise<void> {
    const own = await World.open();
    const value = stripe("prod");
    const before = own.snapshot().releases;
    // Two in a row, so that a read's repetition, or the look after a lost write, is lost as well.
    own.control.addFault({ after, times: 2, do: lost });
    const first = await own.rotate("STRIPE_RESTRICTED_KEY", "prod", value);
    own.control.clearFaults();
    if (first.code !== 0) done(await own.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    const { releases, apps: vars } = own.snapshot();
    expect
      .soft(own.row("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY"), `${lost} ${after}`)
      .toMatchObject({ value, version: 2 });
    for (const app of ["raxx-api-staging", "raxx-api-prod"])
      expect
        .soft([vars[app]!.STRIPE_RESTRICTED_KEY, releases[app]], `${lost} ${after}`)
        .toEqual([value, before[app]! + 1]);
    await own.close();
  }
});

describe("HEROKU_API_KEY itself", () => {
  beforeEach(() => world.stagingOn());

  it("is tried at Heroku before anything is written", async () => {
    const { code, err, writes } = await world.rotate(
      "HEROKU_API_KEY",
      "staging",
      valueFor("HEROKU_API_KEY", "staging"),
    );
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/Heroku does not accept the new value of HEROKU_API_KEY/);
  });

  it("can be rotated while it is what the tool logs in with, even when it is revoked already", async () => {
    const old = newKey();
    done(await world.rotate("HEROKU_API_KEY", "staging", old));
    const fresh = newKey();
    world.services.heroku.keys.revoke(old);
    const { out } = done(await world.rotate("HEROKU_API_KEY", "staging", fresh, { env: { HEROKU_API_KEY: old } }));
    expect(world.at("staging", "HEROKU_API_KEY")).toBe(fresh);
    expect(having("HEROKU_API_KEY", fresh)).toEqual(["raxx-console-staging"]);
    expect(out).toMatch(/export HEROKU_API_KEY=…/);

    const stale = await world.up("staging", { env: { HEROKU_API_KEY: old } });
    expect(stale.code).toBe(1);
    expect(stale.err).toMatch(/Heroku does not accept the API key: it is wrong, expired or revoked/);
    done(await world.up("staging", { env: { HEROKU_API_KEY: fresh } }));
  });
});
