// A root that is not the vault's, and stacks that work in two places.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe("a root that is not the vault's", () => {
  it.each(["/MoseQuest", "/MooseQuest/heroku"])(
    "(%s) is refused by preview and up, with the likely one, and nothing is made",
    async (root) => {
      world.set("staging", "root", root);
      const before = world.snapshot();
      for (const command of ["preview", "up"]) {
        const { code, err } = await world.run([command, "--stack", "staging", "--yes"]);
        expect(code).toBe(3);
        expect(err).toMatch(/set\n {2}console-vault:root: \/MooseQuest\n?$/);
      }
      expect(world.snapshot()).toEqual(before);
    },
  );

  it("is refused where the project or the slug is another one, which is empty", async () => {
    world.set("staging", "infisicalEnvironment", "dev");
    const { code, err } = await world.run(["up", "--stack", "staging", "--yes"]);
    expect(code).toBe(3);
    expect(err).toMatch(/There is no folder \/MooseQuest[\s\S]*console-vault:infisicalEnvironment/);
    expect(world.services.infisical.vault.folders("dev")).toEqual([]);
  });

  it("is told by status", async () => {
    world.set("staging", "root", "/MoseQuest");
    expect((await world.run(["status"])).out).toMatch(/There is no folder \/MoseQuest/);
  });
});

describe("an empty folder that somebody made for a new vault", () => {
  it("is begun in, with a warning", async () => {
    world.set("staging", "infisicalEnvironment", "dev");
    world.services.infisical.vault.createFolder("dev", "/MooseQuest");
    const { text } = done(await world.up("staging"));
    expect(text).toMatch(/! \/MooseQuest is empty, so this is a new vault/);
    expect(world.services.infisical.vault.folders("dev")).toContain("/MooseQuest/heroku/staging");
  });
});

describe("two stacks with different roots", () => {
  it("are warned of by status and preview", async () => {
    world.services.infisical.vault.createFolder("prod", "/Other/heroku");
    world.set("prod", "root", "/Other");
    const { out } = done(await world.run(["status", "--json"]));
    expect((await world.run(["preview", "--stack", "prod"])).text).toMatch(
      /! console-vault:root differs between the stacks/,
    );
    expect((JSON.parse(out) as { warnings: string[] }).warnings).toEqual([
      expect.stringMatching(
        /console-vault:root differs between the stacks: \/MooseQuest in Pulumi\.staging\.yaml, \/Other/,
      ),
    ]);
  });
});
