import type { MigrationRecord } from "./record.js";

/** The environments before and after one, in the order in which the flag turns on. */
export interface Neighbours {
  readonly before: string | undefined;
  readonly after: readonly string[];
}

/** What to type next, in order, for a stack as its last update left it. */
export function nextCommands(environment: string, record: MigrationRecord, { before, after }: Neighbours): string[] {
  const up = `console-vault up --stack ${environment}`;
  const { flag } = record;
  if (record.waiting.length > 0) {
    const verb = flag.running ? "rotate" : "provision";
    return [...record.waiting.map((name) => `console-vault ${verb} ${name} --env ${environment}`), up];
  }
  if (flag.running && record.missing.length > 0)
    return [...record.missing.map((name) => `console-vault rotate ${name} --env ${environment}`), up];
  if (record.phase === "confirmed") {
    // Whatever else stands in the way of the flag, promote says it in one sentence.
    if (before) return [`console-vault promote --from ${before} --to ${environment}`];
    if (record.blocked.length === 0) return [`set console-vault:vaultEnvAware: true in Pulumi.${environment}.yaml`, up];
  }
  if (record.phase === "soaking" && record.blocked.length === 0) return ["console-vault status"];
  if (record.phase === "soaked") return after.map((to) => `console-vault promote --from ${environment} --to ${to}`);
  return record.blocked.length > 0 ? ["console-vault status", up] : [];
}
