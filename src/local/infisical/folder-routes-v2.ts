/** `/api/v2/folders`: the current server's own routes, where a folder with something in it is not deleted unasked. */
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

const prefix = "/api/v2/folders";
const place = z.object({ projectId: z.string().trim(), environment: z.string().trim() });
const name = nameSchema("current");
const description = z.string().nullish();

const createBody = place.extend({ name, path: parentPath, description });
const listQuery = place.extend({ path, recursive: z.enum(["true", "false"]).default("false") });
const deleteBody = place.extend({ path: parentPath, forceDelete: z.boolean().optional().default(false) });
const byId = z.object({ folderId: z.string() });

export function folderRoutesV2(app: FastifyInstance, api: Api): void {
  app.post(prefix, guarded(api, "secrets"), async (request) => {
    const body = parse(createBody, request.body);
    checkSegments(body.path);
    const folder = await createFolder(api, actorOf(request), { ...body, description: body.description ?? null });
    return { folder: presentWithPath(api, folder) };
  });

  app.get(prefix, guarded(api, "read"), async (request) => {
    const query = parse(listQuery, request.query);
    checkSegments(query.path);
    return { folders: presentList(api, listFolders(api, actorOf(request), query), query) };
  });

  app.delete(`${prefix}/:folderId`, guarded(api, "secrets"), async (request) => {
    const { folderId } = parse(byId, request.params);
    const { forceDelete, ...at } = parse(deleteBody, request.body);
    const folder = deleteFolder(api, actorOf(request), { ...at, idOrName: folderId, force: forceDelete });
    return { folder: present(api, folder) };
  });
}
