// rotate, provision and rollback write while an update of each stack that they touch holds its lock, and that update records it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RequestRecord } from "../../src/local/index.js";
import { usual } from "../support/flavour.js";
import { stagingValues, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

const stripe = "STRIPE_RESTRICTED_KEY";
const postmark = "POSTMARK_SERVER_TOKEN";
let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const nothingPending = async (stack: "staging" | "prod") =>
  done(await world.run(["preview", "--stack", stack, "--expect-no-changes"]));
const setsVars = ({ method, path }: RequestRecord) => method === "PATCH" && path.startsWith("/apps/");
/** From the first change of an app's vars on, the vault answers nobody; nor does Heroku what only a program asks: an app's UUID. */
function failAfterPatch(): void {
  world.control.onRequest = (request) => {
    if (!setsVars(request)) return;
    world.control.onRequest = undefined;
    const refuse = { status: 403, body: { message: "gone", error: "Gone" } };
    world.control.addFault({ service: "infisical", do: refuse });
    world.control.addFault({ service: "heroku", path: "apps/[^/]+$", do: refuse });
  };
}

describe("a rotation", () => {
  it("leaves nothing to record: its own update has read the new value back", async () => {
    await world.stagingOn();
    const { err } = done(await world.rotate(stripe, "staging", valueFor(stripe, "staging")));
    expect(err).toMatch(/staging is locked[\s\S]*updating staging[\s\S]*staging is updated/);
    await nothingPending("staging");
  });

  it("of a path that two environments read is recorded by both", async () => {
    for (const stack of ["staging", "prod"] as const) done(await world.up(stack));
    done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    for (const stack of ["staging", "prod"] as const) await nothingPending(stack);
  });

  it.each(["staging", "prod"] as const)("of such a path writes nothing while %s is locked", async (stack) => {
    for (const one of ["staging", "prod"] as const) done(await world.up(one));
    const release = world.lock(stack);
    const { code, err, writes } = await world.rotate(stripe, "prod", valueFor(stripe, "prod"));
    release();
    expect([code, writes]).toEqual([1, []]);
    expect(err).toMatch(
      new RegExp(`${stack} could not be locked, so nothing was changed:\\nStack ${stack} is being updated`),
    );
  });

  it("whose update fails says what is done and what to type; that records it without writing again", async () => {
    await world.stagingOn();
    const value = valueFor(stripe, "staging");
    failAfterPatch();
    const { code, err } = await world.rotate(stripe, "staging", value);
    world.control.clearFaults();
    expect(code).toBe(1);
    expect(err).toContain(`${stripe} is at /MooseQuest/stripe/staging/ and on raxx-api-staging, and was read back.`);
    expect(err).toMatch(/The update of staging that records it failed:\n[^\n]/);
    expect(err.split("\n")).toContain("console-vault up --stack staging");
    expect(world.at("staging", stripe)).toBe(value);
    const { writes } = done(await world.up("staging"));
    expect(writes).toEqual([]);
    await nothingPending("staging");
  });

  it("makes the one update that can be made where the other fails", async () => {
    for (const stack of ["staging", "prod"] as const) done(await world.up(stack));
    // The second stack's lock is taken last, and its update is made first: it does not get to read the vault.
    let set = 0;
    world.control.onRequest = (request) => {
      if (setsVars(request) && ++set === 2)
        world.control.addFault({
          service: "infisical",
          method: "GET",
          path: usual("/api/v3/secrets/raw").replace(/\/raw$/, ""),
          times: 1,
          do: { status: 403, body: { message: "gone", error: "Gone" } },
        });
    };
    const { code, err } = await world.rotate(stripe, "prod", valueFor(stripe, "prod"));
    world.control.onRequest = undefined;
    expect([code, err]).toEqual([1, expect.stringMatching(/✓ staging is updated/)]);
    expect(err.split("\n").filter((line) => line.startsWith("console-vault up"))).toEqual([
      "console-vault up --stack prod",
    ]);
  });

  it("turns no flag and retires nothing, whatever the config asks for by now", async () => {
    await world.prodOn();
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    const flat = world.flat(postmark);
    done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    expect([world.flag("prod"), world.flat(postmark)]).toEqual(["true", flat]);
  });
});

describe("a stack that lost a part of its state (pulumi state delete)", () => {
  const find = async (part: RegExp) => {
    const { deployment } = (await world.exported("staging")) as { deployment: { resources: { urn: string }[] } };
    return deployment.resources.map(({ urn }) => urn).find((urn) => part.test(urn))!;
  };

  it.each([/:Folder::.*stripe/, /:Migration::/])(
    "is made whole by the update that ends a rotation, or another command (%s)",
    async (part) => {
      for (const stack of ["staging", "prod"] as const) done(await world.up(stack));
      for (const command of [
        () => world.rotate(stripe, "prod", valueFor(stripe, "prod")),
        () => world.provision(postmark, valueFor(postmark, "staging"), "--replace"),
        () => world.run(["rollback", "--stack", "staging", "--yes"]),
      ]) {
        expect(await world.stateDelete("staging", await find(part))).not.toEqual([]);
        done(await command());
        await nothingPending("staging");
      }
    },
  );
});

describe("a provision", () => {
  it("is recorded at once, and turns no flag on although it was the last that the flag waited for", async () => {
    const { [postmark]: last, ...rest } = stagingValues();
    await world.provisionStaging(rest);
    world.set("staging", "vaultEnvAware", true);
    expect((await world.up("staging")).code).toBe(3);
    done(await world.provision(postmark, last!));
    expect(world.flag("staging")).toBe("false");
    const { out } = done(await world.run(["status", "--json"]));
    expect(JSON.parse(out)).toMatchObject({ environments: [{ name: "staging", phase: "confirmed" }, {}] });
    done(await world.up("staging"));
    expect(world.flag("staging")).toBe("true");
  });

  it("leaves a stack unmade that no update has made: its plan has been shown to nobody", async () => {
    const { apps, releases } = world.snapshot();
    const { writes } = done(await world.provision(postmark, valueFor(postmark, "staging")));
    expect(writes).toEqual([`POST ${usual("/api/v1/folders")}`, `POST ${usual("/api/v3/secrets/batch/raw")}`]);
    expect(world.snapshot()).toMatchObject({ apps, releases });
  });

  it("makes no files for such a stack either: no state, no history, no salt", async () => {
    const own = await World.open({ engine: "processes" });
    const before = own.files();
    done(await own.provision(postmark, valueFor(postmark, "staging"), "--engine", "embedded"));
    expect(own.files()).toEqual(before);
    done(await own.run(["up", "--stack", "staging", "--engine", "embedded", "--yes"]));
    expect(Object.keys(own.files()).some((path) => path.endsWith("stacks/console-vault/staging.json"))).toBe(true);
    await own.close();
  });

  it("whose update fails says that the value is there", async () => {
    done(await world.up("staging"));
    world.control.onRequest = ({ path, method }) => {
      if (method === "POST" && path.startsWith(usual("/api/v3/secrets/batch/raw")))
        world.control.addFault({ service: "heroku", do: { status: 503, body: {} } });
    };
    const { code, err } = await world.provision(postmark, valueFor(postmark, "staging"));
    world.control.onRequest = undefined;
    world.control.clearFaults();
    expect(code).toBe(1);
    expect(err).toContain(`${postmark} is at /MooseQuest/postmark/staging/, and was read back.`);
    expect(err.split("\n")).toContain("console-vault up --stack staging");
  });
});

describe("a rollback of staging", () => {
  it("holds prod's lock without doing prod's pending changes", async () => {
    await world.stagingOn();
    done(await world.up("prod"));
    world.set("prod", "manage", { [postmark]: ["raxx-console-prod"] });
    const { releases } = world.snapshot();
    const rows = world.snapshot().secrets;
    done(await world.run(["rollback", "--stack", "staging", "--yes"]));
    expect(world.flag("staging")).toBe("false");
    expect(world.snapshot().secrets).toEqual(rows);
    expect(world.snapshot().releases["raxx-api-prod"]).toBe(releases["raxx-api-prod"]);
  });

  it("whose update fails has the flag off, and says how to record it", async () => {
    await world.stagingOn();
    failAfterPatch();
    const { code, err } = await world.run(["rollback", "--stack", "staging", "--yes"]);
    world.control.clearFaults();
    expect([code, world.flag("staging")]).toEqual([1, "false"]);
    expect(err.split("\n")).toContain("console-vault up --stack staging");
    done(await world.up("staging"));
  });
});
