import { ConfigurationError } from "../errors.js";
import { createTransport, plainUrl, type Send, urlProblem } from "../http/index.js";
import type { SecretValue } from "../secret.js";

/** `bearer`, or `basic` with the account's e-mail address or no name at all: Heroku takes both. */
export type HerokuAuth =
  | { readonly kind: "bearer"; readonly key: SecretValue }
  | { readonly kind: "basic"; readonly key: SecretValue; readonly email?: string | undefined };

export interface HerokuPlace {
  readonly url: string;
  readonly auth: HerokuAuth;
  readonly timeoutMs: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Requests as the Platform API takes them. @returns also the URL without a final slash
 * @throws ConfigurationError for a URL that would send the key in the clear, or anything but an http(s) URL
 */
export function openHeroku({ url, auth, timeoutMs, headers }: HerokuPlace): {
  readonly url: string;
  readonly send: Send;
} {
  const problem = urlProblem(url);
  if (problem !== undefined) throw new ConfigurationError(`HEROKU_API_URL: ${problem}. Usual: https://api.heroku.com`);
  const baseUrl = plainUrl(url);
  const send = createTransport({ baseUrl, timeoutMs });
  const common = () => ({
    accept: "application/vnd.heroku+json; version=3",
    "user-agent": "console-vault",
    authorization: authorization(auth),
    ...headers,
  });
  return { url: baseUrl, send: (request) => send({ ...request, headers: { ...common(), ...request.headers } }) };
}

function authorization(auth: HerokuAuth): string {
  if (auth.kind === "bearer") return `Bearer ${auth.key.reveal()}`;
  return `Basic ${Buffer.from(`${auth.email ?? ""}:${auth.key.reveal()}`).toString("base64")}`;
}
