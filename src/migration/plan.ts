// From what is wanted and what is there to what a stack declares. Pure: no network, no clock but the one in the world.
import {
  type Catalog,
  type Credential,
  credentialOf,
  environmentOf,
  flagApp,
  heldBy,
  judge,
  type Override,
  type Rule,
  rulesOf,
  scopedVendors,
  withOverrides,
} from "../catalog/index.js";
import type { StackConfig } from "../config/index.js";
import { configVarBytes, configVarLimit, configVarWarning, inKilobytes, overLimit } from "../heroku/index.js";
import { environmentPath, flagMeansOn, flatPath } from "../resolver/index.js";
import type { SecretValue } from "../secret.js";
import type { GateAnswer } from "./gate.js";
import { forbiddenHere, seenNow, surroundingsOf, tokensFor, tokensOf } from "./judged.js";
import type { Authority } from "./placement.js";
import { type Broken, brokenOf, type SeenTokens, told } from "./summary.js";
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
  readonly forbiddenHere: readonly Broken[];
  readonly gate: GateAnswer | undefined;
  /** Only where the environment owns the flat path. */
  readonly retirement: RetirementPlan | undefined;
  readonly warnings: readonly string[];
  /** What makes the whole plan impossible, a line each. */
  readonly problems: readonly string[];
}

function overridesOf(config: StackConfig): Override[] {
  return Object.entries(config.overrides).map(([name, { rule, token, reason }]) => ({ name, rule, token, reason }));
}

function planSet(catalog: Catalog, config: StackConfig, world: World, authority: Authority, vendor: string): SetPlan {
  const { environment, root } = config;
  const path = environmentPath(root, vendor, environment);
  const flat = flatPath(root, vendor);
  const source = environmentOf(catalog, environment).source;
  const all = surroundingsOf(catalog, environment, root, world.rows);
  // Of the vendor alone, as its set sees them.
  const surroundings = { ...all, held: all.held.filter((one) => one.path.startsWith(flat)) };
  const names: Record<string, NamePlan> = {};
  const observed: Record<string, SeenTokens> = {};
  for (const credential of heldBy(catalog, environment).filter((one) => one.vendor === vendor)) {
    const { name } = credential;
    const rules = rulesOf(catalog, credential);
    const at = (where: string) => world.rows.filter((row) => row.name === name && row.path === where);
    const [target, original] = [at(path), at(flat)];
    const chosen = config.sources[name] ?? source;
    observed[name] = seenNow(
      { name, environment, rules },
      { target, flat: chosen === "copy" ? original : [] },
      surroundings,
    );
    const plan =
      target.length > 0
        ? "read back"
        : chosen === "provision"
          ? `wait for: console-vault provision ${name} --env ${environment}`
          : `copy from ${flat}`;
    names[name] = { source: chosen, rules, plan };
  }
  return {
    vendor,
    path,
    flatPath: flat,
    authority,
    names,
    observed,
    overrides: overridesOf(config).filter(({ name }) => name in names),
    forbidden: all.forbidden,
  };
}

/** A hand-set `1` or `True` that already says what is wanted stays as it is. */
function flagText(flag: RunningFlag, wanted: boolean): string {
  return flag.raw !== undefined && flagMeansOn(flag.raw) === wanted ? flag.raw : String(wanted);
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

/** Before the flag turns off: what its readers would find at the flat path. */
function offReasons(catalog: Catalog, { environment, root }: StackConfig, world: World): string[] {
  const seen = { rows: world.rows, hidden: new Map(), records: {} };
  const { ambiguous, gone, different } = wayBack(catalog, environment, root, seen);
  return [
    ...ambiguous.map(
      ({ name, path, rows }) => `${name} has ${rows} rows at ${path}, and which of them is read is chance`,
    ),
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
    surroundingsOf(catalog, environment, root, world.rows),
  );
  const tokens = tokensFor(row, world.rows, flatPath(root, credential.vendor));
  const { standing } = withOverrides(findings, overridesOf(config), tokens);
  return brokenOf(standing, row.token).map(told);
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
    const changes = new Map(Object.entries(sensitiveVars));
    const over = overLimit(app.name, app.vars, changes);
    if (over && changes.size > 0) problems.push(`manage: ${over}`);
    else if (changes.size > 0 && configVarBytes(app.vars, changes) > configVarWarning)
      warnings.push(
        `the config vars of ${app.name} have ${inKilobytes(configVarBytes(app.vars, changes))} of the ${inKilobytes(configVarLimit)} that Heroku takes`,
      );
    const vars: Record<string, string> = app.name === flag.app ? { [flag.variable]: flag.value } : {};
    const inUse = app.name === flag.app || Object.values(config.manage).some((apps) => apps.includes(app.name));
    return inUse ? [{ app: app.name, id: app.id, vars, sensitiveVars, states, keepSensitive: !owner && !on }] : [];
  });
}

/**
 * What a stack declares.
 * @param gate what it said, for an environment that follows another; undefined for the first one, or where nothing is to turn on
 */
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
  const forbidden = forbiddenHere(catalog, environment, config.root, world);

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
