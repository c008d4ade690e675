// How two environments' values of each credential compare. Pure: values are compared in here, and only the answer leaves.
import { type Catalog, type Credential, mayHold, type Override, rulesOf, withOverrides } from "../catalog/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import { indexed } from "./rows.js";
import type { VaultRow } from "./world.js";

/**
 * Why a comparison is not as it must be.
 *
 * - `must-differ`: the rule `distinct` holds, no override lets this value pass, and both have one value.
 * - `must-be-equal`: the credential is shared, and its two values differ.
 * - `must-not-hold`: an environment holds a credential that it must never hold.
 * - `missing`: an environment that may hold the credential has none.
 * - `duplicate`: several secrets of one name, so that which one is read is left to chance.
 * - `unreadable`: the token may not read it: it may be there or not.
 */
type DifferenceProblem = "must-differ" | "must-be-equal" | "must-not-hold" | "missing" | "duplicate" | "unreadable";

/** One credential in both environments. Names and paths only. */
export interface Difference {
  readonly name: string;
  /** Where it was looked for, in the order of the environments. */
  readonly places: readonly { readonly environment: string; readonly path: string }[];
  /** `unreadable` where either value is unknown: unknown is neither equal nor missing. */
  readonly state: "equal" | "different" | "missing" | "unreadable";
  /** Environments that have no value. */
  readonly missing: readonly string[];
  /** Environments whose value is not known. */
  readonly unreadable: readonly string[];
  readonly problem: DifferenceProblem | null;
}

/** One environment as its token sees it. */
export interface ComparedEnvironment {
  readonly environment: string;
  readonly root: string;
  readonly rows: readonly VaultRow[];
  /** Folders that the token may not read, with a final slash. */
  readonly hidden: ReadonlySet<string>;
  readonly overrides: readonly Override[];
}

/** Where an environment has a credential once it reads its own. */
const pathOf = (
  { scope, vendor }: Credential,
  { environment, root }: Pick<ComparedEnvironment, "environment" | "root">,
) => (scope === "shared" ? flatPath(root, vendor) : environmentPath(root, vendor, environment));

/**
 * Credentials to compare: those with an environment, and the shared ones where the two environments do not work in one place, in
 * which a shared credential is one value.
 */
function comparedCredentials(catalog: Catalog, samePlace: boolean): readonly Credential[] {
  return catalog.credentials.filter(({ scope }) => scope === "environment" || !samePlace);
}

/**
 * Folders to read for one environment's part of a comparison. The flat path of a name is among them where an override may be tied to
 * the flat value that was copied.
 */
export function foldersToCompare(
  catalog: Catalog,
  side: Pick<ComparedEnvironment, "environment" | "root" | "overrides">,
  samePlace: boolean,
): string[] {
  const paths = comparedCredentials(catalog, samePlace).flatMap((credential) => [
    pathOf(credential, side),
    ...(side.overrides.some(({ name, rule }) => name === credential.name && rule === "distinct")
      ? [flatPath(side.root, credential.vendor)]
      : []),
  ]);
  return [...new Set(paths)];
}

/** @param samePlace whether both environments are in one vault, project and root */
export function compareEnvironments(
  catalog: Catalog,
  sides: readonly [ComparedEnvironment, ComparedEnvironment],
  samePlace: boolean,
): Difference[] {
  return comparedCredentials(catalog, samePlace).map((credential) => compareOne(catalog, credential, sides));
}

function compareOne(
  catalog: Catalog,
  credential: Credential,
  sides: readonly [ComparedEnvironment, ComparedEnvironment],
): Difference {
  const { name } = credential;
  const seen = sides.map((side) => {
    const path = pathOf(credential, side);
    const rows = indexed(side.rows).at(path, name);
    const may = credential.scope === "shared" || mayHold(credential, side.environment);
    return { environment: side.environment, path, rows, may, hidden: side.hidden.has(path) };
  });
  const unknown = seen.filter(({ rows, hidden }) => hidden || rows.length > 1);
  const missing = seen.filter(({ rows, hidden }) => !hidden && rows.length === 0);
  const [one, other] = seen.map(({ rows }) => rows[0]);
  const state =
    unknown.length > 0
      ? "unreadable"
      : !one || !other
        ? "missing"
        : one.value.equals(other.value)
          ? "equal"
          : "different";
  const problem = ((): DifferenceProblem | null => {
    if (seen.some(({ rows, may }) => rows.length > 0 && !may)) return "must-not-hold";
    if (seen.some(({ rows }) => rows.length > 1)) return "duplicate";
    if (unknown.length > 0) return "unreadable";
    if (missing.some(({ may }) => may)) return "missing";
    if (state === "different" && credential.scope === "shared") return "must-be-equal";
    return state === "equal" && mustDiffer(catalog, credential, sides, one!) ? "must-differ" : null;
  })();
  return {
    name,
    places: seen.map(({ environment, path }) => ({ environment, path })),
    state,
    missing: missing.map(({ environment }) => environment),
    unreadable: unknown.map(({ environment }) => environment),
    problem,
  };
}

/** @param row either of the two, which have one value */
function mustDiffer(
  catalog: Catalog,
  credential: Credential,
  sides: readonly ComparedEnvironment[],
  row: VaultRow,
): boolean {
  if (!rulesOf(catalog, credential).some(({ rule }) => rule === "distinct")) return false;
  const { name } = credential;
  const revisions = sides
    .flatMap(({ rows }) => indexed(rows).named(name))
    .filter((one) => one.value.equals(row.value))
    .map(({ revision }) => revision);
  const overrides = sides.flatMap((side) => side.overrides);
  return withOverrides([{ name, rule: "distinct" as const }], overrides, revisions).standing.length > 0;
}
