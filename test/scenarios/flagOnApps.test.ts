// A flag that stands on several apps of an environment: one after the other, and partly on is neither on nor off.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, heldBy } from "../../src/catalog/index.js";
import { loadCatalog } from "../../src/project/index.js";
import { changedProject, openCompany, provision } from "../support/acme.js";
import { done, type Ran, type World } from "../support/world.js";

type Flag = NonNullable<Catalog["flag"]>;

const variable = "FLAG_ACME_VAULT";
const [first, second] = ["acme-shop", "acme-tickets"];

let world: World;
let dir: string;
let back: () => void;
const flags = (...apps: string[]) => apps.map((app) => world.apps.vars(app)[variable]);
/** Apps whose vars a command changed, in order. */
const turned = ({ writes }: Ran) =>
  writes.flatMap((one) => /^PATCH \/apps\/([^/]+)\/config-vars$/.exec(one)?.[1] ?? []).map(nameOf);
const nameOf = (idOrName: string) => world.apps.names().find((app) => world.apps.id(app) === idOrName) ?? idOrName;
/** The next change of an app's config vars fails, as it would while Heroku is down. */
const failChangesOf = (app: string) =>
  world.control.addFault({
    service: "heroku",
    method: "PATCH",
    path: `(^|/)(${app}|${world.apps.id(app)})/config-vars$`,
    do: { status: 422, body: { id: "invalid_params", message: "not now" } },
  });
const heals = () => world.control.clearFaults();
const json = async (...argv: string[]) => JSON.parse(done(await world.run([...argv, "--json"])).out);
const environment = async (name: string) =>
  (await json("status")).environments.find((one: { name: string }) => one.name === name);

beforeAll(async () => {
  dir = await changedProject((catalog) => ({ ...catalog, flag: { ...catalog.flag!, role: ["shop", "tickets"] } }));
  world = await openCompany(dir);
  done(await world.up("staging"));
  await provision(world, "staging");
  done(await world.up("staging"));
  done(await world.up("prod"));
  back = world.checkpoint();
});
afterEach(() => {
  heals();
  back();
});
afterAll(async () => {
  await world.close();
  rmSync(dir, { recursive: true });
});

/** Staging's flag on, and soaked. */
async function stagingSoaked(): Promise<void> {
  world.set("staging", "vaultEnvAware", true);
  done(await world.up("staging"));
  world.hoursPass(48);
}

async function prodOn(): Promise<void> {
  await stagingSoaked();
  done(await world.run(["promote", "--yes"]));
}

describe("one after the other", () => {
  it("it turns on in the catalog's order and off in the reverse, by an update and by a rollback", async () => {
    world.set("staging", "vaultEnvAware", true);
    const on = done(await world.up("staging"));
    expect(turned(on)).toEqual(["acme-shop-staging", "acme-tickets-staging"]);
    expect(flags("acme-shop-staging", "acme-tickets-staging", "acme-mailer-staging")).toEqual([
      "true",
      "true",
      undefined,
    ]);
    expect(await environment("staging")).toMatchObject({
      phase: "soaking",
      flag: { app: "acme-shop-staging and acme-tickets-staging", running: true, recorded: true },
    });

    const off = done(await world.run(["rollback", "--stack", "staging", "--yes", "--accept-stale"]));
    expect(turned(off).slice(0, 2)).toEqual(["acme-tickets-staging", "acme-shop-staging"]);
    expect(flags("acme-shop-staging", "acme-tickets-staging")).toEqual(["false", "false"]);

    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    expect(await json("preview", "--stack", "staging")).toMatchObject({ steps: [] });
  });

  it("an update to off goes in the reverse order", async () => {
    await prodOn();
    expect(flags(first, second)).toEqual(["true", "true"]);
    world.set("prod", "vaultEnvAware", false);
    expect(turned(done(await world.up("prod")))).toEqual([second, first]);
    expect(flags(first, second)).toEqual(["false", "false"]);
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed", flag: { running: false } });
  });
});

describe("interrupted between two apps", () => {
  it("turning on: the status says which apps have it, and the next run ends it", async () => {
    await stagingSoaked();
    failChangesOf(second);
    const failed = await world.run(["promote", "--yes"]);
    expect([failed.code, flags(first, second)]).toEqual([1, ["true", "false"]]);
    heals();

    const prod = await environment("prod");
    expect(prod).toMatchObject({
      phase: "soaking",
      soak: { since: null },
      flag: {
        wanted: true,
        running: null,
        apps: [
          { app: first, running: true },
          { app: second, running: false },
        ],
      },
    });
    const said = done(await world.run(["status"])).out;
    expect(said).toContain(`on on ${first}, off on ${second}`);
    expect(said).toContain("partly on");
    expect((await world.run(["status", "--check"])).code).toBe(4);
    expect((await json("status")).next.map(({ command }: { command: string }) => command)).toContain(
      "console-vault up --stack prod",
    );
    done(await world.run(["status", "--html", `${world.dir}/page.html`]));

    const ended = done(await world.up("prod"));
    expect(turned(ended)).toEqual([second]);
    expect(await world.migration("prod")).toMatchObject({ phase: "soaking", blocked: [], flag: { running: true } });
  });

  it("a rollback: what is off stays off, the file says so, and the same command ends it", async () => {
    await prodOn();
    failChangesOf(first);
    const failed = await world.run(["rollback", "--stack", "prod", "--yes"]);
    expect(failed.code).toBe(1);
    expect(failed.err).toContain(`off on ${second} and not yet on ${first}`);
    expect(flags(first, second)).toEqual(["true", "false"]);
    heals();
    const ended = done(await world.run(["rollback", "--stack", "prod", "--yes"]));
    expect(ended.out).toContain(`was on on ${first} only`);
    expect(flags(first, second)).toEqual(["false", "false"]);
    expect(await world.migration("prod")).toMatchObject({ flag: { wanted: false, running: false } });
  });

  it("--force ends it with the vault down", async () => {
    await stagingSoaked();
    failChangesOf(second);
    await world.run(["promote", "--yes"]);
    heals();
    world.control.addFault({ service: "infisical", do: { status: 403, body: {} } });
    const forced = await world.run(["rollback", "--stack", "prod", "--yes", "--force"]);
    expect([forced.code, flags(first, second)]).toEqual([0, ["false", "false"]]);
  });
});

describe("partly on is neither on nor off", () => {
  /** Prod as an update left it that could not change the second app. */
  async function prodPartlyOn(): Promise<void> {
    await stagingSoaked();
    failChangesOf(second);
    expect((await world.run(["promote", "--yes"])).code).toBe(1);
    heals();
  }

  it("no value is rotated or provisioned, and nothing is destroyed or retired", async () => {
    await prodPartlyOn();
    const { name } = heldBy(world.catalog, "prod").find((one) => one.rules.length === 1)!;
    for (const env of ["prod", "staging"]) {
      const rotated = await world.rotate(name, env, "another-value-0123456789");
      expect([rotated.code, rotated.err]).toEqual([3, expect.stringContaining(`on on ${first}, off on ${second}`)]);
    }
    expect((await world.run(["destroy", "--stack", "prod", "--yes"])).code).toBe(3);
    world.set("prod", "retireFlat", true);
    failChangesOf(second);
    await world.up("prod");
    for (const { name, vendor } of heldBy(world.catalog, "prod"))
      expect(world.value(`/Acme/${vendor}`, name)).toBeDefined();
  });

  it("nothing is provisioned at a path that one app reads", async () => {
    await stagingSoaked();
    world.apps.set("acme-shop-staging", { [variable]: "false" });
    const options = ["--env", "staging", "--replace"];
    const { code, err } = await world.run(["provision", "TWILIO_TOKEN", ...options], { input: "another-0123456789" });
    expect([code, err]).toEqual([3, expect.stringMatching(/in use: the flag is on on acme-tickets-staging, off on/)]);
  });

  it("prod waits for an environment before it that is partly on", async () => {
    await stagingSoaked();
    world.apps.set("acme-tickets-staging", { [variable]: "false" });
    const refused = await world.run(["promote", "--yes"]);
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining("flag is off now (acme-tickets-staging)")]);
  });

  it("set by hand on one app: the update ends it, and the soak begins again there", async () => {
    await stagingSoaked();
    world.apps.set("acme-shop-staging", { [variable]: "false" });
    expect((await json("status")).drift).toEqual([
      { environment: "staging", subject: `${variable} on acme-shop-staging`, expected: "on", found: "off" },
    ]);
    done(await world.up("staging"));
    expect(flags("acme-shop-staging", "acme-tickets-staging")).toEqual(["true", "true"]);
    expect(await world.migration("staging")).toMatchObject({ phase: "soaking" });
  });

  it("a flat value that was written meanwhile is not passed over", async () => {
    await prodPartlyOn();
    world.write("/Acme/twilio", "TWILIO_TOKEN", "rotated-at-the-flat-path-0123456789");
    const refused = await world.up("prod");
    expect([refused.code, refused.text]).toEqual([3, expect.stringContaining("another value")]);
    expect(refused.out).toContain("console-vault rollback --stack prod");
    expect(flags(first, second)).toEqual(["true", "false"]);
    done(await world.run(["rollback", "--stack", "prod", "--yes", "--accept-stale"]));
    expect(flags(first, second)).toEqual(["false", "false"]);
  });
});

describe("a catalog that takes the flag from where it is on", () => {
  it.each([
    ["from one of its apps", (flag: Flag): Flag => ({ ...flag, role: ["shop"] }), second],
    ["by another name of its config var", (flag: Flag): Flag => ({ ...flag, variable: "FLAG_OTHER" }), first],
    ["altogether", () => undefined, first],
  ])("%s is refused before anything is touched", async (_how, change, app) => {
    await prodOn();
    const file = join(world.dir, "catalog.ts");
    const text = readFileSync(file, "utf8");
    const { flag, ...rest } = await loadCatalog(file);
    const changed = change(flag!);
    writeFileSync(file, `export default ${JSON.stringify({ ...rest, ...(changed ? { flag: changed } : {}) })};\n`);
    // Where there is no flag, none may be wanted either.
    if (!changed) world.set("prod", "vaultEnvAware", false);
    for (const argv of [["preview"], ["up", "--yes"]]) {
      const { code, err, writes } = await world.run([...argv, "--stack", "prod"]);
      expect([code, writes]).toEqual([3, []]);
      expect(err).toContain(`${app} has ${variable} on and reads the paths of prod`);
      expect(err).toContain("console-vault rollback --stack prod");
    }
    expect(flags(first, second)).toEqual(["true", "true"]);
    writeFileSync(file, text);
    done(await world.run(["rollback", "--stack", "prod", "--yes", "--accept-stale"]));
    expect(flags(first, second)).toEqual(["false", "false"]);
  });
});

describe("a part of an update", () => {
  const urn = (app: string) =>
    `urn:pulumi:staging::acme-vault::heroku:index/appConfigAssociation:AppConfigAssociation::${app}`;

  it.each([
    ["--exclude", "acme-shop-staging", ["false", "false"]],
    ["--exclude", "acme-tickets-staging", ["true", "false"]],
    ["--target", "acme-tickets-staging", ["false", "false"]],
  ])("%s %s never turns an app before the one that comes first", async (option, app, expected) => {
    world.set("staging", "vaultEnvAware", true);
    const part = await world.run(["up", "--stack", "staging", "--yes", option, urn(app)]);
    expect(part.text).toContain("this update leaves out");
    expect(flags("acme-shop-staging", "acme-tickets-staging")).toEqual(expected);
    done(await world.up("staging"));
    expect(flags("acme-shop-staging", "acme-tickets-staging")).toEqual(["true", "true"]);
  });

  it.each([
    ["--exclude", "acme-tickets-staging", ["true", "true"]],
    ["--exclude", "acme-shop-staging", ["true", "false"]],
  ])("turning off %s %s goes the other way round", async (option, app, expected) => {
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    // So that the flat values are what staging's readers may find.
    for (const { name, vendor } of heldBy(world.catalog, "staging"))
      world.write(`/Acme/${vendor}`, name, world.value(`/Acme/${vendor}/staging`, name)!);
    world.set("staging", "vaultEnvAware", false);
    await world.run(["up", "--stack", "staging", "--yes", option, urn(app)]);
    expect(flags("acme-shop-staging", "acme-tickets-staging")).toEqual(expected);
    done(await world.up("staging"));
    expect(flags("acme-shop-staging", "acme-tickets-staging")).toEqual(["false", "false"]);
  });
});
