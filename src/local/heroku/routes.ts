// The endpoints. Every answer has what the platform API reference promises: `Request-Id`, `RateLimit-Remaining`, an `ETag`
// that `If-None-Match` and `If-Match` refer to, and ranges on lists.
import { createHash, randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authorization } from "./accounts.js";
import {
  badRequest,
  invalidParams,
  noSuchEndpoint,
  notAcceptable,
  notFound,
  PlatformError,
  preconditionFailed,
  rateLimited,
  unauthorized,
} from "./errors.js";
import type { App, Platform } from "./platform.js";
import { page } from "./range.js";
import type { RateLimit } from "./rateLimit.js";
import { accountView, appView, authorizationView, releaseView, varsView } from "./views.js";

/** Added before `Control.install`, so that the status that is recorded is the one that is sent (304). */
export function addETags(server: FastifyInstance): void {
  server.addHook("onSend", async (request, reply, payload) => {
    if (isControl(request) || typeof payload !== "string" || reply.statusCode >= 300) return payload;
    const tag = etag(payload);
    reply.header("etag", tag);
    const reads = request.method === "GET" || request.method === "HEAD";
    if (!reads || request.headers["if-none-match"] !== tag) return payload;
    reply.code(304).removeHeader("content-length");
    return "";
  });
}

export function addRoutes(server: FastifyInstance, platform: Platform, limit: RateLimit): void {
  const callers = new WeakMap<FastifyRequest, Authorization>();
  const caller = (request: FastifyRequest) => callers.get(request)!;
  const appOf = (request: FastifyRequest): App =>
    platform.findFor(caller(request), (request.params as { app: string }).app);

  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const known = error instanceof PlatformError;
    const told = known
      ? error
      : (error.statusCode ?? 500) < 500
        ? badRequest("The request body is not valid JSON.")
        : new PlatformError(500, "internal_server_error", "An error occurred.");
    return reply.code(told.status).send(told.body());
  });
  server.setNotFoundHandler((_request, reply) => {
    const told = noSuchEndpoint();
    return reply.code(told.status).send(told.body());
  });

  server.addHook("onRequest", async (request, reply) => {
    if (isControl(request)) return;
    // Heroku adds its own id to the one that a client sends.
    reply.header("request-id", [request.headers["request-id"], randomUUID()].filter(Boolean).join(","));
    if (!/application\/vnd\.heroku\+json;\s*version=3/.test(request.headers.accept ?? "")) throw notAcceptable();
    const authorization = platform.accounts.authorize(keyOf(request.headers.authorization));
    callers.set(request, authorization);
    const taken = limit.take(authorization.account.id);
    reply.header("ratelimit-remaining", limit.remaining(authorization.account.id));
    if (!taken) throw rateLimited();
  });

  server.get("/account", async (request) => accountView(caller(request).account));

  const listApps = (request: FastifyRequest, reply: FastifyReply) => {
    const seen = platform.list().filter((app) => platform.sees(caller(request), app));
    return paged(request, reply, seen, { id: (app) => app.id, name: (app) => app.name }, appView);
  };
  server.get("/apps", async (request, reply) => listApps(request, reply));
  // What the Heroku CLI asks for in `heroku apps`.
  server.get("/users/~/apps", async (request, reply) => listApps(request, reply));
  server.post("/apps", async (request, reply) =>
    reply.code(201).send(appView(platform.create(request.body, caller(request).account))),
  );
  server.get("/apps/:app", async (request) => appView(appOf(request)));
  server.delete("/apps/:app", async (request) => {
    const app = appOf(request);
    platform.remove(app.name);
    return appView(app);
  });

  server.get("/apps/:app/config-vars", async (request) => varsView(appOf(request).vars));
  server.patch("/apps/:app/config-vars", async (request) => {
    const app = appOf(request);
    const expected = request.headers["if-match"];
    if (expected !== undefined && expected !== etag(JSON.stringify(varsView(app.vars)))) throw preconditionFailed();
    platform.change(app, request.body, caller(request).account);
    return varsView(app.vars);
  });

  server.get("/apps/:app/releases", async (request, reply) => {
    const app = appOf(request);
    const sorts = {
      id: (one: App["releases"][number]) => one.id,
      version: (one: App["releases"][number]) => one.version,
    };
    return paged(request, reply, app.releases, sorts, (release) => releaseView(app, release));
  });
  server.get("/apps/:app/releases/:release", async (request) => {
    const app = appOf(request);
    return releaseView(app, platform.release(app, (request.params as { release: string }).release));
  });

  // An API key is an authorization; these are how a person gets, sees and ends one (`heroku authorizations:create`).
  server.get("/oauth/authorizations", async (request) =>
    platform.accounts.authorizations(caller(request).account).map(authorizationView),
  );
  server.post("/oauth/authorizations", async (request, reply) => {
    const { description } = (request.body ?? {}) as { description?: unknown };
    if (description !== undefined && typeof description !== "string")
      throw invalidParams("description must be a string.");
    const made = platform.accounts.issueKey(caller(request).account, undefined, description);
    return reply.code(201).send(authorizationView(made));
  });
  server.delete("/oauth/authorizations/:id", async (request) => {
    const { id } = request.params as { id: string };
    const found = platform.accounts.authorizations(caller(request).account).find((one) => one.id === id);
    if (!found) throw notFound("authorization");
    platform.accounts.revokeKey(found.key);
    return authorizationView(found);
  });
}

function paged<Item>(
  request: FastifyRequest,
  reply: FastifyReply,
  items: readonly Item[],
  sorts: Record<string, (item: Item) => string | number>,
  view: (item: Item) => unknown,
): unknown[] {
  const header = request.headers.range;
  const { items: shown, status, headers } = page(items, sorts, header);
  reply.code(status).headers(headers);
  return shown.map(view);
}

/** The key of `Bearer KEY`, or of `Basic` with any user name, usually none or the account's e-mail address. */
function keyOf(header: string | undefined): string {
  const [scheme, credentials] = header?.split(" ", 2) ?? [];
  if (!credentials) throw unauthorized();
  if (scheme?.toLowerCase() === "bearer") return credentials;
  if (scheme?.toLowerCase() !== "basic") throw unauthorized();
  const pair = Buffer.from(credentials, "base64").toString();
  return pair.slice(pair.indexOf(":") + 1);
}

const etag = (payload: string) => `"${createHash("md5").update(payload).digest("hex")}"`;

const isControl = (request: FastifyRequest) => request.url.startsWith("/_local");
