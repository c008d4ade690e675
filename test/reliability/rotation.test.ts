// How many requests to the vault a rotation makes: the same, whatever the number of credentials is (docs/performance.md).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CompanyOptions, companySeed, writeCompany } from "../support/company.js";
import { done, type Ran, World } from "../support/world.js";

let world: World;
let project: string | undefined;
afterEach(async () => {
  await world.close();
  if (project) rmSync(project, { recursive: true, force: true });
});

async function open(options: CompanyOptions): Promise<void> {
  project = mkdtempSync(join(tmpdir(), "console-vault-rotation-"));
  writeCompany(project, options);
  world = await World.open({ project, seed: companySeed(options) });
}

const login = "POST /api/v1/auth/universal-auth/login";

/** A server of October 2024 is asked once by each client for a newer route, which it does not have. */
const vaultRequests = ({ requests }: Ran) =>
  requests
    .filter(({ service, path, status }) => service === "infisical" && !(status === 404 && /^\/api\/v[24]\//.test(path)))
    .map(({ method, path, folder }) => `${method} ${path}${folder ? ` ${folder}` : ""}`);

describe("a rotation makes at most 6 requests to the vault", () => {
  it.each([
    { count: 4, folders: 2 },
    { count: 60, folders: 6 },
  ])("of $count credentials in $folders folders, at an environment's path", async (size) => {
    await open(size);
    done(await world.up("prod"));
    const made = vaultRequests(done(await world.rotate("CREDENTIAL_0", "prod", "a new value")));
    expect(made[0]).toBe(login);
    expect(made.length, made.join("\n")).toBeLessThanOrEqual(6);
    expect(world.value("/Acme/vendor0/prod", "CREDENTIAL_0")).toBe("a new value");
    // What the updates recorded is what is there: nothing is left to do.
    expect((await world.run(["preview", "--stack", "prod", "--expect-no-changes"])).code).toBe(0);
  });

  it("however many stacks it touches, and 3 more for each copy that follows: a look, the write, its read-back", async () => {
    await open({ count: 6, folders: 2, environments: ["staging", "prod"], flagWanted: false });
    for (const [stack, copies] of [
      ["staging", 1],
      ["prod", 2],
    ] as const) {
      done(await world.up(stack));
      const value = `new with ${stack}`;
      const made = vaultRequests(done(await world.rotate("CREDENTIAL_0", "prod", value)));
      expect(made.length, made.join("\n")).toBeLessThanOrEqual(6 + 3 * copies);
      expect(world.value(`/Acme/vendor0/${stack}`, "CREDENTIAL_0")).toBe(value);
      expect((await world.run(["preview", "--stack", stack, "--expect-no-changes"])).code).toBe(0);
    }
  });

  it("of a root that holds other folders too reads vendor by vendor, and nothing of the others", async () => {
    await open({ count: 6, folders: 3, others: { slack: { SLACK_BOT_TOKEN: "xoxb-not-moved" } } });
    done(await world.up("prod"));
    const made = vaultRequests(done(await world.rotate("CREDENTIAL_0", "prod", "a new value")));
    const read = made.filter((one) => one.startsWith("GET /api/v3/secrets/raw ")).map((one) => one.split(" ").at(-1)!);
    expect(
      read.filter((folder) => !/^\/Acme\/vendor[0-2]\//.test(folder)),
      made.join("\n"),
    ).toEqual([]);
    // By itself: the row right before its write.
    const looked = ["/Acme/vendor0/**", "/Acme/vendor1/**", "/Acme/vendor2/**", "/Acme/vendor0/prod/"];
    expect(new Set(read)).toEqual(new Set(looked));
    expect(made.length, made.join("\n")).toBeLessThanOrEqual(6 + 3 - 1);
  });

  it("a value that somebody writes after the plan is not written over", async () => {
    await open({ count: 2, folders: 1 });
    done(await world.up("prod"));
    // The plan has read the vault and goes on to the apps.
    let planned = false;
    world.control.onRequest = ({ path, folder }) => {
      planned ||= folder === "/Acme/vendor0/prod/";
      if (!planned || !path.endsWith("/config-vars")) return;
      world.control.onRequest = undefined;
      world.write("/Acme/vendor0/prod", "CREDENTIAL_0", "an operator's own");
    };
    const { code, err } = await world.rotate("CREDENTIAL_0", "prod", "a new value");
    expect([code, err]).toEqual([3, expect.stringMatching(/was written just now, by another/)]);
    expect(world.value("/Acme/vendor0/prod", "CREDENTIAL_0")).toBe("an operator's own");
  });

  it("a copy that somebody writes after the rotation's look is not written over", async () => {
    await open({ count: 2, folders: 1, flagWanted: false });
    done(await world.up("prod"));
    // The rotation sets apps once it has looked.
    let written = false;
    world.control.onRequest = ({ service, write }) => {
      if (service === "infisical") written ||= write;
      else if (written && world.value("/Acme/vendor0", "CREDENTIAL_0") === "a new value") {
        world.control.onRequest = undefined;
        world.write("/Acme/vendor0/prod", "CREDENTIAL_0", "an operator's own");
      }
    };
    await world.rotate("CREDENTIAL_0", "prod", "a new value");
    expect(world.value("/Acme/vendor0/prod", "CREDENTIAL_0")).toBe("an operator's own");
  });
});

it("the keys that an environment may never hold are compared with, whichever vendor has them", async () => {
  project = undefined;
  world = await World.open();
  await world.stagingOn();
  world.write("/MooseQuest/alpaca", "ALPACA_LIVE_API_SECRET_KEY", "rk_test_pasted_at_the_wrong_place");
  const refused = await world.rotate("STRIPE_RESTRICTED_KEY", "staging", "rk_test_pasted_at_the_wrong_place");
  expect([refused.code, refused.writes]).toEqual([3, []]);
  expect(refused.err).toMatch(/ALPACA_LIVE_API_SECRET_KEY/);
});
