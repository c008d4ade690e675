// What a plan and its result count and say: the same resources, and no more than is known.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RetirementReport } from "../../src/migration/index.js";
import { resourceTypes } from "../../src/migration/index.js";
import type { StatusReport } from "../../src/report/index.js";
import { usual } from "../support/flavour.js";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

const stripe = "STRIPE_RESTRICTED_KEY";
const flatRow = ["/MooseQuest/stripe", stripe] as const;

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
    expect(done(await world.run(["preview", "--stack", "staging"])).out).toMatch(
      /no changes\n( {2}! .*\n)* {2}10 unchanged/,
    );
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

describe("what a plan says of a name", () => {
  const preview = async (stack: "staging" | "prod", ...options: string[]) =>
    done(await world.run(["preview", "--stack", stack, ...options])).out;

  it("of a flat row that is gone: that, and not that it was written", async () => {
    done(await world.up("prod"));
    world.services.infisical.vault.delete("prod", ...flatRow);
    expect(await preview("prod")).toMatch(/STRIPE_RESTRICTED_KEY +its flat row is gone: read back/);
  });

  it("that is to be copied once the flat path is read again", async () => {
    await world.prodOn();
    world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/prod", stripe);
    expect((await world.up("prod")).code).toBe(3);
    world.apps.set("raxx-console-prod", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
    expect(await preview("prod")).toMatch(/STRIPE_RESTRICTED_KEY +copy from \/MooseQuest\/stripe\//);
  });

  it("whose set is replaced is what then happens, and all of it", async () => {
    done(await world.up("prod"));
    world.write(...flatRow, valueFor(stripe, "prod"));
    const set = `urn:pulumi:prod::console-vault::${resourceTypes.secretSet}::stripe-prod`;
    const { out } = done(await world.run(["up", "--stack", "prod", "--yes", "--replace", set]));
    expect(out).toMatch(/STRIPE_RESTRICTED_KEY +copy again from/);
    expect(out).toMatch(/^Done {4}1 replaced, 10 unchanged$/m);
    expect(world.at("prod", stripe)).toBe(world.flat(stripe));
  });
});

it("a second flat row while the flag is on: up and status agree that nothing is wrong", async () => {
  await world.prodOn();
  world.services.infisical.vault.writeDuplicate("prod", ...flatRow, valueFor(stripe, "prod"));
  expect(done(await world.up("prod")).out).toContain("no changes");
  const { out } = done(await world.run(["status", "--json"]));
  const { environments, drift } = JSON.parse(out) as StatusReport;
  expect([environments[1]!.blocked, drift]).toEqual([[], []]);
  done(await world.run(["status", "--check"]));
});

it("flat copies that wait for the soak: until when, and how long that is; held by something else: by what", async () => {
  await world.prodOn();
  world.set("prod", "retireFlat", true);
  const { code, out } = await world.up("prod");
  expect([code, out]).toEqual([
    3,
    expect.stringMatching(/^ {2}flat HEROKU_API_KEY, .* stay: until \S+Z \(4[78] h.* left\)$/m),
  ]);
  const { kept } = (await world.outputs("prod")).retirement!.value as RetirementReport;
  expect(kept).toContainEqual({ name: stripe, held: { until: expect.stringMatching(/Z$/) } });
  world.hoursPass(48);
  world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
  expect((await world.up("prod")).out).toMatch(/^ {2}flat HEROKU_API_KEY, .* stay: .*staging's flag is off/m);
  const { out: json } = await world.run(["up", "--stack", "prod", "--yes", "--json"]);
  const why = expect.stringMatching(/staging's flag is off/);
  expect((JSON.parse(json) as { retirement: { kept: object[] } }).retirement.kept).toContainEqual(
    expect.objectContaining({ name: stripe, held: { reason: why }, why }),
  );
  world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
  world.hoursPass(48);
  done(await world.up("prod"));
  expect(world.flat(stripe)).toBeUndefined();
});

describe("an app's own value under a credential's name", () => {
  const live = valueFor(stripe, "prod");
  const status = async () => (JSON.parse(done(await world.run(["status", "--json"])).out) as StatusReport).warnings;
  const warning =
    /^raxx-api-staging has what breaks a rule of staging, .*STRIPE_RESTRICTED_KEY: .*rk_test_.* \(prefix\)/;

  it("that breaks a rule of the environment is told by plan and status, and stands in no way", async () => {
    await world.provisionStaging();
    world.apps.set("raxx-api-staging", { [stripe]: live });
    const { out } = done(await world.run(["preview", "--stack", "staging", "--json"]));
    expect((JSON.parse(out) as { warnings: string[] }).warnings).toContainEqual(expect.stringMatching(warning));
    expect(await status()).toContainEqual(expect.stringMatching(warning));
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    expect(world.flag("staging")).toBe("true");
    expect(world.apps.vars("raxx-api-staging")[stripe]).toBe(live);
  });

  it("is not told where the stack manages it, or where it keeps the rules", async () => {
    world.apps.set("raxx-api-staging", { [stripe]: valueFor(stripe, "staging") });
    expect(await status()).not.toContainEqual(expect.stringMatching(/STRIPE_RESTRICTED_KEY/));
    world.apps.set("raxx-api-staging", { [stripe]: live });
    world.set("staging", "manage", { [stripe]: ["raxx-api-staging"] });
    expect(await status()).not.toContainEqual(expect.stringMatching(/STRIPE_RESTRICTED_KEY/));
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

it("a stack that waits for a soak has nothing to do until it is over, and says each time what is left of it", async () => {
  await world.stagingOn();
  world.set("prod", "vaultEnvAware", true);
  world.hoursPass(2);
  expect((await world.up("prod")).err).toMatch(/staging has soaked 2 h( \d+ min)? of 48 h/);
  world.hoursPass(10);
  done(await world.run(["preview", "--stack", "prod", "--expect-no-changes"]));
  const { code, err, out } = await world.up("prod");
  expect([code, err]).toEqual([3, expect.stringMatching(/staging has soaked 12 h( \d+ min)? of 48 h/)]);
  expect(out).toContain("no changes");
  world.hoursPass(36);
  done(await world.up("prod"));
  expect(world.flag("prod")).toBe("true");
});

it("a flat copy that stayed for what is over goes with the next update", async () => {
  await world.prodOn();
  world.hoursPass(48);
  world.set("prod", "retireFlat", true);
  const row = { path: "/MooseQuest/stripe/prod", name: stripe };
  const begin = world.checkpoint();
  const { requests } = done(await world.up("prod"));
  begin();
  // Right before the rows are read from which the deletions follow.
  const deletion = requests.findIndex(({ method }) => method === "DELETE");
  const isList = (index: number) => requests[index]!.path === usual("/api/v3/secrets/raw");
  let after = deletion;
  while (!isList(after)) after--;
  while (isList(after - 1)) after--;
  world.control.addFault({ after, times: 1, do: { change: "row-duplicated", ...row } });
  expect((await world.up("prod")).out).toMatch(/flat STRIPE_RESTRICTED_KEY stays: the environment path does not have/);
  world.control.clearFaults();
  world.services.infisical.vault.deleteDuplicates("prod", row.path, row.name);
  done(await world.up("prod"));
  expect(world.flat(stripe)).toBeUndefined();
  expect(done(await world.up("prod")).out).toContain("no changes");
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

it("a first preview shows also what it is told to leave out, of which there is nothing yet", async () => {
  const { migration, retirement, association } = resourceTypes;
  const left = [`${migration}::prod`, `${retirement}::flat`, `${association}::raxx-console-prod`];
  const excluded = left.flatMap((one) => ["--exclude", `urn:pulumi:prod::console-vault::${one}`]);
  done(await world.run(["preview", "--stack", "prod", ...excluded]));
});
