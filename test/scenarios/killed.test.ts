// The engine that ships, killed with SIGKILL in the middle of a command: the same command goes on from there. A few moments of
// two updates are tried here. CONSOLE_VAULT_KILLS=writes tries each write of each command, and the request that follows it;
// CONSOLE_VAULT_KILLS=every tries each request of each command, and each write of the state of the two.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultSeed, type RequestRecord } from "../../src/local/index.js";
import { unwritten } from "../../src/migration/index.js";
import { environmentScoped } from "../support/document.js";
import { leaks } from "../support/leaks.js";
import { stagingValues, valueFor } from "../support/values.js";
import { done, type EnvironmentName, type Ran, World } from "../support/world.js";

const { CONSOLE_VAULT_KILLS: kills } = process.env;
const every = kills === "every";
// The same company and values in every world, so that their ends can be compared.
const seed = defaultSeed();
const own = stagingValues();
const preload = new URL("../support/killAtStateWrite.mjs", import.meta.url).href;

interface Story {
  readonly stack: EnvironmentName;
  readonly argv: readonly string[];
  readonly input?: string;
  readonly what: string;
  /** What an operator and an editor did before. */
  before?(world: World): Promise<void>;
}

const up = (stack: EnvironmentName) => ["up", "--stack", stack, "--yes"];
const rotated = valueFor("STRIPE_RESTRICTED_KEY", "prod");
const prodOn = async (world: World) => {
  await world.stagingOn(own);
  world.hoursPass(48);
  done(await world.run(["promote", "--yes"]));
};
const retiring = async (world: World) => {
  await prodOn(world);
  world.hoursPass(48);
  world.set("prod", "retireFlat", true);
};

/** Tried in every run. */
const updates: readonly Story[] = [
  { stack: "prod", argv: up("prod"), what: "makes four folders and eight copies" },
  {
    stack: "staging",
    argv: up("staging"),
    what: "takes what an operator wrote, and turns its flag on",
    before: async (world) => {
      await world.provisionStaging(own);
      world.set("staging", "vaultEnvAware", true);
    },
  },
];

/** Tried with CONSOLE_VAULT_KILLS: preparing each takes two updates or more. */
const others: readonly Story[] = [
  {
    stack: "prod",
    argv: ["promote", "--yes"],
    what: "copies, and turns prod's flag on",
    before: async (world) => {
      await world.stagingOn(own);
      world.hoursPass(48);
    },
  },
  {
    stack: "prod",
    argv: ["rotate", "STRIPE_RESTRICTED_KEY", "--env", "prod", "--yes"],
    input: rotated,
    what: "writes at prod's path and to prod's app",
    before: prodOn,
  },
  {
    stack: "prod",
    argv: ["rollback", "--stack", "prod", "--yes", "--restore-flat"],
    what: "writes the current values back, and turns prod's flag off",
    before: async (world) => {
      await prodOn(world);
      done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", rotated));
    },
  },
  { stack: "prod", argv: up("prod"), what: "retires the flat copies", before: retiring },
  {
    stack: "prod",
    argv: up("prod"),
    what: "restores the flat copies",
    before: async (world) => {
      await retiring(world);
      done(await world.up("prod"));
      world.set("prod", "retireFlat", false);
    },
  },
];

async function open(story: Story): Promise<World> {
  const world = await World.open({ seed, engine: "processes" });
  await story.before?.(world);
  return world;
}

/** Keys of a state that tell of the run that made it: its times, what it saw before it began, whether a folder was there. */
const ofTheRun = new Set(
  "observed make turn created modified plan flat revisions since flagSince confirmedSince authority running transition sensitiveVars ciphertext".split(
    " ",
  ),
);
const ids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|127\.0\.0\.1:\d+/g;

interface KeptResource {
  readonly urn: string;
  inputs?: Readonly<Record<string, unknown>>;
  outputs?: Readonly<Record<string, unknown>>;
}

/** Everything that the update leaves behind, but for ids and ports that each world makes up for itself. */
function end(world: World, stack: EnvironmentName) {
  const { secrets, folders, apps, releases } = world.snapshot();
  const rows = secrets.map(({ at, token, value }) => `${at} ${token.replace(/^.*@/, "")} ${value}`);
  const file = world.files()[`state/.pulumi/stacks/console-vault/${stack}.json`]!;
  const { checkpoint } = JSON.parse(file) as {
    checkpoint: { latest: { resources: KeptResource[]; pending_operations?: unknown } };
  };
  for (const one of checkpoint.latest.resources)
    for (const side of ["inputs", "outputs"] as const) if (one[side]) one[side] = unwritten(one[side]);
  const latest = JSON.parse(JSON.stringify(checkpoint.latest), function (this: object, key, value: unknown) {
    // What was planned for a name is there twice: as a word for the reader, and as data. What a set is told that it wrote
    // before is what the killed run had recorded; what it keeps itself, its memory, is compared.
    const told = (key === "is" && "rules" in this) || (key === "records" && "names" in this);
    if (told || ofTheRun.has(key)) return undefined;
    return typeof value === "string" ? value.replace(ids, "…") : value;
  }) as typeof checkpoint.latest;
  const { resources, pending_operations } = latest;
  // Which of two that do not need each other came first is chance.
  resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  const config = readFileSync(world.file(stack), "utf8").replace(/^encryptionsalt: .*$/m, "encryptionsalt");
  return { rows: rows.sort(), folders: folders.sort(), apps, releases, config, resources, pending_operations };
}

const scoped = new Map(Object.keys(environmentScoped).map((name) => [name, true]));

describe.each(kills ? [...updates, ...others] : updates)("$argv, which $what", (story) => {
  const { stack, argv, input = "" } = story;
  let wanted: ReturnType<typeof end>;
  let requests: readonly RequestRecord[];

  it("undisturbed", async () => {
    const world = await open(story);
    ({ requests } = done(await world.spawn(argv, { input })));
    wanted = end(world, stack);
    expect(wanted.pending_operations).toBeUndefined();
    await world.close();
  });

  async function killedAndRunAgain(moment: string, kill: (world: World) => Promise<Ran>): Promise<boolean> {
    const world = await open(story);
    const killed = await kill(world);
    const again = done(await world.spawn(argv, { input }));
    const context = `killed ${moment}:\n${killed.text}\nand then:\n${again.text}`;
    expect.soft(end(world, stack), context).toEqual(wanted);
    const rows = world.snapshot().secrets;
    const values = new Map(
      rows.filter(({ at }) => scoped.has(at.split("/").at(-1)!)).map((row) => [row.value, row.at]),
    );
    expect.soft(leaks(values, { ...world.files(), printed: context }), moment).toEqual([]);
    const { code, writes } = await world.run(["preview", "--stack", stack, "--expect-no-changes"]);
    expect.soft([code, writes]).toEqual([0, []]);
    await world.close();
    return killed.code === -1;
  }

  it("killed at a request: ends as if nothing had happened", { timeout: 7_200_000 }, async () => {
    const writes = requests.flatMap(({ write }, index) => (write ? [index] : []));
    const around = [...new Set(writes.flatMap((write) => [write, write + 1]))].filter((one) => one < requests.length);
    const few = kills ? around : [writes[writes.length >> 1]!];
    const moments = every ? requests.map((_, index) => index) : few;
    await twoAtATime(moments, async (moment) => {
      let seen = 0;
      const { method, path } = requests[moment]!;
      const died = await killedAndRunAgain(`at request ${moment + 1} (${method} ${path})`, (world) =>
        world.spawn(argv, { input, killWhen: () => seen++ === moment }),
      );
      expect.soft(died, `request ${moment + 1}`).toBe(true);
    });
  });

  it.runIf(updates.includes(story))(
    "killed at a write of its state: ends as if nothing had happened",
    { timeout: 7_200_000 },
    async () => {
      const at = (moment: number | "outputs") =>
        killedAndRunAgain(`at moment ${moment} of the state's writes`, (world) =>
          world.spawn(argv, {
            env: { NODE_OPTIONS: `--import ${preload}`, KILL_AT_STATE_WRITE: String(moment) },
          }),
        );
      if (every) for (let moment = 1; (await Promise.all([at(moment), at(moment + 1)])).every(Boolean); ) moment += 2;
      else expect(await at(stack === "prod" ? "outputs" : 9)).toBe(true);
    },
  );
});

/** Each is two or three processes. */
async function twoAtATime<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let index = 0; index < all.length; index += 2) await Promise.all(all.slice(index, index + 2).map(work));
}

it("a flag that turned on right before the kill stays on, and the next run only records it", async () => {
  const world = await open(updates[1]!);
  const killed = await world.spawn(up("staging"), { killWhen: ({ method }) => method === "PATCH" });
  expect([killed.code, world.flag("staging")]).toEqual([-1, "true"]);
  const { releases } = world.snapshot();
  const { text } = done(await world.spawn(up("staging")));
  expect(text).toMatch(/interrupted/);
  expect(world.snapshot().releases).toEqual(releases);
  const { out } = done(await world.run(["status", "--json"]));
  expect(JSON.parse(out)).toMatchObject({ drift: [], environments: [{ phase: "soaking" }, {}] });
  await world.close();
});
