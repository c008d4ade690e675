// A report that is looked at again and again, until Ctrl-C.
import { setTimeout as sleep } from "node:timers/promises";
import type { Io } from "./io.js";

/** Clears a terminal's screen, and goes to its beginning. */
const clear = "\u001b[H\u001b[2J";

/**
 * On the operator's own terminal the screen always shows the last answer; elsewhere an answer is printed where it is another one than
 * before.
 *
 * @param seconds between the end of one look and the next
 * @param look what there is to show now; undefined where nothing is printed
 * @throws what the first look throws; what a later one throws is told, and looked at again
 */
export async function watch(io: Io, seconds: number, look: () => Promise<string | undefined>): Promise<void> {
  const redraws = io.live && io.ownTerminal;
  let shown: string | undefined;
  for (let first = true; !io.signal.aborted; first = false) {
    const text = await look().catch((error: unknown) => {
      if (first) throw error;
      io.err(`! ${error instanceof Error ? error.message : String(error)}\n  again in ${seconds} s`);
      return shown;
    });
    if (text !== undefined && redraws)
      io.out(`${clear}${text}\n\nlooked at ${new Date().toLocaleTimeString()}, again every ${seconds} s; Ctrl-C ends`);
    else if (text !== undefined && text !== shown) io.out(text);
    shown = text;
    await sleep(seconds * 1000, undefined, { signal: io.signal }).catch(() => {});
  }
}
