// What a plan and its result count and say: the same resources, and no more than is known.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const lines = (out: string, sign: string) => out.split("\n").filter((line) => line.startsWith(`  ${sign} `));

describe("the counts of a plan", () => {
  it("are of the resources that it shows, and so are those of its result", async () => {
    const { out } = done(await world.up("staging"));
    const [plan, result] = out.split("\nDone");
    expect(lines(plan!, "+")).toHaveLength(10);
    expect(plan).toMatch(/^ {2}10 to create$/m);
    expect(result).toMatch(/^ {4}10 created$/m);
    expect(done(await world.run(["preview", "--stack", "staging"])).out).toMatch(/no changes\n {2}10 unchanged/);
    const gone = done(await world.run(["destroy", "--stack", "staging", "--yes"]));
    expect(gone.out).toMatch(/^Destroyed {2}10 deleted\./);
  });

  it("that were fewer in the end are explained, by resource", async () => {
    done(await world.up("staging"));
    done(await world.up("prod"));
    // The same value once more: a new revision, and nothing of what the migration records is another.
    world.write("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY", world.flat("STRIPE_RESTRICTED_KEY")!);
    const { out } = done(await world.up("prod"));
    const announced = lines(out.split("\nDone")[0]!, "~").length;
    const [, updated] = /^Done {4}.*?(\d+) updated/m.exec(out)!;
    const unchanged = out.split("\n").filter((line) => /^ {2}· .* stayed as it was$/.test(line));
    expect(Number(updated) + unchanged.length).toBe(announced);
  });

  it("say of a flat row that was written again no more than that", async () => {
    done(await world.up("prod"));
    world.write("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY", world.flat("STRIPE_RESTRICTED_KEY")!);
    const { out } = done(await world.run(["preview", "--stack", "prod"]));
    expect(out).toMatch(/STRIPE_RESTRICTED_KEY +its flat row was written since the last update/);
    expect(out).not.toMatch(/value changed/);
  });
});

it("a conflict refuses a flag that is wanted: 3, now and at every further update", async () => {
  const conflicting = "pm-somebody-elses-0001";
  await world.provisionStaging();
  world.set("staging", "sources", { POSTMARK_SERVER_TOKEN: "copy" });
  world.write("/MooseQuest/postmark/staging", "POSTMARK_SERVER_TOKEN", conflicting);
  expect((await world.up("staging")).code).toBe(0);
  world.set("staging", "vaultEnvAware", true);
  for (let times = 0; times < 2; times++) {
    const { code, err } = await world.up("staging");
    expect(code).toBe(3);
    expect(err).toMatch(/POSTMARK_SERVER_TOKEN: .*another value/);
  }
  expect([world.flag("staging"), world.at("staging", "POSTMARK_SERVER_TOKEN")]).toEqual(["false", conflicting]);
});

it("up of a stack that soaks, or keeps its flat copies until it has, says how long that takes", async () => {
  await world.stagingOn();
  world.hoursPass(20);
  expect(done(await world.up("staging")).out).toMatch(/^soak {4}2[78] h( \d+ min)? left, until \S+$/m);
  world.hoursPass(28);
  done(await world.run(["promote", "--yes"]));
  world.set("prod", "retireFlat", true);
  const { code, text } = await world.up("prod");
  expect([code, text]).toEqual([3, expect.stringMatching(/^soak {4}4[78] h( \d+ min)? left, until \S+$/m)]);
});

it("up of prod names the promotion only when staging has soaked, and until then how long that takes", async () => {
  expect(done(await world.up("prod")).out).toMatch(
    /# the flag of prod follows staging's, and staging was never updated\n {2}console-vault up --stack staging/,
  );
  await world.stagingOn();
  world.hoursPass(20);
  const { out } = done(await world.up("prod"));
  expect(out).toMatch(
    /# staging has 2[78] h( \d+ min)? of its soak left, until \S+; then console-vault promote .*\n {2}console-vault status/,
  );
  world.hoursPass(28);
  expect(done(await world.up("prod")).out).toMatch(/next\n {2}console-vault promote --from staging --to prod\n?$/);
});
