// What turning the flag off would lead its readers to, and what may be written at the flat path before. Pure.
import type { Catalog } from "../catalog/index.js";
import type { NamePlace } from "./left.js";
import { indexed } from "./rows.js";
import type { CopyRecord } from "./state/index.js";
import type { VaultRow } from "./world.js";

/** A name that is not at its flat path. */
export interface GoneName {
  readonly name: string;
  readonly path: string;
  /** The environment's own path. */
  readonly own: string;
  /** The row that it can be written again from. Of the environment that owns the flat path only. */
  readonly from: VaultRow | undefined;
}

/** A name whose flat value is not the one in use. */
export interface DifferentName {
  readonly name: string;
  readonly flat: VaultRow;
  readonly current: VaultRow;
  /** Whether the flat row is still the revision that the environment's value was copied from: nothing is lost with it. */
  readonly copied: boolean;
}

export interface WayBack {
  /** Paths that the token may not read, each with Infisical's answer. */
  readonly unreadable: readonly { readonly path: string; readonly why: string }[];
  /** Names with several rows of different values at one path: which of them is read is chance. */
  readonly ambiguous: readonly { readonly name: string; readonly path: string; readonly rows: number }[];
  readonly gone: readonly GoneName[];
  /** None for an environment that does not own the flat path: another environment's values are there by design. */
  readonly different: readonly DifferentName[];
}

/** What was seen at `wayBackPaths`. */
export interface WayBackSight {
  readonly rows: readonly VaultRow[];
  readonly hidden: ReadonlyMap<string, Error>;
  /** What the stack's last update remembers of its copies, by name; empty where its state cannot be read. */
  readonly records: Readonly<Record<string, CopyRecord>>;
}

/** Every path that the decision compares. */
export function wayBackPaths({ fallback }: Catalog, environment: string, places: readonly NamePlace[]): string[] {
  const paths = places.flatMap(({ path, flatPath }) => [flatPath, ...(environment === fallback ? [path] : [])]);
  return [...new Set(paths)];
}

/** @param places of what the environment's readers read */
export function wayBack(
  { fallback }: Catalog,
  environment: string,
  places: readonly NamePlace[],
  { rows, hidden, records }: WayBackSight,
): WayBack {
  const owner = environment === fallback;
  const { at } = indexed(rows);
  const names = places.map(({ name, path: own, flatPath: path }) => ({
    name,
    path,
    flat: at(path, name),
    own,
    current: owner ? at(own, name) : [],
  }));
  return {
    unreadable: [...hidden].map(([path, { message }]) => ({ path, why: message })),
    ambiguous: names.flatMap(({ name, path, flat, own, current }) => [
      ...(agree(flat) ? [] : [{ name, path, rows: flat.length }]),
      ...(agree(current) ? [] : [{ name, path: own, rows: current.length }]),
    ]),
    gone: names
      .filter(({ flat, path }) => flat.length === 0 && !hidden.has(path))
      .map(({ name, path, own, current }) => ({ name, path, own, from: current[0] })),
    different: names.flatMap(({ name, flat: [flat], current: [current] }) =>
      flat && current && !current.value.equals(flat.value)
        ? [{ name, flat, current, copied: records[name]?.from === flat.revision }]
        : [],
    ),
  };
}

const agree = ([first, ...others]: readonly VaultRow[]) => others.every((row) => row.value.equals(first!.value));

/** What an operator said of the flat path. */
export interface WayBackChoice {
  /** Write the environment's values there first: what is gone, and what it was copied from. */
  readonly restoreFlat: boolean;
  /** Go back to values that differ. */
  readonly acceptStale: boolean;
  /** Revisions (`id@version`) of other values that may be overwritten, by name. */
  readonly overwrite: ReadonlyMap<string, string>;
}

/** A row to be written at the flat path. `over`: the row that it replaces; undefined where there is none. */
export interface FlatWrite {
  readonly name: string;
  readonly path: string;
  readonly from: VaultRow;
  readonly over: VaultRow | undefined;
}

export interface WayBackPlan {
  readonly writes: readonly FlatWrite[];
  /** Names that stay gone. */
  readonly gone: readonly GoneName[];
  /** Names that may not be overwritten and were not accepted as they are. */
  readonly refused: readonly DifferentName[];
  /** Names that are read at the flat path afterwards as they are there. */
  readonly stale: readonly DifferentName[];
}

/** What stands against turning the flag off; none of it where nothing does. */
export type WayBackObstacle =
  | { readonly is: "unreadable"; readonly paths: WayBack["unreadable"] }
  | { readonly is: "ambiguous"; readonly names: WayBack["ambiguous"] }
  | { readonly is: "gone"; readonly names: readonly GoneName[] }
  | { readonly is: "different"; readonly names: readonly DifferentName[] };

/** @param on whether the flag is on: off already, there is only what is to be written that can be refused */
export function wayBackObstacle(found: WayBack, choice: WayBackChoice, on: boolean): WayBackObstacle | undefined {
  if (found.unreadable.length > 0) return { is: "unreadable", paths: found.unreadable };
  if (found.ambiguous.length > 0) return { is: "ambiguous", names: found.ambiguous };
  if (!on) return undefined;
  const { gone, refused } = planWayBack(found, choice, on);
  if (gone.length > 0) return { is: "gone", names: gone };
  return refused.length > 0 ? { is: "different", names: refused } : undefined;
}

/** What a command does where the vault cannot be asked. `ask`: a person decides, without whom it is refused. */
type WithoutVault = "cannot-restore" | "nothing-to-ask" | "forced" | "ask";

/** @param on whether the flag is on: off already, there is nothing that the vault is asked for but what is to be restored */
export function withoutVault(
  { restoreFlat, force }: { readonly restoreFlat: boolean; readonly force: boolean },
  on: boolean,
): WithoutVault {
  if (restoreFlat) return "cannot-restore";
  if (!on) return "nothing-to-ask";
  return force ? "forced" : "ask";
}

/** What the owner of the flat path has retired there, as far as an environment reads it: for when the vault cannot be asked. */
export function retiredNames(places: readonly NamePlace[], retired: readonly string[]): GoneName[] {
  return places
    .filter(({ name }) => retired.includes(name))
    .map(({ name, path, flatPath }) => ({ name, path: flatPath, own: path, from: undefined }));
}

/**
 * An existing row is overwritten only while the flag is on (off, the flat path is the one that is read), and only if it is the
 * one that the environment's value was copied from, or was confirmed at this very revision.
 */
export function planWayBack({ gone, different }: WayBack, choice: WayBackChoice, on: boolean): WayBackPlan {
  const { restoreFlat, acceptStale, overwrite } = choice;
  const may = ({ name, flat, copied }: DifferentName) =>
    on && restoreFlat && (copied || overwrite.get(name) === flat.revision);
  const kept = different.filter((one) => !may(one));
  return {
    writes: [
      ...gone.flatMap(({ name, path, from }) => (restoreFlat && from ? [{ name, path, from, over: undefined }] : [])),
      ...different.filter(may).map(({ name, flat, current }) => ({ name, path: flat.path, from: current, over: flat })),
    ],
    gone: gone.filter(({ from }) => !(restoreFlat && from)),
    refused: acceptStale ? [] : kept,
    stale: kept,
  };
}
