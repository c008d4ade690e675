import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { z } from "zod";
import { SecretValue } from "../secret.js";
import { diagnose, diagnoseSilence } from "./diagnosis.js";
import { HerokuError } from "./error.js";
import * as shapes from "./shapes.js";
import { type Answer, createTransport, type HerokuAuth, NoAnswer, type Request, type Send } from "./transport.js";

export interface HerokuClientOptions {
  readonly auth: HerokuAuth;
  /** Default `https://api.heroku.com`. Off loopback only https. */
  readonly url?: string;
  /** For one request, in ms; default 15,000. */
  readonly timeoutMs?: number;
  /** For reads: how often to try again (default 4), and how long to wait first (ms, default 500, doubling) where Heroku does not say. */
  readonly retry?: { readonly retries?: number; readonly firstWaitMs?: number };
}

/** A change of config vars: null removes. */
export type ConfigVarChanges = ReadonlyMap<string, SecretValue | string | null>;

/** Nobody waits longer than this in one go, whatever Heroku says (ms). */
const longestWaitMs = 60_000;

/**
 * A client of the Heroku Platform API. Reads are repeated where that can help; a change is sent once.
 * Every method throws {@link HerokuError}.
 *
 * @example
 * const heroku = new HerokuClient({ auth: { kind: "bearer", key } });
 * const vars = await heroku.configVars("raxx-console-staging");
 * await heroku.patchConfigVars("raxx-console-staging", new Map([["FLAG_CONSOLE_VAULT_ENV_AWARE", "true"]]));
 */
export class HerokuClient {
  readonly #send: Send;
  readonly #url: string;
  readonly #retries: number;
  readonly #firstWaitMs: number;
  #now: Date | undefined;

  /** @throws ConfigurationError for a URL that cannot be used */
  constructor({ auth, url = "https://api.heroku.com", timeoutMs = 15_000, retry = {} }: HerokuClientOptions) {
    this.#send = createTransport({ url, auth, timeoutMs });
    this.#url = url.replace(/\/+$/, "");
    this.#retries = retry.retries ?? 4;
    this.#firstWaitMs = retry.firstWaitMs ?? 500;
  }

  /**
   * The time of Heroku's latest answer: the only clock that its releases can be compared with.
   * @throws Error before the first answer
   */
  now(): Date {
    if (!this.#now) throw new Error("Heroku has not told the time yet: ask it something first");
    return this.#now;
  }

  account(): Promise<shapes.HerokuAccount> {
    return this.#read({ method: "GET", path: "/account" }, shapes.account);
  }

  /** All apps that the key's account sees. */
  async apps(): Promise<shapes.HerokuApp[]> {
    const apps: shapes.HerokuApp[] = [];
    for await (const app of this.#list("/apps", "name ..; max=1000", shapes.app)) apps.push(app);
    return apps;
  }

  app(nameOrId: string): Promise<shapes.HerokuApp> {
    return this.#read({ method: "GET", path: appPath(nameOrId) }, shapes.app);
  }

  /** All config vars of the app, by name. */
  async configVars(app: string): Promise<Map<string, SecretValue>> {
    return wrapped(await this.#read({ method: "GET", path: `${appPath(app)}/config-vars` }, shapes.configVars));
  }

  /**
   * Sets and removes config vars in one release. Never sent twice: when the answer is lost, the app is looked at, and what it
   * then has decides.
   *
   * @returns all config vars of the app afterwards
   */
  async patchConfigVars(app: string, changes: ConfigVarChanges): Promise<Map<string, SecretValue>> {
    const wanted = new Map(
      [...changes].map(([name, value]) => [name, typeof value === "string" ? SecretValue.of(value) : value]),
    );
    const plain = [...wanted].map(([name, value]) => [name, value?.reveal() ?? null]);
    const request: Request = {
      method: "PATCH",
      path: `${appPath(app)}/config-vars`,
      body: JSON.stringify(Object.fromEntries(plain)),
    };
    try {
      return wrapped(this.#understand(await this.#ask(request), request, shapes.configVars));
    } catch (error) {
      if (!(error instanceof HerokuError) || (error.kind !== "unavailable" && error.kind !== "unreachable"))
        throw error;
      return this.#lookAfter(error, app, wanted);
    }
  }

  /** The releases of an app, oldest first. @param since the first version to give, itself included */
  async releases(app: string, { since = 1 }: { since?: number } = {}): Promise<shapes.HerokuRelease[]> {
    const releases: shapes.HerokuRelease[] = [];
    const range = `version ${since}..; max=200,order=asc`;
    for await (const release of this.#list(`${appPath(app)}/releases`, range, shapes.release)) releases.push(release);
    return releases;
  }

  /** The releases of an app, newest first, a page at a time: for whoever looks for one and stops there. */
  newestReleases(app: string): AsyncGenerator<shapes.HerokuRelease, void> {
    return this.#list(`${appPath(app)}/releases`, "version ..; max=50,order=desc", shapes.release);
  }

  async *#list<Schema extends z.ZodType>(
    path: string,
    range: string,
    item: Schema,
  ): AsyncGenerator<z.output<Schema>, void> {
    for (let next: string | undefined = range; next; ) {
      const request: Request = { method: "GET", path, range: next };
      const answer = await this.#answerTo(request);
      yield* this.#understand(answer, request, z.array(item));
      next = answer.status === 206 ? answer.nextRange : undefined;
    }
  }

  async #read<Schema extends z.ZodType>(request: Request, expects: Schema): Promise<z.output<Schema>> {
    return this.#understand(await this.#answerTo(request), request, expects);
  }

  /** A successful answer, asked for again while that can help. */
  #answerTo(request: Request): Promise<Answer> {
    let retryAfterMs: number | undefined;
    const attempt = async () => {
      const answer = await this.#ask(request);
      retryAfterMs = answer.retryAfterMs;
      if (answer.status >= 300) throw diagnose(answer, request, this.#url);
      return answer;
    };
    return pRetry(attempt, {
      retries: this.#retries,
      // The waiting is done below, because p-retry's own can not follow Retry-After.
      minTimeout: 0,
      maxTimeout: 0,
      onFailedAttempt: async (failure) => {
        const helps = failure instanceof HerokuError && /^(rate-limited|unavailable|unreachable)$/.test(failure.kind);
        if (!helps || failure.retriesLeft === 0 || (retryAfterMs ?? 0) > longestWaitMs) throw failure;
        const backoff = this.#firstWaitMs * 2 ** (failure.attemptNumber - 1) * (1 + Math.random() / 4);
        await sleep(retryAfterMs ?? backoff);
        retryAfterMs = undefined;
      },
    });
  }

  async #ask(request: Request): Promise<Answer> {
    try {
      const answer = await this.#send(request);
      // Answers to requests side by side may come in any order; time does not go back.
      if (answer.date && (!this.#now || answer.date > this.#now)) this.#now = answer.date;
      return answer;
    } catch (failure) {
      throw failure instanceof NoAnswer ? diagnoseSilence(failure, request, this.#url) : failure;
    }
  }

  #understand<Schema extends z.ZodType>(answer: Answer, request: Request, expects: Schema): z.output<Schema> {
    if (answer.status >= 300) throw diagnose(answer, request, this.#url);
    const parsed = expects.safeParse(answer.body);
    if (parsed.success) return parsed.data;
    throw new HerokuError(
      "unavailable",
      `${this.#url} answers with something else than the Heroku Platform API does. Check HEROKU_API_URL.`,
      { ...request, status: answer.status },
    );
  }

  async #lookAfter(
    lost: HerokuError,
    app: string,
    wanted: ReadonlyMap<string, SecretValue | null>,
  ): Promise<Map<string, SecretValue>> {
    const told = (outcome: string) =>
      new HerokuError(lost.kind, `The answer to a change of config vars of ${app} was lost; ${outcome}.`, lost);
    const found = await this.configVars(app).catch(() => {
      throw told(
        "whether it was made is not known, because looking failed as well. Run the same command again: it looks first",
      );
    });
    const made = [...wanted].every(([name, value]) => {
      const has = found.get(name);
      return value === null ? has === undefined : has?.equals(value);
    });
    if (made) return found;
    throw told("it was not made. Run the same command again");
  }
}

const appPath = (nameOrId: string) => `/apps/${encodeURIComponent(nameOrId)}`;

const wrapped = (vars: Readonly<Record<string, string | null>>) =>
  new Map(Object.entries(vars).flatMap(([name, value]) => (value === null ? [] : [[name, SecretValue.of(value)]])));
