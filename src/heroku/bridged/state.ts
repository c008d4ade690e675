// What the bridged provider keeps of an association, and how it compares. Measured on terraform-provider-heroku 5.3.2 behind
// Pulumi's dynamic bridge 1.1.3: a state that is written here is read there, and the other way round.
import { type Properties, type PropertyValue, unknown } from "../../engine/provider.js";

export type Vars = Readonly<Record<string, string>>;

/** An association's maps; a map that was never given is not the same as an empty one, once it is in the state. */
export interface Association {
  readonly appId: string;
  readonly vars: Vars | undefined;
  readonly sensitiveVars: Vars | undefined;
}

const mapKeys = ["sensitiveVars", "vars"] as const;

export function associationOf(properties: Properties): Association {
  return {
    appId: typeof properties.appId === "string" ? properties.appId : String(properties.appId ?? ""),
    vars: varsOf(properties.vars),
    sensitiveVars: varsOf(properties.sensitiveVars),
  };
}

/** Numbers and booleans count as their words, and a null as not given, as Terraform has it. */
function varsOf(value: PropertyValue | undefined): Vars | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const given = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(given.map(([name, one]) => [name, String(one)]));
}

export const idOf = (appId: string): string => `config:${appId}`;

/** Both maps in one; a name that is in both has its sensitive value. */
export const merged = ({ vars, sensitiveVars }: Association): Vars => ({ ...vars, ...sensitiveVars });

/** What would change; what a preview does not know yet counts as changed. */
export function diffOf(oldOutputs: Properties, news: Properties): string[] {
  const known = new Set<string>(changedKeys(associationOf(oldOutputs), associationOf(news)));
  return ["appId", ...mapKeys].filter((key) => known.has(key) || news[key] === unknown);
}

/** The keys of an association that differ, in the order in which they are shown. */
function changedKeys(old: Association, next: Association): ("appId" | "sensitiveVars" | "vars")[] {
  const keys: ("appId" | "sensitiveVars" | "vars")[] = [];
  if (old.appId !== next.appId) keys.push("appId");
  if (!sameVars(old.sensitiveVars, next.sensitiveVars)) keys.push("sensitiveVars");
  if (!sameVars(old.vars, next.vars)) keys.push("vars");
  return keys;
}

/** Only the maps that changed, since only those are sent. */
export function changedMaps(old: Association, next: Association): { old: Association; next: Association } {
  const changed = new Set<string>(changedKeys(old, next));
  const only = (one: Association): Association => ({
    appId: one.appId,
    vars: changed.has("vars") ? one.vars : undefined,
    sensitiveVars: changed.has("sensitiveVars") ? one.sensitiveVars : undefined,
  });
  return { old: only(old), next: only(next) };
}

function sameVars(a: Vars = {}, b: Vars = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}

/** A change of config vars: old names to null, under the new values. In the order of names, as Go writes a map. */
export function changeOf(old: Vars, next: Vars): Record<string, string | null> {
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])].sort();
  return Object.fromEntries(names.map((name) => [name, next[name] ?? null]));
}

/** Of the managed names, those that the app has, with the values that it has. */
export function present(managed: Vars | undefined, app: Vars): Vars {
  const names = Object.keys(managed ?? {}).filter((name) => Object.hasOwn(app, name));
  return Object.fromEntries(names.map((name) => [name, app[name] as string]));
}

/**
 * The outputs as the bridge keeps them. `__pulumi_raw_state_delta` tells it how to get Terraform's own state back: which keys
 * are maps, and which are null there. It marks the latter secret, whatever they are.
 */
export function outputsOf(id: string, { appId, vars, sensitiveVars }: Association): Properties {
  const deltas = mapKeys.map((key) => [
    key,
    { vars, sensitiveVars }[key] === undefined ? nullInTerraform : { map: {} },
  ]);
  return {
    __meta: '{"private_state":"bnVsbA=="}',
    __pulumi_raw_state_delta: {
      obj: { ps: Object.fromEntries(deltas), renamed: { appConfigAssociationId: "id" } },
    },
    appConfigAssociationId: id,
    appId,
    ...(sensitiveVars && { sensitiveVars }),
    ...(vars && { vars }),
  };
}

/** A secret on Pulumi's wire. */
const nullInTerraform = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value: { replace: { raw: null } },
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What is wrong with the inputs, in the bridge's words. */
export function failuresOf(inputs: Properties): { property: string; reason: string }[] {
  const failures: { property: string; reason: string }[] = [];
  const { appId } = inputs;
  if (appId === undefined || appId === null)
    failures.push({
      property: "appId",
      reason: 'Missing required argument. The argument "app_id" is required, but no definition was found.',
    });
  else if (appId !== unknown && !uuid.test(String(appId)))
    failures.push({ property: "appId", reason: `expected "app_id" to be a valid UUID, got ${String(appId)}` });
  if (inputs.appConfigAssociationId !== undefined)
    failures.push({ property: "appConfigAssociationId", reason: "Invalid or unknown key" });
  for (const key of mapKeys) {
    const value = inputs[key];
    if (value === undefined || value === null || value === unknown) continue;
    const values = typeof value === "object" && !Array.isArray(value) ? Object.values(value) : undefined;
    if (!values?.every((one) => one === null || typeof one !== "object"))
      failures.push({ property: key, reason: "expected a map of strings" });
  }
  return failures;
}
