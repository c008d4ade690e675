// From what is wanted, what is there and what the last update left to what a stack declares. Pure: no network, no clock but the
// one in the world.
import {
  type Catalog,
  type Credential,
  credentialOf,
  flagVariable,
  forbiddenIn,
  heldBy,
  heldByVendor,
  judge,
  rulesOf,
  type Surroundings,
  scopedVendors,
  withOverrides,
} from "../catalog/index.js";
import { type StackConfig, sourceOf } from "../config/index.js";
import { configVarBytes, configVarLimit, configVarProblem, configVarWarning } from "../heroku/index.js";
import { environmentPath, flagMeansOn, flatPath, readFlag } from "../resolver/index.js";
import type { SecretValue } from "../secret.js";
import { findForbidden, overridesOf, ownVarWarnings } from "./appVars.js";
import type { AppFinding, Broken, Finding, Reason } from "./findings.js";
import { appsInWords, appsOfFlag, type KeptFlag, keptFlag, keptState } from "./flagState.js";
import type { GateAnswer } from "./gate.js";
import { revisionsFor, revisionsOf, surroundingsOf } from "./judged.js";
import type { Last } from "./last.js";
import { heldPlaces, type LeftQuestion, leftByPath, leftSets, placesRead } from "./left.js";
import { soakTimes } from "./phases.js";
import { type MigrationFacts, recordMigration, remembersElse } from "./record.js";
import { retire } from "./retirement.js";
import { indexed } from "./rows.js";
import { type Decision, decide, predict, SetView, setChanged } from "./set.js";
import type {
  MigrationRecord,
  OnApp,
  RetirementInputs,
  SecretSetInputs,
  SecretSetOutputs,
  SetSpec,
  SetSummary,
  Target,
  Transition,
  ValueSource,
} from "./state/index.js";
import { brokenOf, mergeSummaries, notProvisioned, ruleBroken, wrongOf } from "./summary.js";
import { wayBack } from "./wayBack.js";
import { planWords, reason } from "./wording.js";
import type { AppFlag, FlagState, VaultRow, World } from "./world.js";

export interface FolderPlan {
  readonly vendor: string;
  readonly path: string;
  readonly exists: boolean;
}

/** `summary`: what will be so after this update, if what was seen stays so. */
export interface SetPlan extends Omit<SecretSetInputs, "version" | "vault"> {
  readonly vendor: string;
  /** The catalog has no more of it: emptied in this update, and forgotten by the next. */
  readonly leaves: boolean;
}

/** The config var on one app: its text while the flag runs as it does, and after the transition. */
interface FlagText {
  readonly app: string;
  readonly running: string;
  readonly turned: string;
}

export interface FlagPlan extends KeptFlag {
  readonly variable: string;
  readonly wanted: boolean;
  readonly transition: Transition;
  /** Why a wanted transition does not happen in this update. */
  readonly refused: readonly Reason[];
  /** In the order in which the flag turns in this update. */
  readonly texts: readonly FlagText[];
}

export interface AppPlan extends OnApp {
  readonly app: string;
  readonly id: string;
  /** Values of the credentials that come from the vault. */
  readonly values: Readonly<Record<string, SecretValue>>;
  /** What the last update kept there; undefined where it kept nothing. */
  readonly before: OnApp | undefined;
  /** What the app has now of the credentials that it is to have. */
  readonly current: Readonly<Record<string, SecretValue>>;
}

type RetirementPlan = Pick<RetirementInputs, "wanted" | "steady" | "refused" | "until" | "observed" | "stays" | "flat">;

export interface StackPlan {
  readonly environment: string;
  readonly target: Target;
  /** Of each set, in the order of `sets`. */
  readonly folders: readonly FolderPlan[];
  readonly sets: readonly SetPlan[];
  readonly flag: FlagPlan;
  readonly apps: readonly AppPlan[];
  /** What the `Migration` resource is told, but for what the sets will say. */
  readonly migration: Omit<MigrationFacts, "summary">;
  /** What `Migration` will remember, if what was seen stays so. */
  readonly expected: MigrationRecord;
  /** Whether that is anything else than it remembers now. */
  readonly remembersElse: boolean;
  /** Only where the environment owns the flat path. */
  readonly retirement: RetirementPlan | undefined;
  readonly warnings: readonly Finding[];
  /** What makes the whole plan impossible: settings to change. */
  readonly problems: readonly AppFinding[];
  /** Rules that the whole plan breaks. */
  readonly refusals: readonly AppFinding[];
}

export interface PlanQuestion {
  readonly catalog: Catalog;
  readonly config: StackConfig;
  readonly world: World;
  readonly target: Target;
  readonly last: Last;
  /** What it said, for an environment that follows another; undefined for the first one, or where nothing is to turn on. */
  readonly gate: GateAnswer | undefined;
  /** An update that only records what a command did: it turns no flag, takes no flat copy away and brings none back. */
  readonly steady?: boolean;
}

/** What the set of one vendor's folder is told. @param on whether any app has the flag on: then the environment path is in use */
export function specOf(catalog: Catalog, config: StackConfig, on: boolean, vendor: string): SetSpec {
  const { environment, root } = config;
  const held = heldByVendor(catalog, environment, vendor);
  const names = new Set(held.map(({ name }) => name));
  return {
    environment,
    fallback: catalog.fallback,
    environments: catalog.environments.map(({ name }) => name),
    path: environmentPath(root, vendor, environment),
    flatPath: flatPath(root, vendor),
    authority: on ? "environment" : "flat",
    names: Object.fromEntries(
      held.map((one) => [one.name, { source: sourceOf(catalog, config, one.name), rules: rulesOf(catalog, one) }]),
    ),
    overrides: overridesOf(config).filter(({ name }) => names.has(name)),
    forbidden: forbiddenIn(catalog, environment),
  };
}

const leftQuestion = ({ catalog, config: { environment, root }, last: { sets } }: PlanQuestion): LeftQuestion => ({
  catalog,
  environment,
  root,
  sets,
});

/** An update that only records lets go of nothing: what the catalog has no more is the business of the next one. */
function withLeft(question: PlanQuestion, spec: SetSpec): SetSpec {
  const before = question.last.sets[spec.path];
  if (!question.steady || !before) return spec;
  const left = Object.entries(before.names).filter(([name]) => !(name in spec.names));
  return { ...spec, names: { ...spec.names, ...Object.fromEntries(left) } };
}

/**
 * A set that the catalog has no more. The engine would not delete it while it is protected: it is declared once more, without its
 * names and its protection, and the update after this one forgets it. Its values stay in the vault.
 */
function planLeftSet(question: PlanQuestion, vendor: string, last: SecretSetOutputs): SetPlan {
  const { catalog, config, steady = false } = question;
  const { version: _version, vault: _vault, memory, ...declared } = last;
  const set = {
    ...declared,
    environment: config.environment,
    fallback: catalog.fallback,
    environments: catalog.environments.map(({ name }) => name),
    vendor,
    plan: {},
  };
  if (steady) return { ...set, leaves: false, observed: memory.seen, records: memory.records };
  return {
    ...set,
    leaves: true,
    names: {},
    overrides: [],
    observed: {},
    records: {},
    summary: mergeSummaries([]),
  };
}

function planSet(question: PlanQuestion, vendor: string): SetPlan {
  const { catalog, config, world, last } = question;
  const spec = withLeft(question, specOf(catalog, config, world.flag.is !== "off", vendor));
  const view = new SetView(spec, world.rows);
  const before = last.sets[spec.path];
  const records = before?.memory.records ?? {};
  const decisions = decide(spec, records, view);
  const observed = view.seen();
  const ofEach = <To>(to: (name: string, decision: Decision) => To) =>
    Object.fromEntries(Object.keys(spec.names).map((name) => [name, to(name, decisions.get(name)!)]));
  return {
    ...spec,
    vendor,
    leaves: false,
    names: ofEach((name, { is }) => ({ ...spec.names[name]!, is })),
    plan: ofEach((name, decision) => planWords(spec, name, decision)),
    observed,
    records,
    // A set that is not updated goes on saying what it said, such as that a write waits for an approval.
    summary: before && !setChanged(before, spec, observed) ? before.summary : predict(spec, records, view),
  };
}

/** How the flag is once this update is done. */
const afterwards = (flag: FlagPlan): FlagState => (flag.transition === "none" ? keptState(flag) : flag.transition);

/** A hand-set `1` or `True` that already says what is wanted stays as it is. */
function flagText(flag: AppFlag, wanted: boolean): string {
  return flag.raw !== undefined && flagMeansOn(flag.raw) === wanted ? flag.raw : String(wanted);
}

/** Before the flag turns off: what its readers would find at the flat path. */
export function offReasons(
  catalog: Catalog,
  { environment, root }: StackConfig,
  world: World,
  { sets }: Pick<Last, "sets">,
): Reason[] {
  const seen = { rows: world.rows, hidden: new Map(), records: {} };
  const places = placesRead({ catalog, environment, root, sets });
  const { ambiguous, gone, different } = wayBack(catalog, environment, places, seen);
  return [
    ...ambiguous.map((one): Reason => ({ code: "flat-ambiguous", ...one })),
    ...gone.map(({ name, path }): Reason => ({ code: "flat-gone", name, path, environment: catalog.fallback })),
    ...different.map(({ name, flat }): Reason => ({ code: "flat-other-value", name, path: flat.path, environment })),
  ];
}

/** While both paths are read nothing follows its source: a copy whose source was written meanwhile is the older one. */
function flatDiffers(catalog: Catalog, config: StackConfig, { rows }: World): Reason[] {
  const { environment, root } = config;
  const places = heldPlaces(catalog, environment, root);
  const { different } = wayBack(catalog, environment, places, { rows, hidden: new Map(), records: {} });
  return different
    .filter(({ name }) => sourceOf(catalog, config, name) === "copy")
    .map(({ name, flat, current }) => ({ code: "flat-differs", name, path: current.path, flatPath: flat.path }));
}

/** What stands against the flag, in the order in which it is told. */
function onReasons(
  sets: readonly SetPlan[],
  summary: SetSummary,
  forbidden: readonly Broken[],
  gate: GateAnswer | undefined,
): Reason[] {
  const flatPaths = new Map(sets.flatMap(({ names, flatPath }) => Object.keys(names).map((name) => [name, flatPath])));
  return [
    ...notProvisioned(summary),
    ...wrongOf({ ...summary, missing: [] }),
    ...summary.missing.map((name): Reason => ({ code: "missing", name, path: flatPaths.get(name)! })),
    ...forbidden.map(ruleBroken),
    ...(gate && !gate.open ? gate.reasons : []),
  ];
}

function planFlag(
  question: PlanQuestion,
  sets: readonly SetPlan[],
  summary: SetSummary,
  forbidden: readonly Broken[],
): FlagPlan {
  const { catalog, config, world, last, gate, steady } = question;
  const wanted = config.vaultEnvAware ? "on" : "off";
  const transition: Transition = steady || wanted === world.flag.is ? "none" : wanted;
  const refused =
    transition === "on"
      ? [
          ...onReasons(sets, summary, forbidden, gate),
          ...(world.flag.is === "partly" ? flatDiffers(catalog, config, world) : []),
        ]
      : transition === "off"
        ? offReasons(catalog, config, world, last)
        : [];
  const happens = refused.length === 0 ? transition : "none";
  const texts = world.flag.apps.map((one) => ({
    app: one.app,
    running: flagText(one, one.on),
    turned: flagText(one, happens === "none" ? one.on : happens === "on"),
  }));
  return {
    variable: flagVariable(catalog),
    ...keptFlag(world.flag),
    wanted: config.vaultEnvAware,
    transition: happens,
    refused,
    texts: happens === "off" ? texts.reverse() : texts,
  };
}

function planRetirement(
  { catalog, config, world, last, gate, steady = false }: PlanQuestion,
  { phase, confirmedSince, flag }: MigrationRecord,
): RetirementPlan {
  const wanted = steady ? (last.retirement?.wanted ?? config.retireFlat) : config.retireFlat;
  const off = world.flag.apps.filter(({ on }) => !on).map(({ app }) => app);
  const refused: Reason[] = [
    ...(off.length > 0 ? [{ code: "flat-read", app: appsInWords(off) } as const] : []),
    ...(gate && !gate.open ? gate.reasons : []),
    ...(phase === "soaked" || phase === "retired" ? [] : [{ code: "not-soaked", phase } as const]),
  ];
  const { readyAt: ready } = soakTimes(confirmedSince, flag.since, config.soakHours);
  const until = wanted && refused.length === 1 && phase === "soaking" && world.flag.is === "on" ? ready : null;
  const [seen, retired] = [indexed(world.rows), new Set(last.retirement?.retired)];
  const observed: Record<string, string | null> = {};
  const stays: Record<string, string> = {};
  const flat: Record<string, string> = {};
  for (const { name, vendor } of heldBy(catalog, config.environment)) {
    const [path, own] = [flatPath(config.root, vendor), environmentPath(config.root, vendor, config.environment)];
    const [there, target] = [seen.at(path, name), seen.at(own, name)];
    const record = last.sets[own]?.memory.records[name];
    const step = retire(there, target, record);
    observed[name] = revisionsOf(there);
    if (wanted && step.is === "keep") stays[name] = step.why.code;
    flat[name] = wanted
      ? retiredWords(path, step, refused)
      : there.length === 0 && target.length > 0
        ? retired.has(name) || record
          ? `write it back to ${path}`
          : "is not there"
        : "stays";
  }
  return { wanted, steady, refused: wanted ? refused : [], until, observed, stays, flat };
}

function retiredWords(path: string, step: ReturnType<typeof retire>, refused: readonly Reason[]): string {
  if (step.is === "gone") return "is gone";
  if (step.is === "keep") return `stays: ${reason(step.why)}`;
  return refused.length > 0 ? "stays for now" : `delete the flat copy at ${path}`;
}

interface AppQuestion extends PlanQuestion {
  /** What every value for an app is judged against. */
  readonly surroundings: Surroundings;
}

/** The rules once more before a value goes to an app. @returns what is wrong with it, overrides weighed */
function wrongForApp({ config, world, surroundings }: AppQuestion, credential: Credential, row: VaultRow): Reason[] {
  const { environment, root } = config;
  const { findings } = judge({ name: row.name, environment, value: row.value, rules: credential.rules }, surroundings);
  const revisions = revisionsFor(row, world.rows, flatPath(root, credential.vendor));
  const { standing } = withOverrides(findings, overridesOf(config), revisions);
  return brokenOf(standing, row.revision).map(ruleBroken);
}

/** What is said of a plan besides what it declares. */
interface Said {
  readonly warnings: Finding[];
  readonly problems: AppFinding[];
  readonly refusals: AppFinding[];
}

/** Where one credential of one app comes from. */
function planVar(
  question: AppQuestion,
  flag: FlagPlan,
  app: World["apps"][number],
  name: string,
  before: OnApp,
  /** Values that the app gets besides. */
  others: Readonly<Record<string, SecretValue>>,
  said: Said,
) {
  const { catalog, config, world } = question;
  const { environment, root } = config;
  const on = afterwards(flag) === "on";
  const credential = credentialOf(catalog, name);
  const [flat, own] = [flatPath(root, credential.vendor), environmentPath(root, credential.vendor, environment)];
  const at = (path: string) => indexed(world.rows).at(path, name)[0];
  const wanted = on ? own : flat;
  const source = sourceOf(catalog, config, name);
  // Turning on copies first: what the environment path has now may be missing or older than what it will have then.
  const copied = flag.transition === "on" && source === "copy" ? at(flat) : undefined;
  const row = copied ?? at(wanted);
  const current = app.vars.get(name);
  const unfit = row && configVarProblem(app, name, row.value, new Map(Object.entries(others)));
  const broken: Reason[] = row ? wrongForApp(question, credential, row) : [{ code: "absent", name, path: wanted }];
  const wrong = [...broken, ...(unfit === undefined ? [] : [ruleBroken({ name, rule: "config-var", detail: unfit })])];
  const about = { app: app.name, name };
  if (row && wrong.length === 0) {
    if (current && !current.equals(row.value) && !before.owned.includes(name) && !config.takeover[app.name]?.[name])
      said.refusals.push({ code: "takeover-unsaid", ...about });
    return { source: on ? "environment" : "flat", value: row.value } as const;
  }
  // What is wrong while the flag is on has to be recorded, so the update goes on.
  if (current && (row || world.flag.is !== "off")) {
    said.warnings.push({ code: "app-keeps", ...about, because: wrong });
    return { source: "kept" } as const;
  }
  if (broken.length === 0) {
    said.warnings.push({ code: "app-lacks", ...about, because: wrong });
    return undefined;
  }
  said.problems.push(
    row ? { code: "manage-broken", ...about, because: wrong } : { code: "manage-absent", ...about, path: wanted },
  );
  return undefined;
}

/** Heroku limits what all of an app's config vars have together; what would be too much is not among the changes. */
function weigh(app: World["apps"][number], changes: ReadonlyMap<string, SecretValue>, { warnings }: Said): void {
  if (changes.size === 0) return;
  const bytes = configVarBytes(app.vars, changes);
  if (bytes > configVarWarning) warnings.push({ code: "app-nearly-full", app: app.name, bytes, limit: configVarLimit });
}

function planApp(question: AppQuestion, flag: FlagPlan, app: World["apps"][number], said: Said): AppPlan[] {
  const { catalog, config, last, target, steady } = question;
  const wanted = Object.keys(config.manage).filter((name) => config.manage[name]!.includes(app.name));
  // An update that only records takes nothing on that config asks for and no update has done yet.
  const names = steady ? wanted.filter((name) => name in (last.apps[app.name]?.credentials ?? {})) : wanted;
  const hasFlag = flag.texts.some((one) => one.app === app.name);
  if (!hasFlag && names.length === 0 && Object.keys(last.apps[app.name]?.credentials ?? {}).length === 0) return [];
  // Ownership does not carry over to another Heroku URL; another account's apps are the same ones.
  const before = (last.target?.heroku === target.heroku && last.apps[app.name]) || { credentials: {}, owned: [] };
  // While its flag is off, an environment that does not own the flat path leaves to its apps what they have; so does every one
  // while its flag is on on some of them only.
  const after = afterwards(flag);
  const manages = after === "on" || (after === "off" && config.environment === catalog.fallback);
  const credentials: Record<string, ValueSource> = {};
  const values: Record<string, SecretValue> = {};
  for (const name of names) {
    if (!manages) {
      if (name in before.credentials) credentials[name] = "kept";
      continue;
    }
    const found = planVar(question, flag, app, name, before, values, said);
    if (!found) continue;
    credentials[name] = found.source;
    if (found.source !== "kept") values[name] = found.value;
  }
  weigh(app, new Map(Object.entries(values)), said);
  // The Heroku provider deletes on the app what leaves its map: also what the app only kept.
  for (const name of Object.keys(before.credentials))
    if (steady && !names.includes(name)) credentials[name] = "kept";
    else if (!names.includes(name)) said.refusals.push({ code: "leaves-manage", app: app.name, name });
  const current = Object.keys({ ...before.credentials, ...credentials }).flatMap((name) => {
    const value = app.vars.get(name);
    return value ? [[name, value] as const] : [];
  });
  const owned = [...new Set([...Object.keys(values), ...before.owned])].filter((name) => name in credentials).sort();
  return [
    {
      app: app.name,
      id: app.id,
      credentials,
      owned,
      values,
      before: last.apps[app.name],
      current: Object.fromEntries(current),
    },
  ];
}

/** Apps on which the last update had a flag that the catalog has there no more, and that still have it on: they need its var. */
function leftByFlag({ config, world, last }: PlanQuestion, flag: FlagPlan): AppFinding[] {
  const before = last.record?.flag;
  if (!before) return [];
  const { environment } = config;
  const { variable } = before;
  const stays = (app: string) => variable === flag.variable && flag.texts.some((one) => one.app === app);
  return appsOfFlag(before).flatMap(({ app }): AppFinding[] => {
    const vars = world.apps.find(({ name }) => name === app)?.vars;
    if (stays(app) || !vars || readFlag(vars.get(variable)?.reveal()) === "off") return [];
    return [{ code: "leaves-flag", app, variable, environment }];
  });
}

/** The requests that an update's writes to the vault are: one for each folder, one for each folder's new or changed values. */
export function writesOf({ folders, sets }: StackPlan): { folder: number; create: number; update: number } {
  const setsWith = (kind: Decision["is"]) =>
    sets.filter(({ names }) => Object.values(names).some(({ is }) => is === kind)).length;
  return {
    folder: folders.filter(({ exists }) => !exists).length,
    create: setsWith("create"),
    update: setsWith("follow"),
  };
}

/** An owner of the flat path that is to be none any more, though its flat copies are retired or may be by the next update. */
function leftByFallback({ catalog: { fallback }, config: { environment }, world, last }: PlanQuestion): AppFinding[] {
  const owned = last.retirement && (world.flag.is !== "off" || last.retirement.retired.length > 0);
  return owned && environment !== fallback ? [{ code: "leaves-fallback", environment, fallback }] : [];
}

/** What a stack declares. */
export function planStack(question: PlanQuestion): StackPlan {
  const { catalog, config, world, target, last, gate } = question;
  const { environment } = config;
  const on = world.flag.is !== "off" || config.vaultEnvAware;
  const own = ownVarWarnings(catalog, config, world, on);
  const said: Said = { warnings: [...(gate?.warnings ?? []), ...own], problems: [], refusals: [] };
  const vendors = scopedVendors(catalog);
  const left = leftQuestion(question);
  const sets = [
    ...vendors.map((vendor) => planSet(question, vendor)),
    ...leftSets(left, vendors).map(({ vendor, set }) => planLeftSet(question, vendor, set)),
  ];
  const summary = mergeSummaries(sets.map((set) => set.summary));
  const forbidden = findForbidden(catalog, config, world, on);
  const flag = planFlag(question, sets, summary, forbidden);
  said.refusals.push(...leftByFlag(question, flag), ...leftByFallback(question));
  if (world.flag.is !== "off" && flag.transition !== "off" && !question.steady)
    said.refusals.push(...leftByPath(left, world.rows));
  const { texts: _texts, ...flagFacts } = flag;
  const surroundings = surroundingsOf(catalog, environment, config.root, world.rows);
  const apps = world.apps.flatMap((app) => planApp({ ...question, surroundings }, flag, app, said));
  const facts: StackPlan["migration"] = {
    environment,
    target,
    names: Object.fromEntries(
      sets.flatMap(({ names, path, flatPath: flat }) =>
        Object.entries(names).map(([name, { source }]) => [name, { source, path, flatPath: flat }]),
      ),
    ),
    flag: { ...flagFacts, since: world.flag.since?.toISOString() ?? null },
    forbiddenHere: forbidden,
    promoteOverride: gate?.override ?? null,
    soakHours: config.soakHours,
    apps: Object.fromEntries(apps.map(({ app, credentials, owned }) => [app, { credentials, owned }])),
  };
  const expected = recordMigration({ ...facts, summary }, last.record, world.now);
  return {
    environment,
    target,
    folders: sets.map(({ vendor, path }) => ({
      vendor,
      path,
      exists: world.folders.has(path) || !vendors.includes(vendor),
    })),
    sets,
    flag,
    apps,
    migration: facts,
    expected,
    remembersElse: remembersElse(expected, last.record),
    retirement: environment === catalog.fallback ? planRetirement(question, expected) : undefined,
    ...said,
  };
}
