import { UsageError } from "../errors.js";
import { Ended, exitCodes } from "./exit.js";
import type { Io } from "./io.js";

/**
 * Asks a question that yes goes on from.
 * @param once what `--yes` should wait for, in words that follow "pass --yes"
 * @throws UsageError (exit 2) without a terminal; Ended (exit 1) after a no
 */
export async function askYes(io: Io, { yes }: { readonly yes?: boolean }, question: string, once = ""): Promise<void> {
  if (yes) return;
  if (!io.interactive) throw new UsageError(`Not a terminal, so there is no way to ask: pass --yes${once}`);
  if (!(await askWhether(io, question))) throw new Ended(exitCodes.failed, "Nothing was changed.");
}

/** Asks a question of a person who is there; the default is no. */
export async function askWhether(io: Io, question: string): Promise<boolean> {
  const { confirm } = await import("@inquirer/prompts");
  // On stderr, where progress goes: stdout has the answer, which may be JSON.
  return confirm({ message: question, default: false }, { output: process.stderr, signal: io.signal });
}

/** Ctrl-C at a prompt, by the names of the prompt library's errors. */
const interruptions = new Set(["ExitPromptError", "AbortPromptError"]);

export const isInterruption = (error: unknown): boolean => error instanceof Error && interruptions.has(error.name);

/** A prompt's interruption in our words. Every command asks before it changes anything. */
export function promptError(error: unknown): unknown {
  return isInterruption(error) ? new Ended(exitCodes.failed, "Interrupted at the prompt: nothing was changed.") : error;
}
