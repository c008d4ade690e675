import { setTimeout as sleep } from "node:timers/promises";

/** How many requests of a kind a server takes in a window of time. */
export interface RateLimit {
  limit: number;
  /** As far as it has been told. */
  windowMs: number;
}

/** What a server says of its limit in an answer to one kind of request. */
interface Bucket extends RateLimit {
  /** Requests that may still be sent in this window. */
  left: number;
  /** `performance.now()` when the window is over. */
  endsAt: number;
  /** Sent and not answered yet: an answer may not have counted them. */
  underWay: number;
  /** The end of the window that a wait was told for. */
  toldFor: number;
}

/** A window is a minute or so: a larger number is no number of seconds, but perhaps a time (s). */
const longestWindowS = 600;

/** How often to look whether an answer has come. */
const answerMs = 20;

/** Timers and clocks are not exact: a request that comes a moment too early is refused. */
const marginMs = 50;

/**
 * Keeps below a server's own limit, as its answers tell it (`x-ratelimit-limit`, `-remaining`, `-reset` in seconds): a request that
 * would be refused waits until the window is over. A server that tells nothing is not waited for.
 */
export class Limiter {
  readonly #buckets = new Map<string, Bucket>();

  /**
   * Sends one request once the limit has room for it.
   * @param kind requests that share a limit
   * @param onWait told once for all that wait for the same window: how long (ms), and what the server takes in one
   */
  async send<Answer extends { readonly header: (name: string) => string | undefined }>(
    kind: string,
    send: () => Promise<Answer>,
    onWait: (waitMs: number, limit: Readonly<RateLimit>) => void,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const bucket = this.#bucket(kind);
    while (bucket.left <= 0) await nextWindow(bucket, onWait, signal);
    bucket.left -= 1;
    bucket.underWay += 1;
    try {
      const answer = await send();
      learn(bucket, answer);
      return answer;
    } finally {
      bucket.underWay -= 1;
    }
  }

  #bucket(kind: string): Bucket {
    const known = this.#buckets.get(kind) ?? {
      left: Number.POSITIVE_INFINITY,
      limit: Number.POSITIVE_INFINITY,
      windowMs: 0,
      endsAt: 0,
      underWay: 0,
      toldFor: 0,
    };
    this.#buckets.set(kind, known);
    return known;
  }
}

async function nextWindow(
  bucket: Bucket,
  onWait: (waitMs: number, limit: Readonly<RateLimit>) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const waitMs = Math.ceil(bucket.endsAt - performance.now());
  if (waitMs <= 0) {
    // Its first answer says more: until then no more are sent than a window takes.
    bucket.left = bucket.underWay === 0 ? Math.max(1, bucket.limit) : bucket.limit - bucket.underWay;
    if (bucket.left <= 0) await sleep(answerMs, undefined, signal ? { signal } : {});
    return;
  }
  if (bucket.toldFor !== bucket.endsAt) onWait(waitMs, bucket);
  bucket.toldFor = bucket.endsAt;
  await sleep(waitMs + marginMs, undefined, signal ? { signal } : {});
}

function learn(bucket: Bucket, { header }: { readonly header: (name: string) => string | undefined }): void {
  const [limit, left, resetS] = ["limit", "remaining", "reset"].map((name) =>
    Number(header(`x-ratelimit-${name}`) ?? NaN),
  );
  if (![limit, left, resetS].every(Number.isFinite) || resetS! > longestWindowS) return;
  bucket.limit = limit!;
  bucket.windowMs = Math.max(bucket.windowMs, resetS! * 1000);
  bucket.endsAt = performance.now() + resetS! * 1000;
  // This request is among those under way, and the server has counted it.
  bucket.left = left! - (bucket.underWay - 1);
}
