// How long the look that a command took after its write stands for its updates: until one of them writes, and for a minute.
import { describe, expect, it } from "vitest";
import { HerokuClients, SeenVars } from "../../src/heroku/index.js";
import type { VaultReads } from "../../src/migration/index.js";
import { Inventory } from "../../src/provider/inventory.js";
import { type Shared, sharedReads, shareWithRun } from "../../src/provider/vault.js";
import { inRunContext } from "../../src/runContext.js";
import { Logins } from "../../src/vault/client/index.js";

const place = { url: "https://vault.example", project: "one", slug: "prod" };
const reads: VaultReads = { tree: { folders: [], complete: true }, reads: new Map([["/Acme/", []]]) };

function seen(look: Partial<NonNullable<Shared["look"]>>, of = place, root = "/Acme") {
  const whole = { place, root: "/Acme", atMs: performance.now(), reads: () => reads, ...look };
  return inRunContext({ env: {}, print: () => {} }, () => {
    shareWithRun({ logins: new Logins(), herokus: new HerokuClients(), seenVars: new SeenVars(), look: whole });
    return sharedReads(of, root);
  });
}

describe("a run begins with its command's look", () => {
  it("of the same vault and root, and of no other", () => {
    expect(seen({})).toBe(reads);
    expect(seen({}, { ...place, slug: "dev" })).toBeUndefined();
    expect(seen({}, place, "/Other")).toBeUndefined();
  });

  it("for a minute", () => {
    expect(seen({ atMs: performance.now() - 59_000 })).toBe(reads);
    expect(seen({ atMs: performance.now() - 60_001 })).toBeUndefined();
  });
});

it("what an inventory saw is settled until something is written, and again after the look that follows", async () => {
  const inventory = new Inventory(async () => []);
  inventory.seed([]);
  expect(inventory.settled).toEqual([]);
  await inventory.writing("/Acme/vendor/prod/", async () => expect(inventory.settled).toBeUndefined());
  expect(inventory.settled).toBeUndefined();
  await inventory.fresh();
  expect(inventory.settled).toEqual([]);
});
