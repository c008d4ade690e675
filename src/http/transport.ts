import type { AxiosInstance, AxiosStatic } from "axios";
import { isLoopback } from "./loopback.js";

export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the base URL, encoded, without the query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  /** The words that go with the status, for example `Bad Gateway`. */
  readonly reason: string;
  /** Parsed; undefined if it was not JSON. */
  readonly body: unknown;
  /** @returns undefined for a header that is not there, or is empty */
  readonly header: (name: string) => string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** No answer came. Only the code is kept of the HTTP library's error, which holds headers and bodies. */
export class NoAnswer extends Error {
  constructor(
    /** `timeout`, `cancelled`, or the system's code, for example `ECONNREFUSED`. */
    readonly code: string,
    /** False if the request can not have reached the server. */
    readonly sent: boolean,
  ) {
    super(code);
  }

  /** The server's certificate is not accepted here. */
  get untrusted(): boolean {
    return UNTRUSTED.test(this.code);
  }

  /** Sending it again ends the same. */
  get hopeless(): boolean {
    return this.code === "cancelled" || this.untrusted;
  }
}

/** The codes of Node's TLS for a certificate that it does not accept. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_/;

/** The connection was never made: no name, no route, or nobody listening. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

export interface TransportOptions {
  /** Without a problem, see `urlProblem`. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told after each request. `status` is undefined if no answer came. */
  readonly onRequest?: ((method: string, path: string, status: number | undefined) => void) | undefined;
}

export type Send = (request: Request) => Promise<Answer>;

/** It takes a quarter of a second to load: for a request, and not for what only asks which URLs are safe. */
export const loadAxios = async (): Promise<AxiosStatic> => (await import("axios")).default;

/** One request, one answer of any status, or {@link NoAnswer}. */
export function createTransport({ baseUrl, timeoutMs, signal, onRequest }: TransportOptions): Send {
  let http: Promise<AxiosInstance> | undefined;
  const open = async () => {
    const axios = await loadAxios();
    return axios.create({
      baseURL: baseUrl,
      // A redirect would carry the credentials to another place.
      maxRedirects: 0,
      validateStatus: () => true,
      responseType: "text",
      transformRequest: (body) => body,
      transformResponse: (body) => body,
      // A proxy of the environment is for other hosts, and would see plain http.
      ...(isLoopback(new URL(baseUrl)) ? { proxy: false as const } : {}),
    });
  };

  return async ({ method, path, query, headers, body }) => {
    if (signal?.aborted) throw new NoAnswer("cancelled", false);
    // axios' own timeout restarts with each packet.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    const cancel = () => deadline.abort();
    signal?.addEventListener("abort", cancel, { once: true });
    let status: number | undefined;
    try {
      http ??= open();
      const response = await (await http).request<string>({
        method,
        url: query ? `${path}?${new URLSearchParams(query)}` : path,
        signal: deadline.signal,
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { data: body }),
      });
      status = response.status;
      const header = (name: string) => {
        const value: unknown = response.headers[name];
        return typeof value === "string" && value !== "" ? value : undefined;
      };
      return {
        status,
        reason: response.statusText,
        body: parseJson(response.data),
        header,
        retryAfterMs: retryAfterMs(header("retry-after")),
      };
    } catch (error) {
      if (signal?.aborted) throw new NoAnswer("cancelled", true);
      if (deadline.signal.aborted) throw new NoAnswer("timeout", true);
      const code = codeOf(error) ?? "no connection";
      throw new NoAnswer(code, !NEVER_SENT.test(code) && !UNTRUSTED.test(code));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      onRequest?.(method, path, status);
    }
  };
}

/** As axios and Node's sockets name what went wrong. */
function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" && code !== "" ? code : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 9110: seconds, or a date. Infisical and Heroku send whole seconds; a gateway before them may send either. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined || header.trim() === "") return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
