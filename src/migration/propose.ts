// What `console-vault init` proposes for a company it knows nothing of: which apps are whose, and which credentials need a value per
// environment. Functions of what was seen; a proposal repeats no value, only that two are equal or different.
import type { Scope } from "../catalog/index.js";
import type { SecretValue } from "../secret.js";

/** Words that name an environment in an app's name, besides the environment's own. */
const aliases: readonly (readonly string[])[] = [
  ["prod", "production", "prd", "live"],
  ["staging", "stage", "stg", "uat"],
  ["dev", "development", "develop"],
  ["test", "testing", "qa"],
];

const wordsFor = (environment: string): readonly string[] => [
  environment,
  ...(aliases.find((list) => list.includes(environment)) ?? []),
];

/** Apps of each environment by role: `{ staging: { shop: "acme-shop-staging" } }`. */
export type AppsByEnvironment = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Which app is which environment's, by the environment's word in its name. An app without any belongs to the fallback if another
 * environment has one of the same name. A role is what is left of a name without the environment and what all apps begin with.
 *
 * @param environments in promotion order
 */
export function proposeApps(
  names: readonly string[],
  environments: readonly string[],
  fallback: string,
): AppsByEnvironment {
  const found = names.map((name) => {
    const parts = name.split("-");
    const environment = environments.find((one) => parts.some((part) => wordsFor(one).includes(part)));
    const stem = environment ? parts.filter((part) => !wordsFor(environment).includes(part)) : parts;
    return { name, environment, stem };
  });
  const stems = new Set(found.flatMap(({ environment, stem }) => (environment ? [stem.join("-")] : [])));
  const own = found.flatMap(({ name, environment, stem }) => {
    if (environment) return [{ name, environment, stem }];
    return stems.has(stem.join("-")) ? [{ name, environment: fallback, stem }] : [];
  });
  const skipped = commonStart(own.map(({ stem }) => stem));
  const apps: Record<string, Record<string, string>> = Object.fromEntries(environments.map((one) => [one, {}]));
  for (const { name, environment, stem } of own) {
    const role = stem.slice(skipped).join("-") || stem.join("-") || "app";
    apps[environment]![role] ??= name;
  }
  return apps;
}

/** Parts that all names begin with; the last part of a name is never one of them. */
function commonStart(stems: readonly (readonly string[])[]): number {
  const [first = []] = stems;
  let count = 0;
  while (count < first.length && stems.every((stem) => stem.length > count + 1 && stem[count] === first[count]))
    count++;
  return count;
}

/** The role whose app has the flag: one that every environment with apps has, a person's entrance before others. */
export function proposeFlagRole(apps: AppsByEnvironment): string | undefined {
  const [first, ...others] = Object.values(apps).filter((byRole) => Object.keys(byRole).length > 0);
  const everywhere = Object.keys(first ?? {}).filter((role) => others.every((one) => role in one));
  return ["console", "web", "app", "api"].find((role) => everywhere.includes(role)) ?? everywhere[0];
}

/** A credential of the flat vault, and the apps that have a config var of its name. */
export interface SeenCredential {
  readonly name: string;
  readonly vendor: string;
  readonly value: SecretValue;
  readonly on: readonly { readonly environment: string; readonly role: string; readonly value: SecretValue }[];
}

export interface ProposedCredential {
  readonly name: string;
  readonly vendor: string;
  readonly scope: Scope;
  /** A sentence for the catalog and for whoever is asked. */
  readonly reason: string;
  readonly consumers: readonly string[];
}

const modeWords = ["live", "paper", "sandbox", "test", "prod", "production", "staging", "dev"];

/** @param names the environments, in promotion order */
export function proposeScope(seen: SeenCredential, names: readonly string[]): ProposedCredential {
  const { name, vendor, on } = seen;
  const environments = names.filter((one) => on.some(({ environment }) => environment === one));
  const consumers = [...new Set(on.map(({ role }) => role))];
  const propose = (scope: Scope, reason: string): ProposedCredential => ({ name, vendor, scope, reason, consumers });
  const list = environments.join(" and ");
  if (environments.length > 1) {
    const [first, ...others] = on;
    const same = others.every(({ value }) => value.equals(first!.value));
    return propose(
      "environment",
      same ? `The apps of ${list} share one value of it.` : `The apps of ${list} have different values of it.`,
    );
  }
  const mode = name
    .toLowerCase()
    .split("_")
    .find((word) => modeWords.includes(word));
  if (mode) return propose("environment", `Its name says ${mode.toUpperCase()}, so that it is not everybody's.`);
  const only = on.find(({ value }) => !value.equals(seen.value));
  if (only) return propose("environment", `The apps of ${only.environment} have another value of it than the vault.`);
  return propose("shared", list ? `Only apps of ${list} have it.` : "No app has it.");
}
