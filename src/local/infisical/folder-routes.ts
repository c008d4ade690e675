/** `/api/v1/folders`: there on the measured server and, deprecated, on the current one. */
import type { FastifyInstance } from "fastify";
import { z } from "zod/v3";
import { type Api, actorOf, guarded, parse, projectIdOf } from "./api.js";
import { badRequest, type Flavour } from "./errors.js";
import { createFolder, deleteFolder, folderById, listFolders, renameFolder, renameFolders } from "./folders.js";
import { type FolderRow, isFolderName, removeTrailingSlash, type World } from "./world.js";

const withSlash = (path: string): string => (path.startsWith("/") ? path : `/${path}`);
const path = z.string().trim().transform(withSlash).transform(removeTrailingSlash);
const parentPath = path.default("/");
const folderParams = z.object({ folderId: z.string() });

/** The measured server lets any name in; some then fail in the database, some become unreachable by path. */
const nameSchema = (flavour: Flavour) =>
  flavour === "2024-10"
    ? z.string().trim()
    : z.string().trim().refine(isFolderName, {
        message: "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed.",
      });

const prefix = "/api/v1/folders";

export function folderRoutes(app: FastifyInstance, api: Api): void {
  const current = api.flavour === "current";
  const name = nameSchema(api.flavour);
  const place = z.object({ workspaceId: z.string().trim(), environment: z.string().trim() });
  /** `directory` is the older word for `path`: the current v1 heeds it, the measured server drops it. */
  const pathOf = (input: { path: string; directory?: string | undefined }, given: unknown) => {
    const named = typeof given === "object" && given !== null && "path" in given;
    const chosen = current && !named && input.directory !== undefined ? input.directory : input.path;
    if (current && !chosen.split("/").filter(Boolean).every(isFolderName)) {
      throw badRequest("Invalid secret path. Only alphanumeric characters, dashes, and underscores are allowed.");
    }
    return chosen;
  };
  const directory = path.optional();
  const show = (row: FolderRow) => present(api, row);
  const showWithPath = (row: FolderRow) => (current ? { ...show(row), path: api.world.pathOf(row) } : show(row));

  const createBody = place.extend({
    name,
    path: parentPath,
    directory,
    description: z.string().trim().nullish(),
  });
  app.post(prefix, guarded(api, "secrets"), async (request) => {
    const body = parse(createBody, request.body);
    const { environment, description } = body;
    const folder = await createFolder(api, actorOf(request), {
      projectId: body.workspaceId,
      environment,
      path: pathOf(body, request.body),
      name: body.name,
      description: description ?? null,
    });
    return { folder: showWithPath(folder) };
  });

  const listQuery = place.extend({
    path: parentPath,
    directory,
    // The measured server drops it, whatever it says.
    recursive: current ? z.enum(["true", "false"]).default("false") : z.unknown().transform(() => "false" as const),
  });
  app.get(prefix, guarded(api, "read"), async (request) => {
    const query = parse(listQuery, request.query);
    const at = { projectId: query.workspaceId, environment: query.environment, path: pathOf(query, request.query) };
    const folders = listFolders(api, actorOf(request), at);
    if (!current) return { folders: folders.map(show) };
    const found = query.recursive === "true" ? below(api.world, folders) : folders;
    const base = at.path === "/" ? "" : at.path;
    return {
      folders: found
        .map((row) => ({ ...show(row), relativePath: api.world.pathOf(row).slice(base.length) }))
        .sort((left, right) => left.name.localeCompare(right.name)),
    };
  });

  app.get(`${prefix}/:folderId`, guarded(api, "read"), async (request) => {
    const { folderId } = parse(folderParams, request.params);
    const folder = folderById(api, actorOf(request), folderId);
    const env = api.world.environments.find((row) => row.id === folder.envId)!;
    return {
      folder: {
        ...show(folder),
        environment: { envId: env.id, envName: env.name, envSlug: env.slug },
        path: api.world.pathOf(folder),
        projectId: api.world.project.id,
      },
    };
  });

  const rename = { environment: z.string().trim(), name, path: parentPath };
  const batchBody = z.object({
    projectSlug: z.string().trim(),
    folders: z.array(z.object({ id: z.string(), ...rename })).min(1),
  });
  app.patch(`${prefix}/batch`, guarded(api, "secrets"), async (request) => {
    const { projectSlug, folders } = parse(batchBody, request.body);
    const projectId = projectIdOf(api.world, undefined, projectSlug)!;
    return { folders: renameFolders(api, actorOf(request), projectId, folders).map(showWithPath) };
  });

  const renameBody = place.extend({ name, path: parentPath, directory });
  app.patch(`${prefix}/:folderId`, guarded(api, "secrets"), async (request) => {
    const { folderId } = parse(folderParams, request.params);
    const body = parse(renameBody, request.body);
    const folder = renameFolder(api, actorOf(request), {
      projectId: body.workspaceId,
      environment: body.environment,
      path: pathOf(body, request.body),
      id: folderId,
      name: body.name,
    });
    return { folder: showWithPath(folder) };
  });

  const deleteBody = place.extend({ path: parentPath, directory });
  app.delete(`${prefix}/:folderId`, guarded(api, "secrets"), async (request) => {
    const { folderId } = parse(folderParams, request.params);
    const body = parse(deleteBody, request.body);
    const folder = deleteFolder(api, actorOf(request), {
      projectId: body.workspaceId,
      environment: body.environment,
      path: pathOf(body, request.body),
      idOrName: folderId,
    });
    return { folder: show(folder) };
  });
}

function below(world: World, folders: readonly FolderRow[]): FolderRow[] {
  return folders.flatMap((row) => [row, ...below(world, world.children(row.id))]);
}

function present({ flavour, world }: Api, row: FolderRow) {
  const { description, ...measured } = row;
  if (flavour === "2024-10") return measured;
  const changes = world.secretsIn(row.id).map((secret) => secret.updatedAt.getTime());
  return { ...measured, description, lastSecretModified: changes.length ? new Date(Math.max(...changes)) : null };
}
