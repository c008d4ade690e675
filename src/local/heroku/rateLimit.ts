// A pool of request tokens per account: 4,500 at most, and about 75 come back a minute (platform API reference, "Rate limits").
import type { LocalClock } from "../control.js";

const refill = { tokens: 75, everyMs: 60_000 };

export class RateLimit {
  readonly #pools = new Map<string, { tokens: number; at: number }>();
  readonly #clock: LocalClock;
  /** Tokens that a pool holds at most. */
  readonly size: number;

  constructor(clock: LocalClock, size = 4500) {
    this.#clock = clock;
    this.size = size;
  }

  remaining(account: string): number {
    return Math.floor(this.#pool(account).tokens);
  }

  /** @returns false when none is left. */
  take(account: string): boolean {
    const pool = this.#pool(account);
    if (pool.tokens < 1) return false;
    pool.tokens -= 1;
    return true;
  }

  #pool(account: string): { tokens: number; at: number } {
    const now = this.#clock.now().getTime();
    const pool = this.#pools.get(account) ?? { tokens: this.size, at: now };
    pool.tokens = Math.min(this.size, pool.tokens + (Math.max(0, now - pool.at) / refill.everyMs) * refill.tokens);
    pool.at = now;
    this.#pools.set(account, pool);
    return pool;
  }
}
