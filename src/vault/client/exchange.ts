import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import {
  type Answer,
  AttemptFailed,
  Limiter,
  NoAnswer,
  type RateLimit,
  type Request,
  type RetryPolicy,
  type Send,
  withRetry,
} from "../../http/index.js";
import type { SecretValue } from "../../secret.js";
import type { Wait } from "../../waits.js";
import { type Asked, diagnose, diagnoseSilence, isBadInput, type Target } from "./diagnosis.js";
import { InfisicalError } from "./error.js";
import { inTurn } from "./in-turn.js";
import { createSession } from "./login.js";
import { loginAnswer } from "./schemas.js";
import type { ExpectedWrites, InfisicalClientOptions, WriteKind } from "./types.js";
import { encodeBody } from "./values.js";

interface Call<Schema extends z.ZodType> {
  readonly method: Request["method"];
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Completes "Infisical could not …". */
  readonly to: string;
  /** Where the right counts that it needs, if that is another path than `to` names. */
  readonly rightAt?: string;
  /** The values in the body. */
  readonly secrets?: readonly SecretValue[];
  readonly expects: Schema;
  /** `expects` also describes a 404 that is an answer: there is no such thing. */
  readonly mayBeAbsent?: true;
  /** The route needs no token. */
  readonly anonymous?: true;
  readonly kind?: WriteKind;
}

interface Write<Schema extends z.ZodType> extends Call<Schema> {
  /** After a lost answer: what it would have been if the write can be seen to be done, else undefined. */
  readonly look: () => Promise<z.output<Schema> | undefined>;
}

/** Requests with all that they have in common: token, repetition, diagnosis, one write at a time. */
export interface Exchange {
  expectWrites(writes: ExpectedWrites): void;
  logIn(): Promise<void>;
  read<Schema extends z.ZodType>(call: Call<Schema>): Promise<z.output<Schema>>;
  write<Schema extends z.ZodType>(call: Write<Schema>): Promise<z.output<Schema>>;
}

export function createExchange(
  send: Send,
  target: Target,
  {
    retry: { retries = 5, firstWaitMs = 250, maxWaitMs = 150_000 } = {},
    onWait,
    signal,
    logins,
  }: InfisicalClientOptions,
): Exchange {
  const limiter = limiterOf(target.baseUrl);
  const ahead = { folder: 0, create: 0, update: 0 };
  const policy: RetryPolicy = { retries, firstWaitMs, maxWaitMs, signal };

  const open = () =>
    createSession(target.auth, logIn, (error) => error instanceof InfisicalError && error.kind === "unauthorized");
  const { auth } = target;
  const identity = auth.kind === "token" ? [auth.token] : [auth.clientId, auth.clientSecret];
  const session = logins?.at(target.baseUrl, identity, open) ?? open();

  /** As safe to repeat as a read: it only makes one more access token. */
  function logIn(clientId: string, clientSecret: SecretValue): Promise<SecretValue> {
    const call: Call<typeof loginAnswer> = {
      method: "POST",
      path: "/api/v1/auth/universal-auth/login",
      body: { clientId, clientSecret: clientSecret.reveal() },
      to: "log in",
      secrets: [clientSecret],
      expects: loginAnswer,
      anonymous: true,
    };
    return run(call, true).then(({ accessToken }) => accessToken, rethrow);
  }

  function run<Schema extends z.ZodType>(call: Call<Schema>, idempotent: boolean): Promise<z.output<Schema>> {
    const body = call.body && encodeBody(call.body, call);
    const { method, path } = call;
    const tell = (because: Wait["because"], waitMs: number) =>
      onWait?.({ service: "Infisical", method, path, because, waitMs });
    return withRetry(policy, tell, async () => {
      const secrets = [...(call.secrets ?? [])];
      const asked = { ...call, secrets };
      const ask = (token: SecretValue | undefined) => {
        if (token) secrets.push(token);
        return attempt(call, body, token, asked, idempotent);
      };

      const token = call.anonymous ? undefined : await session.token().catch(asFailedAttempt);
      const answer = await ask(token);
      if (token && isRefused(answer, asked)) {
        const fresh = await session.renew(token).catch(asFailedAttempt);
        // A refused request was not carried out, so that even a write may be sent again.
        if (fresh) return understand(call, await ask(fresh), asked, idempotent);
      }
      return understand(call, answer, asked, idempotent);
    });
  }

  async function attempt(
    { method, path, query, kind }: Call<z.ZodType>,
    body: string | undefined,
    token: SecretValue | undefined,
    asked: Asked,
    idempotent: boolean,
  ): Promise<Answer> {
    const request: Request = {
      method,
      path,
      ...(query && { query }),
      ...(body !== undefined && { body }),
      headers: {
        accept: "application/json",
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
      },
    };
    const tell = (waitMs: number, limit: Readonly<RateLimit>) =>
      onWait?.({ service: "Infisical", method, path, because: "limit", waitMs, ...restOf(kind, waitMs, limit) });
    try {
      return await limiter.send(kindOf(method, path), () => send(request), tell, signal);
    } catch (failure) {
      if (!(failure instanceof NoAnswer)) throw failure;
      const { sent, hopeless } = failure;
      const again = !hopeless && (idempotent || !sent) ? ({ because: "unreachable" } as const) : undefined;
      throw new AttemptFailed(diagnoseSilence(failure, asked, target), sent, again);
    }
  }

  /** Of a plan's writes of one kind those that the next windows have to take. */
  function restOf(
    kind: WriteKind | undefined,
    waitMs: number,
    { limit, windowMs }: Readonly<RateLimit>,
  ): Pick<Wait, "rest"> {
    const count = kind ? ahead[kind] : 0;
    const windows = Math.ceil(count / limit);
    return windows > 1 ? { rest: { count, ms: waitMs + (windows - 1) * windowMs } } : {};
  }

  function isRefused(answer: Answer, asked: Asked): boolean {
    return answer.status >= 400 && answer.status < 500 && diagnose(answer, asked, target).kind === "unauthorized";
  }

  function understand<Schema extends z.ZodType>(
    call: Call<Schema>,
    answer: Answer,
    asked: Asked,
    idempotent: boolean,
  ): z.output<Schema> {
    const { status, body, retryAfterMs: afterMs } = answer;
    const isSuccess = status >= 200 && status < 300;
    if (isSuccess || (status === 404 && call.mayBeAbsent)) {
      const parsed = call.expects.safeParse(body);
      if (parsed.success) return parsed.data;
      if (isSuccess) {
        // Half a body, or somebody else's page, may be whole the next time; JSON of another form stays what it is.
        const again = idempotent && body === undefined ? ({ because: "server" } as const) : undefined;
        throw new AttemptFailed(notUnderstood(answer, parsed.error, asked, target), true, again);
      }
    }
    const error = diagnose(answer, asked, target);
    if (status === 429) throw new AttemptFailed(error, false, { because: "rate-limited", afterMs });
    // What was refused for its form was not carried out.
    const lost = status >= 500 && !isBadInput(answer);
    const again = lost && idempotent ? ({ because: "server", afterMs } as const) : undefined;
    throw new AttemptFailed(error, lost, again);
  }

  function rethrow(failure: unknown): never {
    if (signal?.aborted) throw signal.reason;
    throw failure instanceof AttemptFailed ? failure.error : failure;
  }

  async function lookAfter<Schema extends z.ZodType>(lost: InfisicalError, call: Write<Schema>) {
    let why = "what is there now does not show it";
    try {
      const found = signal?.aborted ? undefined : await call.look();
      if (found !== undefined) return found;
      // The server may still be at work on what we stopped waiting for.
      await sleep(firstWaitMs * 4, undefined, signal ? { signal } : {});
      const later = await call.look();
      if (later !== undefined) return later;
    } catch (error) {
      why = error instanceof InfisicalError ? `looking failed as well (${error.kind})` : "nobody looked any more";
    }
    throw new InfisicalError(
      "unknown-outcome",
      `Whether Infisical did ${call.to} is not known: the answer was lost (${lost.kind}), and ${why}. Look with console-vault status, then run the same command again: it begins with a look.`,
      { ...call, status: lost.status, requestId: lost.requestId },
    );
  }

  return {
    logIn: async () => {
      await session.token().catch(rethrow);
    },
    read: (call) => run(call, true).catch(rethrow),
    expectWrites: (writes) => {
      Object.assign(ahead, writes);
    },
    write: (call) =>
      inTurn([target.baseUrl, target.projectId, target.environment].join(" "), () =>
        run(call, false)
          .catch((failure) => {
            if (failure instanceof AttemptFailed && failure.lost && failure.error instanceof InfisicalError)
              return lookAfter(failure.error, call);
            return rethrow(failure);
          })
          .then((answer) => {
            if (call.kind) ahead[call.kind] = Math.max(0, ahead[call.kind] - 1);
            return answer;
          }),
      ),
  };
}

const limiters = new Map<string, Limiter>();

/** A server counts by caller's address: all clients of this process share its limit. */
function limiterOf(baseUrl: string): Limiter {
  const known = limiters.get(baseUrl) ?? new Limiter();
  limiters.set(baseUrl, known);
  return known;
}

/** Measured: a limit is of a route's pattern and its verb. */
const kindOf = (method: string, path: string): string =>
  `${method} ${path.replace(/(\/secrets\/raw\/|\/v4\/secrets\/(?!batch$)).+/, "$1:name").replace(/(\/folders\/).+/, "$1:id")}`;

function asFailedAttempt(error: unknown): never {
  throw error instanceof InfisicalError ? new AttemptFailed(error, false) : error;
}

/** A success whose body is not what it should be: only where and what kind of mismatch, never what was there. */
function notUnderstood({ status, body }: Answer, mismatch: z.ZodError, asked: Asked, { baseUrl }: Target) {
  if (typeof body !== "object" || body === null) {
    const diagnosis = `${baseUrl} could not ${asked.to}: it answers, but not with Infisical's JSON, or only with a part of it. Look at what stands between (a proxy or a page to sign in), or set INFISICAL_API_URL (or console-vault:infisicalUrl) to the server itself; then run the same command again.`;
    return new InfisicalError("unreachable", diagnosis, { ...asked, status });
  }
  const where = mismatch.issues.map(({ path, code }) => `${path.join(".") || "all of it"}: ${code}`);
  const diagnosis = `Infisical's answer to "${asked.to}" is not understood (${where.slice(0, 3).join("; ")}). This version of the server may be unknown to console-vault.`;
  return new InfisicalError("server", diagnosis, { ...asked, status });
}
