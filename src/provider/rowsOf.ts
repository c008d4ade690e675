// Every row of some folders, from looks that all resources of an update share.
import { indexed, type NamePlaces, readEverySecret, type VaultPlace, type VaultRow } from "../migration/index.js";
import type { Inventory } from "./inventory.js";
import { inventoryAt, vaultAt } from "./vault.js";

type Folders = Pick<NamePlaces, "path" | "flatPath">;

/** Each way to look: what is asked of one inventory for the folders that it has. */
type Read = (inventory: Inventory, folders: readonly string[]) => Promise<readonly VaultRow[]>;

/** As they are from now on. */
export const now: Read = (inventory) => inventory.fresh();

/** As this run saw them last, where nothing of it has been written there since. */
export const asSeen: Read = async (inventory, folders) => (await inventory.latest(folders)).rows;

/**
 * @param wanted the folders of each name that have to be read
 * @throws InfisicalError also for a folder that the token may not read: a recursive list leaves it out and does not say so, so one
 * that shows nothing is read by itself
 */
export async function rowsOf(
  vault: VaultPlace,
  names: Readonly<Record<string, Folders>>,
  read: Read,
  wanted: (name: string, one: Folders) => readonly string[] = (_, { path, flatPath }) => [path, flatPath],
): Promise<readonly VaultRow[]> {
  const folders = new Map<Inventory, Set<string>>();
  for (const [name, one] of Object.entries(names)) {
    const inventory = inventoryAt(vault, one.flatPath);
    const known = folders.get(inventory) ?? new Set();
    for (const path of wanted(name, one)) known.add(path);
    folders.set(inventory, known);
  }
  const rows: (readonly VaultRow[])[] = [];
  for (const [inventory, paths] of folders) {
    const seen = await read(inventory, [...paths]);
    const silent = [...paths].filter((path) => indexed(seen).in(path).length === 0);
    rows.push(seen, await readEverySecret(vaultAt(vault), silent));
  }
  return rows.flat();
}
