import { AsyncLocalStorage } from "node:async_hooks";
import { seal } from "../envelope.js";
import { HerokuClient, HerokuClients, type SeenVars } from "../heroku/index.js";
import type { VaultPlace, VaultReads, VaultRow, VaultSight } from "../migration/index.js";
import { runContext } from "../runContext.js";
import { SecretValue } from "../secret.js";
import {
  authFromEnvironment,
  createInfisicalClient,
  type InfisicalClient,
  type Logins,
} from "../vault/client/index.js";
import { type Wait, waitLine } from "../waits.js";
import { same } from "./contract.js";
import { Inventory } from "./inventory.js";

// Pulumi's host gives a provider no other way to say something: the engine passes on what it prints.
const onWait = (wait: Wait) => runContext().print(seal(waitLine(wait), { is: "wait", wait }));

/** How long a look that a command took may be what an update begins with (ms). */
const freshForMs = 60_000;

/** What a command shares with the runs of its updates, where they are in its process. */
export interface Shared {
  readonly logins: Logins;
  readonly herokus: HerokuClients;
  /** What the engine's own Heroku provider reads. */
  readonly seenVars: SeenVars;
  /** What the command saw of a vault after its own write, and then what its updates saw last: the next one begins with that. */
  look?: SharedLook;
}

interface SharedLook {
  readonly place: VaultPlace;
  readonly root: string;
  /** `performance.now()` of the command's look. */
  readonly atMs: number;
  /** undefined where a write of an update came after it. */
  readonly reads: () => VaultReads | undefined;
}

/** What providers keep for as long as one run lasts. */
interface Kept {
  readonly vaults: Map<string, OpenVault>;
  readonly herokus: HerokuClients;
  shared?: Shared | undefined;
}

/** One vault, as one identity, in one run. */
interface OpenVault {
  readonly client: InfisicalClient;
  /** By the folder that is read with all that is below it. */
  readonly inventories: Map<string, Inventory>;
  /** Of the program's look; a later listing is not needed before a folder is made, which the same update does. */
  listed: VaultSight["listed"];
}

const kept = new WeakMap<ReturnType<typeof runContext>, Kept>();

function keptByRun(): Kept {
  const context = runContext();
  const known = kept.get(context) ?? { vaults: new Map(), herokus: new HerokuClients() };
  kept.set(context, known);
  return known;
}

function openVault({ url, project, slug }: VaultPlace): OpenVault {
  const { env } = runContext();
  const { vaults, shared } = keptByRun();
  const { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: id, INFISICAL_CLIENT_SECRET: secret } = env;
  const key = JSON.stringify([url, project, slug, token, id, secret]);
  const known = vaults.get(key);
  if (known) return known;
  const auth = authFromEnvironment(env);
  const client = createInfisicalClient({
    url,
    projectId: project,
    environment: slug,
    auth,
    logins: shared?.logins,
    onWait,
  });
  const opened: OpenVault = { client, inventories: new Map(), listed: new Map() };
  vaults.set(key, opened);
  return opened;
}

/** One client per vault, credentials and run: one login, and one queue for the writes that must not race. */
export const vaultAt = (place: VaultPlace): InfisicalClient => openVault(place).client;

/** The look that this run's command took of the same vault and root, while it is fresh. */
export function sharedReads(place: VaultPlace, root: string): VaultReads | undefined {
  const look = keptByRun().shared?.look;
  if (!look || look.root !== root || !same(look.place, place)) return undefined;
  return performance.now() - look.atMs < freshForMs ? look.reads() : undefined;
}

/**
 * What the program has just looked at is what the resources of its update begin with, where they are in the same process.
 * @param shared what it began with itself
 */
export function keepSight(place: VaultPlace, { tree, reads, listed }: VaultSight, shared?: VaultReads): void {
  const opened = openVault(place);
  // Whether a folder is there decides whose it is: of an earlier look that is asked again.
  opened.listed = shared ? new Map() : listed;
  opened.inventories.clear();
  for (const [path, rows] of reads) inventoryOf(opened, path).seed(rows);
  const { shared: command } = keptByRun();
  if (!shared || !command?.look) return;
  const settled = () => {
    const now = new Map<string, readonly VaultRow[]>();
    for (const path of reads.keys()) {
      const rows = inventoryOf(opened, path).settled;
      if (!rows) return undefined;
      now.set(path, rows);
    }
    return { tree, reads: now };
  };
  command.look = { ...command.look, reads: settled };
}

/** Everything below a vendor's flat folder, from the widest read that this run has begun with. */
export function inventoryAt(place: VaultPlace, flatPath: string): Inventory {
  const opened = openVault(place);
  const [only] = opened.inventories.size === 1 ? opened.inventories.keys() : [];
  return inventoryOf(opened, only !== undefined && flatPath.startsWith(only) ? only : flatPath);
}

function inventoryOf({ client, inventories }: OpenVault, path: string): Inventory {
  const known = inventories.get(path) ?? new Inventory(() => client.listSecrets(path, { recursive: true }));
  inventories.set(path, known);
  return known;
}

/** The folders in a folder, as the program of this run saw them, or as they are now. */
export async function foldersIn(place: VaultPlace, path: string) {
  const { client, listed } = openVault(place);
  return listed.get(path) ?? client.listFolders(path);
}

/** What a command has is what its updates go on with. */
export function shareWithRun(shared: Shared | undefined): void {
  keptByRun().shared = shared;
}

const herokuKeys = new AsyncLocalStorage<string | undefined>();

/**
 * Does a provider's work with the Heroku key that its own instance was configured with. A run may have several: the one before a
 * key was replaced still reads what it made.
 */
export const withHerokuKey = <T>(apiKey: string | undefined, work: () => T): T => herokuKeys.run(apiKey, work);

/** @throws Error where neither the stack's configuration nor the environment has a key */
export function herokuAt(url: string): HerokuClient {
  const key = herokuKeys.getStore() || runContext().env.HEROKU_API_KEY;
  if (!key)
    throw new Error("Heroku: set HEROKU_API_KEY, or keep it with the stack: pulumi config set --secret heroku:apiKey");
  return herokuWith(url, SecretValue.of(key));
}

/** Of this run's engine, where it is in the same process. */
export const seenVars = (): SeenVars | undefined => keptByRun().shared?.seenVars;

/** One client for each key of this run, or of its command. */
export function herokuWith(url: string, key: SecretValue, tell = onWait): HerokuClient {
  const { shared, herokus } = keptByRun();
  const open = () => new HerokuClient({ url, auth: { kind: "bearer", key }, onWait: tell });
  return (shared?.herokus ?? herokus).at(url, key, open);
}
