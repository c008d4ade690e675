// The engine that ships, killed with SIGKILL in the middle of its writes: the same command goes on from there.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentScoped } from "../support/document.js";
import { done, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.open({ engine: "processes" });
});
afterAll(() => world.close());

const up = (stack: "staging" | "prod") => ["up", "--stack", stack, "--yes"];

describe("up --stack prod", () => {
  it("killed after its first write: what was under way beside it may still arrive, and nothing after that", async () => {
    const { code } = await world.spawn(up("prod"), { killWhen: ({ write }) => write });
    expect(code).toBe(-1);
    const { folders, secrets } = world.snapshot();
    expect(folders.filter((path) => path.endsWith("/prod"))).not.toEqual([]);
    expect(secrets.filter(({ at }) => at.includes("/prod/"))).toEqual([]);
  });

  it("killed again, among the copies", async () => {
    const { code, writes } = await world.spawn(up("prod"), {
      killWhen: ({ path }) => path === "/api/v3/secrets/batch/raw",
    });
    expect(code).toBe(-1);
    expect(writes).toContain("POST /api/v3/secrets/batch/raw");
    expect(world.flag("prod")).toBeUndefined();
  });

  it("ends as if nothing had happened: each name written once, no folder twice, one release", async () => {
    const { out, text } = done(await world.spawn(up("prod")));
    expect(out).toMatch(/phase +confirmed/);
    expect(text).toMatch(/interrupted/);
    for (const [name, vendor] of Object.entries(environmentScoped)) {
      const rows = world.services.infisical.vault.secrets("prod", `/MooseQuest/${vendor}/prod`);
      expect(rows.filter((row) => row.name === name)).toMatchObject([{ version: 1 }]);
    }
    const { folders } = world.snapshot();
    expect(new Set(folders).size).toBe(folders.length);
    expect(world.apps.releases("raxx-console-prod").filter(({ description }) => /FLAG/.test(description))).toHaveLength(
      1,
    );
  });
});

describe("up --stack staging, right when its flag turns on", () => {
  it("leaves the flag on, and the next run only records it", async () => {
    await world.provisionStaging();
    world.set("staging", "vaultEnvAware", true);
    const killed = await world.spawn(up("staging"), { killWhen: ({ method }) => method === "PATCH" });
    expect([killed.code, world.flag("staging")]).toEqual([-1, "true"]);
    const { releases } = world.snapshot();
    done(await world.spawn(up("staging")));
    expect(world.snapshot().releases).toEqual(releases);
    const { out } = done(await world.run(["status", "--json"]));
    expect(JSON.parse(out)).toMatchObject({ drift: [], environments: [{ phase: "soaking" }, { phase: "confirmed" }] });
  });
});
