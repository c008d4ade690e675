// The list of commands.
import { expect, it } from "vitest";
import { run } from "../../src/cli/program.js";

async function answer(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const { signal } = new AbortController();
  const io = { env: {}, cwd: ".", readStdin: async () => "", interactive: false, color: false, signal };
  const code = await run(argv, { ...io, out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const words = (text: string) => text.replace(/\s+/g, " ");
const listed = async () =>
  [...(await answer("--help")).out.matchAll(/^ {2}([a-z]+) (\[options\].*?) {2,}(\S.*(?:\n {6,}\S.*)*)/gm)].map(
    ([, name = "", takes = "", about = ""]) => ({ name, takes, about: words(about) }),
  );

it("the list says of each command what the command says of itself", async () => {
  const all = await listed();
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(["init", "up", "status", "resolve", "demo"]));
  for (const { name, takes, about } of all) {
    const { code, out } = await answer(name, "--help");
    expect([name, code]).toEqual([name, 0]);
    const usage = words(out).match(/^Usage: console-vault \S+ (\[options\](?: <\w+>| \[(?!command)\w+\])*)/)?.[1];
    expect([name, usage]).toEqual([name, takes]);
    expect(words(out)).toContain(` ${about} `);
  }
});

it("options may stand before the command, and help before its name", async () => {
  const { out } = await answer("help", "paths");
  expect(out).toContain("--stack <stack>");
  expect((await answer("--no-color", "paths", "--help")).out).toBe(out);
});

it("an unknown command is wrong use, and the nearest one is named", async () => {
  const { code, err } = await answer("statsu");
  expect([code, err]).toEqual([2, expect.stringContaining("status")]);
  expect((await answer("constructor")).code).toBe(2);
});
