// One state, two engines: the real program goes from the embedded engine to the Pulumi CLI and back, where there is a CLI.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findCli } from "../../src/engine/pulumi/index.js";
import { defaultSeed } from "../../src/local/index.js";
import { stagingValues, valueFor } from "../support/values.js";
import { noCli, without } from "../support/without.js";
import { done, type EnvironmentName, type Ran, World } from "../support/world.js";

type Engine = "embedded" | "pulumi";
const engines: readonly Engine[] = ["embedded", "pulumi"];
const other = (engine: Engine): Engine => (engine === "pulumi" ? "embedded" : "pulumi");

const cli = await findCli({ projectDir: process.cwd(), stack: "staging" });
const { PULUMI_CLI, PULUMI_HOME, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION } = process.env;
const env = { PULUMI_CLI, PULUMI_HOME, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, PULUMI_SKIP_UPDATE_CHECK: "1" };

const seed = defaultSeed();
const own = stagingValues();
const stripe = "STRIPE_RESTRICTED_KEY";
const rotated = valueFor(stripe, "staging");

const run = (world: World, engine: Engine, ...argv: string[]): Promise<Ran> =>
  world.run([...argv, "--engine", engine], { env });
const up = (world: World, stack: EnvironmentName, engine: Engine) =>
  run(world, engine, "up", "--stack", stack, "--yes");

/** Ids and ports that each world makes up for itself, times, and what is encrypted anew each time. */
const itsOwn =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|127\.0\.0\.1:\d+|\d{4}-\d\d-\d\dT[\d:.]+Z|v1:[\w+/=:]+/g;

/** The SDK tells them in the order in which they came to be known. */
const isDependencies = (key: string, value: unknown): value is string[] =>
  Array.isArray(value) && (key === "dependencies" || value.every((one) => String(one).startsWith("urn:")));

/** A stack's deployment as `pulumi stack export` has it, without who wrote it and when. */
function state(world: World, stack: EnvironmentName): unknown {
  const text = world.files()[`state/.pulumi/stacks/console-vault/${stack}.json`]!;
  const { version, checkpoint } = JSON.parse(text, (key, value: unknown) =>
    typeof value === "string"
      ? value.replace(itsOwn, "…").replaceAll(world.dir, "…")
      : isDependencies(key, value)
        ? value.sort()
        : value,
  ) as { version: number; checkpoint: { latest: { manifest: object; resources: { urn: string }[] } } };
  const { manifest, resources, ...rest } = checkpoint.latest;
  expect(Object.keys(manifest).sort()).toEqual(expect.arrayContaining(["magic", "time", "version"]));
  // Dependencies come first in both; which of two that do not need each other does is chance.
  return { version, ...rest, resources: resources.sort((a, b) => (a.urn < b.urn ? -1 : 1)) };
}

describe.skipIf(without("one state, two engines", cli ? undefined : noCli))(
  `the engines (${cli?.found})`,
  { timeout: 900_000 },
  () => {
    const worlds = {} as Record<Engine, World>;
    beforeAll(async () => {
      for (const engine of engines) worlds[engine] = await World.open({ seed, engine: "processes" });
    });
    afterAll(() => Promise.all(engines.map((engine) => worlds[engine].close())));

    const steps: readonly { what: string; stack: EnvironmentName; before?: (world: World) => unknown }[] = [
      { what: "nothing provisioned", stack: "staging" },
      {
        what: "provisioned, a credential managed on an app, the flag wanted",
        stack: "staging",
        before: async (world) => {
          await world.provisionStaging(own);
          world.set("staging", "manage", { [stripe]: ["raxx-api-staging"] });
          world.set("staging", "takeover", { "raxx-api-staging": { [stripe]: "staging gets its own key" } });
          world.set("staging", "vaultEnvAware", true);
        },
      },
      { what: "rotated", stack: "staging", before: (world) => world.rotate(stripe, "staging", rotated) },
      { what: "soaked", stack: "staging", before: (world) => world.hoursPass(48) },
      { what: "the first time", stack: "prod" },
      { what: "following staging", stack: "prod", before: (world) => world.set("prod", "vaultEnvAware", true) },
    ];

    it.each(steps)("write the same state: $stack, $what", async ({ stack, before }) => {
      for (const engine of engines) {
        await before?.(worlds[engine]);
        done(await up(worlds[engine], stack, engine));
      }
      expect(state(worlds.embedded, stack)).toEqual(state(worlds.pulumi, stack));
      const [a, b] = engines.map((engine) => worlds[engine].snapshot());
      expect([a!.apps, a!.releases, a!.folders]).toEqual([b!.apps, b!.releases, b!.folders]);
    });

    it.each(["staging", "prod"] as const)("each sees no changes in the other's state of %s", async (stack) => {
      for (const engine of engines) {
        const { out, writes } = done(
          await run(worlds[engine], other(engine), "preview", "--stack", stack, "--expect-no-changes"),
        );
        expect(out).toContain("no changes");
        expect(writes).toEqual([]);
      }
    });

    it("each goes on from the other's state, and the first one again from there", async () => {
      for (const engine of engines) {
        const world = worlds[engine];
        const flagOff = () => world.set("prod", "vaultEnvAware", false);
        flagOff();
        done(await up(world, "prod", other(engine)));
        expect(world.flag("prod")).toBe("false");
        world.set("prod", "vaultEnvAware", true);
        done(await up(world, "prod", engine));
        expect(world.flag("prod")).toBe("true");
        done(await run(world, other(engine), "preview", "--stack", "prod", "--expect-no-changes"));
      }
      expect(state(worlds.embedded, "prod")).toEqual(state(worlds.pulumi, "prod"));
    });
  },
);
