import type { MigrationRecord } from "./record.js";

/** The environments before and after one, in the order in which the flag turns on. */
export interface Neighbours {
  readonly before: string | undefined;
  readonly after: readonly string[];
}

export interface NextStep {
  /** To type. */
  readonly command: string;
  /** What an editor has to set before: `console-vault:vaultEnvAware: true in Pulumi.staging.yaml`. */
  readonly setting?: string;
}

/** The next step that is taken by setting a key of the stack's file. */
export const settingFirst = (environment: string, key: string): NextStep => ({
  command: `console-vault up --stack ${environment}`,
  setting: `console-vault:${key}: true in Pulumi.${environment}.yaml`,
});

/** What to do next, in order, for a stack as its last update left it. */
export function nextSteps(environment: string, record: MigrationRecord, { before, after }: Neighbours): NextStep[] {
  const up = { command: `console-vault up --stack ${environment}` };
  const each = (verb: string, names: readonly string[]) =>
    names.map((name) => ({ command: `console-vault ${verb} ${name} --env ${environment}` }));
  const { flag } = record;
  if (record.waiting.length > 0) return [...each(flag.running ? "rotate" : "provision", record.waiting), up];
  if (flag.running && record.missing.length > 0) return [...each("rotate", record.missing), up];
  if (record.phase === "confirmed") {
    // Whatever else stands in the way of the flag, promote says it in one sentence.
    if (before) return [{ command: `console-vault promote --from ${before} --to ${environment}` }];
    if (record.blocked.length === 0) return [settingFirst(environment, "vaultEnvAware")];
  }
  if (record.phase === "soaking" && record.blocked.length === 0) return [{ command: "console-vault status" }];
  if (record.phase === "soaked")
    return after.map((to) => ({ command: `console-vault promote --from ${environment} --to ${to}` }));
  return record.blocked.length > 0 ? [{ command: "console-vault status" }, up] : [];
}
