import { catalogSchema } from "./schema.js";
import type { Catalog, Credential, Environment, Flag } from "./types.js";

/**
 * Every problem of a catalog at once, a line each: `credentials.3.vendor: …`.
 *
 * @example
 * ```ts
 * import { type Catalog, CatalogError, consoleCatalog, defineCatalog } from "console-vault/catalog";
 * const broken: Catalog = { ...consoleCatalog, root: "no slash" };
 * try {
 *   defineCatalog(broken);
 * } catch (error) {
 *   if (error instanceof CatalogError) console.error(error.problems.join("\n"));
 * }
 * ```
 */
export class CatalogError extends Error {
  override readonly name = "CatalogError";
  /** @param file the catalog's, where it was loaded from one */
  constructor(
    readonly problems: readonly string[],
    file = "The catalog",
  ) {
    super(`${file} has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n  ${problems.join("\n  ")}`);
  }
}

/** An environment whose apps say which roles there are. */
export interface EnvironmentInput<Name extends string, Role extends string> extends Omit<Environment<Name>, "apps"> {
  readonly apps: { readonly [Each in Role]?: string };
}

/** A catalog whose list of environments alone says which environments and roles there are: another name elsewhere does not compile. */
export interface CatalogInput<Name extends string, Env extends string, Role extends string>
  extends Pick<Catalog, "root"> {
  readonly environments: readonly EnvironmentInput<Env, Role>[];
  readonly fallback: NoInfer<Env>;
  readonly credentials: readonly Credential<Name, NoInfer<Env>, NoInfer<Role>>[];
  readonly flag?: Flag<NoInfer<Role>> | undefined;
}

/**
 * Validates a catalog and returns it with its names as literal types.
 *
 * @throws CatalogError that lists every problem by key.
 * @example
 * ```ts
 * import { defineCatalog } from "console-vault/catalog";
 * export const catalog = defineCatalog({
 *   root: "/Acme",
 *   environments: [
 *     { name: "staging", apps: { console: "acme-console-staging" }, source: "provision" },
 *     { name: "prod", apps: { console: "acme-console" }, source: "copy" },
 *   ],
 *   fallback: "prod",
 *   credentials: [
 *     {
 *       name: "MAIL_TOKEN",
 *       vendor: "mail",
 *       scope: "environment",
 *       reason: "Staging sends to a test server.",
 *       rules: [{ rule: "distinct" }, { rule: "format", format: "uuid", environments: ["prod"] }],
 *       consumers: ["console"],
 *       assumed: [],
 *     },
 *   ],
 *   flag: {
 *     name: "vault_env_aware",
 *     variable: "FLAG_VAULT_ENV_AWARE",
 *     default: false,
 *     role: "console",
 *     revision: "0001_vault_env_aware",
 *     description: "Credentials are read from a folder per environment.",
 *   },
 * });
 * ```
 */
export function defineCatalog<const Name extends string, const Env extends string, const Role extends string = string>(
  input: CatalogInput<Name, Env, Role>,
): Catalog<Name, Env> {
  const result = catalogSchema.safeParse(input);
  // The roles of an environment are those that it names: none of them is there without an app.
  if (result.success) return input as unknown as Catalog<Name, Env>;
  throw new CatalogError(result.error.issues.map(({ path, message }) => `${path.join(".") || "catalog"}: ${message}`));
}
