import type { Outcome } from "./port.js";

/** Operations that leave everything as it is. */
const unchanging = new Set(["same", "read", "read-replacement", "discard"]);

const hasChanges = (changes: Outcome["changes"]): boolean => Object.keys(changes).some((op) => !unchanging.has(op));

/**
 * What a summary counts. A default provider that is configured anew is no resource of the program's, and not counted beside
 * others. When there is nothing else it is: the stack's configuration has changed, and no update would store it.
 */
export const counted = (changes: Outcome["changes"], reconfigured: number): Outcome["changes"] =>
  reconfigured === 0 || hasChanges(changes) ? changes : { ...changes, update: reconfigured };
