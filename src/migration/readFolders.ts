import { type InfisicalClient, InfisicalError } from "../vault/client/index.js";
import type { Place } from "./compared.js";
import type { VaultRow } from "./world.js";

/** Folders as the token sees them. */
export interface SeenFolders {
  readonly rows: readonly VaultRow[];
  /** Folders that the token may not read, each with Infisical's answer: what is in them is unknown, not absent. */
  readonly hidden: ReadonlyMap<string, InfisicalError>;
}

/**
 * Reads folders one by one, without what is below them: a recursive list leaves out what the token may not read, and does not
 * say so.
 *
 * @throws InfisicalError for any answer but "not allowed"
 */
export async function readFolders(vault: InfisicalClient, paths: Iterable<string>): Promise<SeenFolders> {
  const rows: VaultRow[] = [];
  const hidden = new Map<string, InfisicalError>();
  for (const path of new Set(paths))
    try {
      rows.push(...(await vault.listSecrets(path)));
    } catch (error) {
      if (!(error instanceof InfisicalError && error.kind === "forbidden")) throw error;
      hidden.set(path, error);
    }
  return { rows, hidden };
}

/** Every secret of the folders. @throws InfisicalError also for a folder that the token may not read */
export async function readEverySecret(vault: InfisicalClient, paths: Iterable<string>): Promise<VaultRow[]> {
  const { rows, hidden } = await readFolders(vault, paths);
  for (const error of hidden.values()) throw error;
  return [...rows];
}

/** Single secrets as the token sees them. */
export interface SeenNames {
  readonly rows: readonly VaultRow[];
  /** Those that the token may not read: unknown, not absent. */
  readonly unread: readonly Place[];
}

/**
 * Reads single secrets, and no other value of their folders.
 * @throws InfisicalError for any answer but "not allowed" and "not there"
 */
export async function readNames(vault: InfisicalClient, places: readonly Place[]): Promise<SeenNames> {
  const rows: VaultRow[] = [];
  const unread: Place[] = [];
  const wanted = new Map(places.map((place) => [`${place.path}${place.name}`, place]));
  for (const place of wanted.values())
    try {
      const row = await vault.getSecret(place.path, place.name);
      if (row) rows.push(row);
    } catch (error) {
      if (!(error instanceof InfisicalError)) throw error;
      if (error.kind === "forbidden") unread.push(place);
      else if (error.kind !== "not-found") throw error;
    }
  return { rows, unread };
}
