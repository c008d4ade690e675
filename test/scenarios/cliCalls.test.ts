// What a command asks of the Pulumi CLI, where there is one: each call takes a quarter of a second, and an operation far more.
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cli, plainPulumi } from "../support/plainPulumi.js";
import { noCli, without } from "../support/without.js";
import { done, type Ran, World } from "../support/world.js";

const { PULUMI_HOME, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION } = process.env;

let world: World;
beforeAll(async () => {
  world = await World.open({ engine: "processes" });
  writeFileSync(shim(), `#!/bin/sh\necho "$*" >> ${log()}\nexec ${cli?.command} "$@"\n`);
  chmodSync(shim(), 0o755);
});
afterAll(() => world.close());

const shim = () => join(world.dir, "pulumi-that-tells");
const log = () => join(world.dir, "calls");

/** How a command ended, and which subcommands of the CLI it called. */
async function calls(...argv: string[]): Promise<{ ran: Ran; called: string[] }> {
  rmSync(log(), { force: true });
  const env = { PULUMI_CLI: shim(), PULUMI_HOME, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION };
  const ran = await world.run([...argv, "--stack", "staging", "--engine", "pulumi"], { env });
  const lines = existsSync(log()) ? readFileSync(log(), "utf8").trim().split("\n") : [];
  const called = lines.map((line) => /^(stack )?\w+/.exec(line)![0]);
  return { ran, called };
}

const looking = ["stack export", "version", "preview"];
const updating = ["stack export", "up", "stack export"];

describe.skipIf(without("calls of the Pulumi CLI", cli ? undefined : noCli))(
  "calls of the Pulumi CLI",
  { timeout: 600_000 },
  () => {
    it("an update looks, updates, and reads what it left", async () => {
      done(await plainPulumi(world, ["stack", "init", "staging"]));
      const { ran, called } = await calls("up", "--yes");
      done(ran);
      expect(called).toEqual([...looking, ...updating]);
      expect(ran.out).toContain("awaiting-provision");
    });

    it("with nothing to do: one operation, and nothing is asked twice", async () => {
      const { ran, called } = await calls("up", "--yes");
      expect(done(ran).out).toContain("no changes");
      expect(ran.out).toContain("awaiting-provision");
      expect([called, ran.writes]).toEqual([looking, []]);
    });

    it("with nothing to do while another update holds the lock: refused, and no update is begun", async () => {
      const release = world.lock("staging");
      const { ran, called } = await calls("up", "--yes");
      release();
      expect([ran.code, called], ran.text).toEqual([1, looking]);
      expect(ran.err).toContain("colleague");
    });

    it("with nothing to do after an interrupted run: says what it was, and updates", async () => {
      const file = join(world.dir, "state/.pulumi/stacks/console-vault/staging.json");
      const state = JSON.parse(readFileSync(file, "utf8")) as {
        checkpoint: { latest: { resources: { urn: string }[]; pending_operations?: unknown } };
      };
      const { latest } = state.checkpoint;
      latest.pending_operations = [{ resource: latest.resources.at(-1), type: "updating" }];
      writeFileSync(file, JSON.stringify(state));
      const { ran, called } = await calls("up", "--yes");
      done(ran);
      expect(called).toEqual([...looking, ...updating]);
      expect(ran.err).toMatch(/An earlier run was interrupted while urn:\S+ was updating/);
    });
  },
);
