import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { Refusal } from "../errors.js";
import { promptError } from "./ask.js";
import { exitCodeOf, exitCodes } from "./exit.js";
import { colorsOf, type Io, type RunCommand } from "./io.js";

const version = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

type Add = (program: Command, io: Io, run: RunCommand) => void;

/** By their first word. A command loads what it needs and no more: `resolve` answers without an engine, a server or a client. */
const commands: Record<string, () => Promise<Add>> = {
  init: async () => (await import("./commands/init.js")).addInit,
  up: async () => (await import("./commands/update.js")).addUp,
  preview: async () => (await import("./commands/update.js")).addPreview,
  refresh: async () => (await import("./commands/update.js")).addRefresh,
  destroy: async () => (await import("./commands/update.js")).addDestroy,
  cancel: async () => (await import("./commands/update.js")).addCancel,
  provision: async () => (await import("./commands/provision.js")).addProvision,
  rotate: async () => (await import("./commands/rotate.js")).addRotate,
  promote: async () => (await import("./commands/promote.js")).addPromote,
  rollback: async () => (await import("./commands/rollback.js")).addRollback,
  status: async () => (await import("./commands/status.js")).addStatus,
  diff: async () => (await import("./commands/diff.js")).addDiff,
  doctor: async () => (await import("./commands/doctor.js")).addDoctor,
  resolve: async () => (await import("./commands/resolve.js")).addResolve,
  paths: async () => (await import("./commands/resolve.js")).addPaths,
  flags: async () => (await import("./commands/flags.js")).addFlags,
  local: async () => (await import("./commands/local.js")).addLocal,
  demo: async () => (await import("./commands/demo.js")).addDemo,
};

async function build(io: Io, word: string | undefined): Promise<Command> {
  const program = new Command("console-vault")
    .description("Credentials in Infisical: from one flat folder per vendor to a folder per environment.")
    .version(version)
    .option("--no-color", "without colours")
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) })
    .showSuggestionAfterError()
    .exitOverride();
  const named = word === undefined ? undefined : commands[word];
  for (const load of named ? [named] : Object.values(commands)) (await load())(program, io, run);
  const everywhere = (command: Command): void => {
    for (const one of command.commands) {
      one.option("--no-color", "without colours").exitOverride().configureOutput(program.configureOutput());
      everywhere(one);
    }
  };
  everywhere(program);
  return program;
}

/**
 * Runs a command line and returns its exit code. Mistakes of the user are told in their own words; only what nobody expected
 * says so, with a stack under CONSOLE_VAULT_DEBUG=1.
 */
export async function run(argv: readonly string[], given: Io): Promise<number> {
  let answered = false;
  const io: Io = {
    ...given,
    out: (text) => {
      answered = true;
      given.out(text);
    },
  };
  try {
    const program = await build(io, argv[0]);
    await program.parseAsync([...argv], { from: "user" });
    return exitCodes.done;
  } catch (thrown) {
    const error = promptError(thrown);
    // Commander has told it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const code = exitCodeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    if (message)
      io.err(
        `${colorsOf(io).red(code === exitCodes.refused ? "refused" : code === exitCodes.pending ? "pending" : "error")}: ${message}`,
      );
    // Who asked for JSON gets one document, also of why there is no other.
    if (argv.includes("--json") && !answered) {
      const result = code === exitCodes.refused ? "refused" : code === exitCodes.usage ? "wrong use" : "failed";
      const reasons = message.split("\n").map((line) => line.trim());
      const findings = error instanceof Refusal ? error.findings : [];
      io.out(JSON.stringify({ result, reasons, ...(findings.length > 0 ? { findings } : {}) }, null, 2));
    }
    if (io.env.CONSOLE_VAULT_DEBUG === "1" && error instanceof Error) io.err(error.stack ?? "");
    return code;
  }
}
