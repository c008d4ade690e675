// `node:timers/promises` for the model: what the clients wait between two tries passes a hundred times faster.
import { vi } from "vitest";

const real = await vi.importActual<typeof import("node:timers/promises")>("node:timers/promises");

export const setTimeout = <T>(ms?: number, value?: T, options?: { signal?: AbortSignal }): Promise<T> =>
  real.setTimeout(Math.min((ms ?? 0) / 100, 5), value, options) as Promise<T>;
export const { setImmediate, setInterval } = real;
