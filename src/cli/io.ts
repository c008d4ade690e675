import { addAbortSignal } from "node:stream";
import pc from "picocolors";
import type { Engine, StackLocation } from "../engine/index.js";
import { UsageError } from "../errors.js";
import type { Shared } from "../provider/index.js";

/** What a command talks to. Answers go to `out`, progress to `err`; tests and the demo pass their own. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  out(text: string): void;
  err(text: string): void;
  /** A value from stdin, or undefined where stdin is a terminal. */
  readStdin(): Promise<string | undefined>;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Whether nobody but the person who typed the command reads its answer. Left out: others may read it. */
  readonly ownTerminal?: boolean;
  readonly color: boolean;
  /** Whether stderr is a terminal on which a line may change. Left out: no. */
  readonly live?: boolean;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Opens an engine of one's own in place of those that there are: tests run the program inside their own process. */
  readonly openEngine?: (location: StackLocation, shared?: Shared) => Engine;
}

export type Colors = ReturnType<typeof pc.createColors>;
export const colorsOf = (io: Io): Colors => pc.createColors(io.color);

/** All of stdin. @throws the signal's reason, once it is aborted */
async function readAll(signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) chunks.push(chunk as Buffer);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new UsageError(
      "stdin is not UTF-8 text: another value than the one meant would be kept. Nothing was written.",
    );
  }
}

/**
 * The process's own. The first Ctrl-C is told and ends what can be ended; a second one ends the process as usual.
 * @param colors whether they are wanted, where there is a terminal
 */
export function processIo(color: boolean, colors = color): Io {
  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (!interrupt.signal.aborted) {
      process.stderr.write("stopping…\n");
      return interrupt.abort(new Error("interrupted"));
    }
    // It stays until now: a library that tidies up at a signal's end of the process ends it, where nobody else listens.
    process.off("SIGINT", onInterrupt);
    process.kill(process.pid, "SIGINT");
  };
  process.on("SIGINT", onInterrupt);
  const { CI, TERM } = process.env;
  // A terminal that has no width yet has 0 columns: lines cannot be counted on it.
  const { isTTY, columns } = process.stderr;
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    readStdin: async () => (process.stdin.isTTY ? undefined : readAll(interrupt.signal)),
    interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
    // Some CI systems give their jobs a terminal, and keep what is written to it.
    ownTerminal: Boolean(process.stdin.isTTY && process.stdout.isTTY && !process.env.CI),
    color,
    live: Boolean(colors && isTTY && columns > 0 && !CI && TERM !== "dumb"),
    signal: interrupt.signal,
  };
}

/** Runs a command line, as `console-vault` does. @returns its exit code */
export type RunCommand = (argv: readonly string[], io: Io) => Promise<number>;
