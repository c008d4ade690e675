/** In order. What stands in the way of the next one is said beside it (`blocked`), not by a phase of its own. */
export const phases = ["empty", "awaiting-provision", "confirmed", "soaking", "soaked", "retired"] as const;
export type Phase = (typeof phases)[number];

export interface PhaseFacts {
  /** Anything at an environment path, or a folder for it. */
  readonly begun: boolean;
  readonly confirmed: boolean;
  readonly flagOn: boolean;
  /** Start of the soak; undefined while something is unconfirmed. */
  readonly soakingSince: Date | undefined;
  readonly now: Date;
  readonly soakHours: number;
  readonly retired: boolean;
}

export function phaseOf({ begun, confirmed, flagOn, soakingSince, now, soakHours, retired }: PhaseFacts): Phase {
  if (!flagOn) return confirmed ? "confirmed" : begun ? "awaiting-provision" : "empty";
  if (!confirmed || !soakingSince || hoursBetween(soakingSince, now) < soakHours) return "soaking";
  return retired ? "retired" : "soaked";
}

function hoursBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 3_600_000;
}

/** The unbroken time starts when both hold: everything confirmed, and the flag on. */
export function soakStart(confirmedSince: Date | undefined, flagSince: Date | undefined): Date | undefined {
  if (!confirmedSince || !flagSince) return undefined;
  return confirmedSince > flagSince ? confirmedSince : flagSince;
}

/** When a soak that began then is over. */
export const soakEnd = (since: Date, hours: number): Date => new Date(since.getTime() + hours * 3_600_000);

export interface SoakTimes {
  readonly hours: number;
  /** ISO, UTC; null where it does not run. */
  readonly since: string | null;
  readonly readyAt: string | null;
}

type Iso = string | null | undefined;

/** A soak by what was recorded, in ISO times. */
export function soakTimes(confirmedSince: Iso, flagSince: Iso, hours: number): SoakTimes {
  const date = (iso: Iso) => (iso ? new Date(iso) : undefined);
  const since = soakStart(date(confirmedSince), date(flagSince));
  if (!since) return { hours, since: null, readyAt: null };
  return { hours, since: since.toISOString(), readyAt: soakEnd(since, hours).toISOString() };
}

/** `47 h 59 min`, `12 min`, `less than a minute`. */
export function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "less than a minute";
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
