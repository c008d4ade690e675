// The migration of docs/console-vault-env-aware.md from its first line to its last, as an operator runs it, on the engine that ships: one world, and
// each sentence goes on from the one before.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentScoped, folders, shared } from "../support/document.js";
import { leaks } from "../support/leaks.js";
import { stagingNames, stagingValues, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

const scoped = Object.keys(environmentScoped) as (keyof typeof environmentScoped)[];
const provisioned = stagingValues();
/** Every value that was ever somewhere, with its name. */
const values = new Map<string, string>();
let world: World;
let before: ReturnType<World["snapshot"]>;

const remember = () => {
  for (const { value, at } of world.snapshot().secrets) values.set(value, at);
};
const tokens = () => Object.fromEntries(world.snapshot().secrets.map(({ at, token }) => [at, token]));
const isOurs = (at: string) => /\/(staging|prod)\//.test(at);

beforeAll(async () => {
  // A managed credential, so that a value passes the program and the state.
  const config = { prod: { manage: { STRIPE_RESTRICTED_KEY: ["raxx-api-prod"] } } };
  world = await World.open({ engine: "processes", config });
  before = world.snapshot();
  remember();
  for (const name of ["INFISICAL_CLIENT_SECRET", "HEROKU_API_KEY", "PULUMI_CONFIG_PASSPHRASE"])
    values.set(world.env[name]!, name);
});
afterAll(() => world.close());

describe("staging, prepared", () => {
  it("gets its four folders first, and the commands for what an operator has to write", async () => {
    const { text } = done(await world.up("staging"));
    expect(world.services.infisical.vault.folders("prod")).toEqual(
      expect.arrayContaining(folders.filter((path) => path.includes("staging")).map((path) => path.slice(0, -1))),
    );
    expect(text).toContain("awaiting-provision");
    for (const name of stagingNames) expect(text).toContain(`console-vault provision ${name} --env staging`);
    expect(text).not.toContain("console-vault provision ALPACA_LIVE");
    expect(world.flag("staging")).toBe("false");
  });

  it("keeps its flag off while a credential is missing, whatever config says", async () => {
    world.set("staging", "vaultEnvAware", true);
    const { code, err, writes } = await world.up("staging");
    expect(code).toBe(3);
    expect(err).toMatch(/stays off \(raxx-console-staging\):\n {2}HEROKU_API_KEY: not provisioned yet/);
    expect(writes).toEqual([]);
  });

  it("has each credential re-provisioned: one write, at the environment path, read back", {
    timeout: 300_000,
  }, async () => {
    for (const [name, value] of Object.entries(provisioned)) {
      const { writes, out } = done(await world.provision(name, `${value}\n`));
      expect(writes).toHaveLength(1);
      expect(out).toMatch(/written to \/MooseQuest\/.*\/staging\/ and read back/);
      expect(world.at("staging", name as keyof typeof environmentScoped)).toBe(value);
    }
    remember();
  });

  it("turns its flag on in one release of raxx-console-staging, and of no other app", async () => {
    const releases = world.snapshot().releases;
    const { text } = done(await world.up("staging"));
    expect(text).toContain("FLAG_CONSOLE_VAULT_ENV_AWARE  off → on (raxx-console-staging)");
    expect(world.flag("staging")).toBe("true");
    expect(world.snapshot().releases).toEqual({
      ...releases,
      "raxx-console-staging": releases["raxx-console-staging"]! + 1,
    });
    expect(world.flag("prod")).toBeUndefined();
  });

  it("changes nothing and writes nothing when it is brought up once more", async () => {
    const there = world.snapshot();
    const { out, writes } = done(await world.up("staging"));
    expect(writes).toEqual([]);
    expect(out).toContain("no changes");
    expect(world.snapshot()).toEqual(there);
  });

  it("left every flat value, every foreign name and every shared credential untouched", () => {
    const ours = (at: string) => !isOurs(at);
    const now = world.snapshot();
    expect(now.secrets.filter(({ at }) => ours(at))).toEqual(before.secrets);
    expect(now.apps["raxx-marketing"]).toEqual(before.apps["raxx-marketing"]);
    expect(now.secrets.map(({ at }) => at)).toEqual(expect.arrayContaining(["/MooseQuest/mailgun/MAILGUN_KEY"]));
    for (const name of shared) expect(now.secrets.some(({ at }) => isOurs(at) && at.endsWith(`/${name}`))).toBe(false);
  });
});

describe("prod, prepared", () => {
  it("gets its eight credentials copied, with the same values and comments at both paths", async () => {
    done(await world.up("prod"));
    remember();
    expect(world.services.infisical.vault.folders("prod")).toEqual(
      expect.arrayContaining(folders.map((path) => path.slice(0, -1))),
    );
    for (const name of scoped) {
      const vendor = environmentScoped[name];
      const [flat, copy] = [world.row(`/MooseQuest/${vendor}`, name)!, world.row(`/MooseQuest/${vendor}/prod`, name)!];
      expect([copy.value, copy.comment, copy.version]).toEqual([flat.value, flat.comment, 1]);
    }
    const flat = world.snapshot().secrets.filter(({ at }) => !isOurs(at));
    expect(flat).toEqual(before.secrets);
  });

  it("answers the specification's own test read", async () => {
    const { INFISICAL_API_URL: url, INFISICAL_CLIENT_ID: clientId, INFISICAL_CLIENT_SECRET: clientSecret } = world.env;
    const login = await fetch(`${url}/api/v1/auth/universal-auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ clientId, clientSecret }),
    });
    const { accessToken } = (await login.json()) as { accessToken: string };
    const { id } = world.services.infisical.vault.project;
    const read = await fetch(
      `${url}/api/v3/secrets/raw/HEROKU_API_KEY?workspaceId=${id}&environment=prod&secretPath=/MooseQuest/heroku/prod/`,
      { headers: { authorization: `Bearer ${accessToken}` } },
    );
    const { secret } = (await read.json()) as { secret: { secretValue: string } };
    expect(secret.secretValue).toBe(world.flat("HEROKU_API_KEY"));
  });
});

describe("staging's soak", () => {
  it("is seen through a rotation that reads and writes /MooseQuest/heroku/staging/ and nothing else", async () => {
    world.hoursPass(1);
    const there = tokens();
    const apps = world.snapshot().apps;
    const value = valueFor("HEROKU_PLATFORM_API_TOKEN", "staging");
    world.services.heroku.keys.add(value);
    const { out } = done(await world.rotate("HEROKU_PLATFORM_API_TOKEN", "staging", value));
    remember();
    expect(out).toContain("written to /MooseQuest/heroku/staging/");
    const changed = Object.entries(tokens()).filter(([at, token]) => there[at] !== token);
    expect(changed.map(([at]) => at)).toEqual(["/MooseQuest/heroku/staging/HEROKU_PLATFORM_API_TOKEN"]);
    expect(world.snapshot().apps).toEqual({
      ...apps,
      "raxx-console-staging": { ...apps["raxx-console-staging"], HEROKU_PLATFORM_API_TOKEN: value },
    });
  });

  it("refuses prod before 48 hours, in one sentence with the time that is left, and leaves every byte as it was", async () => {
    world.hoursPass(46);
    const [there, config] = [world.snapshot(), readFileSync(world.file("prod"), "utf8")];
    const { code, err, writes } = await world.run(["promote", "--yes"]);
    expect(code).toBe(3);
    expect(err).toMatch(
      /^refused: staging has soaked 47 h( \d+ min)? of 48 h: (1 h|5\d min) left, until \S+Z; prod may follow then$/,
    );
    expect(writes).toEqual([]);
    expect(world.snapshot()).toEqual(there);
    expect(readFileSync(world.file("prod"), "utf8")).toBe(config);
  });

  it("refuses it as well where the machine's own clock is set ahead: only Heroku's counts", async () => {
    const preload = join(world.dir, "ahead.mjs");
    writeFileSync(
      preload,
      "const real = Date.now; globalThis.Date = class extends Date { constructor(...a) { super(...(a.length ? a : [real() + 1e9])); } static now() { return real() + 1e9; } };",
    );
    const env = { NODE_OPTIONS: `--import=${preload}` };
    const { code, err, writes } = await world.spawn(["promote", "--yes"], { env });
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/left, until/);
  });
});

describe("prod, promoted", () => {
  it("turns its flag on after 48 hours, in its own config file and in one release", async () => {
    world.hoursPass(1);
    const releases = world.snapshot().releases;
    const config = readFileSync(world.file("prod"), "utf8");
    done(await world.run(["promote", "--yes"]));
    expect(world.flag("prod")).toBe("true");
    expect(world.snapshot().releases).toEqual({ ...releases, "raxx-console-prod": releases["raxx-console-prod"]! + 1 });
    expect(readFileSync(world.file("prod"), "utf8")).toBe(
      // The Pulumi CLI, where it wrote the file last, puts the value in quotes.
      config.replace(/(console-vault:vaultEnvAware: )("?)false\2/, "$1true"),
    );
  });

  it("has its rotations reach prod's apps and no other", async () => {
    const there = tokens();
    const value = valueFor("STRIPE_RESTRICTED_KEY", "prod");
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    remember();
    const changed = Object.entries(tokens()).filter(([at, token]) => there[at] !== token);
    expect(changed.map(([at]) => at)).toEqual(["/MooseQuest/stripe/prod/STRIPE_RESTRICTED_KEY"]);
    expect(world.apps.vars("raxx-api-prod").STRIPE_RESTRICTED_KEY).toBe(value);
    expect(world.apps.vars("raxx-api-staging").STRIPE_RESTRICTED_KEY).not.toBe(value);
  });
});

describe("the flat copies", () => {
  it("go last, once prod has soaked as well: all that prod's environment paths have, and nothing else", async () => {
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    const { releases } = world.snapshot();
    const { text } = done(await world.up("prod"));
    expect(text).toContain("retired");
    // The managed credential was rotated on its app already: the update only records it.
    expect(world.snapshot().releases).toEqual(releases);
    for (const name of scoped) expect(world.flat(name)).toBeUndefined();
    const left = world.snapshot().secrets.map(({ at }) => at);
    const unmanaged = before.secrets
      .map(({ at }) => at)
      .filter((at) => !scoped.some((name) => at.endsWith(`/${name}`)));
    expect(left.filter((at) => !isOurs(at))).toEqual(unmanaged);
    expect(left.filter(isOurs)).toHaveLength(14);
  });

  it("come back with the values that work now", async () => {
    world.set("prod", "retireFlat", false);
    done(await world.up("prod"));
    for (const name of scoped) expect(world.flat(name)).toBe(world.at("prod", name));
  });
});

it("no secret value is in the state, in any file, or in anything that was printed", () => {
  const files = world.files();
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(["state/.pulumi/stacks/console-vault/staging.json", "Pulumi.prod.yaml"]),
  );
  expect(values.size).toBeGreaterThan(35);
  const printed = Object.fromEntries(world.printed.map((text, index) => [`output ${index}`, text]));
  expect(leaks(values, { ...files, ...printed })).toEqual([]);
});
