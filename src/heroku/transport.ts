import axios, { isAxiosError } from "axios";
import { ConfigurationError } from "../errors.js";
import { isLoopback } from "../loopback.js";
import type { SecretValue } from "../secret.js";

export interface Request {
  readonly method: "GET" | "PATCH";
  /** Below the base URL, encoded. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Heroku's own form, for example `version ..; max=1,order=desc`. */
  readonly range?: string;
}

export interface Answer {
  readonly status: number;
  /** The words that go with the status, for example `Bad Gateway`. */
  readonly reason: string;
  /** Parsed; undefined if it was not JSON. */
  readonly body: unknown;
  /** The server's time. */
  readonly date: Date | undefined;
  /** What to ask for next, if the list goes on. */
  readonly nextRange: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** No answer came. Only a code is kept of the HTTP library's error. */
export class NoAnswer extends Error {
  /** @param code `timeout`, or the system's code, for example `ECONNREFUSED` */
  constructor(readonly code: string) {
    super(code);
  }
}

/** `bearer`, or `basic` with the account's e-mail address or no name at all: Heroku takes both. */
export type HerokuAuth =
  | { readonly kind: "bearer"; readonly key: SecretValue }
  | { readonly kind: "basic"; readonly key: SecretValue; readonly email?: string | undefined };

export type Send = (request: Request) => Promise<Answer>;

export interface TransportOptions {
  readonly url: string;
  readonly auth: HerokuAuth;
  readonly timeoutMs: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One request, one answer of any status, or {@link NoAnswer}.
 * @throws ConfigurationError for a URL that would send the key in the clear, or anything but an http(s) URL
 */
export function createTransport({ url, auth, timeoutMs, headers: extra }: TransportOptions): Send {
  const base = baseUrl(url);
  const http = axios.create({
    baseURL: base.href.replace(/\/$/, ""),
    // A redirect would carry the key to another place.
    maxRedirects: 0,
    validateStatus: () => true,
    responseType: "text",
    transformRequest: (body) => body,
    transformResponse: (body) => body,
    // A proxy of the environment is for other hosts, and would see plain http.
    ...(isLoopback(base) ? { proxy: false as const } : {}),
  });

  return async ({ method, path, body, range }) => {
    // axios' own timeout restarts with each packet.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    try {
      const { status, statusText, data, headers } = await http.request<string>({
        method,
        url: path,
        signal: deadline.signal,
        headers: {
          accept: "application/vnd.heroku+json; version=3",
          "user-agent": "console-vault",
          authorization: authorization(auth),
          ...extra,
          ...(range === undefined ? {} : { range }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { data: body }),
      });
      const header = (name: string) => {
        const value: unknown = headers[name];
        return typeof value === "string" && value !== "" ? value : undefined;
      };
      return {
        status,
        reason: statusText,
        body: parseJson(data),
        date: time(header("date")),
        nextRange: header("next-range"),
        retryAfterMs: retryAfterMs(header("retry-after")),
      };
    } catch (error) {
      if (deadline.signal.aborted) throw new NoAnswer("timeout");
      throw new NoAnswer((isAxiosError(error) && error.code) || "no connection");
    } finally {
      clearTimeout(timer);
    }
  };
}

function authorization(auth: HerokuAuth): string {
  if (auth.kind === "bearer") return `Bearer ${auth.key.reveal()}`;
  return `Basic ${Buffer.from(`${auth.email ?? ""}:${auth.key.reveal()}`).toString("base64")}`;
}

function baseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search)
    throw new ConfigurationError("HEROKU_API_URL: not an http(s) URL of a host. Usual: https://api.heroku.com");
  if (url.protocol === "http:" && !isLoopback(url))
    throw new ConfigurationError(`HEROKU_API_URL: http://${url.host} would send the API key in the clear. Use https.`);
  return url;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function time(text: string | undefined): Date | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/** RFC 9110: seconds, or a date. */
function retryAfterMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
