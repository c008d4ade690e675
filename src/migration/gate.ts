// The gate before an environment that follows another (prod follows staging). Pure: facts in, an answer out.
import { duration, hoursBetween, soakStart } from "./phases.js";
import { migrationOutput, type Target } from "./state/index.js";
import type { RunningFlag } from "./world.js";

export interface GateFacts {
  readonly from: string;
  readonly to: string;
  /** The other stack's output `migration`, as it came. */
  readonly output: unknown;
  readonly target: Target;
  /** The other environment's flag, seen now. */
  readonly flag: RunningFlag;
  /** What is wrong with the other environment's credentials, read and judged now: a line each. */
  readonly wrong: readonly string[];
  /** Names whose two environments' values could not be compared now. */
  readonly unchecked: readonly string[];
  /** Whether a secret at the other environment's path was written again after its flag turned on. */
  readonly rotationSeen: boolean;
  readonly requireRotation: boolean;
  readonly soakHours: number;
  /** Why a soak under 48 hours is enough this time: recorded with the answer. */
  readonly override: string | undefined;
  /** Heroku's clock. */
  readonly now: Date;
}

export interface GateAnswer {
  readonly open: boolean;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  /** Start of the soak, where it runs. */
  readonly since: Date | undefined;
  /** When the soak is over, where it runs. */
  readonly readyAt: Date | undefined;
  readonly override: string | undefined;
}

/** Whether prod may follow. Everything that is odd is a reason against it. */
export function gate(facts: GateFacts): GateAnswer {
  const { from, to, flag, now, soakHours, override } = facts;
  const reasons: string[] = [];
  const warnings: string[] = [];
  const parsed = migrationOutput.safeParse(facts.output);
  let since: Date | undefined;

  if (!parsed.success) {
    reasons.push(
      facts.output === undefined
        ? `the stack ${from} has no output "migration": run console-vault up --stack ${from}`
        : `the output "migration" of the stack ${from} is not as expected (${parsed.error.issues.map(({ path }) => path.join(".") || "all of it").join(", ")}): run console-vault up --stack ${from}`,
    );
  } else {
    const output = parsed.data;
    for (const key of ["vault", "project", "slug", "root"] as const)
      if (output.target[key] !== facts.target[key])
        reasons.push(`${from} works on another ${key} (${output.target[key]}, here ${facts.target[key]})`);
    if (!output.flag.wanted) reasons.push(`${from}'s flag is not wanted on: set vaultEnvAware: true there first`);
    for (const name of [
      ...output.missing,
      ...output.broken.map((one) => one.name),
      ...output.conflicts.map((one) => one.name),
    ])
      reasons.push(`${from} last recorded ${name} as not confirmed: run console-vault up --stack ${from}`);
    if (output.confirmedSince) since = soakStart(new Date(output.confirmedSince), flag.since);
    else reasons.push(`${from} is not confirmed: run console-vault up --stack ${from}`);
  }
  if (!flag.on) reasons.push(`${from}'s flag is off now (${flag.app})`);
  else if (!flag.since) reasons.push(`no release of ${flag.app} tells when its flag was turned on`);
  reasons.push(...facts.wrong.map((line) => `${from}, read now: ${line}`));
  if (facts.unchecked.length > 0)
    reasons.push(
      `could not compare both environments' values of ${facts.unchecked.join(", ")}: the token must read both`,
    );
  if (!facts.rotationSeen) {
    const line = `no rotation seen on ${from} since its flag was turned on: console-vault rotate NAME --env ${from}`;
    (facts.requireRotation ? reasons : warnings).push(line);
  }

  let readyAt: Date | undefined;
  if (since && flag.on) {
    readyAt = new Date(since.getTime() + soakHours * 3_600_000);
    const left = readyAt.getTime() - now.getTime();
    if (since > now)
      reasons.push(
        `${from}'s soak starts in the future (${since.toISOString()}); Heroku's clock says ${now.toISOString()}`,
      );
    else if (left > 0)
      reasons.push(
        `${from} has soaked ${duration(hoursBetween(since, now) * 3_600_000)} of ${soakHours} h: ${duration(left)} left, until ${readyAt.toISOString()}; ${to} may follow then`,
      );
  }
  return { open: reasons.length === 0, reasons, warnings, since, readyAt, override };
}
