// What waits with `node:timers/promises` in this process can wait for a shorter time. No `vi.mock`: files with one need all modules
// for themselves.
import { createRequire, syncBuiltinESMExports } from "node:module";

const timers = createRequire(import.meta.url)("node:timers/promises") as typeof import("node:timers/promises");
const { setTimeout: real } = timers;
const all = new Set<(ms: number) => number>();

timers.setTimeout = (ms = 0, ...rest) =>
  real(
    [...all].reduce((now, shorter) => shorter(now), ms),
    ...rest,
  );
syncBuiltinESMExports();

/** @returns ends it */
export function waitShorter(shorter: (ms: number) => number): () => void {
  all.add(shorter);
  return () => void all.delete(shorter);
}
