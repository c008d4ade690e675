import type { Outcome } from "./port.js";

/** Operations that leave everything as it is. */
const unchanging = new Set(["same", "read", "read-replacement", "discard"]);

export const hasChanges = (changes: Outcome["changes"]): boolean =>
  Object.keys(changes).some((op) => !unchanging.has(op));

export const changesNotExpected = "no changes were expected but changes were proposed";
