// The one look that a plan is made from: the values below the root, the folders there, one look at each app. Reads only.
import { type Catalog, environmentOf, flagApps, flagVariable, heldBy, scopedVendors } from "../catalog/index.js";
import { type Services, type StackConfig, sourceOf } from "../config/index.js";
import { type HerokuClient, HerokuError } from "../heroku/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import { type FolderEntry, type InfisicalClient, InfisicalError } from "../vault/client/index.js";
import type { PlaceFinding } from "./findings.js";
import { appFlag, type FlagRelease, type FlagVar, touches } from "./flag.js";
import { flagOf } from "./flagState.js";
import type { GateFacts } from "./gate.js";
import { forbiddenHere, readNow } from "./judged.js";
import type { Last } from "./last.js";
import { heldPlaces, placesRead } from "./left.js";
import { readFolders } from "./readFolders.js";
import { foldersToList, judgeRoot, type RootJudgement } from "./root.js";
import { indexed } from "./rows.js";
import { migrationOutput, type Target } from "./state/index.js";
import { ruleBroken } from "./summary.js";
import { type WayBack, wayBack, wayBackPaths } from "./wayBack.js";
import { refusalOf } from "./wording.js";
import type { AppFlag, AppView, RunningFlag, VaultRow, World } from "./world.js";

/** The apps of an environment that the Heroku account sees. */
interface SeenApps {
  readonly apps: readonly AppView[];
  /** undefined where an app that has it is hidden. */
  readonly flag: RunningFlag | undefined;
  /** Apps that the account does not see. */
  readonly hidden: readonly Extract<PlaceFinding, { code: "app-hidden" }>[];
}

async function seeApps(
  heroku: HerokuClient,
  catalog: Catalog,
  environment: string,
  account: string,
  varsOf?: (appId: string) => AppView["vars"] | undefined,
): Promise<SeenApps> {
  const apps: AppView[] = [];
  const hidden: SeenApps["hidden"][number][] = [];
  for (const name of Object.values(environmentOf(catalog, environment).apps))
    try {
      const id = await heroku.appId(name);
      apps.push({ name, id, vars: varsOf?.(id) ?? (await heroku.configVars(name)) });
    } catch (error) {
      if (!(error instanceof HerokuError && (error.kind === "not-found" || error.kind === "forbidden"))) throw error;
      hidden.push({ code: "app-hidden", app: name, account });
    }
  const seen = new Map(apps.map(({ name, vars }) => [name, vars]));
  const all = flagApps(catalog, environment).every((app) => seen.has(app));
  return { apps, flag: all ? await lookAtFlag(heroku, catalog, environment, seen) : undefined, hidden };
}

/** @throws Refusal where the account does not see all apps */
function complete<Seen extends SeenApps>({ hidden, flag, ...seen }: Seen) {
  if (hidden.length > 0 || !flag) throw refusalOf(hidden);
  return { ...seen, flag };
}

/** Whether an app has a flag on now. @throws Refusal for a text that is neither on nor off; HerokuError */
export async function isFlagOn(heroku: HerokuClient, flag: FlagVar): Promise<boolean> {
  return appFlag(flag, (await heroku.configVars(flag.app)).get(flag.variable)?.reveal(), undefined).on;
}

/**
 * The flag of an environment as it runs now, from the vars and releases of its apps.
 * @param seen vars of apps that were read just now
 */
export async function lookAtFlag(
  heroku: HerokuClient,
  catalog: Catalog,
  environment: string,
  seen?: ReadonlyMap<string, AppView["vars"]>,
): Promise<RunningFlag> {
  const variable = flagVariable(catalog);
  const apps: AppFlag[] = [];
  for (const app of flagApps(catalog, environment)) {
    const raw = (seen?.get(app) ?? (await heroku.configVars(app))).get(variable)?.reveal();
    const touched = raw === undefined ? undefined : await lastTouch(heroku, app, variable);
    apps.push(appFlag({ app, variable }, raw, touched));
  }
  return flagOf(apps);
}

async function lastTouch(heroku: HerokuClient, app: string, variable: string): Promise<FlagRelease | undefined> {
  for await (const release of heroku.newestReleases(app)) if (touches(release, variable)) return release;
  return undefined;
}

/**
 * Paths at which nothing was seen and that the token may not read, each with Infisical's answer. A recursive list leaves them
 * out and says nothing of it, so they are asked for one by one: "not allowed" is not "not there".
 *
 * @throws InfisicalError for any other answer
 */
export async function unreadable(
  vault: InfisicalClient,
  rows: World["rows"],
  paths: Iterable<string>,
): Promise<Map<string, InfisicalError>> {
  const found = new Map<string, InfisicalError>();
  for (const path of new Set(paths))
    if (indexed(rows).in(path).length === 0)
      await vault.listSecrets(path).catch((error: unknown) => {
        if (!(error instanceof InfisicalError && error.kind === "forbidden")) throw error;
        found.set(path, error);
      });
  return found;
}

/** @throws InfisicalError for the first path that the token may not read */
async function mustRead(vault: InfisicalClient, rows: World["rows"], paths: Iterable<string>): Promise<void> {
  for (const error of (await unreadable(vault, rows, paths)).values()) throw error;
}

/** Paths that a plan is made from. */
function pathsToRead(catalog: Catalog, config: StackConfig, on: boolean): string[] {
  const { environment, root, vaultEnvAware } = config;
  // With the flag off it is the flat path that is read.
  const turnsOff = on && !vaultEnvAware;
  return heldBy(catalog, environment).flatMap(({ name, vendor }) => [
    environmentPath(root, vendor, environment),
    ...(turnsOff || sourceOf(catalog, config, name) === "copy" ? [flatPath(root, vendor)] : []),
  ]);
}

/** What one look asks a vault for. */
export interface VaultReads {
  /** The folders below the root. */
  readonly tree: Awaited<ReturnType<InfisicalClient["listFolderTree"]>>;
  /** Rows by the folder that was read with all that is below it. */
  readonly reads: ReadonlyMap<string, readonly VaultRow[]>;
}

/** What was read of the vault, folder by folder: an update need not read it again. */
export interface VaultSight extends VaultReads {
  /** Folders in a folder, by its path, as far as they were listed. */
  readonly listed: ReadonlyMap<string, readonly FolderEntry[]>;
}

/** Everything of a stack that may be seen: `World`, but for what an account's or a token's rights hide. */
export interface Sight extends Omit<World, "flag">, SeenApps, VaultSight {
  readonly root: RootJudgement;
}

/** Lists folders only where no secret proves the root. */
async function lookAtRoot(
  catalog: Catalog,
  root: string,
  vault: InfisicalClient,
  rows: World["rows"],
  /** Names of the folders in the root, where they are known. */
  own?: readonly string[],
): Promise<RootJudgement> {
  const listed = new Map<string, readonly string[]>(own ? [[root, own]] : []);
  for (;;) {
    const paths = foldersToList(catalog, root, rows, listed);
    if (paths.length === 0) return judgeRoot(catalog, root, rows, listed);
    for (const path of paths) {
      const folders = await vault.listFolders(path);
      listed.set(
        path,
        folders.map(({ name }) => name),
      );
    }
  }
}

/** @throws Refusal where the token may not list a folder: unknown is neither right nor wrong */
async function listed<T>(root: string, look: Promise<T>): Promise<T> {
  return look.catch((error: unknown) => {
    if (!(error instanceof InfisicalError && error.kind === "forbidden")) throw error;
    throw refusalOf([{ code: "root-unknown", root, answer: error.message }]);
  });
}

/**
 * @param rows what was read below the root
 * @returns what to warn of; undefined where the root holds the catalog's folders
 * @throws Refusal for a root that is not the catalog's, or that the token may not list
 */
export async function checkRoot(
  catalog: Catalog,
  root: string,
  vault: InfisicalClient,
  rows: World["rows"],
): Promise<PlaceFinding | undefined> {
  const judged = await listed(root, lookAtRoot(catalog, root, vault, rows));
  if (judged.is === "wrong") throw refusalOf([judged.why]);
  return judged.is === "new" ? judged.warning : undefined;
}

/** A folder that is to be written to. */
export interface FolderSight {
  readonly folder: "there" | "make";
  /** What is strange and no reason to refuse. */
  readonly warning: PlaceFinding | undefined;
}

/**
 * A folder that is there shows that its root is the right one. Before one is made the root is judged: at a mistyped one a new
 * tree would begin, which nobody reads.
 *
 * @param rows what was read below the root, the folder's own among them
 * @throws Refusal, as `checkRoot`
 */
export async function lookAtFolder(
  catalog: Catalog,
  root: string,
  vault: InfisicalClient,
  path: string,
  rows: World["rows"],
): Promise<FolderSight> {
  if (indexed(rows).in(path).length > 0 || (await listed(root, vault.folderExists(path))))
    return { folder: "there", warning: undefined };
  return { folder: "make", warning: await checkRoot(catalog, root, vault, rows) };
}

/**
 * The folders to read with all that is below them: those of the vendors whose credentials have an environment, since a plan needs
 * no other. Where the root holds nothing else, that is the root, in one read.
 *
 * @param inRoot names of the folders in the root
 */
function foldersToRead(catalog: Catalog, root: string, inRoot: readonly string[]): string[] {
  const vendors = scopedVendors(catalog);
  const moved = new Set(vendors);
  const whole = vendors.length > 1 && inRoot.length > 0 && inRoot.every((name) => moved.has(name));
  return whole ? [`${root}/`] : vendors.map((vendor) => flatPath(root, vendor));
}

/** Which environment folders exist. One with a secret in it is there; only an empty or missing one has to be asked for. */
async function seeFolders(
  catalog: Catalog,
  { environment, root }: StackConfig,
  vault: InfisicalClient,
  rows: World["rows"],
  { folders: tree, complete }: Awaited<ReturnType<InfisicalClient["listFolderTree"]>>,
) {
  const folders = new Set<string>();
  const listed = new Map<string, readonly FolderEntry[]>();
  const there = new Set(tree.map(({ path }) => path));
  const inFolder = new Map<string, FolderEntry[]>();
  for (const entry of tree) {
    const parent = entry.path.slice(0, -entry.name.length - 1);
    const others = inFolder.get(parent);
    if (others) others.push(entry);
    else inFolder.set(parent, [entry]);
  }
  for (const vendor of scopedVendors(catalog)) {
    const [flat, path] = [flatPath(root, vendor), environmentPath(root, vendor, environment)];
    const empty = indexed(rows).in(path).length === 0;
    if (complete || !there.has(flat)) listed.set(flat, inFolder.get(flat) ?? []);
    else if (empty) listed.set(flat, await vault.listFolders(flat));
    if (!empty || listed.get(flat)!.some((one) => one.path === path)) folders.add(path);
  }
  return { folders, listed };
}

// Also tells a wrong token, project and environment from a vault that has nothing.
const readTree = (root: string, vault: InfisicalClient) => vault.listFolderTree(`${root}/`);

const namesInRoot = (root: string, { folders }: VaultReads["tree"]) =>
  folders.filter(({ name, path }) => path === `${root}/${name}/`).map(({ name }) => name);

async function readBelow(vault: InfisicalClient, below: readonly string[]): Promise<VaultReads["reads"]> {
  const reads = new Map<string, readonly VaultRow[]>();
  for (const path of below) reads.set(path, await vault.listSecrets(path, { recursive: true }));
  return reads;
}

/** What a plan needs of the vault, for one that is made later. @throws InfisicalError */
export async function readForPlan(catalog: Catalog, root: string, vault: InfisicalClient): Promise<VaultReads> {
  const tree = await readTree(root, vault);
  return { tree, reads: await readBelow(vault, foldersToRead(catalog, root, namesInRoot(root, tree))) };
}

interface SeeOptions {
  /** The folders to read with all that is below them; by default what a plan needs. */
  readonly below?: readonly string[];
  /** The vault as it was read just now, by `readForPlan`: it is not read again. */
  readonly seen?: VaultReads | undefined;
  /** Folders to read besides, each by itself. One that the token may not read shows nothing. */
  readonly besides?: readonly string[];
  /** An app's config vars by its UUID, where they were read just now. */
  readonly varsOf?: (appId: string) => AppView["vars"] | undefined;
  /** Called when one of the two begins to be read. */
  readonly onStep?: (step: "vault" | "apps") => void;
}

/** @throws InfisicalError, HerokuError for what cannot be read (which is not the same as missing) */
export async function see(
  catalog: Catalog,
  config: StackConfig,
  vault: InfisicalClient,
  heroku: HerokuClient,
  { below, seen, besides = [], varsOf, onStep = () => {} }: SeeOptions = {},
): Promise<Sight> {
  const { environment, root } = config;
  onStep("vault");
  const tree = seen?.tree ?? (await readTree(root, vault));
  const inRoot = namesInRoot(root, tree);
  const { email: account } = await heroku.account();
  const reads = seen?.reads ?? (await readBelow(vault, below ?? foldersToRead(catalog, root, inRoot)));
  const more = besides.filter((path) => ![...reads.keys()].some((above) => path.startsWith(above)));
  const lists = [...reads.values(), ...(more.length > 0 ? [(await readFolders(vault, more)).rows] : [])];
  const rows = lists.length === 1 ? lists[0]! : lists.flat();

  const { folders, listed } = await seeFolders(catalog, config, vault, rows, tree);
  onStep("apps");
  const apps = await seeApps(heroku, catalog, environment, account, varsOf);
  const judged = await lookAtRoot(catalog, root, vault, rows, inRoot);
  return { rows, tree, reads, listed, folders, account, ...apps, root: judged, now: heroku.now() };
}

/**
 * What a plan is made from.
 * @param options `made`: folders that the stack's last update had; undefined where that is not known. One of them that shows nothing is read
 * by itself, as is every flat folder that is copied from: it may be hidden. One that was never made, that is not listed, and beside
 * which the token reads the flat values, is missing.
 * @throws InfisicalError, HerokuError for what cannot be read; Refusal where the Heroku account does not see all of the stack's
 * apps, or the root is not the catalog's
 */
export async function look(
  catalog: Catalog,
  config: StackConfig,
  vault: InfisicalClient,
  heroku: HerokuClient,
  { made, ...options }: Omit<SeeOptions, "below"> & { readonly made?: ReadonlySet<string> } = {},
): Promise<World & VaultSight & Pick<Sight, "root">> {
  const world = complete(await see(catalog, config, vault, heroku, options));
  if (world.root.is === "wrong") throw refusalOf([world.root.why]);
  const seen = indexed(world.rows);
  const flatOf = new Map(
    scopedVendors(catalog).map((vendor) => [
      environmentPath(config.root, vendor, config.environment),
      flatPath(config.root, vendor),
    ]),
  );
  const isMissing = (path: string) => {
    const flat = flatOf.get(path);
    return flat !== undefined && seen.in(flat).length > 0 && made?.has(path) === false && !world.folders.has(path);
  };
  const paths = pathsToRead(catalog, config, world.flag.is !== "off").filter((path) => !isMissing(path));
  await mustRead(vault, world.rows, [...paths, ...(options.besides ?? [])]);
  return world;
}

export function targetOf(config: StackConfig, services: Services, account: string): Target {
  return {
    vault: services.infisicalUrl,
    project: config.infisicalProjectId,
    slug: config.infisicalEnvironment,
    root: config.root,
    heroku: services.herokuUrl,
    account,
  };
}

export interface GateQuestion {
  readonly catalog: Catalog;
  /** Of the environment that wants to follow, as the next three. */
  readonly config: StackConfig;
  readonly vault: InfisicalClient;
  readonly world: World;
  readonly target: Target;
  readonly heroku: HerokuClient;
  readonly from: string;
  /** The output `migration` of the stack `from`. */
  readonly output: unknown;
}

/** What the gate asks, seen now: the other environment's flag, its apps, and every one of its names read and judged. */
export async function gateFacts(question: GateQuestion): Promise<GateFacts> {
  const { catalog, config, vault, world, target, heroku, from, output } = question;
  const { apps, flag } = complete(await seeApps(heroku, catalog, from, world.account));
  const parsed = migrationOutput.safeParse(output);
  const overrides = parsed.success ? parsed.data.overrides : [];
  const places = heldPlaces(catalog, from, config.root);
  const own = new Set(places.map(({ name, path }) => `${path}${name}`));
  const hidden = await unreadable(
    vault,
    world.rows,
    places.map(({ path }) => path),
  );
  const { wrong, unchecked } = readNow(catalog, from, config.root, { rows: world.rows, hidden }, overrides);
  const forbidden = forbiddenHere(catalog, from, config.root, { rows: world.rows, apps });
  return {
    from,
    to: config.environment,
    output,
    target,
    flag,
    wrong: [...wrong, ...forbidden.map((one) => ({ ...ruleBroken(one), environment: from }))],
    unchecked,
    rotationSeen: world.rows.some(
      (row) =>
        own.has(`${row.path}${row.name}`) &&
        !row.revision.endsWith("@1") &&
        flag.since !== undefined &&
        row.updatedAt >= flag.since,
    ),
    requireRotation: config.requireStagingRotation,
    soakHours: config.soakHours,
    override: config.promoteOverride,
    now: heroku.now(),
  };
}

/**
 * What turning the flag off would lead to.
 * @param records what the stack's last update remembers of its copies, by name
 * @param on whether the flag is on
 * @throws InfisicalError where the vault, or with this token any path of it, cannot be asked at all; Refusal for a root that is
 * not the catalog's
 */
export async function lookAtWayBack(
  catalog: Catalog,
  { environment, root }: StackConfig,
  vault: InfisicalClient,
  sets: Last["sets"],
  on: boolean,
): Promise<WayBack> {
  await vault.checkAccess();
  const places = placesRead({ catalog, environment, root, sets });
  const paths = wayBackPaths(catalog, environment, places);
  const seen = await readFolders(vault, paths);
  const [refused] = seen.hidden.values();
  if (on && refused && seen.hidden.size === paths.length) throw refused;
  if (seen.rows.length === 0 && !refused) await checkRoot(catalog, root, vault, seen.rows);
  const records = Object.assign({}, ...Object.values(sets).map(({ memory }) => memory.records));
  return wayBack(catalog, environment, places, { ...seen, records });
}
