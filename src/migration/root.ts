// Whether a root is the one that holds the catalog's folders, and whether two stacks work in one place. Pure: what has to be
// listed is an answer too, so that the edge only lists it.
import { type Catalog, nearest } from "../catalog/index.js";
import type { PlaceFinding } from "./findings.js";
import type { Target } from "./state/index.js";
import type { VaultRow } from "./world.js";

/** Names of the folders in a folder, by its path without a final slash (`/` for the top). A folder that is missing has none. */
export type Listings = ReadonlyMap<string, readonly string[]>;

/**
 * - `right`: it holds at least one of the catalog's flat folders.
 * - `new`: it exists and is empty, and no folder near it holds any: an empty vault that somebody made this folder in.
 * - `wrong`: nothing may be made there.
 */
export type RootJudgement =
  | { readonly is: "right" }
  | { readonly is: "new"; readonly warning: Extract<PlaceFinding, { code: "new-vault" }> }
  | { readonly is: "wrong"; readonly why: Extract<PlaceFinding, { code: "wrong-root" }> };

/** Server limits count folder reads by the minute (60): a root that is wrong is not worth more than this. */
const mostListed = 20;

const vendorsOf = (catalog: Catalog) => [...new Set(catalog.credentials.map(({ vendor }) => vendor))];

const parentOf = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";
const below = (path: string, name: string) => (path === "/" ? `/${name}` : `${path}/${name}`);

/** Rows in a vendor's folder prove a root without any listing: the usual case. */
const proven = (vendors: readonly string[], root: string, rows: readonly Pick<VaultRow, "path">[]) =>
  rows.some(({ path }) => vendors.some((vendor) => path.startsWith(`${root}/${vendor}/`)));

const holds = (vendors: readonly string[], folders: readonly string[] = []) =>
  folders.filter((name) => vendors.includes(name)).length;

/** Where the catalog's folders are if not in the root: in the folder that holds it, beside it, or one level down. */
function candidates(root: string, listed: Listings): string[] {
  const parent = parentOf(root);
  const siblings = (listed.get(parent) ?? []).filter((name) => below(parent, name) !== root);
  // A typo's neighbour first, so that it is among those that are listed.
  const near = nearest(root.slice(root.lastIndexOf("/") + 1), siblings);
  const ordered = near === undefined ? siblings : [near, ...siblings.filter((name) => name !== near)];
  const inside = (listed.get(root) ?? []).map((name) => below(root, name));
  return [...ordered.map((name) => below(parent, name)), ...inside].slice(0, mostListed);
}

/**
 * The folders to list next; none once `judgeRoot` has what it needs. A root with rows in a vendor's folder needs no listing.
 *
 * @param root without a final slash
 * @param rows everything that may be seen below the root
 */
export function foldersToList(
  catalog: Catalog,
  root: string,
  rows: readonly Pick<VaultRow, "path">[],
  listed: Listings,
): string[] {
  const vendors = vendorsOf(catalog);
  if (proven(vendors, root, rows)) return [];
  const parent = parentOf(root);
  for (const path of [root, parent]) {
    if (!listed.has(path)) return [path];
    if (holds(vendors, listed.get(path)) > 0) return [];
  }
  return candidates(root, listed).filter((path) => !listed.has(path));
}

/** The candidate with most of the catalog's folders; the one named like the catalog's own root where several have as many. */
function likelyRoot(catalog: Catalog, root: string, listed: Listings): string | undefined {
  const vendors = vendorsOf(catalog);
  const ranked = [parentOf(root), ...candidates(root, listed)]
    .filter((path) => path !== "/")
    .map((path) => ({ path, count: holds(vendors, listed.get(path)), own: path === catalog.root ? 1 : 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || b.own - a.own);
  return ranked[0]?.path;
}

/** @param listed all that `foldersToList` asked for */
export function judgeRoot(
  catalog: Catalog,
  root: string,
  rows: readonly Pick<VaultRow, "path">[],
  listed: Listings,
): RootJudgement {
  const vendors = vendorsOf(catalog);
  const own = listed.get(root) ?? [];
  if (proven(vendors, root, rows) || holds(vendors, own) > 0) return { is: "right" };

  const parent = parentOf(root);
  const siblings = listed.get(parent) ?? [];
  const exists = siblings.includes(root.slice(root.lastIndexOf("/") + 1));
  const likely = likelyRoot(catalog, root, listed);
  if (!likely && exists && own.length === 0 && rows.length === 0)
    return {
      is: "new",
      warning: { code: "new-vault", root },
    };
  return {
    is: "wrong",
    why: {
      code: "wrong-root",
      root,
      exists,
      folders: exists ? own.length : siblings.length,
      vendors,
      likely: likely === undefined ? null : { root: likely, holds: holds(vendors, listed.get(likely)) },
    },
  };
}

/** What stacks of one migration have in common; another account may see the same apps. */
const shared = ["vault", "project", "slug", "root", "heroku"] as const;
const keyOf: Readonly<Record<(typeof shared)[number], string>> = {
  vault: "infisicalUrl",
  project: "infisicalProjectId",
  slug: "infisicalEnvironment",
  root: "root",
  heroku: "herokuApiUrl",
};

/** A stack by its config file: where it works. */
export interface StackPlace {
  readonly environment: string;
  readonly target: Omit<Target, "account">;
}

/** Each thing in which another stack's file differs from this one's: the two then move different vaults. */
export function otherPlaces(own: StackPlace, others: readonly StackPlace[]): PlaceFinding[] {
  return others
    .filter(({ environment }) => environment !== own.environment)
    .flatMap((other) =>
      shared
        .filter((key) => other.target[key] !== own.target[key])
        .map((key) => ({
          code: "stacks-differ",
          key: keyOf[key],
          environment: own.environment,
          ours: own.target[key],
          other: other.environment,
          theirs: other.target[key],
        })),
    );
}
