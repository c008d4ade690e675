/** Who asks, and what they may do: roles of identities, scopes of service tokens. */
import picomatch from "picomatch";
import { ApiError, type Flavour, forbidden } from "./errors.js";
import type { Role } from "./seed.js";

export interface Scope {
  environment: string;
  /** A path, or a glob like `/MooseQuest/**`. */
  secretPath: string;
}

export type Actor =
  | { kind: "identity"; id: string; role: Role }
  | {
      kind: "service";
      id: string;
      projectId: string;
      scopes: readonly Scope[];
      permissions: readonly ("read" | "write")[];
    };

export type Action = "read" | "create" | "edit" | "delete";
type Subject = "secrets" | "secret-folders";

/** @throws ApiError 403 for one who is not of this project; also for a project that does not exist. */
export function requireMember(actor: Actor, projectId: string, ownProjectId: string): void {
  if (actor.kind === "service") {
    if (projectId === actor.projectId) return;
    throw forbidden(`Service token not a part of the specified project with ID ${projectId}`);
  }
  if (actor.role !== "none" && projectId === ownProjectId) return;
  throw forbidden(`Identity is not a member of the specified project with ID '${projectId}'`);
}

/** Whether an actor, who is a member, may do this at this place. */
export function can(actor: Actor, action: Action, environment: string, path: string): boolean {
  if (actor.kind === "identity") {
    return actor.role === "admin" || actor.role === "member" || (actor.role === "viewer" && action === "read");
  }
  return (
    actor.permissions.includes(action === "read" ? "read" : "write") &&
    actor.scopes.some((scope) => scope.environment === environment && matchesGlob(scope.secretPath, path))
  );
}

/** @throws ApiError 403 `PermissionDenied`. */
export function requireCan(actor: Actor, action: Action, environment: string, path: string, subject: Subject): void {
  if (!can(actor, action, environment, path)) throw permissionDenied(action, subject);
}

/** The measured server says "on secrets" of folders too; the current one has a subject of its own for them. */
export const folderSubject = (flavour: Flavour): Subject => (flavour === "current" ? "secret-folders" : "secrets");

const permissionDenied = (action: Action, subject: Subject) =>
  new ApiError(403, "PermissionDenied", `You are not allowed to ${action} on ${subject}`);

/**
 * A service token with exactly one scope, whose path is no glob, reads that path whatever the caller asks for.
 * Measured for reading one and for listing; writes keep to what the caller asks for.
 */
export function onlyScope(actor: Actor): (Scope & { projectId: string }) | undefined {
  if (actor.kind !== "service" || actor.scopes.length !== 1) return undefined;
  const [scope] = actor.scopes;
  return scope && !isGlob(scope.secretPath) ? { ...scope, projectId: actor.projectId } : undefined;
}

interface AskedPlace {
  readonly projectId: string | undefined;
  readonly environment: string | undefined;
  readonly path: string;
}

/** What a read is of: a service token with a single exact path reads that path, whatever it asks for. */
export function placeOfRead(actor: Actor, asked: () => AskedPlace): AskedPlace {
  const scope = onlyScope(actor);
  return scope ? { projectId: scope.projectId, environment: scope.environment, path: scope.secretPath } : asked();
}

const isGlob = (path: string): boolean => picomatch.scan(path).isGlob === true;

/** As the real server does it, with the same library: `**` any depth (`/a/**` is also `/a`), `*` within a segment. */
export const matchesGlob = (glob: string, path: string): boolean =>
  picomatch.isMatch(path, glob, { strictSlashes: false });
