import { type Check, note, ok } from "./check.js";

/** Services answer within seconds, and their `Date` has no fractions of one. */
const toleratedSeconds = 30;

/** A service's clock against this machine's. Soak is counted by Heroku's clock alone; certificates and tokens go by every clock. */
export function judgeClock(service: string, date: Date | undefined, machine: Date, loopback: boolean): Check[] {
  if (!date) return [];
  const seconds = Math.round((date.getTime() - machine.getTime()) / 1000);
  const apart = Math.abs(seconds);
  if (apart <= toleratedSeconds) return [ok("clock", service, `agrees with this machine's (${apart} s)`)];
  const found = `${inWords(apart)} ${seconds > 0 ? "ahead of" : "behind"} this machine's`;
  // Time on the local services is what somebody set it to.
  if (loopback) return [ok("clock", service, `${found} (a local service)`)];
  return [
    note("clock", service, found, "Set this machine's clock by NTP (timedatectl set-ntp true), or the server's."),
  ];
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
