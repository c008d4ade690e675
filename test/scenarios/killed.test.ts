// The engine that ships, killed with SIGKILL in the middle of its writes: the same command goes on from there.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentScoped } from "../support/document.js";
import { done, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.open({ engine: "processes" });
});
afterAll(() => world.close());

const afterWrites = (count: number) => {
  let made = 0;
  return ({ write }: { write: boolean }) => write && ++made === count;
};
const up = (stack: "staging" | "prod") => ["up", "--stack", stack, "--yes"];

describe("up --stack prod", () => {
  it("killed with everything it started, after its first write", async () => {
    const { code } = await world.spawn(up("prod"), { killWhen: afterWrites(1) });
    expect(code).toBe(-1);
    expect(world.snapshot().folders.filter((path) => path.endsWith("/prod"))).toHaveLength(1);
  });

  it("killed alone, three writes further on: the processes that it had started end by themselves", async () => {
    const { code } = await world.spawn(up("prod"), { killWhen: afterWrites(3), alone: true });
    // The pipes of its output are closed when the last of them is gone.
    expect(code).toBe(-1);
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
