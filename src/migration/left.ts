// Credentials that a stack's last update had at a path where the catalog has them no more: it gave them another scope or vendor, or
// took them out. Apps that have the flag on read them there until they run the new catalog's code. Pure.
import { type Catalog, heldBy } from "../catalog/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import type { AppFinding } from "./findings.js";
import type { Last } from "./last.js";
import { indexed } from "./rows.js";
import type { SecretSetOutputs } from "./state/index.js";
import type { VaultRow } from "./world.js";

/** Where an environment has a credential. Paths have a final slash. */
export interface NamePlace {
  readonly name: string;
  readonly path: string;
  readonly flatPath: string;
}

/** By the catalog. */
export const heldPlaces = (catalog: Catalog, environment: string, root: string): NamePlace[] =>
  heldBy(catalog, environment).map(({ name, vendor }) => ({
    name,
    path: environmentPath(root, vendor, environment),
    flatPath: flatPath(root, vendor),
  }));

export interface LeftQuestion {
  readonly catalog: Catalog;
  readonly environment: string;
  readonly root: string;
  readonly sets: Last["sets"];
}

/** What the stack's last update had below the root, and the catalog has there no more. */
function leftPlaces({ catalog, environment, root, sets }: LeftQuestion): NamePlace[] {
  const held = new Set(heldPlaces(catalog, environment, root).map(({ path, name }) => `${path}${name}`));
  return setsBelow(root, sets).flatMap(({ names, path, flatPath }) =>
    Object.keys(names)
      .filter((name) => !held.has(`${path}${name}`))
      .map((name) => ({ name, path, flatPath })),
  );
}

/** Of those what the way back looks at: only the owner of the flat path could bring back what a newer catalog has no more. */
const leftOnWayBack = (question: LeftQuestion): NamePlace[] =>
  question.environment === question.catalog.fallback ? leftPlaces(question) : [];

/** What an environment's readers read, whether or not they run the newest catalog's code. */
export const placesRead = (question: LeftQuestion): NamePlace[] => [
  ...heldPlaces(question.catalog, question.environment, question.root),
  ...leftOnWayBack(question),
];

const setsBelow = (root: string, sets: Last["sets"]): SecretSetOutputs[] =>
  Object.values(sets).filter(({ path }) => path.startsWith(`${root}/`));

/** Sets of folders that the catalog has no credential of this environment's in any more. One that is empty has been let go. */
export function leftSets({ environment, root, sets }: LeftQuestion, vendors: readonly string[]) {
  const declared = new Set(vendors.map((vendor) => environmentPath(root, vendor, environment)));
  return setsBelow(root, sets)
    .filter(({ path, names }) => !declared.has(path) && Object.keys(names).length > 0)
    .map((set) => ({ vendor: set.flatPath.slice(root.length + 1, -1), set }));
}

/** Of the left ones those that became shared: from their environment path to the flat path where they are read now. */
function becameShared(question: LeftQuestion) {
  const { catalog, root } = question;
  return leftPlaces(question).flatMap(({ name, path }) => {
    const now = catalog.credentials.find((one) => one.name === name);
    return now?.scope === "shared" ? [{ name, path, to: flatPath(root, now.vendor) }] : [];
  });
}

/**
 * Folders whose values say whether the catalog may take its credentials elsewhere.
 * @param turnsOff whether the flag is to turn off: then it is their flat paths that apps go back to
 */
export function foldersOfLeft(question: LeftQuestion, turnsOff: boolean): string[] {
  const folders = turnsOff
    ? leftOnWayBack(question).flatMap(({ path, flatPath }) => [path, flatPath])
    : becameShared(question).flatMap(({ path, to }) => [path, to]);
  return [...new Set(folders)];
}

/**
 * While apps read an environment path, a catalog may lead them to a flat one only where that has the same value.
 * @param rows of the folders of `foldersOfLeft` at least
 */
export function leftByPath(question: LeftQuestion, rows: readonly VaultRow[]): AppFinding[] {
  const { at } = indexed(rows);
  return becameShared(question).flatMap(({ name, path, to }): AppFinding[] => {
    const [own, flat] = [at(path, name), at(to, name)];
    // Not there either: nobody reads it.
    if (own.length === 0 || (flat.length > 0 && [...own, ...flat].every(({ value }) => value.equals(own[0]!.value))))
      return [];
    return [
      {
        code: "leaves-path",
        name,
        path,
        to,
        environment: question.environment,
        is: flat.length > 0 ? "other" : "absent",
      },
    ];
  });
}
