// The requests of the bridged provider, and its error texts.
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { type Answer, AttemptFailed, NoAnswer, type Request, type Send, withRetry } from "../../http/index.js";
import type { Wait } from "../../waits.js";
import { configVars, release } from "../shapes.js";
import type { Vars } from "./state.js";

export interface Waits {
  /** First wait after a 429 without Retry-After, doubling (ms). */
  readonly rateLimitMs: number;
  /** First wait between two looks at a release that is pending, doubling up to 10 s (ms). */
  readonly pollMs: number;
  /** How long a release may be pending (ms). */
  readonly releaseMs: number;
}

/** As the provider has them, except that it would wait for a rate limit without end. */
export const providersWaits: Waits = { rateLimitMs: 30_000, pollMs: 100, releaseMs: 20 * 60_000 };

const rateLimitTries = 5;

export class Requests {
  constructor(
    private readonly heroku: { readonly url: string; readonly send: Send },
    private readonly waits: Waits,
    private readonly onWait: ((wait: Wait) => void) | undefined,
  ) {}

  /** The config vars that the app has. */
  async vars(appId: string): Promise<Vars> {
    const vars = await this.#get({ method: "GET", path: `/apps/${appId}/config-vars` }, configVars);
    return Object.fromEntries(Object.entries(vars).filter((entry): entry is [string, string] => entry[1] !== null));
  }

  /** Changes config vars and waits for the release that this makes. The change is sent once. */
  async change(appId: string, changes: Readonly<Record<string, string | null>>): Promise<void> {
    const request: Request = { method: "PATCH", path: `/apps/${appId}/config-vars`, body: JSON.stringify(changes) };
    try {
      const refusal = this.#refusal(await this.#ask(request), request, Object.values(changes));
      if (refusal) throw refusal;
    } catch (error) {
      throw new Error(`error updating config vars: ${messageOf(error)}`);
    }
    const newest: Request = {
      method: "GET",
      path: `/apps/${appId}/releases`,
      headers: { range: "version ..; max=1,order=desc" },
    };
    const [last] = await this.#get(newest, release.array());
    if (!last) throw new Error("no release found");
    try {
      await this.#succeeded(appId, last.id);
    } catch (error) {
      throw new Error(`error waiting for new release (${last.id}) to succeed: ${messageOf(error)}`);
    }
  }

  async #succeeded(appId: string, id: string): Promise<void> {
    const deadline = Date.now() + this.waits.releaseMs;
    for (let waitMs = this.waits.pollMs; ; waitMs = Math.min(10_000, waitMs * 2)) {
      const { status } = await this.#get({ method: "GET", path: `/apps/${appId}/releases/${id}` }, release);
      if (status === "succeeded") return;
      if (status !== "pending") throw new Error(`unexpected state '${status}', wanted target 'succeeded'`);
      if (Date.now() + waitMs > deadline)
        throw new Error("timeout while waiting for state to become 'succeeded' (last state: 'pending')");
      await sleep(waitMs);
    }
  }

  #get<Schema extends z.ZodType>(request: Request, expects: Schema): Promise<z.output<Schema>> {
    const { method, path } = request;
    const policy = { retries: rateLimitTries - 1, firstWaitMs: this.waits.rateLimitMs, maxWaitMs: Infinity };
    const tell = (because: Wait["because"], waitMs: number) =>
      this.onWait?.({ service: "Heroku", method, path, because, waitMs });
    return withRetry(policy, tell, async () => {
      const answer = await this.#ask(request);
      const refusal = this.#refusal(answer, request, []);
      if (refusal && answer.status === 429)
        throw new AttemptFailed(refusal, false, { because: "rate-limited", afterMs: answer.retryAfterMs });
      if (refusal) throw refusal;
      const parsed = expects.safeParse(answer.body);
      if (parsed.success) return parsed.data;
      throw this.#error(request, "the answer is not the Heroku Platform API's");
    }).catch((failure: unknown) => {
      throw failure instanceof AttemptFailed ? failure.error : failure;
    });
  }

  async #ask(request: Request): Promise<Answer> {
    try {
      return await this.heroku.send(request);
    } catch (failure) {
      throw failure instanceof NoAnswer ? this.#error(request, failure.code) : failure;
    }
  }

  /** The error for an answer that is no success. */
  #refusal({ status, reason, body }: Answer, request: Request, sent: readonly (string | null)[]): Error | undefined {
    if (status >= 200 && status < 300) return undefined;
    const isObject = typeof body === "object" && body !== null;
    const message = isObject && "message" in body && typeof body.message === "string" ? body.message : "";
    if (!isObject) return this.#error(request, `encountered an error : ${status} ${reason}`.trim());
    // Shorter ones are in any sentence by chance (a "2" in an app's id).
    const repeats = sent.some((value) => value !== null && value.length >= 6 && message.includes(value));
    return this.#error(request, repeats ? `${status} ${reason} (Heroku's words repeat a value)` : message);
  }

  /** As Go's HTTP client words it. */
  #error({ method, path }: Request, what: string): Error {
    return new Error(`${method === "GET" ? "Get" : "Patch"} "${this.heroku.url}${path}": ${what}`);
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
