import type { Api, Place } from "./api.js";
import { InfisicalError } from "./error.js";
import type { Exchange } from "./exchange.js";
import { type FolderPath, folderPath, parentAndName } from "./paths.js";
import { folderAnswer, foldersAnswer, folderTreeAnswer } from "./schemas.js";
import type { FolderEntry, InfisicalClient } from "./types.js";

type FolderMethods = Pick<
  InfisicalClient,
  "listFolders" | "listFolderTree" | "folderExists" | "createFolder" | "deleteFolder"
>;

export function folderMethods(exchange: Exchange, { apis, projectId, environment }: Place): FolderMethods {
  const placeIn = (api: Api) => ({ ...api.project(projectId), environment });

  async function list(path: FolderPath): Promise<FolderEntry[]> {
    const { folders } = await apis.read((api) =>
      exchange.read({
        method: "GET",
        path: api.folders,
        query: { ...placeIn(api), path: path.wire },
        to: `list the folders of ${path.normal}`,
        expects: foldersAnswer,
      }),
    );
    return folders.map(({ id, name }) => ({ id, name, path: `${path.normal}${name}/` }));
  }

  async function listTree(path: FolderPath) {
    const { folders } = await apis.read((api) =>
      exchange.read({
        method: "GET",
        path: api.folders,
        query: { ...placeIn(api), path: path.wire, recursive: "true" },
        to: `list the folders of ${path.normal}`,
        expects: folderTreeAnswer,
      }),
    );
    const direct = folders.map(({ id, name }) => ({ id, name, path: `${path.normal}${name}/` }));
    if (folders.every(({ relativePath }) => relativePath === undefined))
      return { folders: direct, complete: folders.length === 0 };
    const below = folders.map(({ id, name, relativePath = "" }) => ({
      id,
      name,
      path: `${path.normal}${relativePath.replace(/^\/+|\/+$/g, "")}/`,
    }));
    // Where a path means something else to the server, nothing may be concluded from it.
    const there = new Set([path.normal, ...below.map((entry) => entry.path)]);
    const isTree = below.every((entry) => {
      const end = `/${entry.name}/`;
      return entry.path.endsWith(end) && there.has(entry.path.slice(0, 1 - end.length));
    });
    return isTree ? { folders: below, complete: true } : { folders: await list(path), complete: false };
  }

  const named = async (parent: FolderPath, name: string) => (await list(parent)).filter((entry) => entry.name === name);

  return {
    listFolders: async (path) => list(folderPath(path)),

    listFolderTree: async (path) => listTree(folderPath(path)),

    folderExists: async (path) => {
      const { segments } = folderPath(path);
      if (segments.length === 0) {
        // The root is always there, if its environment is.
        await list(folderPath("/"));
        return true;
      }
      const { parent, name } = parentAndName(path);
      return (await named(parent, name)).length > 0;
    },

    createFolder: async (path) => {
      const { parent, name } = parentAndName(path, { method: "POST", path: "folders" });
      const existing = async () => {
        const [folder] = await named(parent, name);
        return folder && { folder };
      };
      try {
        const { folder } = await apis.write((api) =>
          exchange.write({
            method: "POST",
            path: api.folders,
            body: { ...placeIn(api), name, path: parent.wire },
            kind: "folder",
            to: `create the folder ${parent.normal}${name}/`,
            rightAt: parent.normal,
            expects: folderAnswer,
            look: existing,
          }),
        );
        return folder.id;
      } catch (error) {
        // Current servers refuse a folder that exists; in October 2024 it was an ordinary 200.
        const found = error instanceof InfisicalError && error.kind === "conflict" ? await existing() : undefined;
        if (found) return found.folder.id;
        throw error;
      }
    },

    deleteFolder: async (path) => {
      const { parent, name } = parentAndName(path, { method: "DELETE", path: "folders" });
      const [folder, ...more] = await named(parent, name);
      if (!folder) return false;
      if (more.length > 0) {
        const diagnosis = `${folder.path} is there ${more.length + 1} times. Delete the wrong one in Infisical's console first.`;
        throw new InfisicalError("conflict", diagnosis, { method: "DELETE", path: folder.path });
      }
      try {
        await apis.write((api) =>
          exchange.write({
            method: "DELETE",
            path: `${api.folders}/${encodeURIComponent(folder.id)}`,
            body: { ...placeIn(api), path: parent.wire, ...api.deletion },
            to: `delete the folder ${folder.path}`,
            rightAt: parent.normal,
            expects: folderAnswer,
            look: async () => {
              const left = await named(parent, name);
              return left.some(({ id }) => id === folder.id) ? undefined : { folder };
            },
          }),
        );
        return true;
      } catch (error) {
        // Someone else was faster.
        if (error instanceof InfisicalError && error.kind === "not-found") return false;
        throw error;
      }
    },
  };
}
