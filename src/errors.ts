/** Wrong use of a command, or settings that cannot work: exit code 2. The message says what to type or set instead. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** A setting or credential that is missing or malformed: exit code 2. The message names every one at once. */
export class ConfigurationError extends UsageError {
  override readonly name: string = "ConfigurationError";
}

/** A gate or a rule said no: exit code 3. The message names the rule and what would satisfy it. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
}

/** Begins a refusal's message where only a message gets through: how `up` tells it (exit 3) from a failure (exit 1) of an engine. */
export const refusedMark = "refused: ";
