/** Reading and writing one secret, and listing them. */
import { randomUUID } from "node:crypto";
import { type Api, gapBeforeWrite, needsApproval, requireProject } from "./api.js";
import type { FolderRow, SecretFields, SecretRow } from "./database.js";
import { ApiError, badRequest, folderNotFound, notFound } from "./errors.js";
import { type Action, type Actor, can, requireCan, requireMember } from "./permissions.js";
import { expandReferences } from "./references.js";

export interface SecretPlace {
  projectId: string;
  environment: string;
  path: string;
}

/** A row with what an answer about it says besides. */
export interface SecretAnswer {
  row: SecretRow;
  environment: string;
  path: string;
  /** Where the answer differs from the stored row. */
  shown?: { value?: string; comment?: string };
}

/** Instead of a secret, when a change needs somebody's approval; nothing was changed then. */
export interface Approval {
  approval: Record<string, string | boolean | null | Date>;
}

type Kind = "shared" | "personal";

/** @throws ApiError 403 or 404, in the real server's order: project, membership, permission, folder. */
export function openFolder(api: Api, actor: Actor, action: Action, place: SecretPlace, label: string): FolderRow {
  authorize(api, actor, action, place);
  const folder = api.database.findByPath(place.environment, place.path);
  if (!folder) throw folderNotFound(place.path, place.environment, label);
  return folder;
}

function authorize(api: Api, actor: Actor, action: Action, { projectId, environment, path }: SecretPlace): void {
  requireProject(api.database, projectId);
  requireMember(actor, projectId, api.database.project.id);
  requireCan(actor, action, environment, path, "secrets");
}

export async function createSecret(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  fields: SecretFields & { type: Kind },
): Promise<SecretAnswer | Approval> {
  const folder = openFolder(api, actor, "create", place, "CreateSecret");
  refusePersonal(fields.type, "create");
  if (api.database.secretsNamed(folder.id, [fields.key]).length > 0) {
    throw badRequest(api.flavour === "current" ? "Secret already exists" : "Secret already exist");
  }
  refuseUnknownTags(api, fields.tagIds);
  if (needsApproval(api, place.path)) return approvalRequest(api, folder);
  await gapBeforeWrite();
  return { ...place, row: api.database.insertSecret(folder.id, fields) };
}

export interface SecretChange extends Omit<SecretFields, "value"> {
  newKey?: string | undefined;
  value?: string | undefined;
}

export function updateSecret(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  change: SecretChange & { type: Kind },
): SecretAnswer | Approval {
  const folder = openFolder(api, actor, "edit", place, "UpdateSecret");
  refusePersonal(change.type, "create");
  const [row] = api.database.secretsNamed(folder.id, [change.key]);
  if (!row) throw notFound(`Secret with name ${change.key} not found`);
  if (change.newKey !== undefined && api.database.secretsNamed(folder.id, [change.newKey]).length > 0) {
    throw badRequest("Secret with the new name already exist");
  }
  refuseUnknownTags(api, change.tagIds);
  if (needsApproval(api, place.path)) return approvalRequest(api, folder);
  api.database.updateSecret(row, changedFields(change));
  // Measured: the answer repeats what was sent; a comment that was kept reads as empty here.
  return { ...place, row: { ...row }, shown: { value: change.value ?? "", comment: change.comment ?? "" } };
}

/** What a change does to a row; what it leaves out is undefined, and stays. */
export const changedFields = (change: SecretChange): Partial<SecretFields> => ({
  ...(change.newKey === undefined ? {} : { key: change.newKey }),
  ...(change.value === undefined ? {} : { value: change.value }),
  comment: change.comment,
  reminderNote: change.reminderNote,
  reminderRepeatDays: change.reminderRepeatDays,
  skipMultilineEncoding: change.skipMultilineEncoding,
  metadata: change.metadata,
  tagIds: change.tagIds,
});

export function deleteSecret(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  { key, type }: { key: string; type: Kind },
): SecretAnswer | Approval {
  const folder = openFolder(api, actor, "delete", place, "DeleteSecret");
  refusePersonal(type, "delete");
  if (api.database.secretsNamed(folder.id, [key]).length === 0) {
    throw notFound(`Secret with name '${key}' not found`, "DeleteSecret");
  }
  if (needsApproval(api, place.path)) return approvalRequest(api, folder);
  const [row] = api.database.removeSecrets(folder.id, [key]);
  return { ...place, row: row! };
}

export function getSecret(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  { key, type, expand }: { key: string; type: Kind; expand: boolean },
): SecretAnswer {
  const folder = openFolder(api, actor, "read", place, "GetSecretByName");
  // A service token reads the shared one whatever it asks for; others have no personal ones here.
  const kind = actor.kind === "service" ? "shared" : type;
  const [row] = kind === "shared" ? api.database.secretsNamed(folder.id, [key]) : [];
  if (!row) throw notFound(`Secret with name '${key}' not found`);
  return expand ? expanded(api, { ...place, row }) : { ...place, row };
}

/**
 * The secrets of a folder; undefined when it, or the environment, does not exist.
 * @param recursive with everything below, as far as the caller may read.
 */
export function listSecrets(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  { recursive, expand }: { recursive: boolean; expand: boolean },
): SecretAnswer[] | undefined {
  const found = recursive ? listBelow(api, actor, place) : listDirect(api, actor, place);
  return expand ? found?.map((answer) => expanded(api, answer)) : found;
}

function listDirect(api: Api, actor: Actor, place: SecretPlace): SecretAnswer[] | undefined {
  authorize(api, actor, "read", place);
  const folder = api.database.findByPath(place.environment, place.path);
  return folder && api.database.secretsIn(folder.id).map((row) => ({ ...place, row }));
}

function listBelow(api: Api, actor: Actor, { projectId, environment, path }: SecretPlace): SecretAnswer[] {
  const { database, flavour } = api;
  requireProject(database, projectId);
  requireMember(actor, projectId, database.project.id);
  const env = database.environment(environment);
  if (!env) {
    if (flavour === "current")
      throw notFound(`Environment with slug '${environment}' in project with ID ${projectId} not found`);
    // Read in the source of that time: this one case is not foreseen there, and becomes a 500.
    throw new Error(`no environment ${environment}`);
  }
  const base = path === "/" ? "" : path;
  // Also from that source: it compares the beginnings of texts, so `/a/b` takes `/a/bc` along.
  const isAsked = (at: string) =>
    at.startsWith(base) && (flavour === "2024-10" || base === "" || at === base || at.startsWith(`${base}/`));
  const paths = new Map(
    database
      .tree(env)
      .filter((folder) => isAsked(folder.path) && can(actor, "read", environment, folder.path))
      .map((located) => [located.folder.id, located.path]),
  );
  return database.secrets.flatMap((row) => {
    const at = paths.get(row.folderId);
    return at === undefined ? [] : [{ row, environment, path: at }];
  });
}

function expanded({ database }: Api, answer: SecretAnswer): SecretAnswer {
  const lookup = (environment: string, path: string, key: string): string => {
    try {
      const folder = database.findByPath(environment, path);
      return (folder && database.secretsNamed(folder.id, [key]).at(-1)?.value) ?? "";
    } catch (error) {
      // A path that no folder can have: unresolvable, like any other.
      if (error instanceof ApiError) return "";
      throw error;
    }
  };
  const value = expandReferences(answer.row.value, answer.environment, answer.path, lookup);
  return { ...answer, shown: { value } };
}

function refusePersonal(type: Kind, verb: "create" | "delete"): void {
  if (type === "personal") throw badRequest(`Must be user to ${verb} personal secret`);
}

export function refuseUnknownTags({ database }: Api, tagIds: readonly string[] = []): void {
  if (!tagIds.every((id) => database.tags.some((tag) => tag.id === id))) throw notFound("One or more tags not found");
}

export function approvalRequest({ now }: Api, folder: FolderRow): Approval {
  const at = now();
  return {
    approval: {
      id: randomUUID(),
      policyId: randomUUID(),
      hasMerged: false,
      status: "open",
      conflicts: null,
      slug: randomUUID().slice(0, 8),
      folderId: folder.id,
      createdAt: at,
      updatedAt: at,
      isReplicated: null,
      committerUserId: randomUUID(),
      statusChangedByUserId: null,
    },
  };
}
