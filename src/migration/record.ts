// What the Migration resource remembers: pure, from what this update was told and what the last one remembered.
import { isDeepStrictEqual } from "node:util";
import type { OnApp } from "./last.js";
import { type Phase, phaseOf, soakStart } from "./phases.js";
import type { Transition } from "./plan.js";
import { allConfirmed, type Broken, type SetSummary, waits, wrongs } from "./summary.js";
import type { Target } from "./world.js";

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
  /** What an app or the vault holds here that the environment must never hold. */
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
    flag: { variable: flag.variable, app: flag.app, wanted: flag.wanted, running: on },
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

function date(iso: string | null): Date | undefined {
  return iso === null ? undefined : new Date(iso);
}
