// Any number of environments: another company's catalog from its flat vault to retired flat copies, by the same commands.
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, heldBy } from "../../src/catalog/index.js";
import { madeUpValue } from "../../src/cli/demo/company.js";
import { initAnswers } from "../../src/cli/demo/story.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";
import { acme, changedProject, openCompany, provision } from "../support/acme.js";
import { done, type World } from "../support/world.js";

const migration = (world: World, stack: string) => world.migration(stack);
const flagOn = (world: World, app: string) => world.apps.vars(app).FLAG_ACME_VAULT === "true";

interface Status {
  readonly environments: readonly { readonly name: string; readonly phase: string }[];
  readonly next: readonly { readonly command: string }[];
}
const status = async (world: World) => JSON.parse(done(await world.run(["status", "--json"])).out) as Status;
const next = async (world: World) => (await status(world)).next.map(({ command }) => command);

describe("Acme: dev without Heroku, then staging, then prod", () => {
  let world: World;
  beforeAll(async () => {
    world = await openCompany(acme);
  });
  afterAll(() => world.close());

  it("init, in an empty folder, proposes Acme's catalog but for what only Acme knows: rules and reasons", async () => {
    const own = readFileSync(join(world.dir, "catalog.ts"), "utf8");
    for (const name of readdirSync(world.dir)) if (name !== "state") rmSync(join(world.dir, name));
    const { id } = world.services.infisical.vault.project;
    done(await world.run(["init", "--project", id, ...initAnswers(world.catalog), "--yes"]));
    const outline = ({ credentials, flag, ...rest }: Catalog) => ({
      ...rest,
      flag: [flag!.variable, flag!.role],
      // In the order in which the vault lists them, which is not the same for each of its versions.
      credentials: credentials.map((one) => [one.name, one.vendor, one.scope, [...one.consumers].sort()]).sort(),
    });
    expect(outline(await loadCatalog(await findCatalog(world.dir)))).toEqual(outline(world.catalog));
    expect(world.files()["Pulumi.dev.yaml"]).not.toContain("vaultEnvAware");
    expect(world.files()["Pulumi.prod.yaml"]).toContain("vaultEnvAware: false");
    writeFileSync(join(world.dir, "catalog.ts"), own);
  });

  it("begins with the first environment, and lists its credentials to provision", async () => {
    expect((await next(world))[0]).toBe("console-vault up --stack dev");
    done(await world.up("dev"));
    expect(await migration(world, "dev")).toMatchObject({ phase: "awaiting-provision" });
    expect(await next(world)).toEqual(expect.arrayContaining(["console-vault provision TWILIO_TOKEN --env dev"]));
  });

  it("an environment without Heroku has its own credentials, and no flag waits for it", async () => {
    await provision(world, "dev");
    expect(await migration(world, "dev")).toMatchObject({ phase: "confirmed", blocked: [], flag: { running: false } });
    const said = done(await world.up("dev")).out;
    expect(said).not.toMatch(/FLAG_ACME_VAULT|promote|vaultEnvAware/);
    world.set("dev", "vaultEnvAware", true);
    const refused = await world.up("dev");
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("no app of dev has the flag")]);
    world.set("dev", "vaultEnvAware", undefined);
    expect((await world.run(["rollback", "--stack", "dev", "--yes"])).code).toBe(2);
    expect((await world.run(["promote", "--to", "dev", "--yes"])).code).toBe(2);
  });

  it("each environment has another value than both others", async () => {
    done(await world.up("staging"));
    const token = world.value("/Acme/twilio/dev", "TWILIO_TOKEN")!;
    const { code, err } = await world.run(["provision", "TWILIO_TOKEN", "--env", "staging"], { input: token });
    expect(code).toBe(3);
    expect(err).toMatch(/distinct/);
    await provision(world, "staging");
  });

  it("the first flag waits for no soak; the next one waits for it", async () => {
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    expect(flagOn(world, "acme-shop-staging")).toBe(true);
    done(await world.up("prod"));
    const early = await world.run(["promote", "--yes"]);
    expect(early.code).toBe(3);
    expect(early.err).toMatch(/staging has soaked/);
    expect(flagOn(world, "acme-shop")).toBe(false);
  });

  it("a rotation on dev writes dev's own path, and nothing of prod's", async () => {
    const flat = world.value("/Acme/twilio", "TWILIO_TOKEN");
    const value = randomUUID();
    done(await world.rotate("TWILIO_TOKEN", "dev", value));
    expect(world.value("/Acme/twilio/dev", "TWILIO_TOKEN")).toBe(value);
    expect(world.value("/Acme/twilio", "TWILIO_TOKEN")).toBe(flat);
  });

  it("prod follows staging after its soak, and goes back", async () => {
    world.hoursPass(48);
    expect(await next(world)).toContain("console-vault promote --from staging --to prod");
    done(await world.run(["promote", "--yes"]));
    expect(flagOn(world, "acme-shop")).toBe(true);
    done(await world.run(["rollback", "--stack", "prod", "--yes"]));
    expect(flagOn(world, "acme-shop")).toBe(false);
    done(await world.run(["promote", "--to", "prod", "--yes"]));
  });

  it("the flat copies are retired at the end, and the status page tells of all three environments", async () => {
    world.hoursPass(48);
    expect(await next(world)).toEqual(["console-vault up --stack prod"]);
    world.set("prod", "retireFlat", true);
    done(await world.up("prod"));
    for (const { name, vendor } of heldBy(world.catalog, "prod"))
      expect(world.value(`/Acme/${vendor}`, name)).toBeUndefined();
    expect(world.value("/Acme/maps", "MAPS_KEY")).toBeDefined();
    const { environments } = await status(world);
    expect(environments.map(({ name, phase }) => [name, phase])).toEqual([
      ["dev", "confirmed"],
      ["staging", "soaked"],
      ["prod", "retired"],
    ]);
    done(await world.run(["status", "--html", join(world.dir, "page.html")]));
    expect(world.files()["page.html"]).toMatch(/No flag[\s\S]*Flag on acme-shop-staging/);
  });
});

describe("other numbers of environments", () => {
  let world: World | undefined;
  let dir: string | undefined;
  afterEach(async () => {
    await world?.close();
    if (dir) rmSync(dir, { recursive: true });
  });
  const openChanged = async (change: (catalog: Catalog) => Catalog) => {
    dir = await changedProject(change);
    world = await openCompany(dir);
    return world;
  };

  it("one: its copies, its flag, its soak and its retirement; nothing to promote", async () => {
    const world = await openChanged((catalog) => ({
      ...catalog,
      environments: catalog.environments.filter(({ name }) => name === "prod"),
      credentials: catalog.credentials.map((one) => ({ ...one, rules: [] })),
    }));
    done(await world.up("prod"));
    expect(await migration(world, "prod")).toMatchObject({ phase: "confirmed" });
    expect((await world.run(["promote", "--yes"])).err).toMatch(/Only prod has the flag/);
    world.set("prod", "vaultEnvAware", true);
    done(await world.up("prod"));
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    done(await world.up("prod"));
    expect(await migration(world, "prod")).toMatchObject({ phase: "retired" });
    expect(world.value("/Acme/twilio", "TWILIO_TOKEN")).toBeUndefined();
    expect(world.value("/Acme/twilio/prod", "TWILIO_TOKEN")).toBeDefined();
  });

  it("three with a flag each: it goes from each to the next, and no environment is passed over", async () => {
    const world = await openChanged((catalog) => ({
      ...catalog,
      environments: ["first", "second", "third"].map((name, index) => ({
        name,
        apps: { shop: `acme-shop-${name}` },
        source: index === 2 ? "copy" : "provision",
      })),
      fallback: "third",
      credentials: catalog.credentials.map((one) => ({
        ...one,
        rules: one.scope === "shared" ? [] : [{ rule: "distinct" }],
        consumers: ["shop"],
      })),
    }));
    for (const name of ["first", "second"]) {
      done(await world.up(name));
      await provision(world, name);
    }
    done(await world.up("third"));
    world.set("first", "vaultEnvAware", true);
    done(await world.up("first"));
    expect((await world.run(["promote", "--yes"])).err).toMatch(/--to second or --to third/);
    expect((await world.run(["promote", "--from", "first", "--to", "third", "--yes"])).err).toMatch(/does not follow/);
    world.hoursPass(48);
    expect(await next(world)).toEqual(["console-vault promote --from first --to second"]);
    const passedOver = await world.run(["promote", "--to", "third", "--yes"]);
    expect([passedOver.code, passedOver.err]).toEqual([3, expect.stringContaining("second's flag is off")]);
    done(await world.run(["promote", "--to", "second", "--yes"]));
    world.set("third", "soakHours", 72);
    world.hoursPass(48);
    const early = await world.run(["promote", "--from", "second", "--yes"]);
    expect([early.code, early.err]).toEqual([3, expect.stringContaining("second has soaked 48 h of 72 h")]);
    world.hoursPass(24);
    expect(await next(world)).toContain("console-vault promote --from second --to third");
    done(await world.run(["promote", "--from", "second", "--yes"]));
    expect(["first", "second", "third"].map((name) => flagOn(world, `acme-shop-${name}`))).toEqual([true, true, true]);
  });

  it("no flag at all: folders, credentials and copies that follow the flat path", async () => {
    const world = await openChanged(({ flag: _, ...catalog }) => catalog);
    for (const name of ["dev", "staging", "prod"]) done(await world.up(name));
    await provision(world, "dev");
    await provision(world, "staging");
    for (const name of ["dev", "staging", "prod"])
      expect(await migration(world, name)).toMatchObject({ phase: "confirmed", blocked: [] });
    world.write("/Acme/twilio", "TWILIO_TOKEN", "rotated-at-the-flat-path-0123456789");
    done(await world.up("prod"));
    expect(world.value("/Acme/twilio/prod", "TWILIO_TOKEN")).toBe("rotated-at-the-flat-path-0123456789");
    expect(world.apps.vars("acme-shop")).not.toHaveProperty("FLAG_ACME_VAULT");
    expect((await world.run(["promote", "--yes"])).err).toMatch(/The catalog has no flag/);
    expect(await next(world)).toEqual([]);
    expect(done(await world.run(["resolve", "TWILIO_TOKEN", "--env", "dev"])).out).toMatch(/^\/Acme\/twilio\/\n/);
    done(await world.run(["flags"]));
    done(await world.run(["status"]));
  });

  it("no Heroku at all: no command asks for a key, and none asks Heroku anything", async () => {
    const world = await openChanged(({ flag: _, ...catalog }) => ({
      ...catalog,
      environments: catalog.environments.map((one) => ({ ...one, apps: {} })),
    }));
    const keyless = (argv: string[], input?: string) =>
      // Its default URL is not on loopback, as Infisical is here.
      world.run(argv, {
        env: { HEROKU_API_KEY: undefined, HEROKU_API_URL: undefined },
        ...(input === undefined ? {} : { input }),
      });
    const asked = async (argv: string[], input?: string) => {
      const ran = done(await keyless(argv, input));
      expect(ran.requests.filter(({ service }) => service === "heroku")).toEqual([]);
      return ran;
    };
    for (const name of ["dev", "staging", "prod"]) await asked(["up", "--stack", name, "--yes"]);
    for (const credential of heldBy(world.catalog, "staging"))
      await asked(["provision", credential.name, "--env", "staging"], madeUpValue(credential, "staging"));
    const value = "another-value-0123456789";
    await asked(["rotate", "TWILIO_TOKEN", "--env", "staging", "--yes"], value);
    expect(world.value("/Acme/twilio/staging", "TWILIO_TOKEN")).toBe(value);
    expect((await asked(["up", "--stack", "prod", "--yes"])).out).toMatch(/unchanged/);
    await asked(["status"]);
    await asked(["diff", "staging", "prod"]);
    expect((await asked(["doctor"])).out).not.toMatch(/heroku/i);
    const refused = await keyless(["promote", "--yes"]);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("The catalog has no flag")]);
    await asked(["destroy", "--stack", "dev", "--yes"]);
  });
});
