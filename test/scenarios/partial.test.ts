// A part of a stack: `--target`, `--exclude`, `--target-dependents`, `--replace`, and a state that lost a resource.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Deployment } from "../../src/engine/index.js";
import { plainResources } from "../../src/engine/index.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const resources = async () => plainResources((await world.exported("prod")) as Deployment);
/** The folder of a vendor's credentials, as a resource of prod's stack. */
async function folder(vendor: string) {
  const found = (await resources()).find(
    ({ type, outputs }) => type.endsWith("Folder") && outputs.path === `/MooseQuest/${vendor}/prod/`,
  );
  expect(found).toBeDefined();
  return found!.urn;
}
const vendors = ["heroku", "stripe"] as const;
const remove = (vendor: string) => world.services.infisical.vault.deleteFolder("prod", `/MooseQuest/${vendor}/prod`);
const isThere = (vendor: string) =>
  world.services.infisical.vault.folders("prod").includes(`/MooseQuest/${vendor}/prod`);

describe("a part of a stack", () => {
  it("that is targeted is made right, and the rest stays as it is", async () => {
    done(await world.up("prod"));
    for (const vendor of vendors) remove(vendor);
    done(await world.run(["up", "--stack", "prod", "--yes", "--target", await folder("heroku")]));
    expect(vendors.map(isThere)).toEqual([true, false]);
    done(await world.up("prod"));
    expect(vendors.map(isThere)).toEqual([true, true]);
  });

  it("that is excluded stays as it is, and the rest is made right", async () => {
    done(await world.up("prod"));
    for (const vendor of vendors) remove(vendor);
    const { out } = done(await world.run(["preview", "--stack", "prod", "--exclude", await folder("heroku")]));
    expect(out).toMatch(/folder +\/MooseQuest\/stripe\/prod/);
    expect(out).not.toMatch(/folder +\/MooseQuest\/heroku\/prod/);
  });

  it("is replaced where that is asked for", async () => {
    done(await world.up("prod"));
    const { out } = done(
      await world.run(["preview", "--stack", "prod", "--replace", await folder("heroku"), "--json"]),
    );
    expect(JSON.parse(out)).toMatchObject({ changes: { replace: 1 } });
  });

  it.each([
    [["--target", "urn:a", "--exclude", "urn:b"], "--target and --exclude cannot be used together"],
    [["--target-dependents"], "--target-dependents needs --target"],
    [["--offline", "--target", "urn:a"], "--offline plans the whole stack"],
  ])("is wrong use with %j", async (options, message) => {
    const { code, err } = await world.run(["preview", "--stack", "prod", ...options]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it("that is not in the stack is an error that names it, and nothing is written", async () => {
    done(await world.up("prod"));
    const { code, err, writes } = await world.run(["up", "--stack", "prod", "--yes", "--target", "urn:nowhere"]);
    expect([code, writes]).toEqual([1, []]);
    expect(err).toContain("Target 'urn:nowhere' could not be found in the stack.");
  });
});

describe("a resource that was taken out of the state", () => {
  it("is taken up again by the next update, which writes nothing that is there already", async () => {
    done(await world.up("prod"));
    const before = world.snapshot();
    const urn = await folder("heroku");
    expect(await world.stateDelete("prod", urn)).toContain(urn);
    expect((await resources()).map((resource) => resource.urn)).not.toContain(urn);
    done(await world.up("prod"));
    expect((await resources()).map((resource) => resource.urn)).toContain(urn);
    expect(world.snapshot()).toEqual(before);
  });
});
