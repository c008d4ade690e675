import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import type { Wait } from "../../waits.js";
import type { InfisicalError } from "./error.js";
import type { InfisicalClientOptions } from "./types.js";

/** What one attempt came to, beside the error that the caller gets in the end. */
export class AttemptFailed extends Error {
  constructor(
    readonly error: InfisicalError,
    /** Whether the request may have been carried out all the same. */
    readonly lost: boolean,
    /** Set if sending it again is safe and can help. */
    readonly again?: { readonly because: Wait["because"]; readonly afterMs?: number | undefined },
  ) {
    super(error.kind);
  }
}

export interface RetryPolicy {
  readonly retries: number;
  readonly firstWaitMs: number;
  readonly maxWaitMs: number;
  readonly onWait: ((wait: Wait) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

export function retryPolicy({ retry, onWait, signal }: InfisicalClientOptions): RetryPolicy {
  const { retries = 5, firstWaitMs = 250, maxWaitMs = 150_000 } = retry ?? {};
  return { retries, firstWaitMs, maxWaitMs, onWait, signal };
}

/**
 * Repeats `attempt` while it throws an {@link AttemptFailed} with `again`, for as long as the policy allows. The wait is
 * what the server asked for, else exponential with jitter.
 *
 * @throws the last {@link AttemptFailed}, or at once anything else.
 */
export function withRetry<T>(policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  const { retries, firstWaitMs, maxWaitMs, onWait, signal } = policy;
  let waited = 0;
  return pRetry(attempt, {
    retries,
    // The waiting is done below, because p-retry's own can not follow Retry-After.
    minTimeout: 0,
    maxTimeout: 0,
    onFailedAttempt: async (failure) => {
      if (!(failure instanceof AttemptFailed) || !failure.again || failure.retriesLeft === 0) throw failure;
      const { because, afterMs } = failure.again;
      const backoff = firstWaitMs * 2 ** (failure.attemptNumber - 1) * (1 + Math.random() / 4);
      const waitMs = Math.ceil(afterMs ?? backoff);
      waited += waitMs;
      if (waited > maxWaitMs) throw failure;
      onWait?.({ service: "Infisical", method: failure.error.method, path: failure.error.path, because, waitMs });
      await sleep(waitMs, undefined, signal ? { signal } : {});
    },
  });
}
