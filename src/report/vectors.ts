// The resolution table for other languages: what a resolver has to know, and what it has to answer.
import { z } from "zod";
import { type Catalog, flagVariable } from "../catalog/index.js";
import { readFlag, resolve, withEnvironment } from "../resolver/index.js";

const name = z.string();

/** `console-vault paths --vectors`; docs/vectors.schema.json. */
export const resolutionVectors = z.strictObject({
  version: z.literal(1),
  root: name,
  environments: z.array(name),
  fallback: name.describe("The environment where neither an argument nor the request names one."),
  credentials: z.array(z.strictObject({ name, vendor: name, scope: z.enum(["environment", "shared"]) })),
  flag: z.strictObject({
    variable: name,
    readings: z
      .array(z.strictObject({ value: z.string().nullable(), on: z.boolean() }))
      .describe("What the variable's text means; null: it is not set."),
  }),
  vectors: z.array(
    z.strictObject({
      name,
      argument: z.string().nullable().describe("The environment that the caller names."),
      request: z.string().nullable().describe("The one that the request under way has selected."),
      flag: z.boolean(),
      environment: z.string().nullable().describe("null: an error, and no path."),
      path: z.string().nullable(),
    }),
  ),
});
export type ResolutionVectors = z.infer<typeof resolutionVectors>;

const texts = [null, "", "true", "True", " TRUE ", "1", "false", "False", "0", "yes", "on", "2"];

/** Every name, environment and reading of the flag, and some that there are not. */
export function vectorsOf(catalog: Catalog): ResolutionVectors {
  const environments = catalog.environments.map((one) => one.name);
  const selections = [null, ...environments];
  const answer = (wanted: string, argument: string | null, request: string | null, flag: boolean) => {
    const asked = { name: wanted, argument, request, flag };
    try {
      const { environment, path } = withEnvironment(request ?? undefined, () =>
        resolve(wanted, argument ?? undefined, { flag, catalog }),
      );
      return { ...asked, environment, path };
    } catch {
      return { ...asked, environment: null, path: null };
    }
  };
  const names = catalog.credentials.map((one) => one.name);
  return {
    version: 1,
    root: catalog.root,
    environments,
    fallback: catalog.fallback,
    credentials: catalog.credentials.map(({ name, vendor, scope }) => ({ name, vendor, scope })),
    flag: {
      variable: flagVariable(catalog),
      readings: texts.map((value) => ({ value, on: readFlag(value ?? undefined) === "on" })),
    },
    vectors: [
      ...names.flatMap((one) =>
        [false, true].flatMap((flag) =>
          selections.flatMap((argument) => selections.map((request) => answer(one, argument, request, flag))),
        ),
      ),
      answer(`${names[0]}_X`, null, null, true),
      answer(names[0]!, "nowhere", environments[0]!, true),
      answer(names[0]!, null, "nowhere", true),
      answer(names[0]!, "", null, true),
    ],
  };
}
