// The one schema of `Pulumi.<stack>.yaml`'s `console-vault:` keys. Values arrive as YAML (the command reads the file) or as
// strings of JSON (Pulumi hands config to a program so); both go through here.
import { z } from "zod";
import {
  type Catalog,
  environmentOf,
  hasFlag,
  heldBy,
  looksLikeSecret,
  nearest,
  overridableRules,
} from "../catalog/index.js";
import { plainUrl, urlProblem } from "../http/index.js";
import { catalogKey, namespace } from "./keys.js";

export const defaultHerokuUrl = "https://api.heroku.com";

const fromText = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  }, schema);

const boolean = fromText(z.boolean("true or false"));
const reason = z
  .string()
  .trim()
  .min(8, "a reason of at least 8 characters, in words")
  .refine((text) => !looksLikeSecret(text), "looks like it contains a secret; give the reason in words");
/** One spelling for comparing and printing: without what Infisical's own tools allow at its end (`/`, `/api`). */
export const spelledUrl = (url: string): string => plainUrl(url).replace(/\/api$/, "");

const url = z
  .string("not an http(s) URL")
  .superRefine((text, context) => {
    const message = urlProblem(text);
    if (message) context.addIssue({ code: "custom", message });
  })
  .transform(spelledUrl);

const shape = {
  infisicalUrl: url
    .default("https://app.infisical.com")
    .describe("Infisical's URL. The environment variable INFISICAL_API_URL wins over it."),
  infisicalProjectId: z
    .string({
      error: ({ input }) =>
        input === undefined ? "required: the id of the Infisical project" : "a text: put the id in quotes",
    })
    .min(1, "required: the id of the Infisical project")
    .describe("Id of the Infisical project (workspace)."),
  infisicalEnvironment: z
    .string()
    .regex(/^[a-z0-9-]+$/, "an environment slug: lower case letters, digits and -")
    .default("prod")
    .describe("Infisical's own environment slug, the same for every stack; not the stack's environment."),
  root: z
    .string()
    .regex(/^((\/[A-Za-z0-9_-]+)+)?$/, "an absolute folder path of letters, digits, - and _, such as /Company")
    .default("")
    .describe("Folder that holds the vendors' folders. Empty: the catalog's."),
  vaultEnvAware: boolean.default(false).describe("Whether the flag is wanted on for this environment."),
  soakHours: fromText(z.int("a whole number of hours").nonnegative("a whole number of hours"))
    .default(48)
    .describe(
      "Hours that the environment before must soak before this one's flag may turn on. Under 48 needs promoteOverride.",
    ),
  sources: fromText(z.record(z.string(), z.enum(["copy", "provision"], "copy or provision")))
    .default({})
    .describe("Where a credential comes from: copy (from the flat path) or provision (written by an operator)."),
  manage: fromText(z.record(z.string(), z.array(z.string())))
    .default({})
    .describe("Credentials that this stack also keeps on Heroku apps: name to apps."),
  takeover: fromText(z.record(z.string(), z.record(z.string(), reason)))
    .default({})
    .describe("Vars whose other value on an app may be replaced: app to name to reason."),
  overrides: fromText(
    z.record(
      z.string(),
      z.object({
        rule: z.enum(overridableRules, `one of ${overridableRules.join(", ")}`),
        token: z.string().regex(/^.+@\d+$/, "the token (id@version) that the finding names"),
        reason,
      }),
    ),
  )
    .default({})
    .describe("Findings that may pass for one value: name to rule, token and reason."),
  retireFlat: boolean
    .default(false)
    .describe("Only where the flat path is owned: delete the flat copies that are proven unneeded; false restores."),
  // Empty is Pulumi.yaml's default: a declared key needs one, or the CLI asks every stack for it.
  promoteOverride: z
    .preprocess((text) => (text === "" ? undefined : text), reason.optional())
    .describe("Why the flag may follow the environment before sooner than after 48 hours of soak."),
  requireStagingRotation: boolean
    .default(false)
    .describe("Refuse until a rotation was seen at the path of the environment before."),
  herokuApiUrl: url
    .default(defaultHerokuUrl)
    .describe("Heroku Platform API's URL. The environment variable HEROKU_API_URL wins over it."),
} as const;

export const configKeys = Object.keys(shape) as (keyof typeof shape)[];
export const configShape = z.object(shape);
export type StackConfig = z.infer<typeof configShape> & { readonly environment: string };

/** Where a credential of the stack comes from: as config says, else as its environment does. */
export const sourceOf = (catalog: Catalog, { sources, environment }: StackConfig, name: string): "copy" | "provision" =>
  sources[name] ?? environmentOf(catalog, environment).source;

/**
 * The rules between keys, and between keys and the catalog.
 * @param wrong keys that are wrong by themselves, and have their defaults in `config`
 */
function consistent(
  config: z.infer<typeof configShape>,
  environment: string,
  catalog: Catalog,
  wrong: ReadonlySet<string>,
): string[] {
  const problems: string[] = [];
  const scoped = new Set(heldBy(catalog, environment).map(({ name }) => name));
  const apps = new Set(Object.values(environmentOf(catalog, environment).apps));
  const name = (key: string, given: string) => {
    if (scoped.has(given)) return;
    const known = catalog.credentials.find((credential) => credential.name === given);
    const why = !known
      ? "is not in the catalog"
      : known.scope === "shared"
        ? "is shared: it has no value per environment"
        : `must never be in ${environment}`;
    problems.push(`${key}.${given}: ${given} ${why}`);
  };
  const app = (key: string, given: string) => {
    if (!apps.has(given)) problems.push(`${key}: ${given} is not an app of ${environment} (${[...apps].join(", ")})`);
  };
  for (const given of Object.keys(config.sources)) name("sources", given);
  for (const given of Object.keys(config.overrides)) name("overrides", given);
  for (const [given, list] of Object.entries(config.manage)) {
    name("manage", given);
    for (const one of list) app(`manage.${given}`, one);
  }
  for (const [given, names] of Object.entries(config.takeover)) {
    app("takeover", given);
    for (const one of Object.keys(names)) name(`takeover.${given}`, one);
  }
  const isFallback = environment === catalog.fallback;
  if (config.vaultEnvAware && !hasFlag(catalog, environment))
    problems.push(
      `vaultEnvAware: ${catalog.flag ? `no app of ${environment} has the flag` : "the catalog has no flag"}`,
    );
  if (config.soakHours < 48 && !config.promoteOverride && !wrong.has("promoteOverride"))
    problems.push("soakHours: under 48 hours is an override: say why in promoteOverride");
  if (config.retireFlat && !isFallback) problems.push(`retireFlat: only ${catalog.fallback} owns the flat path`);
  if (config.retireFlat && isFallback && !config.vaultEnvAware && !wrong.has("vaultEnvAware"))
    problems.push("retireFlat: only with vaultEnvAware: true, since with the flag off the flat path is what is read");
  return problems;
}

function unknownKey(key: string): string {
  if (`${namespace}:${key}` === catalogKey)
    return `${key}: names the catalog of all stacks: set it in Pulumi.yaml's config`;
  const near = nearest(key, configKeys);
  return `${key}: unknown key. ${near ? `Did you mean ${namespace}:${near}?` : `The keys are ${configKeys.join(", ")}.`}`;
}

export type ParsedConfig = { ok: true; config: StackConfig } | { ok: false; problems: string[] };

/**
 * Parses a stack's config; `raw` has the keys without their namespace.
 * All problems come at once, each as `key: what is wrong`.
 */
export function parseConfig(
  raw: Readonly<Record<string, unknown>>,
  environment: string,
  catalog: Catalog,
): ParsedConfig {
  const problems = Object.keys(raw)
    .filter((key) => !(key in shape))
    .map(unknownKey);
  const wrong = new Set<string>();
  // Key by key, so that a mistake in one hides none in another.
  const values = Object.entries(shape).map(([key, schema]) => {
    const parsed = schema.safeParse(raw[key]);
    if (parsed.success) return [key, parsed.data];
    wrong.add(key);
    problems.push(...parsed.error.issues.map(({ path, message }) => `${[key, ...path].join(".")}: ${message}`));
    return [key, schema.safeParse(undefined).data];
  });
  const given = Object.fromEntries(values) as z.infer<typeof configShape>;
  const config = { ...given, root: given.root || catalog.root };
  problems.push(...consistent(config, environment, catalog, wrong));
  return problems.length === 0 ? { ok: true, config: { ...config, environment } } : { ok: false, problems };
}
