import { asWanted, flagWords, keptState } from "./flagState.js";
import { duration } from "./phases.js";
import type { MigrationRecord } from "./state/index.js";

/** The environments before and after one, in the order in which the flag turns on. */
export interface Neighbours {
  readonly before: string | undefined;
  /** undefined where there is none, or its flag is on. */
  readonly after: string | undefined;
  /** What is known of the one before; undefined where its state cannot be read. */
  readonly earlier?: Earlier | undefined;
}

/** The environment before, as its last update left it. */
export interface Earlier {
  /** undefined: it was never updated. */
  readonly record: MigrationRecord | undefined;
  /** When its soak is over, counted as the gate counts it; undefined while it does not run. */
  readonly readyAt: Date | undefined;
  /** Heroku's clock. */
  readonly now: Date;
}

export interface NextStep {
  /** To type. */
  readonly command: string;
  /** What an editor has to set before: `console-vault:vaultEnvAware: true in Pulumi.staging.yaml`. */
  readonly setting?: string;
  /** Why this and not the step that one would expect. */
  readonly because?: string;
}

/** The next step that is taken by setting a key of the stack's file. */
export const settingFirst = (environment: string, key: string): NextStep => ({
  command: `console-vault up --stack ${environment}`,
  setting: `console-vault:${key}: true in Pulumi.${environment}.yaml`,
});

/** Towards the promotion of an environment whose own credentials are confirmed: what the one before still needs. */
function untilPromotion(environment: string, before: string, { record, readyAt, now }: Earlier): NextStep[] {
  const promote = `console-vault promote --from ${before} --to ${environment}`;
  const up = `console-vault up --stack ${before}`;
  const follows = `the flag of ${environment} follows ${before}'s`;
  if (!record) return [{ command: up, because: `${follows}, and ${before} was never updated` }];
  const its = (because: string): NextStep[] => {
    const steps = nextSteps(before, record, { before: undefined, after: undefined });
    return (steps.length > 0 ? steps : [{ command: "console-vault status" }]).map((step) => ({ ...step, because }));
  };
  if (!record.flag.running)
    return its(`${follows}, which is ${keptState(record.flag) === "partly" ? flagWords(record.flag) : "off"}`);
  if (record.blocked.length > 0 || record.missing.length > 0)
    return its(`${before} is on and not all of it is confirmed`);
  if (!readyAt) return [{ command: up, because: `the soak of ${before} has not begun` }];
  const left = readyAt.getTime() - now.getTime();
  if (left <= 0) return [{ command: promote }];
  return [
    {
      command: "console-vault status",
      because: `${before} has ${duration(left)} of its soak left, until ${readyAt.toISOString()}; then ${promote}`,
    },
  ];
}

/** What to do next, in order, for a stack as its last update left it. */
export function nextSteps(environment: string, record: MigrationRecord, neighbours: Neighbours): NextStep[] {
  const { before, after, earlier } = neighbours;
  const up = { command: `console-vault up --stack ${environment}` };
  const each = (verb: string, names: readonly string[]) =>
    names.map((name) => ({ command: `console-vault ${verb} ${name} --env ${environment}` }));
  const { flag } = record;
  // Nothing stands against it, and yet it has not turned: an update left it out.
  const turns = !asWanted(flag) && record.blocked.length === 0;
  if (keptState(flag) === "partly")
    return [up, ...(record.blocked.length > 0 ? [{ command: `console-vault rollback --stack ${environment}` }] : [])];
  if (record.waiting.length > 0) return [...each(flag.running ? "rotate" : "provision", record.waiting), up];
  if (flag.running && record.missing.length > 0) return [...each("rotate", record.missing), up];
  if (turns && (flag.running || (record.phase === "confirmed" && !before))) return [up];
  if (record.phase === "confirmed") {
    if (before && earlier) return untilPromotion(environment, before, earlier);
    // Whatever else stands in the way of the flag, promote says it in one sentence.
    if (before) return [{ command: `console-vault promote --from ${before} --to ${environment}` }];
    if (record.blocked.length === 0 && flag.app !== "") return [settingFirst(environment, "vaultEnvAware")];
  }
  if (record.phase === "soaking" && record.blocked.length === 0) return [{ command: "console-vault status" }];
  if (record.phase === "soaked")
    return after === undefined ? [] : [{ command: `console-vault promote --from ${environment} --to ${after}` }];
  return record.blocked.length > 0 ? [{ command: "console-vault status" }, up] : [];
}
