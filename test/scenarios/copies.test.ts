// Copies that stay true: what follows its source, what is found in the way, and what lets it pass.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/local/index.js";
import { usual } from "../support/flavour.js";
import { valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const heroku = "/MooseQuest/heroku";
const stripe = "/MooseQuest/stripe";

it("a copy whose source changed is copied again, in one write, and nothing else is written", async () => {
  done(await world.up("prod"));
  const value = valueFor("STRIPE_RESTRICTED_KEY", "prod");
  world.write(stripe, "STRIPE_RESTRICTED_KEY", value);
  const { writes, out } = done(await world.up("prod"));
  expect(out).toMatch(/STRIPE_RESTRICTED_KEY +copy again from \/MooseQuest\/stripe\/, whose value is another one now/);
  expect(writes).toEqual([`PATCH ${usual("/api/v3/secrets/batch/raw")}`]);
  expect(world.row(`${stripe}/prod`, "STRIPE_RESTRICTED_KEY")).toMatchObject({ value, version: 2 });
  expect(done(await world.up("prod")).writes).toEqual([]);
});

it("a copy that was deleted is made again, and a source that is deleted takes nothing with it", async () => {
  done(await world.up("prod"));
  world.services.infisical.vault.delete("prod", `${stripe}/prod`, "STRIPE_RESTRICTED_KEY");
  done(await world.up("prod"));
  expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(world.flat("STRIPE_RESTRICTED_KEY"));
  const value = world.flat("STRIPE_RESTRICTED_KEY");
  world.services.infisical.vault.delete("prod", stripe, "STRIPE_RESTRICTED_KEY");
  done(await world.up("prod"));
  expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(value);
});

describe("a target that somebody else wrote", () => {
  const theirs = valueFor("STRIPE_RESTRICTED_KEY", "prod");

  it("is a conflict: listed, never overwritten, and mended by deleting it", async () => {
    done(await world.up("prod"));
    world.write(`${stripe}/prod`, "STRIPE_RESTRICTED_KEY", theirs);
    const { out, writes } = done(await world.up("prod"));
    expect(out).toMatch(
      /STRIPE_RESTRICTED_KEY: conflict: .*delete it at \/MooseQuest\/stripe\/prod\/ to have the flat/,
    );
    expect(writes).toEqual([]);
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(theirs);

    world.services.infisical.vault.delete("prod", `${stripe}/prod`, "STRIPE_RESTRICTED_KEY");
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed", conflicts: [] });
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(world.flat("STRIPE_RESTRICTED_KEY"));
  });

  it("is kept where config says that it is provisioned", async () => {
    world.write(`${stripe}/prod`, "STRIPE_RESTRICTED_KEY", theirs);
    expect(await world.migration("prod")).toMatchObject({ conflicts: [{ name: "STRIPE_RESTRICTED_KEY" }] });
    world.set("prod", "sources", { STRIPE_RESTRICTED_KEY: "provision" });
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed", conflicts: [] });
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(theirs);
  });

  it("is as good as ours where it has the same value", async () => {
    world.write(`${stripe}/prod`, "STRIPE_RESTRICTED_KEY", world.flat("STRIPE_RESTRICTED_KEY")!);
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed", conflicts: [] });
    expect(world.row(`${stripe}/prod`, "STRIPE_RESTRICTED_KEY")).toMatchObject({ version: 1 });
  });
});

describe("what is not placed", () => {
  it("a name with several rows at its flat path", async () => {
    world.services.infisical.vault.writeDuplicate("prod", heroku, "HEROKU_API_KEY", valueFor("HEROKU_API_KEY", "prod"));
    const { out } = done(await world.up("prod"));
    expect(out).toMatch(/HEROKU_API_KEY: 2 rows of the name at \/MooseQuest\/heroku\/; delete all but one/);
    expect(world.at("prod", "HEROKU_API_KEY")).toBeUndefined();
    expect(world.at("prod", "HEROKU_PLATFORM_API_TOKEN")).toBe(world.flat("HEROKU_PLATFORM_API_TOKEN"));
  });

  it("a value that Infisical's clients would expand", async () => {
    world.write(heroku, "HEROKU_API_KEY", "prefix-${dev.folder.OTHER}");
    const { out } = done(await world.up("prod"));
    expect(out).toMatch(/HEROKU_API_KEY: the value contains \$\{/);
    expect(out).not.toContain("dev.folder");
    expect(world.at("prod", "HEROKU_API_KEY")).toBeUndefined();
  });

  it("what waits for an approval, until it is given", async () => {
    const { vault } = world.services.infisical;
    vault.requireApproval(`${stripe}/prod`);
    const { out } = done(await world.up("prod"));
    expect(out).toMatch(/STRIPE_RESTRICTED_KEY: the write to \/MooseQuest\/stripe\/prod\/ waits for an approval/);
    expect(done(await world.run(["preview", "--stack", "prod"])).out).toMatch(
      /~ secrets +\/MooseQuest\/stripe\/prod\//,
    );
    vault.requireApproval(`${stripe}/prod`, false);
    world.write(`${stripe}/prod`, "STRIPE_RESTRICTED_KEY", world.flat("STRIPE_RESTRICTED_KEY")!);
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed", broken: [] });
  });

  it("a name that is at neither path", async () => {
    world.services.infisical.vault.delete("prod", heroku, "HEROKU_API_KEY");
    const { out } = done(await world.up("prod"));
    expect(out).toMatch(/HEROKU_API_KEY: missing/);
    world.set("prod", "vaultEnvAware", true);
    done(await world.up("staging"));
    const { err } = await world.up("prod");
    expect(err).toMatch(/HEROKU_API_KEY: missing at \/MooseQuest\/heroku\//);
  });
});

describe("a value of an unknown shape", () => {
  it("fails, until an override names its token and a reason, which is recorded; the next value fails again", async () => {
    world.write(stripe, "STRIPE_RESTRICTED_KEY", "sk_live_an_older_kind");
    const { out } = done(await world.up("prod"));
    expect(out).toMatch(
      /STRIPE_RESTRICTED_KEY: the value does not begin with rk_live_, as in prod \(prefix; token .+@\d+\)/,
    );
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBeUndefined();

    const [, token] = /STRIPE_RESTRICTED_KEY: .* token (.+)\)/.exec(out)!;
    const override = { rule: "prefix", token, reason: "unrestricted until the audit in May" };
    world.set("prod", "overrides", { STRIPE_RESTRICTED_KEY: override });
    expect(await world.migration("prod")).toMatchObject({
      phase: "confirmed",
      broken: [],
      overrides: [{ name: "STRIPE_RESTRICTED_KEY", ...override }],
    });
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe("sk_live_an_older_kind");

    // What was copied stays let pass when its flat row is another one, or gone: it was that row's value that was judged.
    const flat = world.row(stripe, "STRIPE_RESTRICTED_KEY")!;
    world.services.infisical.vault.delete("prod", stripe, "STRIPE_RESTRICTED_KEY");
    expect((await world.run(["status", "--check"])).err).not.toContain("STRIPE_RESTRICTED_KEY");
    world.write(stripe, "STRIPE_RESTRICTED_KEY", flat.value);

    world.write(stripe, "STRIPE_RESTRICTED_KEY", "sk_live_yet_another");
    expect(await world.migration("prod")).toMatchObject({ broken: [{ name: "STRIPE_RESTRICTED_KEY" }], overrides: [] });
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe("sk_live_an_older_kind");
  });

  it("a live Alpaca key is never let pass on staging", async () => {
    await world.provisionStaging();
    world.write("/MooseQuest/alpaca/staging", "ALPACA_LIVE_API_KEY_ID", valueFor("ALPACA_LIVE_API_KEY_ID", "prod"));
    world.set("staging", "vaultEnvAware", true);
    const { code, err } = await world.up("staging");
    expect(code).toBe(3);
    expect(err).toMatch(
      /ALPACA_LIVE_API_KEY_ID: staging must never hold it, and it is at \/MooseQuest\/alpaca\/staging\//,
    );
    expect(world.flag("staging")).toBe("false");
  });

  it("nor under another name, in the vault or on a staging app", async () => {
    await world.provisionStaging();
    world.write("/MooseQuest/stripe/staging", "OLD_KEY", world.flat("ALPACA_LIVE_API_SECRET_KEY")!);
    world.apps.set("raxx-api-staging", { BROKER_SECRET: world.flat("ALPACA_LIVE_API_SECRET_KEY")! });
    world.set("staging", "vaultEnvAware", true);
    const { code, err } = await world.up("staging");
    expect(code).toBe(3);
    expect(err).toMatch(/its value is at \/MooseQuest\/stripe\/staging\/, under a name outside the catalog/);
    expect(err).toMatch(/raxx-api-staging has its value, in a var outside the catalog/);
  });
});

describe("values as Infisical keeps them", () => {
  it("several lines, a line break at the end, blanks around: the same at both paths, and confirmed", async () => {
    const seed = defaultSeed();
    const own = await World.open({ seed });
    own.write("/MooseQuest/postmark", "POSTMARK_SERVER_TOKEN", "two\nlines\n");
    expect(await own.migration("prod")).toMatchObject({ phase: "confirmed" });
    expect(own.at("prod", "POSTMARK_SERVER_TOKEN")).toBe("two\nlines\n");
    done(await own.provision("POSTMARK_SERVER_TOKEN", "  with blanks  \n"));
    expect(own.at("staging", "POSTMARK_SERVER_TOKEN")).toBe("with blanks");
    const again = done(await own.provision("POSTMARK_SERVER_TOKEN", "with blanks"));
    expect(again.out).toMatch(/with this value already; nothing was written/);
    expect(again.writes).toEqual([]);
    await own.close();
  });
});

describe("a credential that an operator provisions", () => {
  it("is replaced only with --replace, and while the flag is on only by a rotation", async () => {
    const [first, second] = [
      valueFor("POSTMARK_SERVER_TOKEN", "staging"),
      valueFor("POSTMARK_SERVER_TOKEN", "staging"),
    ];
    await world.provisionStaging();
    const { code, err, writes } = await world.provision("POSTMARK_SERVER_TOKEN", first);
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/another value of POSTMARK_SERVER_TOKEN; to replace it, .* --replace/);
    done(await world.provision("POSTMARK_SERVER_TOKEN", first, "--replace"));
    expect(world.at("staging", "POSTMARK_SERVER_TOKEN")).toBe(first);

    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    const inUse = await world.provision("POSTMARK_SERVER_TOKEN", second, "--replace");
    expect([inUse.code, inUse.writes]).toEqual([3, []]);
    expect(inUse.err).toMatch(/in use[\s\S]*console-vault rotate POSTMARK_SERVER_TOKEN --env staging/);
  });
});
