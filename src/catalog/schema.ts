// What a catalog is. Every command and every program asks it first, so it uses the part of zod that is small: scripts/bundle.mjs puts
// that into this file wherever the package is compiled.
import { en } from "zod/locales";
import * as z from "zod/mini";
import { formatNames } from "./formats.js";
import { maxPatternLength, patternProblem } from "./pattern.js";
import type { Rule } from "./types.js";

z.config(en());

// Infisical refuses other characters in a folder name (current servers) or answers 500 (older ones).
const segment = z.string().check(z.regex(/^[A-Za-z0-9_-]+$/, "use only letters, digits, - and _"));
// Infisical's routes take no longer name of a secret (404).
const variable = z
  .string()
  .check(
    z.maxLength(100, "at most 100 characters"),
    z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "use a name that can be an environment variable"),
  );
const text = z.string().check(z.trim(), z.minLength(1, "say why"));

const pattern = z.string().check(
  z.minLength(1),
  z.maxLength(maxPatternLength, `at most ${maxPatternLength} characters`),
  z.superRefine((source, context) => {
    const message = patternProblem(source);
    if (message) context.addIssue({ code: "custom", message });
  }),
);
const some = <One extends z.core.SomeType>(one: One) => z.array(one).check(z.minLength(1));
const environments = some(segment);
const characters = z.optional(z.int().check(z.minimum(1), z.maximum(1_048_576)));

/**
 * A rule as a catalog or a stack's state has it. A rule of another kind, as a newer version may have written, is no rule that
 * may be passed over: what has it is refused.
 */
export const ruleSchema: z.ZodMiniType<Rule> = z.discriminatedUnion("rule", [
  z.object({ rule: z.literal("pattern"), pattern, description: text, environments }),
  z
    .object({ rule: z.literal("length"), min: characters, max: characters, environments })
    .check(
      z.refine(
        ({ min, max }) => (min ?? max) !== undefined && (min ?? 0) <= (max ?? min ?? 0),
        "min, max or both; min first",
      ),
    ),
  z.object({
    rule: z.literal("expiry"),
    of: z.enum(["jwt", "certificate"]),
    days: z.int().check(z.minimum(0), z.maximum(3650)),
    environments,
  }),
  z.object({ rule: z.literal("prefix"), prefixes: z.record(segment, some(z.string().check(z.minLength(1)))) }),
  z.object({ rule: z.literal("format"), format: z.enum(formatNames), environments }),
  z.object({ rule: z.literal("never-in"), environments }),
  z.object({ rule: z.literal("distinct") }),
  z.object({ rule: z.literal("not-value-of"), names: some(variable) }),
]);

export const catalogSchema = z
  .object({
    root: z.string().check(z.regex(/^(\/[A-Za-z0-9_-]+)+$/, "an absolute folder path such as /Company")),
    environments: some(
      z.object({
        name: segment,
        apps: z.record(segment, segment),
        source: z.enum(["copy", "provision"]),
      }),
    ).check(z.maxLength(5, "at most five environments")),
    fallback: segment,
    credentials: some(
      z.object({
        name: variable,
        vendor: segment,
        scope: z.enum(["environment", "shared"]),
        reason: text,
        rules: z.array(ruleSchema),
        consumers: z.array(segment),
        assumed: z.array(z.enum(["vendor", "consumers"])),
      }),
    ),
    flag: z.optional(
      z.object({
        name: variable,
        variable,
        default: z.boolean(),
        role: z.union([segment, some(segment)]),
        revision: text,
        description: text,
      }),
    ),
  })
  .check(
    z.superRefine((catalog, context) => {
      const problem = (path: (string | number)[], message: string) =>
        context.addIssue({ code: "custom", path, message });
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
    }),
  );
