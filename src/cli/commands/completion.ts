import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { scripts, shells } from "../complete.js";
import type { Io } from "../io.js";

export function addCompletion(program: Command, io: Io): void {
  program
    .command("completion")
    .argument("<shell>", shells.join(", "))
    .description(
      'print a script that completes commands, options and the catalog\'s names: eval "$(console-vault completion bash)"',
    )
    .action((shell: string) => {
      const known = shells.find((one) => one === shell);
      if (!known) throw new UsageError(`There is a completion for ${shells.join(", ")}, not for ${shell}.`);
      io.out(scripts[known]);
    });
}
