/** Wrong use of a command, or settings that cannot work: exit code 2. The message says what to type or set instead. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** A setting or credential that is missing or malformed: exit code 2. The message names every one at once. */
export class ConfigurationError extends UsageError {
  override readonly name: string = "ConfigurationError";
}

/** Says to a program what a text says to a person. The codes with their data: `src/migration/findings.ts`. */
export interface Coded {
  readonly code: string;
}

/** The same with what it says to a person. */
export interface Worded extends Coded {
  readonly text: string;
}

/** A gate or a rule said no: exit code 3. The message names the rule and what would satisfy it. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";

  constructor(
    message: string,
    /** Without any of its own, the refusal is one. */
    readonly findings: readonly Worded[] = [{ code: "refused", text: message }],
  ) {
    super(message);
  }
}
