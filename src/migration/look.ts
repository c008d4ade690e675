// The one look that a plan is made from: one recursive read of the vault, one look at each app. Reads only.
import { type Catalog, environmentOf, flagApp, heldBy, scopedVendors } from "../catalog/index.js";
import type { Services, StackConfig } from "../config/index.js";
import { Refusal } from "../errors.js";
import { type HerokuClient, HerokuError } from "../heroku/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import type { InfisicalClient } from "../vault/client/index.js";
import { type FlagRelease, runningFlag, touches } from "./flag.js";
import { type GateFacts, migrationOutput } from "./gate.js";
import { forbiddenHere, readNow } from "./judged.js";
import type { AppView, RunningFlag, Target, World } from "./world.js";

/** An app by its name, with a refusal that says which account does not see it. */
async function viewOf(heroku: HerokuClient, account: string, name: string): Promise<AppView> {
  try {
    const { id } = await heroku.app(name);
    return { name, id, vars: await heroku.configVars(name) };
  } catch (error) {
    if (error instanceof HerokuError && (error.kind === "not-found" || error.kind === "forbidden"))
      throw new Refusal(
        `The Heroku account ${account} does not see the app ${name}. Use a key of an account that sees all apps of the stack (heroku:apiKey or HEROKU_API_KEY).`,
      );
    throw error;
  }
}

/** The flag of an environment as it runs now, from its console app's vars and releases. */
export async function lookAtFlag(
  heroku: HerokuClient,
  catalog: Catalog,
  environment: string,
  vars?: AppView["vars"],
): Promise<RunningFlag> {
  const app = flagApp(catalog, environment);
  const { variable } = catalog.flag;
  const raw = (vars ?? (await heroku.configVars(app))).get(variable)?.reveal();
  return runningFlag(app, raw, raw === undefined ? undefined : await lastTouch(heroku, app, variable));
}

async function lastTouch(heroku: HerokuClient, app: string, variable: string): Promise<FlagRelease | undefined> {
  for await (const release of heroku.newestReleases(app)) if (touches(release, variable)) return release;
  return undefined;
}

/**
 * A recursive list leaves out what the token may not read, and says nothing of it: a path that seems empty is asked for by
 * itself, so that "not allowed" is not taken for "not there".
 *
 * @throws InfisicalError
 */
async function mayRead(
  catalog: Catalog,
  { environment, root, sources, vaultEnvAware }: StackConfig,
  vault: InfisicalClient,
  rows: World["rows"],
  on: boolean,
): Promise<void> {
  const { source } = environmentOf(catalog, environment);
  // With the flag off it is the flat path that is read.
  const turnsOff = on && !vaultEnvAware;
  const paths = heldBy(catalog, environment).flatMap(({ name, vendor }) => [
    environmentPath(root, vendor, environment),
    ...(turnsOff || (sources[name] ?? source) === "copy" ? [flatPath(root, vendor)] : []),
  ]);
  for (const path of new Set(paths)) if (!rows.some((row) => row.path === path)) await vault.listSecrets(path);
}

/**
 * @throws InfisicalError, HerokuError for what cannot be read (which is not the same as missing); Refusal where the Heroku
 * account does not see all of the stack's apps
 */
export async function look(
  catalog: Catalog,
  config: StackConfig,
  vault: InfisicalClient,
  heroku: HerokuClient,
): Promise<World> {
  await vault.checkAccess();
  const { email: account } = await heroku.account();
  const rows = await vault.listSecrets(config.root, { recursive: true });

  const folders = new Set<string>();
  for (const vendor of scopedVendors(catalog)) {
    const path = environmentPath(config.root, vendor, config.environment);
    // A folder with a secret in it is there; only an empty one has to be asked for.
    if (rows.some((row) => row.path === path) || (await vault.folderExists(path))) folders.add(path);
  }

  const apps: AppView[] = [];
  for (const name of Object.values(environmentOf(catalog, config.environment).apps))
    apps.push(await viewOf(heroku, account, name));
  const flagVars = apps.find(({ name }) => name === flagApp(catalog, config.environment))?.vars;
  const flag = await lookAtFlag(heroku, catalog, config.environment, flagVars);
  await mayRead(catalog, config, vault, rows, flag.on);
  return { rows, folders, apps, flag, account, now: heroku.now() };
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

/** The environment that goes before another one (staging before prod), in the catalog's order. */
export function predecessor(catalog: Catalog, environment: string): string | undefined {
  const index = catalog.environments.findIndex(({ name }) => name === environment);
  return catalog.environments[index - 1]?.name;
}

/** What the gate asks, seen now: the other environment's flag, its apps, and every one of its names read and judged. */
export async function gateFacts(
  catalog: Catalog,
  config: StackConfig,
  world: World,
  target: Target,
  heroku: HerokuClient,
  from: string,
  output: unknown,
): Promise<GateFacts> {
  const apps = [];
  for (const name of Object.values(environmentOf(catalog, from).apps))
    apps.push(await viewOf(heroku, world.account, name));
  const flag = await lookAtFlag(heroku, catalog, from, apps.find(({ name }) => name === flagApp(catalog, from))?.vars);
  const parsed = migrationOutput.safeParse(output);
  const overrides = parsed.success ? parsed.data.overrides : [];
  const own = new Set(
    heldBy(catalog, from).map((one) => `${environmentPath(config.root, one.vendor, from)}${one.name}`),
  );
  const { wrong, unchecked } = readNow(catalog, from, config.root, world.rows, overrides);
  const forbidden = forbiddenHere(catalog, from, config.root, { rows: world.rows, apps });
  return {
    from,
    to: config.environment,
    output,
    target,
    flag,
    wrong: [...wrong, ...forbidden.map(({ name, why }) => `${name}: ${why}`)],
    unchecked,
    rotationSeen: world.rows.some(
      (row) =>
        own.has(`${row.path}${row.name}`) &&
        !row.token.endsWith("@1") &&
        flag.since !== undefined &&
        row.updatedAt >= flag.since,
    ),
    requireRotation: config.requireStagingRotation,
    soakHours: config.soakHours,
    override: config.promoteOverride,
    now: heroku.now(),
  };
}
