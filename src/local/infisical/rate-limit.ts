/**
 * Rate limits: a fixed window per route pattern, verb and caller's address. Measured on a self-hosted server of October 2024 in
 * production mode; in development mode there are none, which is the default here.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { ApiError, type Flavour } from "./errors.js";

export type LimitedKind = "read" | "write" | "secrets";

/** Requests per window and kind. */
export interface RateLimits {
  /** Folder and project reads; default 60. */
  read?: number;
  /** Login, renewal, revocation; default 200. */
  write?: number;
  /** Secrets, reading and writing, and folder changes; default 40. */
  secrets?: number;
  /** Length of the window in ms of the local clock; default 60 000. */
  windowMs?: number;
}

/**
 * Requests per minute that each plan allows.
 * - `self-hosted`: without a licence, in production mode, measured in October 2024. Newer servers limit nothing there.
 * - `cloud-free`: Infisical Cloud's free plan, from https://infisical.com/docs/api-reference/overview/rate-limits, read 2026-11-27.
 * - `cloud-pro`: its pro plan, as https://infisical.com/docs/api-reference/overview/introduction had it on 2026-09-20.
 *
 * The Cloud takes 600 a minute from one address besides, over all routes.
 */
export const plans = {
  "self-hosted": { read: 60, write: 200, secrets: 40 },
  "cloud-free": { read: 200, write: 90, secrets: 120 },
  "cloud-pro": { read: 350, write: 200, secrets: 300 },
} as const satisfies Record<string, RateLimits>;

export type Plan = keyof typeof plans;

export function rateLimiter(limits: boolean | RateLimits | undefined, now: () => Date, flavour: Flavour) {
  if (!limits) return () => async () => {};
  const { windowMs, ...perKind } = { windowMs: 60_000, ...plans["self-hosted"], ...(limits === true ? {} : limits) };
  const windows = new Map<string, { endsAt: number; count: number }>();

  return (kind: LimitedKind) => async (request: FastifyRequest, reply: FastifyReply) => {
    const key = `${request.method} ${request.routeOptions.url} ${callerOf(request)}`;
    const at = now().getTime();
    let window = windows.get(key);
    if (!window || at >= window.endsAt) {
      window = { endsAt: at + windowMs, count: 0 };
      windows.set(key, window);
    }
    window.count += 1;
    const limit = perKind[kind];
    const secondsLeft = Math.ceil((window.endsAt - at) / 1000);
    reply.headers({
      "x-ratelimit-limit": limit,
      "x-ratelimit-remaining": Math.max(0, limit - window.count),
      "x-ratelimit-reset": secondsLeft,
    });
    if (window.count <= limit) return;
    reply.header("retry-after", secondsLeft);
    const left = flavour === "current" ? `${secondsLeft} seconds` : "1 minute";
    throw new ApiError(429, "RateLimitExceeded", `Rate limit exceeded. Please try again in ${left}`);
  };
}

/** The real server takes a proxy's word for who asks. */
function callerOf(request: FastifyRequest): string {
  for (const name of ["x-forwarded-for", "x-real-ip", "cf-connecting-ip", "true-client-ip"]) {
    const value = request.headers[name];
    const first = (Array.isArray(value) ? value[0] : value)?.split(",")[0]?.trim();
    if (first) return first;
  }
  return request.ip;
}
