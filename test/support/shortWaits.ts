// For files in which only the order of the clients' waits counts: the waits have tests of their own.
import { afterAll } from "vitest";
import { waitShorter } from "./timers.js";

/** Until the end of the calling file, what waits with `node:timers/promises` in this process waits for a shorter time. */
export function shortWaits(shorter = (ms: number) => (ms > 50 ? ms / 200 : ms)): void {
  afterAll(waitShorter(shorter));
}
