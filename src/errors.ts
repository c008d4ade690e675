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

/** What a command refuses by itself, its message saying all. Other codes, which a plan or a state has too: `src/migration/findings.ts`. */
export const refusalCodes = [
  "absent",
  "approval",
  "changed-meanwhile",
  "copied-name",
  "duplicate",
  "flag-is-on",
  "flag-not-agreed",
  "flag-partly",
  "flag-row-on",
  "flag-turned-meanwhile",
  "has-value",
  "in-use",
  "key-not-accepted",
  "not-restored",
  "other-table",
  "other-value",
  "previous-unknown",
  "rule-broken",
  "shared-name",
  "unreadable",
  "vault-unreachable",
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** A gate or a rule said no: exit code 3. The message names the rule and what would satisfy it. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";

  readonly findings: readonly Worded[];

  /** @param about the findings that are refused, or the refusal's own code with the names and paths that it is about */
  constructor(
    message: string,
    about: readonly Worded[] | { readonly code: RefusalCode; readonly [key: string]: unknown },
  ) {
    super(message);
    this.findings = "code" in about ? [{ ...about, text: message }] : about;
  }
}
