import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addDemo } from "./commands/demo.js";
import { addFlags } from "./commands/flags.js";
import { addLocal } from "./commands/local.js";
import { addPromote } from "./commands/promote.js";
import { addProvision } from "./commands/provision.js";
import { addPaths, addResolve } from "./commands/resolve.js";
import { addRollback } from "./commands/rollback.js";
import { addRotate } from "./commands/rotate.js";
import { addStatus } from "./commands/status.js";
import { addUpdates } from "./commands/update.js";
import { exitCodeOf, exitCodes } from "./exit.js";
import { colorsOf, type Io } from "./io.js";

const version = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

function build(io: Io): Command {
  const program = new Command("console-vault")
    .description("Credentials in Infisical: from one flat folder per vendor to a folder per environment.")
    .version(version)
    .option("--no-color", "without colours")
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) })
    .showSuggestionAfterError()
    .exitOverride();
  for (const add of [
    addUpdates,
    addProvision,
    addRotate,
    addPromote,
    addRollback,
    addStatus,
    addResolve,
    addPaths,
    addFlags,
    addLocal,
    addDemo,
  ]) add(program, io);
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
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    await build(io).parseAsync([...argv], { from: "user" });
    return exitCodes.done;
  } catch (error) {
    // Commander has told it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const code = exitCodeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    if (message)
      io.err(
        `${colorsOf(io).red(code === exitCodes.refused ? "refused" : code === exitCodes.pending ? "pending" : "error")}: ${message}`,
      );
    if (io.env.CONSOLE_VAULT_DEBUG === "1" && error instanceof Error) io.err(error.stack ?? "");
    return code;
  }
}
