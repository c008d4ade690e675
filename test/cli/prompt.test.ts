import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const loader = new URL("../../load.mjs", import.meta.url).href;
const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a command that thinks it has a terminal. @param keys typed once `question` is on the screen */
async function typing(argv: readonly string[], question: RegExp, keys: string) {
  const program = `
    const { load } = await import(${JSON.stringify(loader)});
    const { processIo } = await load("cli/io");
    const { run } = await load("cli/program");
    const io = { ...processIo(false), cwd: ${JSON.stringify(world.dir)}, interactive: true, readStdin: async () => undefined };
    process.exitCode = await run(${JSON.stringify(argv)}, io);
    process.stdin.destroy();
  `;
  const env = { PATH: process.env.PATH, HOME: world.dir, ...world.env };
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { cwd: checkout, env });
  let [out, err, typed] = ["", "", false];
  const look = () => {
    if (typed || !question.test(out + err)) return;
    typed = true;
    child.stdin.write(keys);
  };
  child.stdout.on("data", (chunk) => {
    out += chunk;
    look();
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
    look();
  });
  const code = await new Promise((ended) => child.on("close", ended));
  return { code, out: stripVTControlCharacters(out), err: stripVTControlCharacters(err) };
}

describe("a question", () => {
  const ctrlC = "\x03";
  const lock = () => join(world.dir, "state/.pulumi/locks/organization/console-vault/staging");

  it("that is answered with Ctrl-C ends the command with exit code 1 and one line, and nothing is changed", async () => {
    world.lock("staging");
    const { code, out, err } = await typing(["cancel", "--stack", "staging"], /may its lock go\?/, ctrlC);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: Interrupted at the prompt: nothing was changed\.$/m);
    expect(out + err).not.toMatch(/force closed|SIGINT|at .*\.js/);
    expect(existsSync(join(lock(), "1b4e28ba-2fa1-41d2-883f-0016d3cca427.json"))).toBe(true);
  });

  it("that is answered with no ends the command with exit code 1, and nothing is changed", async () => {
    world.lock("staging");
    const { code, err } = await typing(["cancel", "--stack", "staging"], /may its lock go\?/, "n\n");
    expect(code).toBe(1);
    expect(err).toMatch(/^error: Nothing was changed\.$/m);
  });

  it("stands where progress stands, so that stdout has the answer alone", async () => {
    world.lock("staging");
    const { code, out } = await typing(["cancel", "--stack", "staging", "--json"], /may its lock go\?/, "y\n");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ next: ["console-vault up --stack staging"] });
  });

  it("at the typing of a value is left by Ctrl-C in the same way", async () => {
    const argv = ["provision", "POSTMARK_SERVER_TOKEN", "--env", "staging"];
    const before = world.snapshot();
    const { code, err } = await typing(argv, /POSTMARK_SERVER_TOKEN/, ctrlC);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: Interrupted at the prompt: nothing was changed\.$/m);
    expect(world.snapshot()).toEqual(before);
  });

  it("that cannot be asked is a wrong use, which names the option", async () => {
    const { code, err } = await world.run(["cancel", "--stack", "staging"]);
    expect(code).toBe(2);
    expect(err).toMatch(/Not a terminal, so there is no way to ask: pass --yes/);
  });
});
