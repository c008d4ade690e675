// What happens to one credential of one folder: pure, a function of what was seen and what was recorded.
import type { Authority, CopyRecord } from "./state/index.js";
import type { VaultRow } from "./world.js";

export interface PlacementFacts {
  readonly source: "copy" | "provision";
  readonly authority: Authority;
  /** Rows of the name at its flat path, duplicates included. */
  readonly flat: readonly VaultRow[];
  /** Rows of the name at its environment path. */
  readonly target: readonly VaultRow[];
  readonly record: CopyRecord | undefined;
}

/**
 * - `create`, `follow`: write the flat value; `follow` replaces our own copy of an older one.
 * - `keep`: it is placed; `record` is what to remember.
 * - `waiting`: an operator has to write it.
 * - `missing`: it is not there and nothing says where it should come from.
 * - `conflict`: somebody else wrote another value; it is never overwritten.
 * - `duplicate`: a name with several rows; which of them is read is the server's chance.
 */
export type Placement =
  | { readonly is: "create"; readonly from: VaultRow }
  | { readonly is: "follow"; readonly from: VaultRow }
  | { readonly is: "keep"; readonly row: VaultRow; readonly record: CopyRecord | undefined }
  | { readonly is: "waiting" }
  | { readonly is: "missing"; readonly authority: Authority }
  | { readonly is: "conflict"; readonly path: string }
  | { readonly is: "duplicate"; readonly path: string; readonly rows: number };

/**
 * One authority per name. While the flag is off the flat path is it: a copy follows its source as long as nobody else wrote
 * the copy. While the flag is on the environment path is it, and nothing is ever written there from the flat one.
 */
export function place({ source, authority, flat, target, record }: PlacementFacts): Placement {
  const read = source === "copy" && authority === "flat" ? [flat, target] : [target];
  const twice = read.find((rows) => rows.length > 1);
  if (twice) return { is: "duplicate", path: twice[0]!.path, rows: twice.length };
  const [original] = flat;
  const [row] = target;

  if (!row) {
    if (authority === "environment") return { is: "missing", authority };
    if (source === "provision") return { is: "waiting" };
    return original ? { is: "create", from: original } : { is: "missing", authority };
  }
  if (source === "provision") return { is: "keep", row, record: undefined };
  if (!original || authority === "environment") return { is: "keep", row, record };
  // An equal value is as good as written by us: so an update that was interrupted after its write finds its work done.
  if (row.value.equals(original.value))
    return { is: "keep", row, record: { wrote: row.revision, from: original.revision } };
  if (record?.wrote === row.revision) return { is: "follow", from: original };
  return { is: "conflict", path: row.path };
}
