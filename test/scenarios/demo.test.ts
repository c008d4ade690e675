// The demo: every command that it types ends as it says, for the package's own company and for another one.
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../../src/cli/program.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import program from "../../src/index.js";
import { InProcessStacks } from "../support/inProcessEngine.js";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-demo-test-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function demo(...options: string[]): Promise<{ code: number; text: string }> {
  const stacks = new InProcessStacks({
    program,
    native: (env, shared) => ({ heroku: herokuEngineProvider({ env, ...(shared ? { seen: shared.seenVars } : {}) }) }),
  });
  const told: string[] = [];
  const code = await run(["demo", ...options], {
    env: { PATH: process.env.PATH, HOME: dir },
    cwd: dir,
    out: (text) => told.push(text),
    err: (text) => told.push(text),
    readStdin: async () => "",
    interactive: false,
    color: false,
    signal: new AbortController().signal,
    openEngine: stacks.open,
  });
  return { code, text: told.join("\n") };
}

const headings = (text: string) => [...text.matchAll(/^━━ \d+\. (.*?) ━/gm)].map(([, title]) => title);

it("tells the package's own company from the flat vault to retired flat copies", async () => {
  const { code, text } = await demo();
  expect(code, text.slice(-3000)).toBe(0);
  expect(headings(text)).toEqual([
    "The flat vault",
    "Staging: folders",
    "Staging: credentials",
    "Staging: the flag",
    "Prod: prepared",
    "Prod: refused",
    "Staging: a rotation",
    "48 hours later",
    "Prod: back and forth",
    "Prod: the flat copies",
    "Where it stands",
  ]);
  expect(text).toContain("$ … | console-vault rotate HEROKU_API_KEY --env staging --yes");
  expect(text.split("Where it stands")[1]).toMatch(/prod +retired/);
});

it("--example acme begins in an empty folder, has an environment without Heroku, and keeps the status page", async () => {
  const { code, text } = await demo("--example", "acme", "--html", "acme.html");
  expect(code, text.slice(-3000)).toBe(0);
  expect(headings(text).slice(0, 5)).toEqual([
    "The flat vault",
    "A project, from an empty folder",
    "Dev: folders",
    "Dev: credentials",
    "Staging: folders",
  ]);
  expect(text).toMatch(/ADYEN_PAYOUT_KEY +is never here +is never here +differs from/);
  const vault = text.split("Where it stands")[1]!.split("$ ")[0]!;
  expect(vault).toContain("/Acme/adyen/prod/");
  expect(vault).not.toContain("/Acme/adyen/ ");
  expect(vault).toMatch(/\/Acme\/maps\/ +MAPS_KEY/);
  const page = readFileSync(join(dir, "acme.html"), "utf8");
  expect(page).toMatch(/No flag[\s\S]*Flag on acme-shop-staging[\s\S]*Flag on acme-shop/);
});

it("an example that is not there is wrong use", async () => {
  const { code, text } = await demo("--example", "initech");
  expect([code, text]).toEqual([2, expect.stringContaining("acme")]);
});
