/** `/api/v1/folders`: there on the measured server and, deprecated, on the current one. */
import type { FastifyInstance } from "fastify";
import { z } from "zod/v3";
import { type Api, actorOf, guarded, parse } from "./api.js";
import {
  checkSegments,
  nameSchema,
  parentPath,
  path,
  present,
  presentList,
  presentWithPath,
} from "./folder-answers.js";
import { createFolder, deleteFolder, listFolders } from "./folders.js";

const folderParams = z.object({ folderId: z.string() });

const prefix = "/api/v1/folders";

export function folderRoutes(app: FastifyInstance, api: Api): void {
  const current = api.flavour === "current";
  const name = nameSchema(api.flavour);
  const place = z.object({ workspaceId: z.string().trim(), environment: z.string().trim() });
  /** `directory` is the older word for `path`: the current v1 heeds it, the measured server drops it. */
  const pathOf = (input: { path: string; directory?: string | undefined }, given: unknown) => {
    const named = typeof given === "object" && given !== null && "path" in given;
    const chosen = current && !named && input.directory !== undefined ? input.directory : input.path;
    if (current) checkSegments(chosen);
    return chosen;
  };
  const directory = path.optional();
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
    return { folder: presentWithPath(api, folder) };
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
    if (!current) return { folders: folders.map((row) => present(api, row)) };
    return { folders: presentList(api, folders, { ...at, recursive: query.recursive }) };
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
    return { folder: present(api, folder) };
  });
}
