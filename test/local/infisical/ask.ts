/** Asks a local service over HTTP, as one caller. */
import { type InfisicalOptions, type LocalInfisical, startInfisical } from "../../../src/local/infisical/index.js";

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is looked at field by field in tests
  body: any;
  headers: Headers;
}

export interface Question {
  query?: Record<string, string>;
  body?: unknown;
  /** Sent as it is, as JSON unless a content type is given. */
  raw?: string;
  headers?: Record<string, string>;
}

export type Ask = (method: string, path: string, question?: Question) => Promise<Answer>;

/** @param token whole value of the `Authorization` header when it has a space in it, else a bearer token. */
export function asking(url: string, token?: string): Ask {
  return async (method, path, { query, body, raw, headers } = {}) => {
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`${url}${path}${query ? `?${new URLSearchParams(query)}` : ""}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: token.includes(" ") ? token : `Bearer ${token}` }),
        ...(sent === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text), headers: answer.headers };
  };
}

/** A service with an admin who asks, and the fields that name its project and the environment `prod`. */
export async function startAsAdmin(options: InfisicalOptions = {}) {
  const service = await startInfisical(options);
  const { vault, url } = service;
  const { accessToken } = vault.addIdentity();
  return { service, vault, url, ask: asking(url, accessToken), at: place(service) };
}

export const place = ({ vault }: LocalInfisical) => ({ workspaceId: vault.project.id, environment: "prod" });

/** The issue of a required field that is missing. */
export const required = (field: string) => ({
  code: "invalid_type",
  expected: "string",
  received: "undefined",
  path: [field],
  message: "Required",
});
