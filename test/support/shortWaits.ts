// For files in which only the order of the clients' waits counts: the waits have tests of their own.
import { createRequire, syncBuiltinESMExports } from "node:module";
import { afterAll } from "vitest";

const timers = createRequire(import.meta.url)("node:timers/promises") as typeof import("node:timers/promises");
const { setTimeout: real } = timers;

/**
 * Until the end of the calling file, what waits with `node:timers/promises` in this process waits for a shorter time. No `vi.mock`:
 * files with one need all modules for themselves.
 */
export function shortWaits(shorter = (ms: number) => (ms > 50 ? ms / 200 : ms)): void {
  timers.setTimeout = (ms = 0, ...rest) => real(shorter(ms), ...rest);
  syncBuiltinESMExports();
  afterAll(() => {
    timers.setTimeout = real;
    syncBuiltinESMExports();
  });
}
