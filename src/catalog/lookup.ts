import { nearest } from "./nearest.js";
import type { Catalog, Credential, Environment, Rule } from "./types.js";

/**
 * A name that the catalog does not have. The message suggests the nearest one.
 *
 * @example
 * ```ts
 * import { consoleCatalog, credentialOf, UnknownNameError } from "console-vault/catalog";
 * try {
 *   credentialOf(consoleCatalog, "HEROKU_APIKEY");
 * } catch (error) {
 *   if (error instanceof UnknownNameError) console.error(error.message); // … Did you mean HEROKU_API_KEY?
 * }
 * ```
 */
export class UnknownNameError extends Error {
  override readonly name = "UnknownNameError";
  constructor(kind: "credential" | "environment", given: string, candidates: readonly string[]) {
    const near = nearest(given, candidates);
    const all = kind === "environment" ? ` There are: ${candidates.join(", ")}.` : "";
    super(`Unknown ${kind} ${JSON.stringify(given)}.${near ? ` Did you mean ${near}?` : ""}${all}`);
  }
}

/**
 * A credential of the catalog by its name.
 *
 * @throws UnknownNameError
 * @example
 * ```ts
 * import { consoleCatalog, credentialOf } from "console-vault/catalog";
 * credentialOf(consoleCatalog, "HEROKU_API_KEY").vendor; // "heroku"
 * ```
 */
export function credentialOf<Name extends string, Env extends string>(
  catalog: Catalog<Name, Env>,
  name: string,
): Credential<Name, Env> {
  const found = linesOf(catalog).byName.get(name);
  if (found) return found as Credential<Name, Env>;
  throw new UnknownNameError(
    "credential",
    name,
    catalog.credentials.map((credential) => credential.name),
  );
}

/**
 * An environment of the catalog by its name.
 *
 * @throws UnknownNameError
 * @example
 * ```ts
 * import { consoleCatalog, environmentOf } from "console-vault/catalog";
 * environmentOf(consoleCatalog, "staging").apps; // { api: "raxx-api-staging", console: "raxx-console-staging" }
 * ```
 */
export function environmentOf<Env extends string>(catalog: Catalog<string, Env>, name: string): Environment<Env> {
  const found = catalog.environments.find((environment) => environment.name === name);
  if (found) return found;
  throw new UnknownNameError(
    "environment",
    name,
    catalog.environments.map((environment) => environment.name),
  );
}

/**
 * Whether an environment may hold a credential at all (rule `never-in`).
 *
 * @example
 * ```ts
 * import { consoleCatalog, credentialOf, mayHold } from "console-vault/catalog";
 * mayHold(credentialOf(consoleCatalog, "ALPACA_LIVE_API_KEY_ID"), "staging"); // false
 * ```
 */
export function mayHold(credential: Credential, environment: string): boolean {
  return !credential.rules.some((rule) => rule.rule === "never-in" && rule.environments.includes(environment));
}

/**
 * The environment-scoped credentials that an environment holds, in the catalog's order.
 *
 * @example
 * ```ts
 * import { consoleCatalog, heldBy } from "console-vault/catalog";
 * heldBy(consoleCatalog, "staging").map(({ name }) => name); // six names: no ALPACA_LIVE_…
 * ```
 */
export function heldBy<Name extends string, Env extends string>(
  catalog: Catalog<Name, Env>,
  environment: string,
): Credential<Name, Env>[] {
  return [...linesOf(catalog).heldBy(environment)] as Credential<Name, Env>[];
}

/** Those of one vendor: what one folder of the environment holds. */
export function heldByVendor(catalog: Catalog, environment: string, vendor: string): readonly Credential[] {
  return linesOf(catalog).heldByVendor(environment).get(vendor) ?? [];
}

/** What is asked of a catalog for each of its credentials, worked out once: a catalog does not change. */
interface Lines {
  readonly byName: ReadonlyMap<string, Credential>;
  readonly heldBy: (environment: string) => readonly Credential[];
  readonly heldByVendor: (environment: string) => ReadonlyMap<string, readonly Credential[]>;
  readonly forbiddenIn: (environment: string) => readonly string[];
}

const lines = new WeakMap<readonly Credential[], Lines>();

function linesOf({ credentials }: Catalog): Lines {
  const before = lines.get(credentials);
  if (before) return before;
  const held = perEnvironment((environment) =>
    credentials.filter((credential) => credential.scope === "environment" && mayHold(credential, environment)),
  );
  const made: Lines = {
    // Of two of one name the first, as a search would find it.
    byName: new Map(credentials.toReversed().map((credential) => [credential.name, credential])),
    heldBy: held,
    heldByVendor: perEnvironment((environment) => {
      const byVendor = new Map<string, Credential[]>(held(environment).map(({ vendor }) => [vendor, []]));
      for (const credential of held(environment)) byVendor.get(credential.vendor)!.push(credential);
      return byVendor;
    }),
    forbiddenIn: perEnvironment((environment) =>
      credentials.filter((credential) => !mayHold(credential, environment)).map(({ name }) => name),
    ),
  };
  lines.set(credentials, made);
  return made;
}

function perEnvironment<T>(answer: (environment: string) => T): (environment: string) => T {
  const known = new Map<string, T>();
  return (environment) => {
    if (!known.has(environment)) known.set(environment, answer(environment));
    return known.get(environment)!;
  };
}

/** The rules of a credential, without `distinct` where one environment alone may hold it: there is nothing to compare. */
export function rulesOf(catalog: Catalog, credential: Credential): readonly Rule[] {
  const holders = catalog.environments.filter(({ name }) => mayHold(credential, name));
  return holders.length > 1 ? credential.rules : credential.rules.filter(({ rule }) => rule !== "distinct");
}

/** Names that an environment may never hold: their values may not appear there under another name either. */
export function forbiddenIn(catalog: Catalog, environment: string): string[] {
  return [...linesOf(catalog).forbiddenIn(environment)];
}

/** Vendors with environment-scoped credentials, in the catalog's order: each gets a folder per environment. */
export function scopedVendors(catalog: Catalog): string[] {
  return [...new Set(catalog.credentials.filter(({ scope }) => scope === "environment").map(({ vendor }) => vendor))];
}

/** The apps of an environment that have the flag's config var, in the order in which it turns on; none for one without a flag. */
export function flagApps(catalog: Catalog, environment: string): readonly string[] {
  const { apps } = environmentOf(catalog, environment);
  return [...new Set(flagRoles(catalog).flatMap((role) => apps[role] ?? []))];
}

/** Whether a credential is a key that Heroku itself can try. */
export const isHerokuKey = (catalog: Catalog, name: string): boolean =>
  credentialOf(catalog, name).vendor === "heroku" && /(KEY|TOKEN)$/.test(name);

/** Whether any environment has an app. A company without one needs no Heroku account. */
export const usesHeroku = ({ environments }: Catalog): boolean =>
  environments.some(({ apps }) => Object.keys(apps).length > 0);

/** Roles of the apps that have the flag, in the order in which it turns on; none where the catalog has no flag. */
export const flagRoles = ({ flag }: Catalog): readonly string[] => (flag ? [flag.role].flat() : []);

/** Whether an environment has the flag. */
export const hasFlag = (catalog: Catalog, environment: string): boolean => flagApps(catalog, environment).length > 0;

/** The config var of the flag; empty where the catalog has none. */
export const flagVariable = (catalog: Catalog): string => catalog.flag?.variable ?? "";

/** Environments that have the flag, in the order in which it turns on. */
export const flaggedEnvironments = (catalog: Catalog): string[] =>
  catalog.environments.map(({ name }) => name).filter((name) => hasFlag(catalog, name));
