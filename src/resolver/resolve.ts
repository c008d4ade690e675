// `vault._secret_path_for(name, env=None)` of docs/console-vault-env-aware.md: pure, no I/O.
// It reaches for the catalog's data and look-ups by file, not through its index: the index also brings zod, and other
// programs import the resolver for its few lines alone.
import { type CredentialName, consoleCatalog, type EnvironmentName } from "../catalog/console.js";
import { credentialOf, environmentOf } from "../catalog/lookup.js";
import type { Catalog, Scope } from "../catalog/types.js";
import { selectedEnvironment } from "./context.js";

/**
 * What to resolve with; left out, each has its default.
 *
 * @example
 * ```ts
 * import { type ResolveOptions, secretPathFor } from "console-vault/resolver";
 * const options: ResolveOptions = { flag: true, root: "/Acme" };
 * secretPathFor("HEROKU_API_KEY", "prod", options); // "/Acme/heroku/prod/"
 * ```
 */
export interface ResolveOptions<Name extends string = string, Env extends string = string> {
  /** Whether the flag is on. Default: read from the process's environment, see `flagFromEnvironment`. */
  readonly flag?: boolean | undefined;
  readonly catalog?: Catalog<Name, Env> | undefined;
  /** Default: the catalog's. */
  readonly root?: string | undefined;
}

/**
 * What is given is one of the names, or a text that is known only when the program runs.
 *
 * @example
 * ```ts
 * import { type Known, secretPathFor } from "console-vault/resolver";
 * const pathOf = <Given extends string>(name: Given & Known<Given, "HEROKU_API_KEY">) => secretPathFor<string>(name);
 * ```
 */
export type Known<Given extends string, Names extends string> = string extends Given ? unknown : NoInfer<Names>;

/** A question about one credential. Names that the compiler knows are checked against the catalog's. */
type Ask<Answer> = <
  Name extends string = CredentialName,
  Env extends string = EnvironmentName,
  GivenName extends string = Name,
  GivenEnv extends string = Env,
>(
  name: GivenName & Known<GivenName, Name>,
  env?: GivenEnv & Known<GivenEnv, Env>,
  options?: ResolveOptions<Name, Env>,
) => Answer;

function find(name: string, env?: string, options: ResolveOptions<string, string> = {}): Resolution {
  const catalog: Catalog = options.catalog ?? consoleCatalog;
  const { flag = flagFromEnvironment(catalog), root = catalog.root } = options;
  const { vendor, scope } = credentialOf(catalog, name);
  const environment = activeEnvironment(env, catalog);
  const [path, why] = !flag
    ? [flatPath(root, vendor), "the flag is off: every credential is at its vendor's flat path"]
    : scope === "shared"
      ? [flatPath(root, vendor), "shared: one value for all environments, at its vendor's flat path"]
      : [environmentPath(root, vendor, environment), `the flag is on and ${name} differs per environment`];
  return { name, vendor, scope, environment, path, flag, why };
}

/**
 * Where a credential lives, and why.
 *
 * @example
 * ```ts
 * import { type Resolution, resolve } from "console-vault/resolver";
 * const found: Resolution = resolve("HEROKU_API_KEY", "staging", { flag: true });
 * found.path; // "/MooseQuest/heroku/staging/"
 * ```
 */
export interface Resolution {
  readonly name: string;
  readonly vendor: string;
  readonly scope: Scope;
  readonly environment: string;
  /** Infisical `secretPath`, with a slash at its end: `/MooseQuest/heroku/staging/`. */
  readonly path: string;
  readonly flag: boolean;
  /** Why it is that path, in words. */
  readonly why: string;
}

/**
 * What a flag's config var says. `unclear`: neither of the texts that are known, so readers may take it either way.
 *
 * @example
 * ```ts
 * import { type FlagReading, readFlag } from "console-vault/resolver";
 * const reading: FlagReading = readFlag("yes"); // "unclear"
 * ```
 */
export type FlagReading = "on" | "off" | "unclear";

/**
 * Case and outer blanks aside: `true` and `1` (set by hand) are on; absent, empty, `false` and `0` are off.
 *
 * @example
 * ```ts
 * import { readFlag } from "console-vault/resolver";
 * readFlag("True"); // "on"
 * readFlag(undefined); // "off"
 * ```
 */
export function readFlag(value: string | undefined): FlagReading {
  const text = (value ?? "").trim().toLowerCase();
  if (["true", "1"].includes(text)) return "on";
  return ["", "false", "0"].includes(text) ? "off" : "unclear";
}

/**
 * Whether a flag's config var means on. What is unclear is off, the flag's default; who decides on it asks `readFlag`.
 *
 * @example
 * ```ts
 * import { flagMeansOn } from "console-vault/resolver";
 * flagMeansOn("1"); // true
 * ```
 */
export function flagMeansOn(value: string | undefined): boolean {
  return readFlag(value) === "on";
}

const warned = new Set<string>();

/**
 * The flag as this process's environment has it: `FLAG_CONSOLE_VAULT_ENV_AWARE`, absent = off. A text that is unclear is off as
 * well, and the process warns of it once (`process.on("warning", …)`, by default a line on stderr) without showing it.
 *
 * @example
 * ```ts
 * import { flagFromEnvironment } from "console-vault/resolver";
 * const on = flagFromEnvironment();
 * ```
 */
export function flagFromEnvironment(catalog: Catalog = consoleCatalog): boolean {
  const variable = catalog.flag?.variable;
  if (variable === undefined) return false;
  const reading = readFlag(process.env[variable]);
  if (reading === "unclear" && !warned.has(variable)) {
    warned.add(variable);
    process.emitWarning(`${variable} is neither true, 1, false, 0 nor empty: it is taken as off`, {
      code: "CONSOLE_VAULT_FLAG_UNCLEAR",
    });
  }
  return reading === "on";
}

/**
 * The environment to resolve for, in the order of docs/console-vault-env-aware.md: the argument, the request context, `"prod"`.
 * @throws UnknownNameError for an environment that the catalog does not have.
 * @example
 * ```ts
 * import { activeEnvironment } from "console-vault/resolver";
 * activeEnvironment("staging"); // "staging"
 * activeEnvironment(); // the request's, else "prod"
 * ```
 */
export function activeEnvironment(env?: string, catalog: Catalog = consoleCatalog): string {
  return environmentOf(catalog, env ?? selectedEnvironment() ?? catalog.fallback).name;
}

/**
 * `/MooseQuest/heroku/`
 *
 * @example
 * ```ts
 * import { flatPath } from "console-vault/resolver";
 * flatPath("/MooseQuest", "heroku"); // "/MooseQuest/heroku/"
 * ```
 */
export function flatPath(root: string, vendor: string): string {
  return `${root}/${vendor}/`;
}

/**
 * `/MooseQuest/heroku/staging/`
 *
 * @example
 * ```ts
 * import { environmentPath } from "console-vault/resolver";
 * environmentPath("/MooseQuest", "heroku", "staging"); // "/MooseQuest/heroku/staging/"
 * ```
 */
export function environmentPath(root: string, vendor: string, environment: string): string {
  return `${root}/${vendor}/${environment}/`;
}

/**
 * Where a credential lives, and why.
 *
 * | flag | scope | path |
 * | --- | --- | --- |
 * | on | environment | `/MooseQuest/<vendor>/<env>/` |
 * | on | shared | `/MooseQuest/<vendor>/` |
 * | off | any | `/MooseQuest/<vendor>/` |
 *
 * @throws UnknownNameError for a name or an environment that the catalog does not have; it suggests the nearest.
 * @example
 * ```ts
 * import { resolve } from "console-vault/resolver";
 * const { path, why } = resolve("HEROKU_API_KEY", "staging", { flag: true });
 * ```
 */
export const resolve: Ask<Resolution> = find;

/**
 * The Infisical `secretPath` of a credential: `resolve(…).path`.
 *
 * @example
 * ```ts
 * import { secretPathFor, withEnvironment } from "console-vault/resolver";
 * secretPathFor("HEROKU_API_KEY", "staging", { flag: true }); // "/MooseQuest/heroku/staging/"
 * withEnvironment("staging", () => secretPathFor("HEROKU_API_KEY")); // the same, with the flag on
 * ```
 */
export const secretPathFor: Ask<string> = (name, env, options) => find(name, env, options).path;
