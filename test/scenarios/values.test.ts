// Values as people really have them, through every way that a value takes: byte for byte, or refused with the reason before
// anything is touched.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueFor } from "../support/values.js";
import { done, type Ran, World } from "../support/world.js";

const name = "POSTMARK_SERVER_TOKEN";
const flatPath = "/MooseQuest/postmark";

const pieces = [
  ...[
    "\n",
    "\r\n",
    " ",
    "\t",
    "\u00a0",
    "\ufeff",
    "\u200b",
    "\u0000",
    "\u001b",
    "é",
    "😀",
    "%0A",
    "=",
    "`",
    "\\",
    "\\n",
  ],
  ...["$", "${", "{A}", '"', "'", '{"key": "value"}', "-----BEGIN PRIVATE KEY-----\n", "abcdefgh", "0123456789"],
];
const anyValue = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(""));

/** The server keeps no white space around a value, but for one line feed at its end. */
const asStored = (value: string) => (value.endsWith("\n") ? `${value.trim()}\n` : value.trim());
const hasControls = (value: string) => /[^\P{Cc}\t\r\n]/u.test(value);

let world: World;
beforeAll(async () => {
  world = await World.open();
  done(await world.up("prod"));
});
afterAll(() => world.close());

/** What a command has to make of a value from stdin. */
function expected(value: string): { code: number; says: RegExp } {
  if (value.trim() === "") return { code: 2, says: /No value for/ };
  if (hasControls(value)) return { code: 2, says: /control characters/ };
  if (value.includes("${")) return { code: 3, says: /contains \$\{/ };
  return { code: 0, says: asStored(value) === value ? /^/ : /blanks and line breaks around the value are dropped/ };
}

/** @returns whether it was taken */
function judged(ran: Ran, value: string): boolean {
  const { code, says } = expected(value);
  expect([ran.code, ran.err]).toEqual([code, expect.stringMatching(says)]);
  if (code !== 0) expect(ran.writes).toEqual([]);
  return code === 0;
}

describe("any value", () => {
  it("that an operator provisions is at its path as it was told, or was refused before any write", async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async (value) => {
        const before = world.at("staging", name);
        const ran = await world.provision(name, value, "--replace", "--keep-newline");
        expect(world.at("staging", name)).toBe(judged(ran, value) ? asStored(value) : before);
      }),
      { numRuns: 40 },
    );
  });

  it("at the flat path is copied byte for byte, also over our own copy; else the copy stays, and the reason is told", async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async (value) => {
        const before = world.at("prod", name);
        world.write(flatPath, name, value);
        const fine = value.trim() !== "" && !value.includes("${") && asStored(value) === value;
        const migration = await world.migration("prod");
        expect(world.at("prod", name)).toBe(fine ? value : before);
        const broken = [expect.objectContaining({ name, rule: expect.stringMatching(/^(empty|reference|blanks)$/) })];
        if (fine) expect(migration).toMatchObject({ phase: "confirmed", broken: [] });
        else {
          expect(migration).toMatchObject({ broken: expect.arrayContaining(broken) });
          // The next value is a first copy again.
          world.write(flatPath, name, valueFor(name, "prod"));
          world.services.infisical.vault.delete("prod", `${flatPath}/prod`, name);
        }
      }),
      { numRuns: 12 },
    );
  });

  it("that is rotated is at the flat path, on the app that has the var, and at the copy, by the update that ends the rotation", async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async (value) => {
        world.write(flatPath, name, valueFor(name, "prod"));
        done(await world.up("prod"));
        const ran = await world.run(["rotate", name, "--env", "prod", "--yes", "--keep-newline"], { input: value });
        if (!judged(ran, value)) return;
        expect([world.flat(name), world.apps.vars("raxx-api-prod")[name]]).toEqual(Array(2).fill(asStored(value)));
        expect(world.at("prod", name)).toBe(asStored(value));
      }),
      { numRuns: 6 },
    );
  });
});

describe("a value that is large", () => {
  it("is provisioned and read back up to what one request takes, and is refused before anything is asked beyond it", async () => {
    const fits = "x".repeat(1_000_000);
    done(await world.provision(name, fits, "--replace"));
    expect(world.at("staging", name)).toBe(fits);
    for (const value of ["x".repeat(1_048_576), '"'.repeat(600_000), "😀".repeat(300_000)]) {
      const ran = await world.provision(name, value, "--replace");
      expect([ran.code, ran.requests]).toEqual([2, []]);
      expect(ran.err).toMatch(/too large: Infisical takes about 1 MiB/);
    }
    expect(world.at("staging", name)).toBe(fits);
  });
});

it("values of every kind are copied, retired and brought back byte for byte, also where one request cannot hold them", async () => {
  const own = await World.open();
  const nasty = {
    HEROKU_API_KEY: "h".repeat(700_000),
    HEROKU_PLATFORM_API_TOKEN: "p".repeat(700_000),
    ALPACA_PAPER_API_KEY_ID: 'PK"quotes" \\ and \\n',
    ALPACA_PAPER_API_SECRET_KEY: `${JSON.stringify({ type: "service_account", private_key: "-----BEGIN\n\n" }, null, 2)}\n`,
    ALPACA_LIVE_API_KEY_ID: "AK\u0000with NUL",
    ALPACA_LIVE_API_SECRET_KEY: "-----BEGIN PRIVATE KEY-----\r\nabc\r\n-----END PRIVATE KEY-----\n",
    STRIPE_RESTRICTED_KEY: "rk_live_é😀 $HOME %41 \u200b",
    POSTMARK_SERVER_TOKEN: "a\u00a0b\ufeffc",
  } as const;
  for (const [of, value] of Object.entries(nasty)) {
    const row = own.services.infisical.vault.allSecrets("prod").find((one) => one.name === of)!;
    own.write(row.path, of, value);
  }
  await own.stagingOn();
  done(await own.up("prod"));
  own.hoursPass(48);
  done(await own.run(["promote", "--yes"]));
  const held = (where: "flat" | "prod") =>
    Object.fromEntries(
      Object.keys(nasty).map((of) => {
        const key = of as keyof typeof nasty;
        return [of, where === "flat" ? own.flat(key) : own.at("prod", key)];
      }),
    );
  expect(held("prod")).toEqual(nasty);
  own.hoursPass(48);
  own.set("prod", "retireFlat", true);
  done(await own.up("prod"));
  expect(Object.values(held("flat")).filter((value) => value !== undefined)).toEqual([]);
  own.set("prod", "retireFlat", false);
  done(await own.up("prod"));
  expect(held("flat")).toEqual(nasty);
  await own.close();
});

describe("Heroku's 32 kB of config vars per app", () => {
  it("a rotation that an app could not take is refused before the vault is written", async () => {
    const value = "x".repeat(33 * 1024);
    const before = world.flat(name);
    const { code, err, writes } = await world.rotate(name, "prod", value);
    expect([code, writes, world.flat(name)]).toEqual([3, [], before]);
    expect(err).toMatch(/config vars of raxx-api-(staging|prod) would have 34 kB with it, and Heroku takes 32 kB/);
  });

  it("a managed credential is told from 24 kB on, and over 32 kB the app keeps the one that it has", async () => {
    const own = await World.open({ config: { prod: { manage: { [name]: ["raxx-api-prod"] } } } });
    own.apps.set("raxx-api-prod", { [name]: "", FILLER: "f".repeat(20 * 1024) });
    own.set("prod", "takeover", { "raxx-api-prod": { [name]: "ours from now on" } });
    const fits = "v".repeat(5 * 1024);
    own.write(flatPath, name, fits);
    expect(done(await own.up("prod")).out).toMatch(/config vars of raxx-api-prod have 26 kB of the 32 kB/);
    own.write(flatPath, name, "v".repeat(13 * 1024));
    const { out } = done(await own.up("prod"));
    expect(out).toMatch(/raxx-api-prod keeps the POSTMARK_SERVER_TOKEN that it has: .* would have 34 kB with it/);
    expect(out).toMatch(/✗ POSTMARK_SERVER_TOKEN: the config vars of raxx-api-prod would have 34 kB/);
    expect(own.apps.vars("raxx-api-prod")[name]).toBe(fits);
    await own.close();
  });
});

it("a managed value that no config var can hold stands against the flag, and is all that the update leaves out", async () => {
  const own = await World.open({ config: { staging: { manage: { [name]: ["raxx-api-staging"] } } } });
  await own.provisionStaging();
  own.write("/MooseQuest/postmark/staging", name, "pm-\u0000-with-NUL");
  own.apps.set("raxx-api-staging", { [name]: null });
  own.set("staging", "vaultEnvAware", true);
  const refused = await own.up("staging");
  expect([refused.code, refused.err]).toEqual([
    3,
    expect.stringMatching(/POSTMARK_SERVER_TOKEN: raxx-api-staging cannot have it: the value has NUL in it/),
  ]);
  const { environments } = JSON.parse((await own.run(["status", "--json"])).out) as {
    environments: { blocked: string[] }[];
  };
  expect(environments[0]!.blocked).toContainEqual(expect.stringMatching(/has NUL in it/));
  own.write("/MooseQuest/postmark/staging", name, "pm-that-fits-0001");
  done(await own.up("staging"));
  expect([own.flag("staging"), own.apps.vars("raxx-api-staging")[name]]).toEqual(["true", "pm-that-fits-0001"]);
  own.write("/MooseQuest/postmark/staging", name, "pm-\u0000-again");
  const kept = await own.up("staging");
  expect([kept.code, kept.text]).toEqual([
    3,
    expect.stringMatching(/keeps the POSTMARK_SERVER_TOKEN that it has: .*NUL/),
  ]);
  expect(own.apps.vars("raxx-api-staging")[name]).toBe("pm-that-fits-0001");
  await own.close();
});
