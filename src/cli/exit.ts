import { Refusal, UsageError } from "../errors.js";

/** 0 done, 1 failed, 2 wrong use, 3 refused by a gate or rule, 4 changes pending. */
export const exitCodes = { done: 0, failed: 1, usage: 2, refused: 3, pending: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command that ran and says how it ended, where that is not "done". */
export class Ended extends Error {
  override readonly name = "Ended";
  constructor(
    readonly code: ExitCode,
    message = "",
  ) {
    super(message);
  }
}

/** By name: the rooms that they come from are loaded by commands that use them. */
const wrongUse = new Set(["CatalogError", "EngineError", "UnknownNameError"]);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Ended) return error.code;
  if (error instanceof UsageError || (error instanceof Error && wrongUse.has(error.name))) return exitCodes.usage;
  if (error instanceof Refusal) return exitCodes.refused;
  return exitCodes.failed;
}
