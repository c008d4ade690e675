/** What the folder routes of both versions have in common: their fields, and folders as they answer with them. */
import { z } from "zod/v3";
import type { Api } from "./api.js";
import { type Database, type FolderRow, isFolderName, removeTrailingSlash } from "./database.js";
import { badRequest, type Flavour } from "./errors.js";

const withSlash = (path: string): string => (path.startsWith("/") ? path : `/${path}`);
export const path = z.string().trim().transform(withSlash).transform(removeTrailingSlash);
export const parentPath = path.default("/");

/** The measured server lets any name in; some then fail in the database, some become unreachable by path. */
export const nameSchema = (flavour: Flavour) =>
  flavour === "2024-10"
    ? z.string().trim()
    : z.string().trim().refine(isFolderName, {
        message: "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed.",
      });

/** Only the current server looks. @throws ApiError 400 */
export function checkSegments(path: string): void {
  if (path.split("/").filter(Boolean).every(isFolderName)) return;
  throw badRequest("Invalid secret path. Only alphanumeric characters, dashes, and underscores are allowed.");
}

/** As lists and deletions have it. */
export function present({ flavour, database }: Api, row: FolderRow) {
  const { description, ...measured } = row;
  if (flavour === "2024-10") return measured;
  const changes = database.secretsIn(row.id).map((secret) => secret.updatedAt.getTime());
  return { ...measured, description, lastSecretModified: changes.length ? new Date(Math.max(...changes)) : null };
}

/** As creations and changes have it. */
export const presentWithPath = (api: Api, row: FolderRow) =>
  api.flavour === "current" ? { ...present(api, row), path: api.database.pathOf(row) } : present(api, row);

/** The current server's list: by name, on request with everything below. */
export function presentList(
  api: Api,
  folders: readonly FolderRow[],
  at: { path: string; recursive: "true" | "false" },
) {
  const found = at.recursive === "true" ? below(api.database, folders) : folders;
  const base = at.path === "/" ? "" : at.path;
  return found
    .map((row) => ({ ...present(api, row), relativePath: api.database.pathOf(row).slice(base.length) }))
    .sort((left, right) => left.name.localeCompare(right.name));
}

function below(database: Database, folders: readonly FolderRow[]): FolderRow[] {
  return folders.flatMap((row) => [row, ...below(database, database.children(row.id))]);
}
