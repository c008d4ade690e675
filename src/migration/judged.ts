// What the rules of the catalog say of what is there now. Pure; values are compared in here, and only the answers leave.
import {
  type Catalog,
  forbiddenIn,
  type Held,
  heldBy,
  judge,
  mayHold,
  type Override,
  rulesOf,
  type Subject,
  type Surroundings,
  scopedVendors,
  withOverrides,
} from "../catalog/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import { SecretValue } from "../secret.js";
import { type Broken, distinct, type Reason } from "./findings.js";
import { publicName } from "./readers.js";
import { indexed } from "./rows.js";
import type { SeenRevisions } from "./state/index.js";
import { brokenOf, ruleBroken } from "./summary.js";
import type { AppView, VaultRow, World } from "./world.js";

/** Every value below the root whose place the catalog knows. */
function heldValues(catalog: Catalog, root: string, rows: World["rows"]): Held[] {
  const held: Held[] = [];
  const seen = indexed(rows);
  for (const { name, vendor } of catalog.credentials) {
    const places = new Map<string, string | undefined>([
      [flatPath(root, vendor), undefined],
      ...catalog.environments.map((one) => [environmentPath(root, vendor, one.name), one.name] as const),
    ]);
    for (const row of seen.named(name))
      if (places.has(row.path))
        held.push({ name, path: row.path, environment: places.get(row.path), value: row.value });
  }
  return held;
}

/** What a value for an environment is judged against. @param rows all that may be seen below the root */
export function surroundingsOf(catalog: Catalog, environment: string, root: string, rows: World["rows"]): Surroundings {
  return {
    held: heldValues(catalog, root, rows),
    forbidden: forbiddenIn(catalog, environment),
    fallback: catalog.fallback,
  };
}

/** Several rows of one name are all told, so that any change of any of them is seen. */
export function revisionsOf(rows: World["rows"]): string | null {
  if (rows.length === 0) return null;
  return rows
    .map(({ revision }) => revision)
    .sort()
    .join(" ");
}

/**
 * What a set remembers of a name, and what it compares with later: revisions, and which rules are broken. The rules compare with
 * values elsewhere, so their answer can change though no revision of the name itself does.
 *
 * @param rows of the name: at its environment path, and at its flat one where it is copied from there
 */
export function seenNow(
  subject: Omit<Subject, "value">,
  rows: { readonly target: readonly VaultRow[]; readonly flat: readonly VaultRow[] },
  surroundings: Surroundings,
): SeenRevisions {
  const verdict = (found: readonly VaultRow[]) => {
    if (found.length !== 1) return [];
    const judgement = judge({ ...subject, value: found[0]!.value }, surroundings);
    const rules = judgement.findings.map(({ rule }) => rule);
    return judgement.distinct === "unchecked" ? [...rules, "unchecked"] : rules;
  };
  return {
    target: revisionsOf(rows.target),
    flat: revisionsOf(rows.flat),
    verdict: { target: verdict(rows.target), flat: verdict(rows.flat) },
  };
}

/**
 * What an override of a value may be tied to: its own row, or the flat one that it was copied from.
 * @param passed what the environment's stack recorded: it knows the flat row also when that is another one by now, or gone
 */
export function revisionsFor(
  row: VaultRow,
  rows: World["rows"],
  flat: string,
  passed: readonly (Override & { readonly row?: string | undefined })[] = [],
): string[] {
  const from = indexed(rows)
    .at(flat, row.name)
    .filter((one) => one.value.equals(row.value));
  const known = passed.filter((one) => one.name === row.name && one.row === row.revision);
  return [row.revision, ...from.map(({ revision }) => revision), ...known.map(({ token }) => token)];
}

/** A place of an environment that holds a credential which the environment must never hold. */
export interface ForbiddenPlace {
  /** Of the credential. */
  readonly name: string;
  /** An environment path, or an app. */
  readonly at: string;
  /** The secret or var that holds it. */
  readonly under: string;
  readonly kind: "secret" | "var";
}

/** Live credentials in a place of the environment: in its folders, or on its apps under any name. */
export function forbiddenPlaces(
  catalog: Catalog,
  environment: string,
  root: string,
  world: Pick<World, "rows"> & { readonly apps: readonly Pick<AppView, "name" | "vars">[] },
): ForbiddenPlace[] {
  const forbidden = catalog.credentials.filter((one) => !mayHold(one, environment));
  const names = new Set(forbidden.map(({ name }) => name));
  const values = heldValues(catalog, root, world.rows).filter(({ name }) => names.has(name));
  const holderOf = SecretValue.firstBy(values, ({ value }) => value);
  const seen = indexed(world.rows);
  const judged = new Set(heldBy(catalog, environment).map(({ vendor, name }) => `${vendor}/${name}`));
  const found: ForbiddenPlace[] = [];
  for (const { name, vendor } of forbidden) {
    const path = environmentPath(root, vendor, environment);
    if (seen.at(path, name).length > 0) found.push({ name, at: path, under: name, kind: "secret" });
  }
  // A folder's own set compares its names with the values of its vendor; this is for other vendors' and for unmanaged names.
  for (const vendor of scopedVendors(catalog)) {
    const path = environmentPath(root, vendor, environment);
    for (const row of seen.in(path)) {
      if (names.has(row.name)) continue;
      const same = holderOf(row.value);
      const own = same?.path.startsWith(flatPath(root, vendor)) && judged.has(`${vendor}/${row.name}`);
      if (same && !own) found.push({ name: same.name, at: path, under: row.name, kind: "secret" });
    }
  }
  for (const app of world.apps)
    for (const [variable, value] of app.vars) {
      const same = holderOf(value);
      if (names.has(variable)) found.push({ name: variable, at: app.name, under: variable, kind: "var" });
      else if (same) found.push({ name: same.name, at: app.name, under: variable, kind: "var" });
    }
  return found;
}

/** The same as findings of the rule `never-in`, with names that any reader may see. */
export function forbiddenHere(...[catalog, environment, root, world]: Parameters<typeof forbiddenPlaces>): Broken[] {
  return distinct(
    forbiddenPlaces(catalog, environment, root, world).map(({ name, at, kind, under }): Broken => {
      const detail = { environment, at, kind, under: publicName(catalog, under) ?? null };
      return { name, rule: "never-in", detail };
    }),
  );
}

/**
 * Another environment's credentials, read and judged as they are now.
 * @param seen with the paths that the token may not read
 * @param overrides those that the environment's own stack recorded
 */
export function readNow(
  catalog: Catalog,
  environment: string,
  root: string,
  { rows, hidden }: Pick<World, "rows"> & { readonly hidden: { has(path: string): boolean } },
  overrides: readonly (Override & { readonly row?: string | undefined })[],
): { wrong: Reason[]; unchecked: string[] } {
  const surroundings = surroundingsOf(catalog, environment, root, rows);
  const seen = indexed(rows);
  const wrong: Reason[] = [];
  const unchecked: string[] = [];
  for (const credential of heldBy(catalog, environment)) {
    const { name, vendor } = credential;
    const path = environmentPath(root, vendor, environment);
    const found = seen.at(path, name);
    if (found.length !== 1) {
      const at = { name, path, environment };
      if (found.length > 0) wrong.push({ code: "duplicate", ...at, rows: found.length });
      else wrong.push({ code: hidden.has(path) ? "unreadable" : "absent", ...at });
      continue;
    }
    const judgement = judge(
      { name, environment, value: found[0]!.value, rules: rulesOf(catalog, credential) },
      surroundings,
    );
    const { standing } = withOverrides(
      judgement.findings,
      overrides,
      revisionsFor(found[0]!, rows, flatPath(root, vendor), overrides),
    );
    wrong.push(...brokenOf(standing, found[0]!.revision).map((one) => ({ ...ruleBroken(one), environment })));
    if (judgement.distinct === "unchecked") unchecked.push(name);
  }
  return { wrong, unchecked };
}
