// Rows of the vault by where they are: a plan asks for each credential, and none may cost a walk through all rows.
import type { VaultRow } from "./world.js";

export interface RowIndex {
  /** Rows of a folder, without those below it, in the order in which they were read. */
  in(path: string): readonly VaultRow[];
  /** Rows of a name, wherever they are. */
  named(name: string): readonly VaultRow[];
  /** Rows of a name in a folder: several, where the name is there several times. */
  at(path: string, name: string): readonly VaultRow[];
}

/** By the list of one look. One that has grown since is indexed anew. */
const known = new WeakMap<readonly VaultRow[], { readonly size: number; readonly index: RowIndex }>();

export function indexed(rows: readonly VaultRow[]): RowIndex {
  const before = known.get(rows);
  if (before?.size === rows.length) return before.index;
  const index = newIndex(rows);
  known.set(rows, { size: rows.length, index });
  return index;
}

const none: readonly VaultRow[] = [];

function newIndex(rows: readonly VaultRow[]): RowIndex {
  const byPath = new Map<string, VaultRow[]>();
  const byName = new Map<string, VaultRow[]>();
  const add = (map: Map<string, VaultRow[]>, key: string, row: VaultRow) => {
    const group = map.get(key);
    if (group) group.push(row);
    else map.set(key, [row]);
  };
  for (const row of rows) {
    add(byPath, row.path, row);
    add(byName, row.name, row);
  }
  return {
    in: (path) => byPath.get(path) ?? none,
    named: (name) => byName.get(name) ?? none,
    // A name has a few places, however many credentials there are.
    at: (path, name) => (byName.get(name) ?? none).filter((row) => row.path === path),
  };
}
