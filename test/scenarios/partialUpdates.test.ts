// Whatever a user leaves out of an update, or has replaced, or takes out of the state: what apps and vault hold stays as it is
// where a full update would refuse to change it. The in-process engine does every case; the Pulumi CLI, where there is one, those
// that a person types (each takes it seconds).
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainResources } from "../../src/engine/index.js";
import { type MigrationRecord, resourceTypes } from "../../src/migration/index.js";
import type { StatusReport } from "../../src/report/index.js";
import { cli, plainPulumi } from "../support/plainPulumi.js";
import { valueFor } from "../support/values.js";
import { noCli, without } from "../support/without.js";
import { done, type EnvironmentName, type Ran, World } from "../support/world.js";

const stripe = "STRIPE_RESTRICTED_KEY";
const stripePath = { staging: "/MooseQuest/stripe/staging", flat: "/MooseQuest/stripe" };
const managed = {
  manage: { [stripe]: ["raxx-api-staging"] },
  takeover: { "raxx-api-staging": { [stripe]: "staging gets its own key" } },
};

/** A command line on the embedded engine, which is the faster one for what comes before a case. */
const run = async (world: World, ...argv: string[]) => done(await world.run([...argv, "--engine", "embedded"]));
const fullUp = (world: World, stack: EnvironmentName) => run(world, "up", "--stack", stack, "--yes");
const missing = (world: World) => void world.services.infisical.vault.delete("prod", stripePath.staging, stripe);

/** Everything confirmed, the flag off, and wanted on since the last update. */
async function wantedOn(world: World): Promise<void> {
  await world.provisionStaging();
  await fullUp(world, "staging");
  world.set("staging", "vaultEnvAware", true);
}

async function stagingOn(world: World): Promise<void> {
  await world.provisionStaging();
  world.set("staging", "vaultEnvAware", true);
  for (const [key, value] of Object.entries(managed)) world.set("staging", key, value);
  await fullUp(world, "staging");
  expect(world.flag("staging")).toBe("true");
}

async function prodOn(world: World): Promise<void> {
  await stagingOn(world);
  world.hoursPass(48);
  await run(world, "promote", "--yes");
}

interface Situation {
  readonly what: string;
  readonly stack: EnvironmentName;
  /** The flag's var, before a case and after it. */
  readonly flag: string;
  /** Whether an update that leaves nothing out is refused: `known` where only the state of `Migration` knows what it must not do. */
  readonly refused: boolean | "known";
  make(world: World): Promise<void>;
}

const situations: readonly Situation[] = [
  {
    what: "the flag is wanted on, and an app of staging holds a live trading key",
    stack: "staging",
    flag: "false",
    refused: true,
    make: async (world) => {
      await wantedOn(world);
      world.apps.set("raxx-api-staging", { BROKER_SECRET: world.flat("ALPACA_LIVE_API_SECRET_KEY")! });
    },
  },
  {
    what: "the flag is wanted on, and a live Stripe key is at staging's path",
    stack: "staging",
    flag: "false",
    refused: true,
    make: async (world) => {
      await wantedOn(world);
      world.write(stripePath.staging, stripe, valueFor(stripe, "prod"));
    },
  },
  {
    what: "the flag is wanted on, and a credential that was confirmed is gone",
    stack: "staging",
    flag: "false",
    refused: true,
    make: async (world) => {
      await wantedOn(world);
      missing(world);
    },
  },
  {
    what: "the flag is wanted on, and nothing is provisioned",
    stack: "staging",
    flag: "false",
    refused: true,
    make: async (world) => {
      await fullUp(world, "staging");
      world.set("staging", "vaultEnvAware", true);
    },
  },
  {
    what: "the flag was turned off by hand, and a credential is gone",
    stack: "staging",
    flag: "false",
    refused: true,
    make: async (world) => {
      await stagingOn(world);
      world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
      missing(world);
    },
  },
  {
    what: "the flag is wanted off, and a credential was rotated since it is on",
    stack: "prod",
    flag: "true",
    refused: true,
    make: async (world) => {
      await prodOn(world);
      await world.rotate(stripe, "prod", valueFor(stripe, "prod"));
      await fullUp(world, "prod");
      world.set("prod", "vaultEnvAware", false);
    },
  },
  {
    what: "the flag is on, and a managed credential is taken out of manage",
    stack: "staging",
    flag: "true",
    refused: "known",
    make: async (world) => {
      await stagingOn(world);
      world.set("staging", "manage", undefined);
      world.set("staging", "takeover", undefined);
    },
  },
  {
    what: "the flag is on, and everything is as it should be",
    stack: "staging",
    flag: "true",
    refused: false,
    make: stagingOn,
  },
];

/** Resources by a short name: those of the vendor Stripe, and the stack's others. */
const resources = (stack: EnvironmentName) => {
  const urn = (type: string, name: string) => `urn:pulumi:${stack}::console-vault::${type}::${name}`;
  return {
    folder: urn(resourceTypes.folder, `stripe-${stack}`),
    set: urn(resourceTypes.secretSet, `stripe-${stack}`),
    migration: urn(resourceTypes.migration, stack),
    association: urn(resourceTypes.association, `raxx-console-${stack}`),
    managed: urn(resourceTypes.association, `raxx-api-${stack}`),
    retirement: urn(resourceTypes.retirement, "flat"),
  };
};
type Name = keyof ReturnType<typeof resources>;
/** A resource before those that it depends on. */
const names = ["retirement", "managed", "association", "migration", "set", "folder"] as const satisfies readonly Name[];

interface Part {
  readonly options?: readonly (`--${string}` | Name)[];
  /** Taken out of the state before, with all that depends on it. */
  readonly deleted?: Name;
  /** A case for the Pulumi CLI as well. */
  readonly typed?: boolean;
}

const parts: readonly Part[] = [
  {},
  { options: ["--target", "association"], typed: true },
  { options: ["--target", "association", "--target-dependents"] },
  { options: ["--target", "association", "--target", "managed"] },
  { options: ["--target", "set", "--target-dependents"] },
  { options: ["--target", "migration", "--target-dependents"] },
  { options: ["--target", "migration"] },
  { options: ["--target", "folder"] },
  { options: ["--exclude", "migration"], typed: true },
  { options: ["--exclude", "set"], typed: true },
  { options: ["--exclude", "association"] },
  ...names.map((name): Part => ({ options: ["--replace", name], typed: name === "association" })),
  ...names.map((name): Part => ({ deleted: name, typed: name === "association" || name === "migration" })),
];

const titled = ({ options = [], deleted }: Part) =>
  deleted ? `${deleted} deleted from the state` : options.length > 0 ? options.join(" ") : "nothing left out";

/** What a partial update of a stack ends with, and how; each on the world of its situation. */
interface Machine {
  readonly name: string;
  open(): Promise<World>;
  up(world: World, stack: EnvironmentName, options: readonly string[]): Promise<Ran>;
  delete(world: World, stack: EnvironmentName, urn: string): Promise<unknown>;
  /** Exit code of an update that refuses something. */
  readonly refusedCode: number;
}

const inProcess: Machine = {
  name: "the embedded engine",
  open: () => World.open(),
  up: (world, stack, options) => world.run(["up", "--stack", stack, "--yes", ...options]),
  delete: (world, stack, urn) => world.stateDelete(stack, urn),
  refusedCode: 3,
};

const pulumi: Machine = {
  name: "plain pulumi",
  open: () => World.open({ engine: "processes" }),
  up: (world, stack, options) => plainPulumi(world, ["up", "--stack", stack, "--yes", "--skip-preview", ...options]),
  delete: async (world, stack, urn) =>
    done(
      await plainPulumi(world, ["state", "delete", urn, "--stack", stack, "--yes", "--force", "--target-dependents"]),
    ),
  refusedCode: 1,
};

async function has(world: World, stack: EnvironmentName, urn: string): Promise<boolean> {
  const deployment = (await world.exported(stack)) as Parameters<typeof plainResources>[0];
  return plainResources(deployment).some((one) => one.urn === urn);
}

/** What an update has to end with: a part of it is refused for the same reasons as the whole. */
function expectedCode({ refused }: Situation, { deleted }: Part, refusedCode: number) {
  const forgotten = refused === "known" && ["migration", "set", "folder"].includes(deleted ?? "");
  if (!refused || forgotten) return 0;
  return refusedCode;
}

/** Apps, their releases and the vault, before and after. A refusal is never silent; without one the update ends well. */
async function expectNothingChanges(machine: Machine, world: World, situation: Situation, part: Part) {
  const { stack, flag } = situation;
  const urns = resources(stack);
  const options = (part.options ?? []).map((option) => urns[option as Name] ?? option);
  for (const urn of [
    ...options.filter((option) => option.startsWith("urn:")),
    ...(part.deleted ? [urns[part.deleted]] : []),
  ])
    if (!(await has(world, stack, urn))) return;
  const before = world.snapshot();
  if (part.deleted) await machine.delete(world, stack, urns[part.deleted]);
  const { code, text } = await machine.up(world, stack, options);
  expect(world.flag(stack), text).toBe(flag);
  // Replaced, an empty folder is made and then deleted, as Pulumi orders it; the next update makes it again.
  if (options.includes(urns.folder) && options.includes("--replace")) await machine.up(world, stack, []);
  const after = world.snapshot();
  expect({ ...after, folders: [...after.folders].sort() }).toEqual({ ...before, folders: [...before.folders].sort() });
  // Nothing that is protected is replaced, and while the flag is on everything is.
  if (options.includes("--replace") && code === 1 && text.includes("protection")) return;
  expect(code, text).toBe(expectedCode(situation, part, machine.refusedCode));
}

const machines = [
  { machine: inProcess, cases: parts, lack: undefined },
  { machine: pulumi, cases: parts.filter(({ typed }) => typed), lack: cli ? undefined : noCli },
];

const named = machines.map((one) => [one.machine.name, one] as const);
const called = situations.map((one) => [one.what, one] as const);

describe.each(named)("on %s", { timeout: 300_000 }, (name, { machine, cases, lack }) => {
  describe.skipIf(without(`partial updates with ${name}`, lack)).each(called)("%s", (_what, situation) => {
    let world: World;
    beforeAll(async () => {
      world = await machine.open();
      await situation.make(world);
    }, 300_000);
    afterAll(() => world.close());

    it.each(cases.map((part) => [titled(part), part] as const))("stays so: %s", (_title, part) =>
      expectNothingChanges(machine, world, situation, part),
    );
  });
});

const statusOf = async (world: World) => {
  const { out } = done(await world.run(["status", "--json"]));
  return { report: JSON.parse(out) as StatusReport };
};

const partly = (world: World, stack: EnvironmentName, options: readonly string[]) =>
  inProcess.up(
    world,
    stack,
    options.map((option) => resources(stack)[option as Name] ?? option),
  );

describe("an update that leaves out what confirms", () => {
  it.each([
    [["--target", "migration", "--target-dependents"]],
    [["--exclude", "set"]],
    [["--exclude", "migration"]],
    [["--target", "association"]],
  ])("does not turn the flag on over what was written since: %j", async (options) => {
    const world = await World.open();
    await fullUp(world, "staging");
    world.set("staging", "vaultEnvAware", true);
    await world.provisionStaging();
    await partly(world, "staging", options);
    expect(world.flag("staging")).toBe("false");
    await fullUp(world, "staging");
    expect(world.flag("staging")).toBe("true");
    await world.close();
  });
});

describe("an update that leaves out what turns the flag", () => {
  const record = async (world: World) => (await world.outputs("staging")).migration!.value as MigrationRecord;
  const variable = "FLAG_CONSOLE_VAULT_ENV_AWARE";

  it.each([
    [["--target", "migration"], "the config vars of raxx-console-staging"],
    [["--exclude", "association"], "the config vars of raxx-console-staging"],
    [["--target", "association"], "Migration"],
    [["--exclude", "migration"], "Migration"],
  ])("says and records that it stays off, and the next full update turns it: %j", async (options, what) => {
    const world = await World.open();
    await wantedOn(world);
    const urns = options.map((option) => resources("staging")[option as Name] ?? option);
    const { out: plan } = done(await world.run(["preview", "--stack", "staging", ...urns]));
    expect(plan.replace(/ +/g, " ")).toContain(`${variable} stays off: this update leaves out ${what}`);
    expect(plan).not.toContain("off → on");
    const { out } = done(await partly(world, "staging", options));
    expect(out).toContain(`${variable} is off (raxx-console-staging)  wanted on, and this update did not turn it`);
    expect(out).not.toContain("soak ");
    expect(out).toContain("next\n  console-vault up --stack staging");
    expect(world.flag("staging")).toBe("false");
    expect(await record(world)).toMatchObject({
      phase: "confirmed",
      blocked: [],
      flag: { wanted: true, running: false, since: null },
    });
    world.hoursPass(10);
    const full = await fullUp(world, "staging");
    expect(full.out).toMatch(/soak {4}(48 h|47 h 59 min) left/);
    expect(world.flag("staging")).toBe("true");
    const turned = await record(world);
    expect(turned).toMatchObject({ phase: "soaking", blocked: [], flag: { running: true } });
    const { report } = await statusOf(world);
    expect(turned.flag.since).toBe(report.environments[0]!.flag.since);
    const again = await fullUp(world, "staging");
    expect(again.out).toContain("no changes");
    await world.close();
  });

  it("says and records that it stays on where it is wanted off", async () => {
    const world = await World.open();
    await stagingOn(world);
    world.set("staging", "vaultEnvAware", false);
    const { out } = done(await partly(world, "staging", ["--target", "migration"]));
    expect(out).toContain(`${variable} is on (raxx-console-staging)  wanted off, and this update did not turn it`);
    expect((await record(world)).flag).toMatchObject({ wanted: false, running: true });
    await fullUp(world, "staging");
    expect((await record(world)).flag).toMatchObject({ wanted: false, running: false });
    await world.close();
  });

  it("counts the soak from the moment at which somebody then turns it on by hand", async () => {
    const world = await World.open();
    await wantedOn(world);
    done(await partly(world, "staging", ["--target", "migration"]));
    world.hoursPass(10);
    world.apps.set("raxx-console-staging", { [variable]: "true" });
    const { out } = await fullUp(world, "staging");
    // A second passes where the machine is busy.
    expect(out).toMatch(/soak {4}(48 h|47 h 59 min) left/);
    world.hoursPass(40);
    expect((await record(world)).phase).toBe("soaking");
    expect((await world.migration("staging")).phase).toBe("soaking");
    world.hoursPass(8);
    expect((await world.migration("staging")).phase).toBe("soaked");
    await world.close();
  });

  it("records what it saw wrong while the flag is on", async () => {
    const world = await World.open();
    await stagingOn(world);
    missing(world);
    const { code } = await partly(world, "staging", ["--target", "association"]);
    expect([code, (await record(world)).blocked, (await record(world)).confirmedSince]).toEqual([
      3,
      [{ code: "missing", name: stripe }],
      null,
    ]);
    await world.close();
  });
});

describe("where the flat copies are retired and the flag is wanted off", () => {
  it.each([
    [["--target", "association"]],
    [["--target", "association", "--target-dependents"]],
    [["--exclude", "migration"]],
    [["--exclude", "retirement"]],
    [["--target", "migration", "--target-dependents"]],
  ])("the flag stays on: %j", async (options) => {
    const world = await World.open();
    await prodOn(world);
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    await fullUp(world, "prod");
    expect(world.flat(stripe)).toBeUndefined();
    world.set("prod", "retireFlat", false);
    world.set("prod", "vaultEnvAware", false);
    const { apps } = world.snapshot();
    await partly(world, "prod", options);
    expect(world.snapshot().apps).toEqual(apps);
    expect(world.flag("prod")).toBe("true");
    await world.close();
  });
});

describe("on a stack that was never updated", () => {
  it.each(["staging", "prod"] as const)("one folder of %s is made, and nothing else", async (stack) => {
    const world = await World.open();
    const before = world.snapshot();
    done(await partly(world, stack, ["--target", "folder"]));
    const { folders, ...rest } = world.snapshot();
    expect({ ...rest, folders: folders.filter((path) => path !== `/MooseQuest/stripe/${stack}`) }).toEqual(before);
    expect(folders).toContain(`/MooseQuest/stripe/${stack}`);
    await fullUp(world, stack);
    await world.close();
  });
});

describe("a preview", () => {
  it("warns of a flag that is on over a credential that is gone, though nothing is to change", async () => {
    const world = await World.open();
    await stagingOn(world);
    missing(world);
    await world.up("staging");
    const { out } = done(await world.run(["preview", "--stack", "staging"]));
    expect(out).toContain("no changes");
    expect(out).toContain("FLAG_CONSOLE_VAULT_ENV_AWARE is on (raxx-console-staging), and not everything it needs");
    await world.close();
  });
});
