// What apps have, or are to get, under the catalog's names: whether it may be there. Pure; values are compared in here only.
import { type Catalog, heldBy, judge, type Override, rulesOf, shapeRules, withOverrides } from "../catalog/index.js";
import type { StackConfig } from "../config/index.js";
import { configVarProblem } from "../heroku/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import type { SecretValue } from "../secret.js";
import type { AppFinding, Broken } from "./findings.js";
import { forbiddenHere, surroundingsOf } from "./judged.js";
import { indexed } from "./rows.js";
import type { AppView, World } from "./world.js";

/** As far as it was seen. */
type Seen = Pick<World, "rows"> & { readonly apps: readonly Pick<AppView, "name" | "vars">[] };

export function overridesOf(config: StackConfig): Override[] {
  return Object.entries(config.overrides).map(([name, { rule, token, reason }]) => ({ name, rule, token, reason }));
}

/**
 * What the environment's folders and apps must not hold, and what its apps are to get and cannot. Nothing is confirmed while there
 * is any: an update and `status` both ask here.
 * @param on whether the environment path is read, or is about to be
 */
export function findForbidden(catalog: Catalog, config: StackConfig, seen: Seen, on: boolean): Broken[] {
  return [...forbiddenHere(catalog, config.environment, config.root, seen), ...unfitForApps(catalog, config, seen, on)];
}

/** Values that an app is to get and cannot: Heroku limits an app's config vars, and none holds NUL. */
function unfitForApps(catalog: Catalog, config: StackConfig, { rows, apps }: Seen, on: boolean): Broken[] {
  const { environment, root, manage } = config;
  if (!on && environment !== catalog.fallback) return [];
  const held = heldBy(catalog, environment);
  const seen = indexed(rows);
  return apps.flatMap((app) => {
    const values = new Map<string, SecretValue>();
    return held.flatMap(({ name, vendor }): Broken[] => {
      if (!manage[name]?.includes(app.name)) return [];
      const at = (path: string) => seen.at(path, name)[0];
      // Before the flag turns on, what is to be copied is at the flat path only.
      const row = (on ? at(environmentPath(root, vendor, environment)) : undefined) ?? at(flatPath(root, vendor));
      if (!row) return [];
      const detail = configVarProblem(app, name, row.value, values);
      if (detail === undefined) values.set(name, row.value);
      return detail === undefined ? [] : [{ name, rule: "config-var", detail }];
    });
  });
}

/**
 * Vars under a credential's name that no update manages, and whose value breaks the environment's own rules: a live Stripe key on
 * an app of staging. Nothing here takes them away, so they are told. (Of names that the environment must never hold, see
 * `forbiddenHere`.) While the flag is off every environment has the flat path's values, so that two are the same says nothing.
 */
export function ownVarWarnings(catalog: Catalog, config: StackConfig, { rows, apps }: Seen, on: boolean): AppFinding[] {
  const { environment, root, manage } = config;
  const surroundings = surroundingsOf(catalog, environment, root, rows);
  const rules = new Set<string>([...shapeRules, "not-value-of", ...(on ? ["distinct"] : [])]);
  return apps.flatMap((app) => {
    const broken = heldBy(catalog, environment).flatMap((credential) => {
      const { name } = credential;
      const value = app.vars.get(name);
      if (!value || manage[name]?.includes(app.name)) return [];
      const { findings } = judge({ name, environment, value, rules: rulesOf(catalog, credential) }, surroundings);
      const same = indexed(rows).named(name);
      const revisions = same.filter((row) => row.value.equals(value)).map((row) => row.revision);
      const { standing } = withOverrides(findings, overridesOf(config), revisions);
      return standing.filter(({ rule }) => rules.has(rule));
    });
    return broken.length > 0 ? [{ code: "own-var-broken", app: app.name, environment, broken }] : [];
  });
}
