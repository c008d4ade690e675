// Which values a new one is compared with before it is written. Pure.
import {
  type Catalog,
  type Credential,
  credentialOf,
  forbiddenIn,
  mayHold,
  rulesOf,
  scopedVendors,
} from "../catalog/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";

/** A credential at one of its paths. */
export interface Place {
  readonly name: string;
  /** With a final slash. */
  readonly path: string;
}

/** The flat path, and that of every environment that may hold it. */
function placesOf(
  catalog: Catalog,
  root: string,
  credential: Credential,
): (Place & { readonly environment: string })[] {
  const { name, vendor, scope } = credential;
  const environments = scope === "shared" ? [] : catalog.environments.filter((one) => mayHold(credential, one.name));
  return [
    { name, path: flatPath(root, vendor), environment: catalog.fallback },
    ...environments.map((one) => ({ name, path: environmentPath(root, vendor, one.name), environment: one.name })),
  ];
}

/**
 * What the rules compare a value for an environment with: the same name in the other environments (`distinct`), the names that
 * it may not have the value of (`not-value-of`), and those that the environment may never hold (`never-in`).
 */
export function comparedPlaces(catalog: Catalog, root: string, credential: Credential, environment: string): Place[] {
  const rules = rulesOf(catalog, credential);
  const others = [
    ...rules.flatMap((rule) => (rule.rule === "not-value-of" ? rule.names : [])),
    ...forbiddenIn(catalog, environment),
  ].filter((name) => name !== credential.name);
  return [
    ...(rules.some(({ rule }) => rule === "distinct")
      ? placesOf(catalog, root, credential).filter((place) => place.environment !== environment)
      : []),
    ...others.flatMap((name) => placesOf(catalog, root, credentialOf(catalog, name))),
  ].map(({ name, path }) => ({ name, path }));
}

/** Where a credential of the catalog may be. */
export const credentialPaths = (catalog: Catalog, root: string) => [
  ...catalog.credentials.map(({ vendor }) => flatPath(root, vendor)),
  ...scopedVendors(catalog).flatMap((vendor) =>
    catalog.environments.map(({ name }) => environmentPath(root, vendor, name)),
  ),
];
