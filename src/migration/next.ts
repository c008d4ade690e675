import type { MigrationRecord } from "./record.js";

/** What to type next, in order, for a stack as its last update left it. */
export function nextCommands(environment: string, record: MigrationRecord, followers: readonly string[]): string[] {
  const up = `console-vault up --stack ${environment}`;
  if (record.waiting.length > 0) {
    const what = record.flag.running ? "rotate" : "provision";
    return [...record.waiting.map((name) => `console-vault ${what} ${name} --env ${environment}`), up];
  }
  if (record.flag.running && record.missing.length > 0)
    return [...record.missing.map((name) => `console-vault rotate ${name} --env ${environment}`), up];
  if (record.phase === "confirmed" && record.blocked.length === 0)
    return [`set console-vault:vaultEnvAware: true in Pulumi.${environment}.yaml`, up];
  if (record.phase === "soaking") return ["console-vault status"];
  if (record.phase === "soaked") return followers.map((to) => `console-vault promote --from ${environment} --to ${to}`);
  return record.blocked.length > 0 ? ["console-vault status", up] : [];
}
