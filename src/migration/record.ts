// What the Migration resource remembers: pure, from what this update was told and what the last one remembered.
import { isDeepStrictEqual } from "node:util";
import { timeless } from "./findings.js";
import { type KeptFlag, keptState } from "./flagState.js";
import { phaseOf, soakStart } from "./phases.js";
import { plain } from "./set.js";
import type { MigrationInputs, MigrationRecord } from "./state/index.js";
import { allConfirmed, notProvisioned, ruleBroken, wrongOf } from "./summary.js";

export type MigrationFacts = Omit<MigrationInputs, "version" | "phase" | "turn">;

/**
 * @param before what the last update remembered; undefined for the first
 * @param now Heroku's clock
 */
export function recordMigration(
  facts: MigrationFacts,
  before: MigrationRecord | undefined,
  now: Date,
): MigrationRecord {
  // What was confirmed in another vault, and what soaked there, says nothing of this one.
  const last = before && isDeepStrictEqual(before.target, facts.target) ? before : undefined;
  const { flag, summary } = facts;
  const turns = flag.transition !== "none";
  const state = turns ? flag.transition : keptState(flag);
  // The environment path is in use as soon as one app reads it.
  const on = state !== "off";
  const confirmed = allConfirmed(summary, Object.keys(facts.names)) && facts.forbiddenHere.length === 0;
  const confirmedSince = confirmed ? (last?.confirmedSince ?? now.toISOString()) : null;
  const flagSince = flag.transition === "on" ? now.toISOString() : flag.since;
  // The gate is asked for the transition only; what it let pass is remembered as long as the flag is on.
  const asked = flag.transition === "on" ? facts.promoteOverride : (last?.promoteOverride ?? null);
  const promoteOverride = on ? asked : null;
  const phase = phaseOf({
    begun: Object.keys(facts.names).length > 0,
    confirmed,
    flagOn: on,
    soakingSince: soakStart(date(confirmedSince), state === "on" ? date(flagSince) : undefined),
    now,
    soakHours: facts.soakHours,
    retired: false,
  });
  const wrong = [...wrongOf(summary), ...facts.forbiddenHere.map(ruleBroken)];
  return {
    phase,
    // Waiting for an operator is a phase; it stands in the way of nothing until the flag is on.
    blocked: flag.refused.length > 0 ? flag.refused : on ? [...notProvisioned(summary), ...wrong] : wrong,
    flag: {
      variable: flag.variable,
      app: flag.app,
      wanted: flag.wanted,
      running: state === "on",
      since: state === "on" ? flagSince : null,
      ...(flag.apps
        ? { apps: flag.apps.map(({ app, running }) => ({ app, running: turns ? state === "on" : running })) }
        : {}),
    },
    confirmedSince,
    confirmed: summary.confirmed,
    waiting: summary.waiting,
    missing: summary.missing,
    broken: [...summary.broken, ...facts.forbiddenHere],
    conflicts: summary.conflicts,
    unchecked: summary.unchecked,
    overrides: summary.overrides,
    promoteOverride,
    target: facts.target,
  };
}

/** Whether a record says anything else than the one before. When something began is no difference. */
export function remembersElse(record: MigrationRecord, before: MigrationRecord | undefined): boolean {
  const compared = (one: MigrationRecord) =>
    plain({
      ...one,
      blocked: timeless(one.blocked),
      flag: { ...one.flag, since: null },
      confirmedSince: one.confirmedSince !== null,
    });
  return before === undefined || !isDeepStrictEqual(compared(record), compared(before));
}

/** What is known at the end of an update, which may have left out any of its resources. */
export interface UpdateEnd {
  /** What `Migration` remembers; undefined where it was never made. */
  readonly record: MigrationRecord | undefined;
  /** Whether `Migration` was left out, though it had something to remember. */
  readonly leftOut: boolean;
  /** What the plan expected it to remember. */
  readonly expected: MigrationRecord;
  /** The flag as it runs; `since` is an ISO time. */
  readonly flag: KeptFlag & { readonly since: string | null };
  readonly soakHours: number;
  readonly now: Date;
}

/**
 * The stack output `migration`. `Migration` stands before the flag's config var, so only the app says whether the flag turned.
 * What an update left out is neither confirmed nor forgotten: only what the plan saw wrong is added to what was known.
 */
export function recordAtEnd(end: UpdateEnd): MigrationRecord {
  const { leftOut, expected, flag, soakHours, now } = end;
  const record = end.record ?? { ...expected, confirmed: [], confirmedSince: null };
  const { running, apps, since } = flag;
  const on = keptState(flag) !== "off";
  const confirmedSince = leftOut && expected.confirmedSince === null ? null : record.confirmedSince;
  return {
    ...record,
    phase: phaseOf({
      begun: record.phase !== "empty",
      confirmed: confirmedSince !== null,
      flagOn: on,
      soakingSince: soakStart(date(confirmedSince), date(since)),
      now,
      soakHours,
      retired: false,
    }),
    blocked: leftOut ? expected.blocked : record.blocked,
    flag: { ...record.flag, wanted: expected.flag.wanted, running, since, ...(apps ? { apps } : {}) },
    confirmedSince,
    promoteOverride: on ? record.promoteOverride : null,
  };
}

function date(iso: string | null): Date | undefined {
  return iso === null ? undefined : new Date(iso);
}
