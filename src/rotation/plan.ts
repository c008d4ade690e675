// Where a new value would go, and whom it would reach. Reads only, and no more than that takes.
import {
  type Catalog,
  type Credential,
  credentialOf,
  environmentOf,
  type Judgement,
  judge,
  mayHold,
  neverHolds,
  type Override,
  type Rule,
  ruleRefusal,
  rulesOf,
  shapeRules,
  withOverrides,
} from "../catalog/index.js";
import { Refusal, UsageError } from "../errors.js";
import { type HerokuClient, overLimit } from "../heroku/index.js";
import {
  comparedPlaces,
  type FolderSight,
  indexed,
  lookAtFolder,
  type Place,
  readNames,
  refusalOf,
  ruleBroken,
  surroundingsOf,
  type VaultRow,
} from "../migration/index.js";
import { environmentPath, flatPath, resolve } from "../resolver/index.js";
import type { SecretValue } from "../secret.js";
import { type InfisicalClient, InfisicalError } from "../vault/client/index.js";
import { type AffectedApp, affectedApps } from "./affected.js";
import type { Flags } from "./flags.js";
import { type AppFacts, decideApp, type Previous, previousValue } from "./reach.js";

export interface RotationRequest {
  readonly catalog: Catalog;
  readonly name: string;
  readonly environment: string;
  readonly value: SecretValue;
  readonly root: string;
  readonly vault: InfisicalClient;
  readonly heroku: HerokuClient;
  /** The running flag of every environment. */
  readonly flags: Flags;
  /** Apps on which the name is managed, whether they have the var or not. */
  readonly managed: readonly string[];
  /** Apps of other environments that get the value whatever they have, by an operator's word. */
  readonly also: readonly string[];
  /** What each environment's config lets pass. */
  readonly overrides: Readonly<Record<string, readonly Override[]>>;
  /** Rows below the root as they are now, from the look that the updates of the stacks begin with; undefined where they look themselves. */
  readonly look?: () => Promise<readonly VaultRow[]>;
  /** Tries the value at its vendor; undefined where it cannot be tried from here. */
  readonly attempt?: (value: SecretValue) => Promise<void>;
}

/** The folder is that of the path. */
export interface RotationPlan extends FolderSight {
  readonly credential: Credential;
  readonly path: string;
  /** Whether that is the flat path. */
  readonly flat: boolean;
  readonly before: VaultRow | undefined;
  readonly distinct: Judgement["distinct"];
  /** What the value could not be compared with: the token may not read it. */
  readonly unread: readonly Place[];
  /** In the order in which they are set: the rotated environment's own come last. */
  readonly apps: readonly AffectedApp[];
  readonly previous: Previous;
  /** Values of the environments that only read this path for now, at their own. */
  readonly environmentValues: Readonly<Record<string, SecretValue>>;
  /** Environments whose format rule the value breaks. */
  readonly barred: ReadonlySet<string>;
}

/** The path that is written, and who reads it. */
interface Reach {
  readonly credential: Credential;
  readonly path: string;
  readonly flat: boolean;
  /** The environment whose value the path holds. */
  readonly judgedAs: string;
  readonly affected: readonly AffectedApp[];
  /** The other environments whose apps read the path for now. */
  readonly readers: readonly string[];
}

/** @throws Refusal where a rule is broken; UsageError; InfisicalError, HerokuError where what is needed cannot be read */
export async function planRotation(request: RotationRequest): Promise<RotationPlan> {
  const { name, environment, value, vault } = request;
  const reach = reachOf(request);
  const { credential, path, flat, affected } = reach;
  const { folder, rows, unread } = await readValues(request, reach);
  const there = folder.filter((row) => row.name === name);
  if (there.length > 1)
    throw new Refusal(`${name} has ${there.length} rows at ${path}: delete all but one in Infisical first.`, {
      code: "duplicate",
      name,
      path,
      rows: there.length,
    });
  const [before] = there;
  const judged = judgeValue(request, reach, rows, before);

  // A key that may not read an app may not set its vars either, and the vault is written first.
  const vars = new Map<string, ReadonlyMap<string, SecretValue>>();
  for (const { app } of affected) vars.set(app, await request.heroku.configVars(app));
  const isOwn = (one: AffectedApp) => one.environment === environment;
  const ownVars = affected.filter(isOwn).map(({ app }) => vars.get(app)!.get(name));
  const seen = await lookAtFolder(request.catalog, request.root, vault, path, rows);
  const plan: RotationPlan = {
    credential,
    path,
    flat,
    ...seen,
    before,
    ...judged,
    unread,
    apps: [...affected.filter((one) => !isOwn(one)), ...affected.filter(isOwn)],
    previous: previousValue(value, before?.value, ownVars),
    environmentValues: Object.fromEntries(
      ownPlaces(request, reach).flatMap(({ path: at, environment: of }) => {
        const row = rows.find((one) => one.name === name && one.path === at);
        return row ? [[of, row.value]] : [];
      }),
    ),
  };
  for (const one of affected) {
    const all = vars.get(one.app)!;
    if (decideApp(credential, factsOf(request, plan, one, all.get(name))).is !== "set") continue;
    const over = overLimit(one.app, all, new Map([[name, value]]));
    if (over)
      throw refusalOf(
        [ruleBroken({ name, rule: "config-var", detail: over })],
        "It is not rotated, and nothing was changed.",
      );
  }
  return plan;
}

function reachOf({ catalog, name, environment, root, flags, also }: RotationRequest): Reach {
  const credential = credentialOf(catalog, name);
  environmentOf(catalog, environment);
  if (!mayHold(credential, environment)) throw neverHolds(name, environment);
  const { path } = resolve(name, environment, { catalog, root, flag: flags[environment] ?? false });
  const flat = path === flatPath(root, credential.vendor);
  const judgedAs = flat ? catalog.fallback : environment;
  const affected = affectedApps(catalog, name, path, root, flags);
  const apps = affected.map(({ app }) => app);
  const strange = also.filter((app) => !apps.includes(app));
  if (strange.length > 0)
    throw new UsageError(
      `--also ${strange.join(", ")}: not an app that reads the path which is written. There are: ${apps.join(", ")}. Nothing was changed.`,
    );
  const readers = [...new Set(affected.map((one) => one.environment))].filter((one) => one !== judgedAs);
  return { credential, path, flat, judgedAs, affected, readers };
}

/** Where the environments that read another path for now have their own value. */
function ownPlaces({ name, root }: RotationRequest, { credential, readers }: Reach) {
  if (credential.scope === "shared") return [];
  return readers.map((environment) => ({
    name,
    path: environmentPath(root, credential.vendor, environment),
    environment,
  }));
}

/** The folder that is written, and the single values elsewhere that the rules and the apps' values are compared with. */
async function readValues(request: RotationRequest, reach: Reach) {
  const { catalog, root, vault, environment } = request;
  const { credential, path, judgedAs, readers } = reach;
  const compared = [judgedAs, ...readers].flatMap((one) => comparedPlaces(catalog, root, credential, one));
  const own = ownPlaces(request, reach);
  const elsewhere = [...compared, ...own].filter((place) => place.path !== path);
  const { folder, rows, unread } = await readTogether(vault, path, elsewhere, flatFolders(catalog, root));
  const hidden = own.find(
    (place) =>
      place.environment === environment &&
      unread.some(({ name, path: at }) => name === place.name && at === place.path),
  );
  // An app that has its environment's own value keeps it: of the apps that are to be set it has to be known.
  if (hidden)
    throw new Refusal(
      `The token may not read ${hidden.name} at ${hidden.path}, so it is not known which apps have ${environment}'s own value. Nothing was changed; use a token that may read secrets there.`,
      { code: "unreadable", name: hidden.name, path: hidden.path },
    );
  return { folder, rows: [...folder, ...rows], unread };
}

/** The folder of each vendor, which has all of its values at any depth. */
const flatFolders = (catalog: Catalog, root: string) =>
  [...new Set(catalog.credentials.map(({ vendor }) => vendor))].map((vendor) => flatPath(root, vendor));

/**
 * A vendor of which more than one read is needed is read in one list with all that is below it; what that does not show may be
 * hidden, and is read by itself.
 *
 * @param places single values, in other folders than `path`
 */
async function readTogether(
  vault: InfisicalClient,
  path: string,
  places: readonly Place[],
  flats: readonly string[],
): Promise<{ folder: readonly VaultRow[]; rows: readonly VaultRow[]; unread: readonly Place[] }> {
  const listed: VaultRow[] = [];
  for (const flat of flats) {
    const reads = new Set([...places, { name: "", path }].filter((one) => one.path.startsWith(flat)).map(keyOf));
    if (reads.size > 1) listed.push(...(await listAllowed(vault, flat)));
  }
  const { at, in: rowsIn } = indexed(listed);
  const folder = rowsIn(path).length > 0 ? rowsIn(path) : await vault.listSecrets(path);
  const wanted = [...new Map(places.map((place) => [keyOf(place), place])).values()];
  const isSilent = (place: Place) => at(place.path, place.name).length === 0;
  const { rows, unread } = await readNames(vault, wanted.filter(isSilent));
  return { folder, rows: [...wanted.flatMap((place) => at(place.path, place.name)), ...rows], unread };
}

const keyOf = ({ path, name }: Place) => `${path}${name}`;

/** @returns nothing of a folder that may not be listed: what is in it is read by itself */
async function listAllowed(vault: InfisicalClient, path: string): Promise<readonly VaultRow[]> {
  return vault.listSecrets(path, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof InfisicalError && error.kind === "forbidden")) throw error;
    return [];
  });
}

/** @throws Refusal where a rule is broken */
function judgeValue(
  { catalog, name, value, root, overrides, heroku }: RotationRequest,
  { credential, judgedAs, readers }: Reach,
  rows: readonly VaultRow[],
  before: VaultRow | undefined,
): Pick<RotationPlan, "distinct" | "barred"> {
  const findings = (as: string, rules: readonly Rule[]) => {
    const surroundings = { ...surroundingsOf(catalog, as, root, rows), now: heroku.now() };
    const judgement = judge({ name, environment: as, value, rules }, surroundings);
    const revisions = before?.value.equals(value) ? [before.revision] : [];
    const { standing } = withOverrides(judgement.findings, overrides[as] ?? [], revisions);
    return { standing, distinct: judgement.distinct };
  };
  const { standing, distinct } = findings(judgedAs, rulesOf(catalog, credential));
  // The flat path has one environment's value and may be read by apps of another, which must not hold just any of them.
  const never = readers.flatMap((one) => findings(one, []).standing.filter(({ rule }) => rule === "never-in"));
  const broken = [...standing, ...never];
  if (broken.length > 0) throw ruleRefusal(`${name} is not rotated:`, broken);
  const shape = credential.rules.filter(({ rule }) => shapeRules.has(rule));
  const barred = readers.filter((one) => findings(one, shape).standing.some(({ rule }) => shapeRules.has(rule)));
  return { distinct, barred: new Set(barred) };
}

/** What decides whether an app gets the value. @param current what it has under the name now */
export function factsOf(
  request: RotationRequest,
  plan: RotationPlan,
  { app, environment }: AffectedApp,
  current: SecretValue | undefined,
): AppFacts {
  return {
    value: request.value,
    current,
    own: environment === request.environment,
    managed: request.managed.includes(app),
    environmentValue: plan.environmentValues[environment],
    previous: plan.previous,
    barred: plan.barred.has(environment),
    also: request.also.includes(app),
  };
}
