// The gate before an environment that follows another (prod follows staging). Pure: facts in, an answer out.
import type { Reason } from "./findings.js";
import { appsInWords } from "./flagState.js";
import { soakEnd, soakStart } from "./phases.js";
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
  /** What is wrong with the other environment's credentials, read and judged now. */
  readonly wrong: readonly Reason[];
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
  readonly reasons: readonly Reason[];
  readonly warnings: readonly Reason[];
  /** Start of the soak, where it runs. */
  readonly since: Date | undefined;
  /** When the soak is over, where it runs. */
  readonly readyAt: Date | undefined;
  readonly override: string | undefined;
}

/** What the other stack recorded; anything odd in it is a reason. @returns since when it is confirmed, where it is */
function judgeOutput({ from, output, target }: GateFacts): { reasons: Reason[]; confirmedSince: Date | undefined } {
  const parsed = migrationOutput.safeParse(output);
  if (!parsed.success) {
    const keys = parsed.error.issues.map(({ path }) => path.join(".") || "all of it");
    const odd: Reason =
      output === undefined
        ? { code: "gate-no-output", environment: from }
        : { code: "gate-odd-output", environment: from, keys };
    return { reasons: [odd], confirmedSince: undefined };
  }
  const { target: theirs, flag, missing, broken, conflicts, confirmedSince } = parsed.data;
  const places = (["vault", "project", "slug", "root"] as const).filter((key) => theirs[key] !== target[key]);
  const unconfirmed = [...missing, ...[...broken, ...conflicts].map(({ name }) => name)];
  return {
    reasons: [
      ...places.map((key): Reason => {
        return { code: "gate-other-place", environment: from, key, theirs: theirs[key], ours: target[key] };
      }),
      ...(flag.wanted ? [] : [{ code: "gate-not-wanted", environment: from } as const]),
      ...unconfirmed.map((name): Reason => ({ code: "gate-not-confirmed", environment: from, name })),
      ...(confirmedSince === null ? [{ code: "gate-not-confirmed", environment: from } as const] : []),
    ],
    confirmedSince: confirmedSince === null ? undefined : new Date(confirmedSince),
  };
}

/** The soak, where it runs: what of it is left. */
function judgeSoak({ from, to, now, soakHours }: GateFacts, since: Date, readyAt: Date): Reason[] {
  const times = { since: since.toISOString(), now: now.toISOString() };
  if (since > now) return [{ code: "gate-future", environment: from, ...times }];
  if (readyAt > now) return [{ code: "gate-soaking", environment: from, to, hours: soakHours, ...times }];
  return [];
}

/** Whether prod may follow. Everything that is odd is a reason against it. */
export function gate(facts: GateFacts): GateAnswer {
  const { from, flag, soakHours, override, unchecked, rotationSeen, requireRotation } = facts;
  const { reasons, confirmedSince } = judgeOutput(facts);
  const on = flag.is === "on";
  for (const { app, since } of flag.apps) if (on && !since) reasons.push({ code: "gate-no-release", app });
  const off = flag.apps.filter((one) => !one.on).map(({ app }) => app);
  if (!on) reasons.push({ code: "gate-flag-off", environment: from, app: appsInWords(off) });
  reasons.push(...facts.wrong);
  if (unchecked.length > 0) reasons.push({ code: "gate-unchecked", names: unchecked });
  const rotation: Reason[] = rotationSeen ? [] : [{ code: "gate-no-rotation", environment: from }];
  if (requireRotation) reasons.push(...rotation);

  const since = soakStart(confirmedSince, flag.since);
  const readyAt = since && on ? soakEnd(since, soakHours) : undefined;
  if (since && readyAt) reasons.push(...judgeSoak(facts, since, readyAt));
  return { open: reasons.length === 0, reasons, warnings: requireRotation ? [] : rotation, since, readyAt, override };
}
