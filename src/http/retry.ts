import { setTimeout as sleep } from "node:timers/promises";
import type { Wait } from "../waits.js";

/** That sending a request again is safe and can help, and when the server wants it. */
export interface Again {
  readonly because: Wait["because"];
  readonly afterMs?: number | undefined;
}

/** What one attempt came to, beside the error that the caller gets in the end. */
export class AttemptFailed<Failure extends Error = Error> extends Error {
  constructor(
    readonly error: Failure,
    /** Whether the request may have been carried out all the same. */
    readonly lost: boolean,
    readonly again?: Again,
  ) {
    // Not the error's own message: this one goes no further than the client.
    super("attempt failed");
  }
}

export interface RetryPolicy {
  /** How many times a request may be repeated. */
  readonly retries: number;
  /** The first wait where the server asks for none (ms); doubled each time, with up to a quarter more by chance. */
  readonly firstWaitMs: number;
  /** All waits of one call together (ms), whatever the server asks for. */
  readonly maxWaitMs: number;
  /** Ends a wait; the call then rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repeats `attempt` while it throws an {@link AttemptFailed} with `again`, for as long as the policy allows.
 *
 * @param onWait told before each wait
 * @throws the last {@link AttemptFailed}, or at once anything else
 */
export async function withRetry<T>(
  { retries, firstWaitMs, maxWaitMs, signal }: RetryPolicy,
  onWait: (because: Wait["because"], waitMs: number) => void,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let [repeated, waited] = [0, 0]; ; repeated++) {
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof AttemptFailed) || !failure.again || repeated === retries) throw failure;
      const { because, afterMs } = failure.again;
      const waitMs = Math.ceil(afterMs ?? firstWaitMs * 2 ** repeated * (1 + Math.random() / 4));
      waited += waitMs;
      if (waited > maxWaitMs) throw failure;
      onWait(because, waitMs);
      await sleep(waitMs, undefined, signal ? { signal } : {});
    }
  }
}
