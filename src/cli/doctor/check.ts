/** Every check of `console-vault doctor`, in the order of its table. docs/doctor.md has the same list. */
export const checkNames = [
  "node",
  "project",
  "pulumi-cli",
  "catalog",
  "config",
  "engine",
  "backend",
  "passphrase",
  "infisical",
  "infisical-token",
  "infisical-project",
  "rights",
  "heroku",
  "heroku-apps",
  "clock",
  "rate-limit",
] as const;
export type CheckName = (typeof checkNames)[number];

/** One line of the table. Names, paths, dates and versions only. */
export interface Check {
  readonly check: CheckName;
  /** A stack, a folder, a service; empty where the check is about the machine. */
  readonly subject: string;
  /** `missing` ends with exit 4. `note`: works, and somebody should know. `unknown`: could not be looked at. */
  readonly state: "ok" | "missing" | "note" | "unknown";
  readonly found: string;
  /** What mends it: of every check that is not `ok`. */
  readonly fix?: string;
}

export const ok = (check: CheckName, subject: string, found: string): Check => ({ check, subject, state: "ok", found });

export const missing = (check: CheckName, subject: string, found: string, fix: string): Check => ({
  check,
  subject,
  state: "missing",
  found,
  fix,
});

export const note = (check: CheckName, subject: string, found: string, fix: string): Check => ({
  check,
  subject,
  state: "note",
  found,
  fix,
});

export const unknown = (check: CheckName, subject: string, found: string, fix: string): Check => ({
  check,
  subject,
  state: "unknown",
  found,
  fix,
});

/** An error of ours says what happened in its first sentence, and what mends it in the others. */
export function missingFor(check: CheckName, subject: string, error: unknown): Check {
  const message = error instanceof Error ? error.message : String(error);
  const [, found, fix] = /^(.*?)[.:]\s+(?=[A-Z])(.*)$/s.exec(message) ?? [];
  if (found === undefined || fix === undefined)
    return missing(check, subject, message.replace(/\.$/, ""), "Mend that, then run console-vault doctor again.");
  return missing(check, subject, found, fix);
}
