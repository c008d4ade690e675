import { z } from "zod";
import { maxPatternLength, patternProblem } from "./pattern.js";
import { formatNames } from "./rules.js";
import type { Catalog, Rule } from "./types.js";

// Infisical refuses other characters in a folder name (current servers) or answers 500 (older ones).
const segment = z.string().regex(/^[A-Za-z0-9_-]+$/, "use only letters, digits, - and _");
// Infisical's routes take no longer name of a secret (404).
const variable = z
  .string()
  .max(100, "at most 100 characters")
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "use a name that can be an environment variable");
const text = z.string().trim().min(1, "say why");

const pattern = z
  .string()
  .min(1)
  .max(maxPatternLength, `at most ${maxPatternLength} characters`)
  .superRefine((source, context) => {
    const message = patternProblem(source);
    if (message) context.addIssue({ code: "custom", message });
  });
const environments = z.array(segment).min(1);
const characters = z.int().min(1).max(1_048_576);

/**
 * A rule as a catalog or a stack's state has it. A rule of another kind, as a newer version may have written, is no rule that
 * may be passed over: what has it is refused.
 */
export const ruleSchema: z.ZodType<Rule> = z.discriminatedUnion("rule", [
  z.object({ rule: z.literal("pattern"), pattern, description: text, environments }),
  z
    .object({ rule: z.literal("length"), min: characters.optional(), max: characters.optional(), environments })
    .refine(
      ({ min, max }) => (min ?? max) !== undefined && (min ?? 0) <= (max ?? min ?? 0),
      "min, max or both; min first",
    ),
  z.object({
    rule: z.literal("expiry"),
    of: z.enum(["jwt", "certificate"]),
    days: z.int().min(0).max(3650),
    environments,
  }),
  z.object({ rule: z.literal("prefix"), prefixes: z.record(segment, z.array(z.string().min(1)).min(1)) }),
  z.object({ rule: z.literal("format"), format: z.enum(formatNames), environments: z.array(segment).min(1) }),
  z.object({ rule: z.literal("never-in"), environments: z.array(segment).min(1) }),
  z.object({ rule: z.literal("distinct") }),
  z.object({ rule: z.literal("not-value-of"), names: z.array(variable).min(1) }),
]);

const catalogSchema = z
  .object({
    root: z.string().regex(/^(\/[A-Za-z0-9_-]+)+$/, "an absolute folder path such as /Company"),
    environments: z
      .array(
        z.object({
          name: segment,
          apps: z.record(segment, segment),
          source: z.enum(["copy", "provision"]),
        }),
      )
      .min(1)
      .max(5, "at most five environments"),
    fallback: segment,
    credentials: z
      .array(
        z.object({
          name: variable,
          vendor: segment,
          scope: z.enum(["environment", "shared"]),
          reason: text,
          rules: z.array(ruleSchema),
          consumers: z.array(segment),
          assumed: z.array(z.enum(["vendor", "consumers"])),
        }),
      )
      .min(1),
    flag: z
      .object({
        name: variable,
        variable,
        default: z.boolean(),
        role: z.union([segment, z.array(segment).min(1)]),
        revision: text,
        description: text,
      })
      .optional(),
  })
  .superRefine((catalog, context) => {
    const problem = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    const environments = new Set(catalog.environments.map(({ name }) => name));
    const names = new Set(catalog.credentials.map(({ name }) => name));
    const unknownEnvironment = (name: string) =>
      environments.has(name) ? undefined : `unknown environment ${name}; there are ${[...environments].join(", ")}`;

    for (const [kind, list] of [
      ["environments", catalog.environments],
      ["credentials", catalog.credentials],
    ] as const) {
      list.forEach(({ name }, index) => {
        if (list.findIndex((other) => other.name === name) !== index)
          problem([kind, index, "name"], `${name} is there twice`);
      });
    }
    const unknownFallback = unknownEnvironment(catalog.fallback);
    if (unknownFallback) problem(["fallback"], unknownFallback);

    const { flag } = catalog;
    const roles = flag ? [flag.role].flat() : [];
    catalog.environments.forEach(({ apps }, index) => {
      if (flag && Object.keys(apps).length > 0 && !roles.some((role) => role in apps))
        problem(["environments", index, "apps"], `no ${roles.join(" or ")} app, which has the flag's config var`);
      for (const app of Object.values(apps)) {
        const other = catalog.environments.slice(0, index).find((one) => Object.values(one.apps).includes(app));
        if (other) problem(["environments", index, "apps"], `${app} is an app of ${other.name} already`);
      }
    });
    roles.forEach((role, index) => {
      if (roles.indexOf(role) !== index) problem(["flag", "role"], `${role} is there twice`);
      else if (roles.length > 1 && !catalog.environments.some(({ apps }) => role in apps))
        problem(["flag", "role"], `no environment has a ${role} app`);
    });
    if (flag && catalog.environments.every(({ apps }) => Object.keys(apps).length === 0))
      problem(["flag"], "no environment has an app for it: leave it out");
    catalog.credentials.forEach((credential, index) => {
      // An environment's folder stands beside the flat credentials of its vendor.
      if (environments.has(credential.vendor))
        problem(["credentials", index, "vendor"], `${credential.vendor} is the name of an environment`);
      if (credential.scope === "shared" && credential.rules.some((one) => one.rule === "distinct"))
        problem(["credentials", index, "rules"], "a shared credential has one value: it cannot be distinct");
      credential.rules.forEach((one, position) => {
        const path = ["credentials", index, "rules", position];
        const named =
          one.rule === "prefix"
            ? Object.keys(one.prefixes)
            : "environments" in one
              ? one.environments
              : ([] as string[]);
        for (const name of named) {
          const unknown = unknownEnvironment(name);
          if (unknown) problem(path, unknown);
        }
        if (one.rule === "not-value-of")
          for (const name of one.names) if (!names.has(name)) problem(path, `unknown credential ${name}`);
      });
    });
  });

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
  input: Catalog<Name, Env>,
): Catalog<Name, Env> {
  const result = catalogSchema.safeParse(input);
  if (result.success) return input;
  throw new CatalogError(result.error.issues.map(({ path, message }) => `${path.join(".") || "catalog"}: ${message}`));
}
