// What the Migration resource remembers: pure, from what this update was told and what the last one remembered.
import { isDeepStrictEqual } from "node:util";
import { type Phase, phaseOf, soakStart } from "./phases.js";
import { plain } from "./set.js";
import { allConfirmed, type Broken, type SetSummary, waits, wrongs } from "./summary.js";
import type { Target } from "./world.js";

/** Where a value on an app comes from: the path that is read, or the app itself (`kept`: the vault has none that it may get). */
export type ValueSource = "flat" | "environment" | "kept";

/** Credentials that a stack keeps on one app. */
export interface OnApp {
  readonly credentials: Readonly<Record<string, ValueSource>>;
  /** Names whose value on the app is this stack's own, from this update or an earlier one. */
  readonly owned: readonly string[];
}

/** What an update does to the flag. */
export type Transition = "none" | "on" | "off";

/** Where a name of the environment is, and where it comes from. */
export interface NamePlaces {
  readonly source: "copy" | "provision";
  readonly path: string;
  readonly flatPath: string;
}

export interface MigrationFacts {
  readonly environment: string;
  readonly target: Target;
  /** Every name that the environment must hold confirmed before its flag turns on. */
  readonly names: Readonly<Record<string, NamePlaces>>;
  readonly flag: {
    readonly variable: string;
    readonly app: string;
    readonly wanted: boolean;
    readonly running: boolean;
    readonly transition: Transition;
    readonly refused: readonly string[];
    /** ISO time of the release that turned it on; null where it is off or unknown. */
    readonly since: string | null;
  };
  /** What all sets found, together. */
  readonly summary: SetSummary;
  /** What an app or the vault holds here that the environment must never hold, and values that an app cannot get. */
  readonly forbiddenHere: readonly Broken[];
  /** Why a soak under 48 hours was enough; null without. */
  readonly promoteOverride: string | null;
  readonly soakHours: number;
  /** Credentials that the stack keeps on apps, by app. */
  readonly apps: Readonly<Record<string, OnApp>>;
}

/** The stack output `migration`: nothing secret, nothing derived from a secret. */
export interface MigrationRecord {
  readonly phase: Phase;
  readonly blocked: readonly string[];
  readonly flag: {
    readonly variable: string;
    readonly app: string;
    readonly wanted: boolean;
    readonly running: boolean;
    /** ISO time of the release that turned it on; null where it is off or unknown. */
    readonly since: string | null;
  };
  /** ISO; null while something is not confirmed. */
  readonly confirmedSince: string | null;
  readonly confirmed: readonly string[];
  readonly waiting: readonly string[];
  readonly missing: readonly string[];
  readonly broken: SetSummary["broken"];
  readonly conflicts: SetSummary["conflicts"];
  readonly unchecked: readonly string[];
  readonly overrides: SetSummary["overrides"];
  readonly promoteOverride: string | null;
  readonly target: Target;
}

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
  const on = flag.transition === "none" ? flag.running : flag.transition === "on";
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
    soakingSince: soakStart(date(confirmedSince), on ? date(flagSince) : undefined),
    now,
    soakHours: facts.soakHours,
    retired: false,
  });
  const wrong = [...wrongs(summary), ...facts.forbiddenHere.map(({ name, why }) => `${name}: ${why}`)];
  return {
    phase,
    // Waiting for an operator is a phase; it stands in the way of nothing until the flag is on.
    blocked: flag.refused.length > 0 ? flag.refused : on ? [...waits(summary), ...wrong] : wrong,
    flag: { variable: flag.variable, app: flag.app, wanted: flag.wanted, running: on, since: on ? flagSince : null },
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
  const timeless = (one: MigrationRecord) =>
    plain({ ...one, flag: { ...one.flag, since: null }, confirmedSince: one.confirmedSince !== null });
  return before === undefined || !isDeepStrictEqual(timeless(record), timeless(before));
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
  readonly flag: { readonly on: boolean; readonly since: string | null };
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
  const confirmedSince = leftOut && expected.confirmedSince === null ? null : record.confirmedSince;
  return {
    ...record,
    phase: phaseOf({
      begun: record.phase !== "empty",
      confirmed: confirmedSince !== null,
      flagOn: flag.on,
      soakingSince: soakStart(date(confirmedSince), date(flag.since)),
      now,
      soakHours,
      retired: false,
    }),
    blocked: leftOut ? expected.blocked : record.blocked,
    flag: { ...record.flag, wanted: expected.flag.wanted, running: flag.on, since: flag.on ? flag.since : null },
    confirmedSince,
    promoteOverride: flag.on ? record.promoteOverride : null,
  };
}

function date(iso: string | null): Date | undefined {
  return iso === null ? undefined : new Date(iso);
}
