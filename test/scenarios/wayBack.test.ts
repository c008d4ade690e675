// What a rollback may know of the flat path before the flag moves: rights that are missing, values of others, rows that are gone.
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shortWaits } from "../support/shortWaits.js";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

shortWaits();

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const stripe = "STRIPE_RESTRICTED_KEY";
const postmark = "POSTMARK_SERVER_TOKEN";
const rollback = (stack: "staging" | "prod", ...options: string[]) =>
  world.run(["rollback", "--stack", stack, "--yes", ...options]);
const config = (stack: "staging" | "prod") => readFileSync(world.file(stack), "utf8");

/** The environment of a shell whose token reaches these paths and no others. */
function only(...paths: string[]) {
  const scopes = paths.map((secretPath) => ({ environment: "prod", secretPath }));
  const token = world.services.infisical.vault.addServiceToken({ name: "few", scopes, permissions: ["read", "write"] });
  return { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined };
}

async function retire(): Promise<void> {
  world.hoursPass(48);
  world.set("prod", "retireFlat", true);
  done(await world.up("prod"));
}

describe("a path that the token may not read", () => {
  it("is unknown, so prod's flag stays on, forced or not; the path and the missing right are named", async () => {
    await world.prodOn();
    done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    const [there, file, env] = [world.snapshot(), config("prod"), only("/MooseQuest/*")];
    for (const force of [[], ["--force"], ["--accept-stale"], ["--restore-flat"]]) {
      const { code, err, writes } = await world.run(["rollback", "--stack", "prod", "--yes", ...force], { env });
      expect([code, writes, world.flag("prod")]).toEqual([3, [], "true"]);
      expect(err).toMatch(/may not list the secrets of \/MooseQuest\/stripe\/prod\/.*not allowed to read/);
    }
    expect([world.snapshot(), config("prod")]).toEqual([there, file]);
  });

  it("is unknown at the flat path too, for one vendor and for staging", async () => {
    await world.stagingOn();
    const env = only("/MooseQuest/*/staging", "/MooseQuest/{heroku,alpaca,postmark}");
    const { code, err, writes } = await world.run(["rollback", "--stack", "staging", "--yes"], { env });
    expect([code, writes, world.flag("staging")]).toEqual([3, [], "true"]);
    expect(err).toMatch(/may not list the secrets of \/MooseQuest\/stripe\/ /);
    expect(err).not.toMatch(/secrets of \/MooseQuest\/heroku\//);
  });
});

describe("a flat value that is not the one that prod's was copied from", () => {
  const newer = valueFor(stripe, "prod");
  beforeEach(async () => {
    await world.prodOn();
    world.write("/MooseQuest/stripe", stripe, newer);
  });

  it("is another value, never the old one, and both times are given", async () => {
    const { code, err, writes } = await rollback("prod");
    expect([code, writes]).toEqual([3, []]);
    expect(err).not.toMatch(/old value|rotated since/);
    expect(err).toMatch(
      /STRIPE_RESTRICTED_KEY: \/MooseQuest\/stripe\/ has another value, written 20\d\d-\S+Z; prod's, at \/MooseQuest\/stripe\/prod\/, was written 20\d\d-\S+Z/,
    );
    expect(err).toMatch(/^ {2}console-vault rollback --stack prod --restore-flat --overwrite STRIPE_RESTRICTED_KEY$/m);
    expect(err).toMatch(/^ {2}console-vault rollback --stack prod --accept-stale$/m);
  });

  it("is not overwritten by --restore-flat, but where its name is confirmed", async () => {
    const there = world.snapshot();
    for (const more of [[], ["--overwrite", postmark]]) {
      const { code, err, writes } = await rollback("prod", "--restore-flat", ...more);
      expect([code, writes]).toEqual([3, []]);
      expect(err).toMatch(/--restore-flat .*--overwrite STRIPE_RESTRICTED_KEY$/m);
      expect(world.snapshot()).toEqual(there);
    }
    done(await rollback("prod", "--restore-flat", "--overwrite", stripe));
    expect([world.flag("prod"), world.flat(stripe)]).toEqual(["false", world.at("prod", stripe)]);
  });

  it("is named where it is accepted, with the state or without it", async () => {
    world.loseState("prod");
    const { out } = done(await rollback("prod", "--accept-stale"));
    expect(out).toMatch(
      /STRIPE_RESTRICTED_KEY: \/MooseQuest\/stripe\/ has another value, .*The flat value is the one that is read/,
    );
    expect(out).not.toMatch(postmark);
    expect([world.flag("prod"), world.flat(stripe)]).toEqual(["false", newer]);
  });

  it("stays, and is read, where the others are restored and it is accepted", async () => {
    const live = valueFor(postmark, "prod");
    done(await world.rotate(postmark, "prod", live));
    done(await rollback("prod", "--restore-flat", "--accept-stale"));
    expect([world.flat(stripe), world.flat(postmark), world.flag("prod")]).toEqual([newer, live, "false"]);
  });

  it("is not overwritten when it is written once more between the confirmation and the restoration", async () => {
    let looks = 0;
    world.control.onRequest = ({ method, path }) => {
      if (method !== "GET" || !path.endsWith("/config-vars") || ++looks !== 2) return;
      setImmediate(() => world.write("/MooseQuest/stripe", stripe, `${newer}1`));
    };
    const { code, err, writes } = await rollback("prod", "--restore-flat", "--overwrite", stripe);
    expect([code, writes, world.flat(stripe), world.flag("prod")]).toEqual([3, [], `${newer}1`, "true"]);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY/);
  });
});

describe("a flat value that prod's was copied from", () => {
  it("is not overwritten when it is written right before", async () => {
    await world.prodOn();
    for (const name of ["ALPACA_PAPER_API_KEY_ID", stripe] as const)
      done(await world.rotate(name, "prod", valueFor(name, "prod")));
    const newer = valueFor(stripe, "prod");
    world.control.onRequest = ({ method, path }) => {
      if (method === "PATCH" && path.includes("/secrets/")) {
        world.control.onRequest = undefined;
        setImmediate(() => world.write("/MooseQuest/stripe", stripe, newer));
      }
    };
    const { code, err } = await rollback("prod", "--restore-flat");
    expect([code, world.flat(stripe), world.flag("prod")]).toEqual([3, newer, "true"]);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY at \/MooseQuest\/stripe\/ .*just now/);
  });

  it("is not known to be that without the state: then its name has to be confirmed too", async () => {
    await world.prodOn();
    done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    world.loseState("prod");
    const { code, err } = await rollback("prod", "--restore-flat");
    expect([code, world.flag("prod")]).toEqual([3, "true"]);
    expect(err).toMatch(/has another value/);
    done(await rollback("prod", "--restore-flat", "--overwrite", stripe));
    expect([world.flag("prod"), world.flat(stripe)]).toEqual(["false", world.at("prod", stripe)]);
  });

  it("is one with prod's after it was restored: the next update has nothing to do, and a rotation is copied again", async () => {
    await world.prodOn();
    done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    done(await rollback("prod", "--restore-flat"));
    const quiet = done(await world.up("prod"));
    expect([quiet.writes, quiet.out]).toEqual([[], expect.stringMatching(/no changes/)]);

    const next = valueFor(stripe, "prod");
    done(await world.rotate(stripe, "prod", next));
    done(await world.up("prod"));
    expect(world.at("prod", stripe)).toBe(next);
  });
});

it("several rows of one name with different values are refused: which of them is read is chance", async () => {
  await world.prodOn();
  world.services.infisical.vault.writeDuplicate("prod", "/MooseQuest/stripe", stripe, valueFor(stripe, "prod"));
  for (const stack of ["staging", "prod"] as const) {
    const { code, out, err, writes } = await rollback(stack, "--accept-stale", "--json");
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY has 2 rows at \/MooseQuest\/stripe\//);
    const found = { code: "flat-ambiguous", name: stripe, path: "/MooseQuest/stripe/", rows: 2 };
    expect(JSON.parse(out)).toMatchObject({ result: "refused", findings: [found] });
  }
});

describe("flat rows that are gone", () => {
  beforeEach(async () => {
    await world.prodOn();
    await retire();
  });

  it("are written again from prod's values by --restore-flat, without the state, with their comments", async () => {
    world.loseState("prod");
    const refused = await rollback("prod");
    expect([refused.code, refused.writes]).toEqual([3, []]);
    expect(refused.err).toMatch(/^ {2}console-vault rollback --stack prod --restore-flat$/m);

    const values = world.snapshot().secrets.filter(({ at }) => at.includes("/prod/"));
    done(await rollback("prod", "--restore-flat"));
    const flat = world.snapshot().secrets;
    for (const { at, value, comment } of values)
      expect(flat).toContainEqual(expect.objectContaining({ at: at.replace("/prod/", "/"), value, comment }));
    expect(world.flag("prod")).toBe("false");
    expect(config("prod")).toContain("console-vault:retireFlat: false");
    done(await world.up("prod"));
  });

  it("are never written over what somebody put there meanwhile", async () => {
    const theirs = valueFor(stripe, "prod");
    world.control.onRequest = ({ method, path }) => {
      if (method !== "POST" || !path.includes("/secrets/")) return;
      world.control.onRequest = undefined;
      setImmediate(() => world.write("/MooseQuest/stripe", stripe, theirs));
    };
    const { code, err } = await rollback("prod", "--restore-flat");
    expect([code, world.flat(stripe), world.flag("prod")]).toEqual([3, theirs, "true"]);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY at \/MooseQuest\/stripe\/ .*just now/);
    expect((await rollback("prod", "--restore-flat")).code).toBe(3);
    done(await rollback("prod", "--restore-flat", "--accept-stale"));
    expect([world.flat(stripe), world.flag("prod")]).toEqual([theirs, "false"]);
  });

  it("are reported where Infisical keeps a row for an approval, and the flag stays on", async () => {
    world.services.infisical.vault.requireApproval("/MooseQuest/postmark");
    const { code, err } = await rollback("prod", "--restore-flat");
    expect([code, world.flag("prod")]).toEqual([3, "true"]);
    expect(err).toMatch(/keeps the change of POSTMARK_SERVER_TOKEN at \/MooseQuest\/postmark\/ for an approval/);
  });

  it("that an update has brought back are copies of prod's again, after a rotation as well", async () => {
    world.set("prod", "retireFlat", false);
    done(await world.up("prod"));
    const [before, next] = [world.at("prod", stripe)!, valueFor(stripe, "prod")];
    expect(world.flat(stripe)).toBe(before);
    done(await world.rotate(stripe, "prod", next));
    const { code, err } = await rollback("prod");
    expect([code, err]).toEqual([3, expect.stringMatching(/has the value that prod's was copied from/)]);
    done(await rollback("prod", "--restore-flat"));
    expect([world.flat(stripe), world.flag("prod")]).toEqual([next, "false"]);
  });

  it("that an update has brought back are retired again, though the value was rotated since", async () => {
    world.set("prod", "retireFlat", false);
    done(await world.up("prod"));
    done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    await retire();
    expect(world.flat(stripe)).toBeUndefined();
  });

  it("can be brought back where prod's path has them only", async () => {
    world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/prod", stripe);
    const { code, err, writes } = await rollback("prod", "--restore-flat");
    expect([code, writes, world.flag("prod")]).toEqual([3, [], "true"]);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY.*neither/);
    expect(err).toMatch(/^ {2}console-vault rotate STRIPE_RESTRICTED_KEY --env prod$/m);
  });

  it("come back by prod's rollback, which staging's names; then staging goes back", async () => {
    const { code, err, writes } = await rollback("staging");
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/^ {2}console-vault up --stack prod$/m);
    expect(err).toMatch(/^ {2}console-vault rollback --stack prod --restore-flat$/m);
    done(await rollback("prod", "--restore-flat"));
    done(await rollback("staging"));
    expect([world.flag("staging"), world.flag("prod")]).toEqual(["false", "false"]);
  });

  it("are named where nothing is left to restore them from: off already, the others are restored", async () => {
    world.apps.set("raxx-console-prod", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
    world.services.infisical.vault.deleteFolder("prod", "/MooseQuest/stripe/prod");
    for (const without of [() => {}, () => world.loseState("prod")]) {
      without();
      const { code, err } = await rollback("prod", "--restore-flat");
      expect(code).toBe(3);
      expect(err).toMatch(/^refused: STRIPE_RESTRICTED_KEY could not be written to the flat path again:$/m);
      expect(err).toMatch(
        /STRIPE_RESTRICTED_KEY is neither at \/MooseQuest\/stripe\/ nor at \/MooseQuest\/stripe\/prod\//,
      );
      expect(err).toMatch(/^ {2}console-vault rotate STRIPE_RESTRICTED_KEY --env prod$/m);
      expect([world.flat(stripe), world.flat(postmark)]).toEqual([undefined, world.at("prod", postmark)]);
    }
  });

  it("are written again also where the flag is off already", async () => {
    world.loseState("prod");
    world.apps.set("raxx-console-prod", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
    done(await rollback("prod", "--restore-flat"));
    expect(world.flat(stripe)).toBe(world.at("prod", stripe));
  });
});

it("--restore-flat is not forgotten where the vault cannot be asked: it is refused, forced or not", async () => {
  await world.prodOn();
  world.control.addFault({ service: "infisical", do: { status: 503, body: {} } });
  const { code, err, writes } = await rollback("prod", "--restore-flat", "--force");
  expect([code, writes, world.flag("prod")]).toEqual([3, [], "true"]);
  expect(err).toMatch(/--restore-flat/);
});

it("--overwrite belongs to --restore-flat, and takes names of the catalog", async () => {
  const alone = await rollback("prod", "--overwrite", stripe);
  const unknown = await rollback("prod", "--restore-flat", "--overwrite", "STRIPE_KEY");
  expect([alone.code, alone.requests, unknown.code, unknown.requests]).toEqual([2, [], 2, []]);
});

describe("a flag var that is neither true nor false", () => {
  const odd = { FLAG_CONSOLE_VAULT_ENV_AWARE: "maybe-a-secret" };

  it("is taken as on: it is set to false, and its text is shown to nobody", async () => {
    await world.prodOn();
    for (const stack of ["staging", "prod"] as const) {
      world.apps.set(`raxx-console-${stack}`, odd);
      const { text, writes } = done(await rollback(stack));
      expect(writes).toEqual([`PATCH /apps/raxx-console-${stack}/config-vars`]);
      expect([world.flag(stack), text]).toEqual(["false", expect.not.stringContaining("maybe")]);
      expect(text).toMatch(/is off, which was neither true, 1, false, 0 nor empty \(/);
      expect(config(stack)).toContain("console-vault:vaultEnvAware: false");
    }
  });

  it("goes by the same refusals as one that is on", async () => {
    await world.prodOn();
    await retire();
    world.apps.set("raxx-console-prod", odd);
    const there = world.snapshot();
    const { code, err } = await rollback("prod");
    expect([code, world.snapshot()]).toEqual([3, there]);
    expect(err).toMatch(/would be read at the flat path, where it is not any more/);
    done(await rollback("prod", "--restore-flat"));
    expect(world.flag("prod")).toBe("false");
  });
});
