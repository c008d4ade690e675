// What a person sees between Enter and the plan: steps on stderr, live on a terminal (`script` of util-linux makes one).
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { without } from "../support/without.js";
import { done, World } from "../support/world.js";

const steps = [
  "reading the last update's outputs",
  "logging in to Infisical and Heroku",
  "starting the engine",
  "reading the vault",
  "reading the apps",
  "planning",
];

/** Of a machine identity that Infisical does not know. */
const refused = { INFISICAL_CLIENT_SECRET: "none" };

function hasScript(): boolean {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux");
  } catch {
    return false;
  }
}

describe("off a terminal", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  it("each step is a line of stderr, with its time, and stdout has the answer alone", async () => {
    const { out, err } = done(await world.run(["up", "--stack", "staging", "--yes", "--json"]));
    const lines = [...err.matchAll(/^ {2}✓ (.*) {2}\d+\.\d s$/gm)].map(([, what]) => what);
    expect(lines).toEqual([...steps, ...steps.slice(2), "updating"]);
    expect(JSON.parse(out)).toMatchObject({ result: "succeeded" });
  });

  it("a step that fails is marked", async () => {
    const { code, err } = await world.run(["preview", "--stack", "staging"], { env: refused });
    expect(code).toBe(1);
    expect(err).toMatch(/^ {2}✗ logging in to Infisical and Heroku {2}\d/m);
  });
});

const lack = hasScript() ? undefined : "there is no `script` of util-linux, which makes a terminal";
describe.skipIf(without("the live view", lack))("on a terminal", { timeout: 120_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ engine: "processes" });
  });
  afterAll(() => world.close());

  /** Runs a command line on a terminal of its own; what it shows is in `out`. */
  const onTerminal = (size: string, argv: string, { env, ...options }: Parameters<World["spawn"]>[1] = {}) => {
    const command = `${process.execPath} ${process.cwd()}/bin/console-vault.mjs ${argv}`;
    const line = `stty ${size}; echo $$ > pid; exec ${command}`;
    const own = { command: "script", env: { TERM: "xterm", ...env } };
    return world.spawn(["-qec", line, "/dev/null"], { ...options, ...own });
  };
  const preview = "preview --stack staging --engine embedded";
  const [hidden, shown] = ["\u001b[?25l", "\u001b[?25h"];
  const frames = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/;

  it("one line changes, and the cursor comes back", async () => {
    const { out } = done(await onTerminal("cols 100", preview));
    for (const what of steps) expect(out).toMatch(new RegExp(`✓\\S* ${what} .*\\d\\.\\d s`));
    expect(out).toMatch(frames);
    expect(out.lastIndexOf(shown)).toBeGreaterThan(out.lastIndexOf(hidden));
  });

  it("the cursor comes back after a failure too", async () => {
    const { code, out } = await onTerminal("cols 100", preview, { env: refused });
    expect(code).toBe(1);
    expect(out).toMatch(/✗\S* logging in/);
    expect(out.lastIndexOf(shown)).toBeGreaterThan(out.lastIndexOf(hidden));
  });

  it("the cursor comes back after Ctrl-C, and what is under way is ended in order", async () => {
    let interrupted = false;
    const interrupt = ({ path }: { path: string }) => {
      if (path.startsWith("/apps/") && !interrupted) {
        process.kill(Number(readFileSync(join(world.dir, "pid"), "utf8")), "SIGINT");
        interrupted = true;
      }
      return false;
    };
    const { code, out } = await onTerminal("cols 100", preview, { killWhen: interrupt });
    expect(interrupted).toBe(true);
    expect(code, out).toBe(1);
    expect(out).toContain("stopping…");
    expect(out).toContain("Interrupted");
    expect(out.lastIndexOf(shown)).toBeGreaterThan(out.lastIndexOf(hidden));
  });

  it.each([
    ["in CI", "cols 100", preview, { CI: "true" }],
    ["with --no-color", "cols 100", `${preview} --no-color`, {}],
    ["on a terminal without a width", "cols 0", preview, {}],
  ] as const)("plain lines %s", async (_, size, argv, env) => {
    const { out } = done(await onTerminal(size, argv, { env }));
    for (const what of steps) expect(out).toMatch(new RegExp(`✓\\S* ${what} `));
    expect(out).not.toMatch(frames);
    expect(out).not.toContain(hidden);
  });
});
