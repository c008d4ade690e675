// Whatever interrupts a command, the same command typed again ends in the same place, with one write per name.
import { describe, expect, it } from "vitest";
import { defaultSeed } from "../../src/local/index.js";
import { stagingValues, valueFor } from "../support/values.js";
import { done, type Ran, World } from "../support/world.js";

// The same company and values in every world, so that their ends can be compared.
const seed = defaultSeed();
const own = stagingValues();
const rotated = valueFor("STRIPE_RESTRICTED_KEY", "prod");

const set = async (world: World, stack: "staging" | "prod", key: string, value: unknown) =>
  world.set(stack, key, value);

interface Story {
  readonly command: string;
  before?(world: World): Promise<void>;
  run(world: World): Promise<Ran>;
  /** Which of its writes are the last that get through; default each. */
  readonly stopAfter?: readonly number[];
}

const prodOn = async (world: World) => {
  await world.stagingOn(own);
  world.hoursPass(48);
  done(await world.run(["promote", "--yes"]));
};
const retired = async (world: World) => {
  await prodOn(world);
  world.hoursPass(48);
  world.set("prod", "retireFlat", true);
};

const stories: readonly Story[] = [
  { command: "up --stack prod, the first time", run: (world) => world.up("prod") },
  { command: "up --stack staging, the first time", run: (world) => world.up("staging") },
  {
    command: "up --stack staging, with everything provisioned and the flag wanted",
    before: async (world) => {
      await world.provisionStaging(own);
      await set(world, "staging", "vaultEnvAware", true);
    },
    run: (world) => world.up("staging"),
  },
  {
    command: "promote, with the copies still to be made",
    before: async (world) => {
      await world.stagingOn(own);
      world.hoursPass(48);
    },
    run: (world) => world.run(["promote", "--yes"]),
    stopAfter: [1, 5, 9],
  },
  {
    command: "up --stack prod, with a flat value rotated since it was copied",
    before: async (world) => {
      done(await world.up("prod"));
      world.write("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY", rotated);
    },
    run: (world) => world.up("prod"),
  },
  {
    command: "rollback --stack prod --restore-flat, after a rotation",
    before: async (world) => {
      await prodOn(world);
      done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", rotated));
    },
    run: (world) => world.run(["rollback", "--stack", "prod", "--yes", "--restore-flat"]),
  },
  {
    command: "up --stack prod, with the flat copies to retire",
    before: retired,
    run: (world) => world.up("prod"),
    stopAfter: [1, 4, 8],
  },
  {
    command: "up --stack prod, with the flat copies to restore",
    before: async (world) => {
      await retired(world);
      done(await world.up("prod"));
      await set(world, "prod", "retireFlat", false);
    },
    run: (world) => world.up("prod"),
    stopAfter: [1, 4, 8],
  },
];

/** Values, versions, folders, vars and how many releases: everything but the ids that each world makes up for itself. */
function end(world: World) {
  const { secrets, folders, apps, releases } = world.snapshot();
  const rows = secrets.map(({ at, token, value, comment }) =>
    [at, token.replace(/^.*@/, ""), value, comment].join(" "),
  );
  return { secrets: rows.sort(), folders: folders.sort(), apps, releases };
}

describe.each(stories)("$command", ({ before, run, stopAfter }) => {
  it("ends the same when nothing gets through after any of its writes and it is typed again", async () => {
    const world = await World.open({ seed });
    await before?.(world);
    const again = world.checkpoint();
    const { writes } = done(await run(world));
    const wanted = end(world);
    expect(writes.length).toBeGreaterThan(0);

    for (const count of stopAfter ?? writes.map((_, index) => index + 1)) {
      await world.search();
      again();
      stopAfterWrites(world, count);
      const first = await run(world);
      world.control.onRequest = undefined;
      world.control.clearFaults();
      const context = `${count} of ${writes.length} writes, then:\n${first.text}`;
      expect(first.writes.length, context).toBeGreaterThanOrEqual(count);
      done(await run(world));
      expect(end(world), context).toEqual(wanted);
      expect(done(await world.run(["status", "--check"])).writes).toEqual([]);
    }
    await world.close();
  });
});

/** As many writes are made, and then both services refuse everything: to them the same as a process that is gone. */
function stopAfterWrites({ control }: World, count: number): void {
  let made = 0;
  control.onRequest = ({ write }) => {
    if (write) made += 1;
    if (write && made === count) control.addFault({ do: { status: 403, body: { message: "gone", error: "Gone" } } });
  };
}

describe("a process that is killed", () => {
  it("provision, after any of its requests: written once, and the next run says so", async () => {
    const clean = await World.open({ seed });
    const value = own.POSTMARK_SERVER_TOKEN!;
    const { requests } = done(await clean.provision("POSTMARK_SERVER_TOKEN", value));
    const wanted = end(clean);
    await clean.close();

    const argv = ["provision", "POSTMARK_SERVER_TOKEN", "--env", "staging"];
    const one = async (count: number) => {
      const world = await World.open({ seed });
      let seen = 0;
      const killed = await world.spawn(argv, { input: value, killWhen: () => ++seen === count });
      expect.soft([killed.code, killed.requests.length], killed.text).toEqual([-1, count]);
      done(await world.run(argv, { input: value }));
      expect.soft(end(world), `killed at request ${count}`).toEqual(wanted);
      await world.close();
    };
    // Two at a time: each is a process of its own.
    for (let count = 1; count <= requests.length; count += 2)
      await Promise.all([count, count + 1].filter((n) => n <= requests.length).map(one));
  });

  it("rotate, after any of its writes: the vault is written once, and each app once", async () => {
    for (const count of [1, 2, 3]) {
      const world = await World.open({ seed });
      const argv = ["rotate", "STRIPE_RESTRICTED_KEY", "--env", "prod", "--yes"];
      const { releases } = world.snapshot();
      let writes = 0;
      const killed = await world.spawn(argv, { input: rotated, killWhen: ({ write }) => write && ++writes === count });
      expect(killed.writes).toHaveLength(count);
      const { out } = done(await world.run(argv, { input: rotated }));
      expect(out).toContain("/MooseQuest/stripe/ has it already");
      expect(world.row("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY")).toMatchObject({ value: rotated, version: 2 });
      const made = world.snapshot().releases;
      for (const app of ["raxx-api-staging", "raxx-api-prod"]) {
        expect(world.apps.vars(app).STRIPE_RESTRICTED_KEY).toBe(rotated);
        expect(made[app]).toBe(releases[app]! + 1);
      }
      await world.close();
    }
  });
});
