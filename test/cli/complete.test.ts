// Shell completion: what is offered at the cursor, and that real shells offer it.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "../../src/cli/program.js";

const checkout = fileURLToPath(new URL("../../", import.meta.url));

async function offered(cwd: string, ...words: string[]): Promise<string[]> {
  const out: string[] = [];
  const io = {
    env: {},
    cwd,
    out: (text: string) => out.push(text),
    err: () => {},
    readStdin: async () => "",
    interactive: false,
    color: false,
    signal: new AbortController().signal,
  };
  expect(await run(["__complete", ...words], io)).toBe(0);
  return out.join("\n").split("\n").filter(Boolean);
}

describe("at the cursor", () => {
  it.each([
    [["pro"], ["provision", "promote"]],
    [
      ["provision", "HEROKU_"],
      ["HEROKU_API_KEY", "HEROKU_PLATFORM_API_TOKEN"],
    ],
    [
      ["provision", "HEROKU_API_KEY", "--en"],
      ["--env", "--engine"],
    ],
    [
      ["provision", "--env", ""],
      ["staging", "prod"],
    ],
    [["provision", "--env", "prod", "STRIPE_R"], ["STRIPE_RESTRICTED_KEY"]],
    [["provision", "HEROKU_API_KEY", ""], []],
    // A shared credential is not provisioned, and may be resolved.
    [["provision", "SLACK_"], []],
    [["resolve", "SLACK_"], ["SLACK_BOT_TOKEN"]],
    [["init", "--flag", ""], []],
    [["up", "--stack", "p"], ["prod"]],
    [
      ["up", "--engine", ""],
      ["auto", "pulumi", "embedded"],
    ],
    [["promote", "--from", "s"], ["staging"]],
    [
      ["diff", "staging", ""],
      ["staging", "prod"],
    ],
    [
      ["resolve", "X", "--flag", "o"],
      ["on", "off"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["local", ""], ["start"]],
    [["nonsense", ""], []],
  ])("%j: %j", async (words, expected) => {
    expect(await offered(checkout, ...words)).toEqual(expected);
  });

  it("without a project: commands and options, and no names", async () => {
    expect(await offered("/", "resol")).toEqual(["resolve"]);
    expect(await offered("/", "provision", "")).toEqual([]);
  });
});

const bash = `eval "$(console-vault completion bash)"
  COMP_WORDS=(console-vault provision STRIPE_R); COMP_CWORD=2; _console_vault; printf '%s\\n' "\${COMPREPLY[@]}"
  complete -p console-vault`;
// Outside its line editor, zsh has neither of its two commands: what they are given is what would be offered.
const zsh = `compdef() { print "compdef $*" }
  compadd() { shift; print -l -- "$@" }
  eval "$(console-vault completion zsh)"
  words=(console-vault provision STRIPE_R) CURRENT=3
  _console_vault`;
const fish = `console-vault completion fish | source
  complete -C "console-vault provision STRIPE_R"`;

describe.each([
  ["bash", ["-c", bash], ["STRIPE_RESTRICTED_KEY", expect.stringContaining("-F _console_vault console-vault")]],
  ["zsh", ["-f", "-c", zsh], ["compdef _console_vault console-vault", "STRIPE_RESTRICTED_KEY"]],
  ["fish", ["--no-config", "-c", fish], ["STRIPE_RESTRICTED_KEY"]],
] as const)("%s", (shell, argv, offers) => {
  const installed = spawnSync(shell, ["--version"]).error === undefined;
  it.skipIf(!installed)("offers it (skipped where the shell is not installed)", () => {
    const dir = mkdtempSync(join(tmpdir(), "completion-"));
    mkdirSync(join(dir, "bin"));
    symlinkSync(join(checkout, "bin/console-vault.mjs"), join(dir, "bin/console-vault"));
    const { stdout } = spawnSync(shell, argv, {
      cwd: checkout,
      encoding: "utf8",
      env: { ...process.env, HOME: dir, PATH: `${dir}/bin:${process.env.PATH}` },
    });
    rmSync(dir, { recursive: true });
    expect(stdout.trim().split("\n")).toEqual(offers);
  });
});
