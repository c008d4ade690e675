import type { Command } from "commander";
import { askWhether } from "../ask.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io, type RunCommand } from "../io.js";
import { observe } from "./status.js";

interface NextOptions {
  readonly yes?: boolean;
  readonly engine?: string;
  readonly cwd?: string;
}

/** Commands that ask a question of their own, which a yes to this one answers. */
const asking = new Set(["up", "promote", "rollback", "rotate"]);

async function next(io: Io, run: RunCommand, options: NextOptions): Promise<void> {
  const { yes, engine, cwd } = options;
  const where = { engine, cwd };
  const { report } = await observe(io, where);
  const [step] = report.next;
  if (!step) {
    io.out("There is nothing to do next. See console-vault status.");
    return;
  }
  io.err(colorsOf(io).dim(step.why));
  io.out(step.command);
  // A key of a file is for a person to set.
  if (step.setting !== undefined) return;
  if (!yes && !(io.interactive && (await askWhether(io, "Run it?")))) return;
  const [, ...words] = step.command.split(" ");
  const given = Object.entries(where).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  const code = await run([...words, ...given, ...(yes && asking.has(words[0]!) ? ["--yes"] : [])], io);
  if (code !== exitCodes.done) throw new Ended(code as 1 | 2 | 3 | 4);
}

export function addNext(program: Command, io: Io, run: RunCommand): void {
  program
    .command("next")
    .description("show the next command and, after a yes, run it")
    .option("--yes", "run it without asking")
    .option("--engine <engine>", "auto, pulumi or embedded: which engine updates the stack")
    .option("--cwd <dir>", "the project's directory")
    .action((options: NextOptions) => next(io, run, options));
}
