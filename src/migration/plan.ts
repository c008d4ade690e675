// From what is wanted and what is there to what a stack declares. Pure: no network, no clock but the one in the world.
import {
  type Catalog,
  type Credential,
  credentialOf,
  environmentOf,
  flagApp,
  forbiddenIn,
  type Held,
  heldBy,
  judge,
  mayHold,
  type Override,
  type Rule,
  scopedVendors,
  withOverrides,
} from "../catalog/index.js";
import type { StackConfig } from "../config/index.js";
import { environmentPath, flagMeansOn, flatPath } from "../resolver/index.js";
import type { SecretValue } from "../secret.js";
import type { GateAnswer } from "./gate.js";
import type { Authority } from "./placement.js";
import type { SeenTokens } from "./summary.js";
import { wayBack } from "./wayBack.js";
import type { RunningFlag, Target, VaultRow, World } from "./world.js";

export interface FolderPlan {
  readonly vendor: string;
  readonly path: string;
  readonly exists: boolean;
}

/** One credential of a set, as its resource is told about it. */
export interface NamePlan {
  readonly source: "copy" | "provision";
  readonly rules: readonly Rule[];
  /** What a person reads in the preview. */
  readonly plan: string;
}

export interface SetPlan {
  readonly vendor: string;
  readonly path: string;
  readonly flatPath: string;
  readonly vendorPath: string;
  readonly authority: Authority;
  readonly names: Readonly<Record<string, NamePlan>>;
  readonly observed: Readonly<Record<string, SeenTokens>>;
  readonly overrides: readonly Override[];
  /** Names whose values may not appear here under any name. */
  readonly forbidden: readonly string[];
}

export type Transition = "none" | "on" | "off";

export interface FlagPlan {
  readonly variable: string;
  readonly app: string;
  readonly wanted: boolean;
  readonly running: boolean;
  readonly transition: Transition;
  /** Why a wanted transition does not happen in this update, a line each. */
  readonly refused: readonly string[];
  /** The config var's text after this update. */
  readonly value: string;
}

/** A credential on an app against what the app has now. `kept`: the vault has nothing that the app may get, so it keeps its own. */
export type VarState = "absent" | "same" | "other" | "kept";

export interface AppPlan {
  readonly app: string;
  readonly id: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly sensitiveVars: Readonly<Record<string, SecretValue>>;
  readonly states: Readonly<Record<string, VarState>>;
  /** Keep what the state has: while the flag is off the apps of an environment that does not own the flat path keep theirs. */
  readonly keepSensitive: boolean;
}

export interface RetirementPlan {
  readonly wanted: boolean;
  readonly refused: readonly string[];
  /** Tokens of the flat rows of the environment's names. */
  readonly observed: Readonly<Record<string, string | null>>;
}

export interface StackPlan {
  readonly environment: string;
  readonly target: Target;
  readonly folders: readonly FolderPlan[];
  readonly sets: readonly SetPlan[];
  readonly flag: FlagPlan;
  readonly apps: readonly AppPlan[];
  /** Every name that the environment must hold confirmed before its flag turns on. */
  readonly expected: readonly string[];
  /** What an app or the vault holds here that the environment must never hold. */
  readonly forbiddenHere: readonly { readonly name: string; readonly rule: string; readonly why: string }[];
  readonly gate: GateAnswer | undefined;
  /** Only where the environment owns the flat path. */
  readonly retirement: RetirementPlan | undefined;
  readonly warnings: readonly string[];
  /** What makes the whole plan impossible, a line each. */
  readonly problems: readonly string[];
}

/** Every value below the root whose place the catalog knows. */
export function heldValues(catalog: Catalog, root: string, rows: World["rows"]): Held[] {
  const held: Held[] = [];
  for (const { name, vendor } of catalog.credentials) {
    const places = new Map<string, string | undefined>([
      [flatPath(root, vendor), undefined],
      ...catalog.environments.map((one) => [environmentPath(root, vendor, one.name), one.name] as const),
    ]);
    for (const row of rows)
      if (row.name === name && places.has(row.path))
        held.push({ name, path: row.path, environment: places.get(row.path), value: row.value });
  }
  return held;
}

/** Several rows of one name are all told, so that any change of any of them is seen. */
export function tokensOf(rows: World["rows"]): string | null {
  if (rows.length === 0) return null;
  return rows
    .map(({ token }) => token)
    .sort()
    .join(" ");
}

function overridesOf(config: StackConfig): Override[] {
  return Object.entries(config.overrides).map(([name, { rule, token, reason }]) => ({ name, rule, token, reason }));
}

function planSet(catalog: Catalog, config: StackConfig, world: World, authority: Authority, vendor: string): SetPlan {
  const { environment, root } = config;
  const path = environmentPath(root, vendor, environment);
  const flat = flatPath(root, vendor);
  const source = environmentOf(catalog, environment).source;
  const names: Record<string, NamePlan> = {};
  const observed: Record<string, SeenTokens> = {};
  for (const credential of heldBy(catalog, environment).filter((one) => one.vendor === vendor)) {
    const { name } = credential;
    const at = (where: string) => world.rows.filter((row) => row.name === name && row.path === where);
    const [target, original] = [at(path), at(flat)];
    const chosen = config.sources[name] ?? source;
    observed[name] = { target: tokensOf(target), flat: chosen === "copy" ? tokensOf(original) : null };
    const plan =
      target.length > 0
        ? "read back"
        : chosen === "provision"
          ? `wait for: console-vault provision ${name} --env ${environment}`
          : `copy from ${flat}`;
    names[name] = { source: chosen, rules: credential.rules, plan };
  }
  return {
    vendor,
    path,
    flatPath: flat,
    vendorPath: `${root}/${vendor}/`,
    authority,
    names,
    observed,
    overrides: overridesOf(config).filter(({ name }) => name in names),
    forbidden: forbiddenIn(catalog, environment),
  };
}

/** A hand-set `1` or `True` that already says what is wanted stays as it is. */
function flagText(flag: RunningFlag, wanted: boolean): string {
  return flag.raw !== undefined && flagMeansOn(flag.raw) === wanted ? flag.raw : String(wanted);
}

/** Live credentials in a place of the environment: in its folders, or on its apps under any name. */
function forbiddenHere(catalog: Catalog, config: StackConfig, world: World): StackPlan["forbiddenHere"] {
  const { environment, root } = config;
  const forbidden = catalog.credentials.filter((one) => !mayHold(one, environment));
  const names = new Set(forbidden.map(({ name }) => name));
  const values = heldValues(catalog, root, world.rows).filter(({ name }) => names.has(name));
  const found: { name: string; rule: string; why: string }[] = [];
  for (const { name, vendor } of forbidden) {
    const path = environmentPath(root, vendor, environment);
    if (world.rows.some((row) => row.name === name && row.path === path))
      found.push({ name, rule: "never-in", why: `${environment} must never hold it, and it is at ${path}` });
  }
  // A folder's own set compares its names with the values of its vendor; this is for other vendors' and for unmanaged names.
  for (const vendor of scopedVendors(catalog)) {
    const path = environmentPath(root, vendor, environment);
    const judged = heldBy(catalog, environment).filter((one) => one.vendor === vendor);
    for (const row of world.rows.filter((one) => one.path === path && !names.has(one.name))) {
      const same = values.find((held) => held.value.equals(row.value));
      const own = same?.path.startsWith(flatPath(root, vendor)) && judged.some(({ name }) => name === row.name);
      if (same && !own) found.push({ name: same.name, rule: "never-in", why: `its value is at ${path}${row.name}` });
    }
  }
  for (const app of world.apps)
    for (const [variable, value] of app.vars) {
      const same = values.find((held) => held.value.equals(value));
      if (names.has(variable))
        found.push({
          name: variable,
          rule: "never-in",
          why: `${environment} must never hold it, and ${app.name} has it`,
        });
      else if (same)
        found.push({ name: same.name, rule: "never-in", why: `${app.name} has its value, in ${variable}` });
    }
  return found;
}

/** Names that the flag cannot turn on without, as the plan can tell: what is neither there nor about to be copied. */
function notReady(sets: readonly SetPlan[]): string[] {
  return sets.flatMap((set) =>
    Object.entries(set.names).flatMap(([name, { source }]) => {
      const { target, flat } = set.observed[name]!;
      if (target !== null) return [];
      if (source === "provision") return [`${name}: not provisioned yet`];
      return flat === null ? [`${name}: missing at ${set.flatPath}`] : [];
    }),
  );
}

/**
 * Another environment's credentials, read and judged as they are now.
 * @param overrides those that the environment's own stack recorded
 */
export function readNow(
  catalog: Catalog,
  environment: string,
  root: string,
  rows: World["rows"],
  overrides: readonly Override[],
): { wrong: string[]; unchecked: string[] } {
  const held = heldValues(catalog, root, rows);
  const forbidden = forbiddenIn(catalog, environment);
  const wrong: string[] = [];
  const unchecked: string[] = [];
  for (const { name, vendor, rules } of heldBy(catalog, environment)) {
    const path = environmentPath(root, vendor, environment);
    const found = rows.filter((row) => row.name === name && row.path === path);
    if (found.length !== 1) {
      wrong.push(found.length === 0 ? `${name} is not at ${path}` : `${name} has ${found.length} rows at ${path}`);
      continue;
    }
    const { findings, distinct } = judge(
      { name, environment, value: found[0]!.value, rules },
      { held, forbidden, fallback: catalog.fallback },
    );
    const { standing } = withOverrides(findings, overrides, tokensFor(found[0]!, rows, flatPath(root, vendor)));
    wrong.push(...standing.map((finding) => `${name}: ${finding.why} (${finding.rule})`));
    if (distinct === "unchecked") unchecked.push(name);
  }
  return { wrong, unchecked };
}

/** Before the flag turns off: what its readers would find at the flat path. */
function offReasons(catalog: Catalog, { environment, root }: StackConfig, world: World): string[] {
  const { gone, different } = wayBack(catalog, environment, root, world.rows);
  return [
    ...gone.map(
      ({ name, path }) =>
        `${name} is not at ${path} any more, where it is read with the flag off: bring it back with retireFlat: false on ${catalog.fallback}`,
    ),
    ...different.map(
      ({ name, flat }) =>
        `${name} has another value at ${flat.path}, where it is read with the flag off: console-vault rollback --stack ${environment} says how to go back`,
    ),
  ];
}

function planRetirement(
  catalog: Catalog,
  config: StackConfig,
  world: World,
  gate: GateAnswer | undefined,
): RetirementPlan {
  const observed: Record<string, string | null> = {};
  for (const { name, vendor } of heldBy(catalog, config.environment)) {
    const rows = world.rows.filter((row) => row.name === name && row.path === flatPath(config.root, vendor));
    observed[name] = tokensOf(rows);
  }
  const refused = [
    ...(world.flag.on ? [] : [`the flag is off on ${world.flag.app}, so the flat path is what is read`]),
    ...(gate && !gate.open ? gate.reasons : []),
  ];
  return { wanted: config.retireFlat, refused: config.retireFlat ? refused : [], observed };
}

/** What an override of a value may be tied to: its own row, or the flat one that it was copied from. */
function tokensFor(row: VaultRow, rows: World["rows"], flat: string): string[] {
  const from = rows.filter((one) => one.name === row.name && one.path === flat && one.value.equals(row.value));
  return [row.token, ...from.map(({ token }) => token)];
}

/** The rules once more before a value goes to an app. @returns what is wrong with it, overrides weighed */
function wrongForApp(
  catalog: Catalog,
  config: StackConfig,
  world: World,
  credential: Credential,
  row: VaultRow,
): string[] {
  const { environment, root } = config;
  const { findings } = judge(
    { name: row.name, environment, value: row.value, rules: credential.rules },
    {
      held: heldValues(catalog, root, world.rows),
      forbidden: forbiddenIn(catalog, environment),
      fallback: catalog.fallback,
    },
  );
  const tokens = tokensFor(row, world.rows, flatPath(root, credential.vendor));
  return withOverrides(findings, overridesOf(config), tokens).standing.map(({ why, rule }) => `${why} (${rule})`);
}

function planApps(
  catalog: Catalog,
  config: StackConfig,
  world: World,
  flag: FlagPlan,
  problems: string[],
  warnings: string[],
): AppPlan[] {
  const { environment, root } = config;
  const on = flagMeansOn(flag.value);
  const owner = environment === catalog.fallback;
  const managed = owner || on ? config.manage : {};
  return world.apps.flatMap((app) => {
    const sensitiveVars: Record<string, SecretValue> = {};
    const states: Record<string, VarState> = {};
    for (const [name, apps] of Object.entries(managed)) {
      if (!apps.includes(app.name)) continue;
      const credential = credentialOf(catalog, name);
      const { vendor } = credential;
      const at = (path: string) => world.rows.find((row) => row.name === name && row.path === path);
      const wanted = on ? environmentPath(root, vendor, environment) : flatPath(root, vendor);
      const source = config.sources[name] ?? environmentOf(catalog, environment).source;
      // Turning on copies first: what the environment path has now may be missing or older than what it will have then.
      const copied = flag.transition === "on" && source === "copy" ? at(flatPath(root, vendor)) : undefined;
      const row = copied ?? at(wanted);
      const current = app.vars.get(name);
      const wrong = row ? wrongForApp(catalog, config, world, credential, row) : [`nothing at ${wanted}`];
      if (row && wrong.length === 0) {
        sensitiveVars[name] = row.value;
        states[name] = !current ? "absent" : current.equals(row.value) ? "same" : "other";
      } else if (current && (row || world.flag.on)) {
        // What is wrong while the flag is on has to be recorded, so the update goes on.
        sensitiveVars[name] = current;
        states[name] = "kept";
        warnings.push(`${app.name} keeps the ${name} that it has: ${wrong.join("; ")}`);
      } else
        problems.push(
          row
            ? `manage.${name}: ${app.name} does not get it: ${wrong.join("; ")}`
            : `manage.${name}: nothing at ${wanted}, so ${app.name} would lose it`,
        );
    }
    const vars: Record<string, string> = app.name === flag.app ? { [flag.variable]: flag.value } : {};
    const inUse = app.name === flag.app || Object.values(config.manage).some((apps) => apps.includes(app.name));
    return inUse ? [{ app: app.name, id: app.id, vars, sensitiveVars, states, keepSensitive: !owner && !on }] : [];
  });
}

/** What the gate said, for an environment that follows another; `undefined` for the first one or where nothing is to turn on. */
export function planStack(
  catalog: Catalog,
  config: StackConfig,
  world: World,
  target: Target,
  gate: GateAnswer | undefined,
): StackPlan {
  const { environment } = config;
  const problems: string[] = [];
  const warnings: string[] = [...(gate?.warnings ?? [])];
  const running = world.flag.on;
  const authority: Authority = running ? "environment" : "flat";
  const vendors = scopedVendors(catalog);
  const sets = vendors.map((vendor) => planSet(catalog, config, world, authority, vendor));
  const forbidden = forbiddenHere(catalog, config, world);

  const transition: Transition = config.vaultEnvAware === running ? "none" : config.vaultEnvAware ? "on" : "off";
  const refused =
    transition === "on"
      ? [
          ...notReady(sets),
          ...forbidden.map(({ name, why }) => `${name}: ${why}`),
          ...(gate && !gate.open ? gate.reasons : []),
        ]
      : transition === "off"
        ? offReasons(catalog, config, world)
        : [];
  const happens = refused.length === 0;
  const flag: FlagPlan = {
    variable: catalog.flag.variable,
    app: flagApp(catalog, environment),
    wanted: config.vaultEnvAware,
    running,
    transition: happens ? transition : "none",
    refused,
    value: flagText(world.flag, happens ? config.vaultEnvAware : running),
  };
  return {
    environment,
    target,
    folders: sets.map(({ vendor, path }) => ({ vendor, path, exists: world.folders.has(path) })),
    sets,
    flag,
    apps: planApps(catalog, config, world, flag, problems, warnings),
    expected: heldBy(catalog, environment).map(({ name }) => name),
    forbiddenHere: forbidden,
    gate,
    retirement: environment === catalog.fallback ? planRetirement(catalog, config, world, gate) : undefined,
    warnings,
    problems,
  };
}
