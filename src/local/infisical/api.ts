/** What every route needs, and the checks that stand before its handler. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeAny, z } from "zod/v3";
import type { Accounts } from "./accounts.js";
import type { Database } from "./database.js";
import { type Flavour, forbidden, notFound, unauthorized } from "./errors.js";
import { type Actor, matchesGlob } from "./permissions.js";
import type { LimitedKind } from "./rate-limit.js";

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export interface Api {
  database: Database;
  accounts: Accounts;
  flavour: Flavour;
  now: () => Date;
  limit: (kind: LimitedKind) => Hook;
  /** Folder paths or globs whose changes need an approval. */
  approvalPaths: Set<string>;
  /** One change of folders at a time; only the current server does so. */
  folderLock: <T>(change: () => Promise<T>) => Promise<T>;
}

const actors = new WeakMap<FastifyRequest, Actor>();

/** Reads the credentials of every request of this scope, also where none are needed: bad ones are refused there too. */
export function installIdentity(app: FastifyInstance, accounts: Accounts): void {
  app.addHook("onRequest", async (request) => {
    // User API keys are not served; the real server fails like this on a bad one.
    if (request.headers["x-api-key"]) throw new Error("API keys are not served");
    const actor = accounts.authenticate(request.headers.authorization);
    if (actor) actors.set(request, actor);
  });
}

/** The hooks of a route for signed-in callers, in the real server's order: a 401 does not count for the rate limit. */
export const guarded = (api: Api, kind: LimitedKind, kinds: readonly Actor["kind"][] = ["identity", "service"]) => {
  const signedIn: Hook = async (request) => {
    const actor = actors.get(request);
    if (!actor) throw unauthorized("Token missing");
    if (!kinds.includes(actor.kind)) throw forbidden(`Forbidden access to ${request.url}`);
  };
  return { onRequest: [signedIn, api.limit(kind)] };
};

/** Who asks. Only behind {@link guarded}. */
export function actorOf(request: FastifyRequest): Actor {
  const actor = actors.get(request);
  if (!actor) throw unauthorized("Token missing");
  return actor;
}

/** @throws ZodError, which becomes a `ValidationFailure` with its issues. A missing body counts as null. */
export function parse<T extends ZodTypeAny>(schema: T, input: unknown): z.output<T> {
  return schema.parse(input ?? null);
}

/** The project of a body or query that names it by id or by slug. @throws ApiError 404 for an unknown slug. */
export function projectIdOf(database: Database, id: string | undefined, slug: string | undefined): string | undefined {
  if (id || !slug) return id;
  if (slug !== database.project.slug) throw notFound(`Project with slug '${slug}' not found`);
  return database.project.id;
}

/** @throws ApiError 404, as the secret routes do for an unknown project (the folder routes say 403). */
export function requireProject(database: Database, projectId: string): void {
  if (projectId === database.project.id) return;
  throw notFound(
    `Project with ID '${projectId}' not found during bot lookup. Are you sure you are using the correct project ID?`,
  );
}

/**
 * The time between a look and the write that follows it. The measured server has no lock and no unique index there,
 * so that two creates at once both succeed; this keeps it so.
 */
export const gapBeforeWrite = () => sleep(3);

export const needsApproval = (api: Api, path: string): boolean =>
  [...api.approvalPaths].some((pattern) => matchesGlob(pattern, path));

/** Runs changes one after the other. */
export function serialised(): Api["folderLock"] {
  let last: Promise<unknown> = Promise.resolve();
  return (change) => {
    const next = last.then(change, change);
    last = next.catch(() => undefined);
    return next;
  };
}
