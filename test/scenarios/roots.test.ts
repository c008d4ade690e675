// A root that is not the vault's, and stacks that work in two places.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe("two stacks with different roots", () => {
  it("are warned of by status", async () => {
    world.services.infisical.vault.createFolder("prod", "/Other/heroku");
    world.set("prod", "root", "/Other");
    const { out } = done(await world.run(["status", "--json"]));
    expect((JSON.parse(out) as { warnings: string[] }).warnings).toEqual([
      expect.stringMatching(
        /console-vault:root differs between the stacks: \/MooseQuest in Pulumi\.staging\.yaml, \/Other/,
      ),
    ]);
  });
});
