// Where a value could get out besides what a command prints and leaves (which every scenario looks through): the errors that
// commands throw, and the processes that they start.
import { execFile } from "node:child_process";
import { inspect, promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findCli } from "../../src/engine/pulumi/index.js";
import { leaks } from "../support/leaks.js";
import { canWatchProcesses } from "../support/processes.js";
import { shortWaits } from "../support/shortWaits.js";
import { stagingValues, valueFor } from "../support/values.js";
import { noCli, without } from "../support/without.js";
import { done, World } from "../support/world.js";

shortWaits();

const cli = await findCli({ projectDir: process.cwd(), stack: "prod" });
const { PATH, PULUMI_CLI, PULUMI_HOME, PULUMI_DYNAMIC_TF_PLUGIN_CACHE_DIR } = process.env;
const cliEnv = { PATH, PULUMI_CLI, PULUMI_HOME, PULUMI_DYNAMIC_TF_PLUGIN_CACHE_DIR, PULUMI_SKIP_UPDATE_CHECK: "1" };

const thrown = vi.hoisted(() => [] as unknown[]);
vi.mock("../../src/cli/exit.js", async (original) => {
  const real = await original<typeof import("../../src/cli/exit.js")>();
  return {
    ...real,
    exitCodeOf: (error: unknown) => {
      thrown.push(error);
      return real.exitCodeOf(error);
    },
  };
});

let world: World;
beforeEach(() => {
  thrown.length = 0;
});
afterEach(() => world?.close());

/** All that an error holds, its causes' and hidden properties' too. */
function everythingIn(error: unknown): string {
  const chain: unknown[] = [];
  for (let link = error; link !== undefined && link !== null; link = (link as Error).cause) chain.push(link);
  const said = chain.flatMap((link) => [
    inspect(link, { showHidden: true, depth: null, getters: true, maxStringLength: null, maxArrayLength: null }),
    String(link),
    String((link as Error).stack),
    JSON.stringify(link) ?? "",
  ]);
  return said.join("\n");
}

const name = "STRIPE_RESTRICTED_KEY";

/** Every command that can fail, with a value that it handles. */
const commands = (value: string): { argv: string[]; input?: string }[] => [
  { argv: ["up", "--stack", "staging", "--yes"] },
  { argv: ["up", "--stack", "prod", "--yes"] },
  { argv: ["preview", "--stack", "prod", "--markdown", "plan.md"] },
  { argv: ["preview", "--stack", "prod", "--offline", "--json"] },
  { argv: ["refresh", "--stack", "prod", "--yes"] },
  { argv: ["provision", name, "--env", "staging", "--replace"], input: value },
  { argv: ["rotate", name, "--env", "prod", "--yes"], input: value },
  { argv: ["rotate", name, "--env", "staging", "--yes"], input: value },
  { argv: ["promote", "--yes"] },
  { argv: ["rollback", "--stack", "staging", "--yes"] },
  { argv: ["status", "--json", "--check"] },
  { argv: ["destroy", "--stack", "staging", "--yes"] },
];

/** Services that fail, and say in their answers what they hold and what they were sent. */
function hostile(says: string) {
  const error = { statusCode: 0, message: `refused: ${says}`, error: says, id: says };
  const faults = [];
  for (const service of ["infisical", "heroku"] as const)
    for (const status of [400, 403, 404, 422, 500])
      faults.push({ service, do: { status, body: { ...error, statusCode: status } } });
  return faults;
}

it("no command's error holds a value or a service's token, whatever the services answer", async () => {
  world = await World.open({ config: { prod: { manage: { [name]: ["raxx-api-prod"] } } } });
  const values = stagingValues();
  await world.stagingOn(values);
  done(await world.up("prod"));
  const value = valueFor(name, "prod");
  const { INFISICAL_TOKEN, INFISICAL_CLIENT_SECRET, HEROKU_API_KEY, PULUMI_CONFIG_PASSPHRASE } = world.env;
  const tokens = { INFISICAL_TOKEN, INFISICAL_CLIENT_SECRET, HEROKU_API_KEY, PULUMI_CONFIG_PASSPHRASE };
  const secrets = new Map([
    ...Object.entries(tokens).map(([key, token]) => [token!, key] as const),
    ...world.snapshot().secrets.map(({ at, value }) => [value, at] as const),
    [value, "the value"] as const,
  ]);
  const says = [...secrets.keys()].join(" ").slice(0, 2_000);
  for (const [index, { argv, input }] of commands(value).entries())
    for (const fault of [undefined, ...hostile(`${value} ${says}`).filter((_, other) => other % 5 === index % 5)]) {
      if (fault) world.control.addFault({ ...fault, times: 2 });
      await world.run(argv, input === undefined ? {} : { input });
      world.control.clearFaults();
    }
  expect(thrown.length).toBeGreaterThan(15);
  const errors = Object.fromEntries(thrown.map((error, index) => [`error ${index}`, everythingIn(error)]));
  expect(leaks(secrets, errors)).toEqual([]);
});

it.skipIf(!canWatchProcesses)(
  "no process that a command starts has a value in its arguments, its environment or its temporary files",
  async () => {
    world = await World.open({ engine: "processes", config: { prod: { manage: { [name]: ["raxx-api-prod"] } } } });
    const env = { CONSOLE_VAULT_DEBUG: "1" };
    const input = valueFor(name, "staging");
    done(await world.spawn(["provision", name, "--env", "staging"], { input, env }));
    done(await world.spawn(["up", "--stack", "prod", "--yes"], { env }));
    done(await world.spawn(["rotate", name, "--env", "prod", "--yes"], { input: valueFor(name, "prod"), env }));
    const seen = world.processesSeen().join("\n");
    expect(seen).toContain("console-vault.mjs");
    // The program and its providers run in the command's own process: there is no other that could show a value.
    for (const script of ["cmd/run", "cmd/dynamic-provider"]) expect(seen).not.toContain(script);
  },
  300_000,
);

describe.skipIf(without("pulumi's most detailed log", cli ? undefined : noCli))("pulumi up -v=9 --logtostderr", () => {
  it("prints no value but those of manage, which the Heroku provider is given", { timeout: 600_000 }, async () => {
    world = await World.open({ engine: "processes", config: { prod: { manage: { [name]: ["raxx-api-prod"] } } } });
    done(await world.spawn(["up", "--stack", "prod", "--yes", "--engine", "pulumi"], { env: cliEnv }));
    const managed = valueFor(name, "prod");
    world.write("/MooseQuest/stripe", name, managed);
    world.apps.set("raxx-api-prod", { [name]: managed });
    world.write("/MooseQuest/postmark", "POSTMARK_SERVER_TOKEN", valueFor("POSTMARK_SERVER_TOKEN", "prod"));
    const argv = ["up", "--yes", "--stack", "prod", "--refresh", "-v=9", "--logtostderr"];
    const env = { ...process.env, ...cliEnv, ...world.env, HOME: world.dir };
    const { stdout, stderr } = await promisify(execFile)(cli!.command, argv, { cwd: world.dir, env, maxBuffer: 1e9 });
    expect(stderr.split("\n").length).toBeGreaterThan(1_000);
    const others = new Map(
      world.snapshot().secrets.flatMap(({ at, value }) => (value === managed ? [] : [[value, at]])),
    );
    expect(leaks(others, { stdout, stderr })).toEqual([]);
    const shown = stderr.split("\n").filter((line) => leaks(new Map([[managed, name]]), { line }).length > 0);
    // What docs/security.md says of it: Pulumi's own log of the calls for that resource.
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((line) => !line.includes("heroku:index/appConfigAssociation"))).toHaveLength(0);
  });
});
