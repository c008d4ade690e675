// How many requests to Heroku a command makes, by kind: two GETs for each app that it looks at, and at most one PATCH
// (docs/performance.md).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { companySeed, writeCompany } from "../support/company.js";
import { done, type Ran, World } from "../support/world.js";

let world: World;
let project: string;
beforeEach(async () => {
  const size = { count: 4, folders: 2 };
  project = mkdtempSync(join(tmpdir(), "console-vault-heroku-"));
  writeCompany(project, size);
  world = await World.open({ project, seed: companySeed(size) });
});
afterEach(async () => {
  await world.close();
  rmSync(project, { recursive: true, force: true });
});

/** By kind: an app's name or UUID left out. */
function kinds({ requests }: Ran): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { service, method, path } of requests) {
    if (service !== "heroku") continue;
    const kind = `${method} ${path.replace(/^\/apps\/[^/]+/, "app").replace(/releases\/.+/, "release")}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

it("a first update that turns the flag, and one with nothing to do", async () => {
  expect(kinds(done(await world.up("prod")))).toEqual({
    "GET /account": 1,
    "GET app": 1,
    // The plan's look, the update's, right before the flag turns, and the read-back.
    "GET app/config-vars": 4,
    "PATCH app/config-vars": 1,
    // The release of the change, until it is done; and the one that turned the flag.
    "GET app/releases": 2,
    "GET app/release": 1,
  });
  expect(kinds(done(await world.up("prod")))).toEqual({
    "GET /account": 1,
    "GET app": 1,
    "GET app/config-vars": 1,
    "GET app/releases": 1,
  });
});

it("a var that somebody sets after the plan is seen by the update's own look", async () => {
  world.set("prod", "vaultEnvAware", false);
  done(await world.up("prod"));
  world.set("prod", "vaultEnvAware", true);
  let reads = 0;
  world.control.onRequest = ({ method, path }) => {
    if (method !== "GET" || !path.endsWith("/config-vars") || ++reads !== 1) return;
    // Once the plan has read the app.
    setImmediate(() => world.apps.set("acme-console-prod", { FLAG_AWARE: "perhaps" }));
  };
  const { code, err } = await world.up("prod");
  world.control.onRequest = undefined;
  expect([code, err]).toEqual([3, expect.stringMatching(/neither true, 1, false, 0 nor empty/)]);
  expect(world.apps.vars("acme-console-prod").FLAG_AWARE).toBe("perhaps");
});

it("a flag that somebody turns after the update's look is not turned back", async () => {
  done(await world.up("prod"));
  world.set("prod", "vaultEnvAware", false);
  let reads = 0;
  world.control.onRequest = ({ method, path }) => {
    // Once the update has looked, as the plan did before it.
    if (method !== "GET" || !path.endsWith("/config-vars") || ++reads !== 2) return;
    world.control.onRequest = undefined;
    world.apps.set("acme-console-prod", { FLAG_AWARE: "false" });
  };
  const { code, err, writes } = await world.up("prod");
  world.control.onRequest = undefined;
  expect(reads).toBe(2);
  expect([code, writes.filter((one) => one.startsWith("PATCH"))]).toEqual([3, []]);
  expect(err).toContain("somebody turned it since this update looked");
});
