// Which flat copies may go, name by name. Pure.
import type { FlatFinding } from "./findings.js";
import type { CopyRecord, Restored } from "./state/index.js";
import type { VaultRow } from "./world.js";

export type Retire =
  | { readonly is: "gone" }
  | { readonly is: "delete"; readonly row: VaultRow }
  | { readonly is: "keep"; readonly why: FlatFinding };

/**
 * A flat copy may be deleted where nothing is lost with it: it equals the environment's value, or it is still the row that the
 * environment's value was copied from (and that one has been rotated since). Everything else stays, with its reason.
 */
export function retire(flat: readonly VaultRow[], target: readonly VaultRow[], record: CopyRecord | undefined): Retire {
  const [row] = flat;
  if (!row) return { is: "gone" };
  if (flat.length > 1) return { is: "keep", why: { code: "flat-duplicate", path: row.path, rows: flat.length } };
  const [current] = target;
  if (!current || target.length > 1) return { is: "keep", why: { code: "flat-only" } };
  if (current.value.equals(row.value) || record?.from === row.revision) return { is: "delete", row };
  return { is: "keep", why: { code: "flat-not-copied", path: row.path } };
}

export type Restore = { readonly is: "there" | "nothing" } | { readonly is: "create"; readonly from: VaultRow };

/** The way back: what was retired is written again with the environment's value, which is the one that works. */
export function restore(flat: readonly VaultRow[], target: readonly VaultRow[], wasFlat: boolean): Restore {
  if (flat.length > 0) return { is: "there" };
  return wasFlat && target[0] ? { is: "create", from: target[0] } : { is: "nothing" };
}

/**
 * What is remembered of copies whose flat row was retired and written back since: the row that is there now. A record that is of
 * another flat row than the one before the retirement is newer.
 */
export function followRestored(
  records: Readonly<Record<string, CopyRecord>>,
  restored: Readonly<Record<string, Restored>>,
): Record<string, CopyRecord> {
  const newer = Object.entries(restored).flatMap(([name, { was, wrote, from }]) =>
    (records[name]?.from ?? null) === was ? [[name, { wrote, from }] as const] : [],
  );
  return { ...records, ...Object.fromEntries(newer) };
}
