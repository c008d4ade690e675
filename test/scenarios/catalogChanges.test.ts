// A catalog that changes once apps have the flag on: no value goes, and no app is led to a path that has not what it reads now.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Catalog, Credential } from "../../src/catalog/index.js";
import { loadCatalog } from "../../src/project/index.js";
import { changedProject, openCompany, provision } from "../support/acme.js";
import { done, type World } from "../support/world.js";

let world: World;
let dir: string;
let original: string;
let back: () => void;

const payout = "ADYEN_PAYOUT_KEY";
const sendgrid = "SENDGRID_KEY";
const rotated = "live_9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6";

/** The project's catalog with one credential changed, or without it. */
async function change(name: string, to: (one: Credential) => Partial<Credential> | undefined): Promise<void> {
  const file = join(world.dir, "catalog.ts");
  const catalog: Catalog = await loadCatalog(file);
  const credentials = catalog.credentials.flatMap((one) => {
    if (one.name !== name) return [one];
    const changed = to(one);
    return changed ? [{ ...one, ...changed }] : [];
  });
  writeFileSync(file, `export default ${JSON.stringify({ ...catalog, credentials })};\n`);
}
const shared = () => ({ scope: "shared", rules: [] }) as const;
const removed = () => undefined;

/** Every row of the vault: what was there before has to be there afterwards. */
const values = () => new Map(world.snapshot().secrets.map(({ at, value }) => [at, value]));
const flag = () => world.apps.vars("acme-shop").FLAG_ACME_VAULT;
const steps = async () =>
  JSON.parse(done(await world.run(["preview", "--stack", "prod", "--json"])).out).steps as unknown[];
const prod = async () =>
  JSON.parse(done(await world.run(["status", "--json"])).out).environments.find(
    ({ name }: { name: string }) => name === "prod",
  );

/** @returns what stands in the way */
async function refused(...argv: string[]): Promise<string> {
  const before = values();
  const { code, err, writes } = await world.run(argv);
  expect([code, writes]).toEqual([3, []]);
  expect(values()).toEqual(before);
  return err;
}

beforeAll(async () => {
  dir = await changedProject((catalog) => catalog);
  world = await openCompany(dir);
  for (const environment of ["dev", "staging"]) {
    done(await world.up(environment));
    await provision(world, environment);
    done(await world.up(environment));
  }
  world.set("staging", "vaultEnvAware", true);
  done(await world.up("staging"));
  world.hoursPass(48);
  done(await world.up("prod"));
  done(await world.run(["promote", "--yes"]));
  done(await world.rotate(payout, "prod", rotated));
  original = readFileSync(join(world.dir, "catalog.ts"), "utf8");
  back = world.checkpoint();
});
afterEach(() => {
  writeFileSync(join(world.dir, "catalog.ts"), original);
  back();
});
afterAll(async () => {
  await world.close();
  rmSync(dir, { recursive: true });
});

describe("a credential that becomes shared while the flag is on", () => {
  it("is refused where its flat path has another value, also after a command that only records", async () => {
    await change(payout, shared);
    const why = `${payout} is read at /Acme/adyen/prod/ while the flag of prod is on, and the catalog has it shared now: it would be read at /Acme/adyen/, where another value is`;
    expect(await refused("preview", "--stack", "prod")).toContain(why);
    expect(await refused("up", "--stack", "prod", "--yes")).toContain("console-vault rollback --stack prod");
    expect((await prod()).findings).toContainEqual({
      text: expect.stringContaining(why),
      code: "leaves-path",
      environment: "prod",
      name: payout,
      path: "/Acme/adyen/prod/",
      to: "/Acme/adyen/",
      is: "other",
    });
    done(await world.rotate("TWILIO_TOKEN", "prod", "0123456789abcdef0123456789abcdef"));
    expect(await refused("up", "--stack", "prod", "--yes")).toContain(why);
    expect(flag()).toBe("true");
  });

  it("goes on once the flag is off, where the flat path is what is read already", async () => {
    await change(payout, shared);
    done(await world.run(["rollback", "--stack", "prod", "--yes", "--accept-stale"]));
    done(await world.up("prod"));
    expect(await steps()).toEqual([]);
    expect(values().get(`/Acme/adyen/prod/${payout}`)).toBe(rotated);
  });

  it("goes on where both paths have the same value; the last of its vendor lets its folder go, and its value stays", async () => {
    await change(sendgrid, shared);
    const before = values();
    const told = done(await world.up("prod")).out;
    expect(told).toContain(`${sendgrid}  no longer of this stack; its value stays in the vault`);
    done(await world.up("prod"));
    expect(await steps()).toEqual([]);
    expect([values(), flag()]).toEqual([before, "true"]);
  });

  it("is refused where the vendor's only one was rotated, or its flat path may not be read", async () => {
    done(await world.rotate(sendgrid, "prod", "5f8b3c1a-2d4e-4f60-8a7b-9c0d1e2f3a4b"));
    await change(sendgrid, shared);
    expect(await refused("up", "--stack", "prod", "--yes")).toContain("at /Acme/sendgrid/, where another value is");
    const scopes = ["/", "/Acme", "/Acme/{twilio,adyen}/**", "/Acme/sendgrid/prod"].map((secretPath) => ({
      environment: "prod",
      secretPath,
    }));
    const { vault } = world.services.infisical;
    const token = vault.addServiceToken({ name: "few", scopes, permissions: ["read", "write"] });
    const hidden = await world.run(["up", "--stack", "prod", "--yes"], {
      env: { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined },
    });
    expect(hidden.err).toContain("may not list the secrets of /Acme/sendgrid/");
    expect([hidden.code !== 0, hidden.writes]).toEqual([true, []]);
  });
});

describe("a credential that leaves the catalog while the flag is on", () => {
  it.each([
    ["the last one of its vendor", sendgrid],
    ["one of several of its vendor", payout],
  ])("%s: two updates let it go, and its values stay", async (_which, name) => {
    await change(name, removed);
    const before = values();
    done(await world.up("prod"));
    done(await world.up("prod"));
    expect(await steps()).toEqual([]);
    done(await world.up("staging"));
    expect([values(), flag()]).toEqual([before, "true"]);
  });

  it("is not led back to an older flat value where the same update turns the flag off", async () => {
    await change(payout, removed);
    world.set("prod", "vaultEnvAware", false);
    const { code, err } = await world.up("prod");
    expect([code, flag()]).toEqual([3, "true"]);
    expect(err).toContain(`${payout} has another value at /Acme/adyen/`);
  });

  it("another vendor is another path: red until its value is there, and the old one stays", async () => {
    await change(sendgrid, () => ({ vendor: "twilio" }));
    const before = values();
    const { code, err } = await world.up("prod");
    expect([code, values()]).toEqual([3, before]);
    expect(err).toContain(`${sendgrid}: missing`);
    done(await world.rotate(sendgrid, "prod", before.get(`/Acme/sendgrid/prod/${sendgrid}`)!));
    done(await world.up("prod"));
    expect(await steps()).toEqual([]);
    expect(values()).toEqual(
      new Map([...before, [`/Acme/twilio/prod/${sendgrid}`, before.get(`/Acme/sendgrid/prod/${sendgrid}`)]]),
    );
  });
});

it("the flat path cannot get another owner while its owner has the flag on", async () => {
  const file = join(world.dir, "catalog.ts");
  const catalog: Catalog = await loadCatalog(file);
  writeFileSync(file, `export default ${JSON.stringify({ ...catalog, fallback: "staging" })};\n`);
  expect(await refused("up", "--stack", "prod", "--yes")).toContain('put fallback: "prod" back');
});

describe("once the flat copies are gone", () => {
  beforeAll(async () => {
    world.set("prod", "retireFlat", true);
    world.hoursPass(48);
    done(await world.up("prod"));
    expect(values().has(`/Acme/adyen/${payout}`)).toBe(false);
    back = world.checkpoint();
  });

  it("a shared credential would be read where nothing is: refused", async () => {
    await change(sendgrid, shared);
    expect(await refused("up", "--stack", "prod", "--yes")).toContain("at /Acme/sendgrid/, where nothing is");
  });

  it("a rollback brings back what the apps' code reads, whatever a newer catalog has", async () => {
    await change(payout, removed);
    expect(await refused("rollback", "--stack", "prod", "--yes")).toContain(payout);
    done(await world.run(["rollback", "--stack", "prod", "--yes", "--restore-flat"]));
    expect(values().get(`/Acme/adyen/${payout}`)).toBe(rotated);
    expect(flag()).toBe("false");
  });
});
