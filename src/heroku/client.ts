import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  type Answer,
  AttemptFailed,
  NoAnswer,
  type Request,
  type RetryPolicy,
  type Send,
  withRetry,
} from "../http/index.js";
import { SecretValue } from "../secret.js";
import type { Wait } from "../waits.js";
import { diagnose, diagnoseSilence } from "./diagnosis.js";
import { HerokuError } from "./error.js";
import * as shapes from "./shapes.js";
import { type HerokuAuth, openHeroku } from "./transport.js";

export interface HerokuClientOptions {
  readonly auth: HerokuAuth;
  /** Default `https://api.heroku.com`. Off loopback only https. */
  readonly url?: string;
  /** For one request, in ms; default 15,000. */
  readonly timeoutMs?: number;
  /** How often to try again (default 4), and how long to wait first (ms, default 500, doubling) where Heroku does not say. */
  readonly retry?: { readonly retries?: number; readonly firstWaitMs?: number };
  /** Told before each wait. */
  readonly onWait?: (wait: Wait) => void;
}

/** A change of config vars: null removes. */
export type ConfigVarChanges = ReadonlyMap<string, SecretValue | string | null>;

/** All waits of one call together, whatever Heroku says (ms). */
const maxWaitMs = 60_000;

const repeatable = { "rate-limited": "rate-limited", unavailable: "server", unreachable: "unreachable" } as const;
const isRepeatable = (kind: string): kind is keyof typeof repeatable => Object.hasOwn(repeatable, kind);

/**
 * A client of the Heroku Platform API. Reads are repeated where that can help; a change only when Heroku refused it for its rate
 * limit. A change whose answer is lost is looked at.
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
  readonly #policy: RetryPolicy;
  readonly #onWait: ((wait: Wait) => void) | undefined;
  #now: Date | undefined;
  #requestsLeft: number | undefined;
  #account: Promise<shapes.HerokuAccount> | undefined;
  readonly #ids = new Map<string, string>();

  /** @throws ConfigurationError for a URL that cannot be used */
  constructor(options: HerokuClientOptions) {
    const { auth, url = "https://api.heroku.com", timeoutMs = 15_000, retry = {} } = options;
    ({ send: this.#send, url: this.#url } = openHeroku({ url, auth, timeoutMs }));
    this.#policy = { retries: retry.retries ?? 4, firstWaitMs: retry.firstWaitMs ?? 500, maxWaitMs };
    this.#onWait = options.onWait;
  }

  /**
   * The time of Heroku's latest answer: the only clock that its releases can be compared with.
   * @throws Error before the first answer
   */
  now(): Date {
    if (!this.#now) throw new Error("Heroku has not told the time yet: ask it something first");
    return this.#now;
  }

  /** Requests that the account may still send, as the latest answer said: 4,500 at most, and 75 come back a minute. */
  get requestsLeft(): number | undefined {
    return this.#requestsLeft;
  }

  /** The account that the key belongs to. Asked for once: a key never changes hands. */
  account(): Promise<shapes.HerokuAccount> {
    this.#account ??= this.#read({ method: "GET", path: "/account" }, shapes.account).catch((error: unknown) => {
      this.#account = undefined;
      throw error;
    });
    return this.#account;
  }

  /** All apps that the key's account sees. */
  async apps(): Promise<shapes.HerokuApp[]> {
    const apps: shapes.HerokuApp[] = [];
    for await (const app of this.#list("/apps", "name ..; max=1000", shapes.app)) apps.push(app);
    return apps;
  }

  /** The UUID of an app. Asked for once: an app that takes over another one's name is not the one that a plan has shown. */
  async appId(name: string): Promise<string> {
    const id = this.#ids.get(name) ?? (await this.app(name)).id;
    this.#ids.set(name, id);
    return id;
  }

  app(nameOrId: string): Promise<shapes.HerokuApp> {
    return this.#read({ method: "GET", path: appPath(nameOrId) }, shapes.app);
  }

  /** All config vars of the app, by name. */
  async configVars(app: string): Promise<Map<string, SecretValue>> {
    return wrapped(await this.#read({ method: "GET", path: `${appPath(app)}/config-vars` }, shapes.configVars));
  }

  /**
   * Sets and removes config vars in one release. Sent again only when Heroku refused it for its rate limit: when the answer is
   * lost, the app is looked at, and what it then has decides.
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
      const { data } = await this.#answerTo(request, shapes.configVars, (kind) => kind === "rate-limited");
      return wrapped(data);
    } catch (error) {
      if (!(error instanceof HerokuError) || (error.kind !== "unavailable" && error.kind !== "unreachable"))
        throw error;
      return this.#lookAfter(error, app, wanted);
    }
  }

  /** The releases of an app, newest first, a page at a time: the reader stops at the one that it looks for. */
  newestReleases(app: string): AsyncGenerator<shapes.HerokuRelease, void> {
    return this.#list(`${appPath(app)}/releases`, "version ..; max=50,order=desc", shapes.release);
  }

  async *#list<Schema extends z.ZodType>(
    path: string,
    range: string,
    item: Schema,
  ): AsyncGenerator<z.output<Schema>, void> {
    for (let next: string | undefined = range; next; ) {
      const request: Request = { method: "GET", path, headers: { range: next } };
      const { answer, data } = await this.#answerTo(request, z.array(item));
      yield* data;
      next = answer.status === 206 ? answer.header("next-range") : undefined;
    }
  }

  async #read<Schema extends z.ZodType>(request: Request, expects: Schema): Promise<z.output<Schema>> {
    return (await this.#answerTo(request, expects)).data;
  }

  /** A successful answer, asked for again while that can help. @param helps after which kinds of errors */
  async #answerTo<Schema extends z.ZodType>(
    request: Request,
    expects: Schema,
    helps: (kind: string) => boolean = isRepeatable,
  ): Promise<{ answer: Answer; data: z.output<Schema> }> {
    const { method, path } = request;
    const tell = (because: Wait["because"], waitMs: number) =>
      this.#onWait?.({ service: "Heroku", method, path, because, waitMs });
    const attempt = async () => {
      let afterMs: number | undefined;
      try {
        const answer = await this.#ask(request);
        afterMs = answer.retryAfterMs;
        return { answer, data: this.#understand(answer, request, expects) };
      } catch (error) {
        if (!(error instanceof HerokuError) || !isRepeatable(error.kind) || !helps(error.kind)) throw error;
        throw new AttemptFailed(error, true, { because: repeatable[error.kind], afterMs });
      }
    };
    return withRetry(this.#policy, tell, attempt).catch((failure: unknown) => {
      throw failure instanceof AttemptFailed ? failure.error : failure;
    });
  }

  async #ask(request: Request): Promise<Answer> {
    try {
      const answer = await this.#send(request);
      // Answers to requests side by side may come in any order; time does not go back.
      const date = time(answer.header("date"));
      if (date && (!this.#now || date > this.#now)) this.#now = date;
      const left = answer.header("ratelimit-remaining");
      if (left !== undefined) this.#requestsLeft = Number(left);
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
      `${this.#url} answers with something else than the Heroku Platform API does, or only with a part of it. Check HEROKU_API_URL and what stands between, then run the same command again.`,
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
    if (has(found, wanted)) return found;
    // Heroku may still be at work on what nobody waited for.
    await sleep(this.#policy.firstWaitMs * 2);
    const later = await this.configVars(app).catch(() => found);
    if (has(later, wanted)) return later;
    throw told("it was not made. Run the same command again");
  }
}

const has = (vars: ReadonlyMap<string, SecretValue>, wanted: ReadonlyMap<string, SecretValue | null>) =>
  [...wanted].every(([name, value]) => (value === null ? !vars.has(name) : vars.get(name)?.equals(value)));

function time(text: string | undefined): Date | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

const appPath = (nameOrId: string) => `/apps/${encodeURIComponent(nameOrId)}`;

const wrapped = (vars: Readonly<Record<string, string | null>>) =>
  new Map(Object.entries(vars).flatMap(([name, value]) => (value === null ? [] : [[name, SecretValue.of(value)]])));
