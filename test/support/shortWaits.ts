// The clients' waits have tests of their own; in here only their order counts.
type Timers = typeof import("node:timers/promises");

export function shortWaits(real: Timers): Timers {
  const setTimeout: Timers["setTimeout"] = (ms = 0, ...rest) => real.setTimeout(ms > 50 ? ms / 200 : ms, ...rest);
  return { ...real, default: { ...real, setTimeout }, setTimeout } as Timers;
}
