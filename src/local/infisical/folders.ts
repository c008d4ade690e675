/** Creating, listing and deleting folders. */
import { posix } from "node:path";
import { type Api, gapBeforeWrite } from "./api.js";
import type { EnvironmentRow, FolderRow, Located } from "./database.js";
import { badRequest, folderNotFound, notFound } from "./errors.js";
import { type Action, type Actor, folderSubject, requireCan, requireMember } from "./permissions.js";

export interface FolderPlace {
  projectId: string;
  environment: string;
  /** Of the parent. */
  path: string;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Makes a folder with its missing parents. On the measured server one that exists is the answer (200, unchanged);
 * the current one refuses it.
 */
export async function createFolder(
  api: Api,
  actor: Actor,
  { projectId, environment, path, name, description }: FolderPlace & { name: string; description?: string | null },
): Promise<FolderRow> {
  const { database, flavour } = api;
  authorize(api, actor, "create", { projectId, environment, path });
  const env = database.environment(environment);
  if (!env) {
    throw notFound(`Environment with slug '${environment}' in project with ID '${projectId}' not found`);
  }
  const create = async () => {
    const target = posix.join(path, name);
    const closest = database.findClosest(environment, target)!;
    if (closest.path === target) {
      if (flavour === "2024-10") return closest.folder;
      throw badRequest(`Folder with name '${name}' already exists in path '${path}'`);
    }
    await gapBeforeWrite();
    const parent = closest.path === path ? closest.folder : makeMissing(api, env, closest, path);
    return database.insertFolder(env.id, name, parent.id, description ?? null);
  };
  return flavour === "current" ? api.folderLock(create) : create();
}

/**
 * What is missing between an existing folder and the wanted parent. The real server finds it by cutting the parent's
 * path at the length of the existing one, unread: with `//` or `..` in it, oddly named folders come of that.
 */
function makeMissing({ database }: Api, env: EnvironmentRow, closest: Located, parentPath: string): FolderRow {
  const names = parentPath.slice(closest.path.length).split("/").filter(Boolean);
  return names.reduce((parent, name) => database.insertFolder(env.id, name, parent.id), closest.folder);
}

/** Direct children, in the order they were made. A missing path has none. @throws ApiError 404 for the environment. */
export function listFolders(api: Api, actor: Actor, { projectId, environment, path }: FolderPlace): FolderRow[] {
  const { database } = api;
  requireMember(actor, projectId, database.project.id);
  if (!database.environment(environment)) throw notFound(`Environment with slug '${environment}' not found`);
  const parent = database.findByPath(environment, path);
  return parent ? database.children(parent.id) : [];
}

/** Deletes a folder: with everything below it, unasked, unless `force` is false, which only the current v2 has. */
export function deleteFolder(
  api: Api,
  actor: Actor,
  { projectId, environment, path, idOrName, force = true }: FolderPlace & { idOrName: string; force?: boolean },
): FolderRow {
  const { database, flavour } = api;
  authorize(api, actor, "delete", { projectId, environment, path });
  if (!database.environment(environment)) throw notFound(`Environment with slug '${environment}' not found`);
  const parent = database.findByPath(environment, path);
  if (!parent) throw folderNotFound(path, environment);
  const siblings = database.children(parent.id);
  const byName = siblings.filter((row) => row.name === idOrName);
  const byId = siblings.filter((row) => row.id === idOrName);
  // The measured server takes whatever looks like a UUID for an id; the current one tries the name first.
  const found = flavour === "current" && byName.length > 0 ? byName : uuid.test(idOrName) ? byId : byName;
  const [first] = found;
  if (!first) {
    const measured = `Failed to delete folder with ID '${idOrName}', not found`;
    throw notFound(flavour === "current" ? `Folder with ID '${idOrName}' not found` : measured);
  }
  const isEmpty = ({ id }: FolderRow) => database.children(id).length === 0 && database.secretsIn(id).length === 0;
  if (!force && !found.every(isEmpty)) {
    throw badRequest(
      `Cannot delete folder "${first.name}" because it contains resources. Use forceDelete=true to delete it forcefully.`,
    );
  }
  for (const folder of found) database.removeFolder(folder);
  return first;
}

function authorize(api: Api, actor: Actor, action: Action, { projectId, environment, path }: FolderPlace): void {
  requireMember(actor, projectId, api.database.project.id);
  requireCan(actor, action, environment, path, folderSubject(api.flavour));
}
