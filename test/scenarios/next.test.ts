// next: the next command, shown and run after a yes.
import { afterAll, beforeAll, expect, it } from "vitest";
import { done, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

it("without a yes shows the command and why, and runs nothing", async () => {
  const { code, out, err, writes } = await world.run(["next"]);
  expect([code, out, writes]).toEqual([0, "console-vault up --stack staging", []]);
  expect(err).toContain("staging has not begun");
});

it("with --yes runs it, and says the one after it", async () => {
  const { writes } = done(await world.run(["next", "--yes"]));
  expect(writes.length).toBeGreaterThan(0);
  expect(done(await world.run(["next"])).out).toMatch(/^console-vault provision [A-Z_]+ --env staging$/);
});

it("ends as the command does that it runs", async () => {
  const ran = await world.run(["next", "--yes"], { input: "" });
  expect(ran.code).toBe(2);
  expect(ran.err).toContain("No value for");
});

it("leaves a key of a stack's file to a person", async () => {
  await world.provisionStaging();
  done(await world.up("staging"));
  const { out, err, writes } = done(await world.run(["next", "--yes"]));
  expect([out, writes]).toEqual(["console-vault up --stack staging", []]);
  expect(err).toContain("console-vault:vaultEnvAware: true in Pulumi.staging.yaml");
});
