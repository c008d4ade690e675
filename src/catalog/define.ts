import { catalogSchema } from "./schema.js";
import type { Catalog, Credential } from "./types.js";

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

/** A catalog whose list of environments alone says which there are: another name elsewhere in it does not compile. */
export interface CatalogInput<Name extends string, Env extends string> extends Catalog<Name, Env> {
  readonly fallback: NoInfer<Env>;
  readonly credentials: readonly Credential<Name, NoInfer<Env>>[];
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
export function defineCatalog<const Name extends string, const Env extends string>(
  input: CatalogInput<Name, Env>,
): Catalog<Name, Env> {
  const result = catalogSchema.safeParse(input);
  if (result.success) return input;
  throw new CatalogError(result.error.issues.map(({ path, message }) => `${path.join(".") || "catalog"}: ${message}`));
}
