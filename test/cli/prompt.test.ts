import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { consoleCatalog, heldBy } from "../../src/catalog/index.js";
import { stagingValues } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const loader = new URL("../../load.mjs", import.meta.url).href;
const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a command that thinks it has a terminal. @param keys typed once `question` is on the screen, and so on for `more` */
async function typing(
  argv: readonly string[],
  question: RegExp,
  keys: string,
  ...more: readonly (readonly [question: RegExp, keys: string])[]
) {
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
  let [out, err] = ["", ""];
  const waiting = [[question, keys] as const, ...more];
  const look = () => {
    if (!waiting[0]?.[0].test(out + err)) return;
    child.stdin.write(waiting.shift()![1]);
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

  it("of init with a wrong answer is asked again, and nothing that was answered before is lost", async () => {
    const { id } = world.services.infisical.vault.project;
    const ran = await typing(
      ["init", "--project", id, "--slug", "prod", "--cwd", "new"],
      /Folder that holds/,
      "\r",
      [/Environments, in the order/, "\x15sta/ging prod\r"],
      [/use only letters, digits, - and _/, "\x15staging prod\r"],
      [/whose values the flat folders hold/, "\x15qa\r"],
      [/qa is none of staging, prod/, "\x15prod\r"],
      [/Heroku apps of staging/, "\x15web=nope\r"],
      [/does not see the app nope/, ctrlC],
    );
    expect([ran.code, existsSync(join(world.dir, "new"))], ran.err).toEqual([1, false]);
  });
});

describe("provision without a name", () => {
  const everything = stagingValues();
  const prompt = (name: string) => new RegExp(`Value of ${name}`);

  it("asks for what is missing alone, says what each rule wants, asks again after a refusal, and leaves out on Enter", async () => {
    const left = ["STRIPE_RESTRICTED_KEY", "POSTMARK_SERVER_TOKEN"];
    for (const [name, value] of Object.entries(everything))
      if (!left.includes(name)) done(await world.run(["provision", name, "--env", "staging"], { input: value }));
    const wrong = "rk_live_0123456789abcdef01234567";
    const right = everything.STRIPE_RESTRICTED_KEY ?? "";
    const { code, out, err } = await typing(
      ["provision", "--env", "staging"],
      prompt("STRIPE_RESTRICTED_KEY"),
      `${wrong}\n`,
      [/is not written/, `${right}\n`],
      [prompt("POSTMARK_SERVER_TOKEN"), "\n"],
    );
    expect(code).toBe(0);
    expect(out).toMatch(/STRIPE_RESTRICTED_KEY written to .*stripe\/staging\/ and read back/);
    expect(out).toMatch(/^1 of 2 written\.\n$/m);
    expect(err).toMatch(/^2 to provision\. Enter alone leaves one out/m);
    expect(err).toMatch(
      /1 of 2: STRIPE_RESTRICTED_KEY\n.*\n {2}The value differs from every other environment's; begins with rk_test_\./,
    );
    expect(out + err).not.toContain(wrong);
    expect(out + err).not.toContain(right);
    expect(world.at("staging", "STRIPE_RESTRICTED_KEY")).toBe(right);
    expect(world.at("staging", "POSTMARK_SERVER_TOKEN")).toBeUndefined();
  });

  it("keeps what was written before Ctrl-C, and says how much", async () => {
    const [first, second] = heldBy(consoleCatalog, "staging").map(({ name }) => name);
    const { code, err } = await typing(["provision", "--env", "staging"], prompt(first!), `${everything[first!]}\n`, [
      prompt(second!),
      "\x03",
    ]);
    expect(code).toBe(1);
    expect(err).toContain(`Interrupted at ${second}: it was not changed. 1 written before it`);
    expect(world.services.infisical.vault.value("prod", "/MooseQuest/heroku/staging", first!)).toBe(everything[first!]);
  });

  it("needs a terminal, and a token that may read where the credentials go", async () => {
    expect(await world.run(["provision", "--env", "staging"], { input: "x" })).toMatchObject({
      code: 2,
      err: expect.stringContaining("Here, name the credential"),
    });
  });
});
