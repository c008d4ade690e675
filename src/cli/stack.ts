import { readFileSync } from "node:fs";
import { type Catalog, usesHeroku } from "../catalog/index.js";
import {
  credentialsOf,
  isEncrypted,
  rawStackConfig,
  readStackConfig,
  type Services,
  type StackConfig,
  servicesOf,
} from "../config/index.js";
import {
  chooseEngine,
  configValue,
  type Engine,
  type EngineName,
  engineNames,
  lockStack,
  openEngine,
  type StackLocation,
} from "../engine/index.js";
import { UsageError } from "../errors.js";
import { HerokuClient, HerokuClients, herokuEngineProvider, NoHeroku, SeenVars } from "../heroku/index.js";
import { readForPlan, type VaultReads } from "../migration/index.js";
import type { Shared } from "../provider/index.js";
import type { SecretValue } from "../secret.js";
import {
  authFromEnvironment,
  createInfisicalClient,
  type InfisicalAuth,
  type InfisicalClient,
  Logins,
} from "../vault/client/index.js";
import { Ended, exitCodes } from "./exit.js";
import { ownProgram } from "./inline.js";
import type { Io } from "./io.js";
import { openProject, type Project } from "./project.js";
import { tellWait } from "./view.js";

export interface StackOptions {
  readonly stack: string;
  readonly engine?: string | undefined;
  readonly cwd?: string | undefined;
  readonly rebind?: boolean | undefined;
  /** The stack's updates are for what a command has written, and for nothing else: no flag turns, nothing retires or is restored. */
  readonly steady?: boolean | undefined;
  /** In place of HEROKU_API_KEY, for the stack's updates. */
  readonly herokuKey?: SecretValue | undefined;
}

export interface OpenVault {
  readonly catalog: Catalog;
  readonly config: StackConfig;
  readonly services: Services;
  readonly vault: InfisicalClient;
}

export interface OpenServices extends OpenVault {
  readonly heroku: HerokuClient;
}

const herokuKey = "heroku:apiKey";

/** The stack's own key, decrypted. */
export async function configuredKey(io: Io, projectDir: string, stack: string): Promise<string | undefined> {
  const raw = rawStackConfig(projectDir, stack);
  if (!isEncrypted(raw[herokuKey])) return undefined;
  return configValue({ projectDir, stack, env: definedOnly(io.env) }, herokuKey);
}

export function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Clients that a command has, by where they work and as whom. */
interface Clients {
  /** With the runs of its updates as well, where they are in this process. */
  readonly shared: Shared;
  readonly vaults: Map<string, InfisicalClient>;
}

/** A command logs in once at each place, however many of its stacks are there. */
const clientsOf = new WeakMap<Io, Clients>();

function openClients(io: Io): Clients {
  const known = clientsOf.get(io) ?? {
    shared: { logins: new Logins(), herokus: new HerokuClients(), seenVars: new SeenVars() },
    vaults: new Map(),
  };
  clientsOf.set(io, known);
  return known;
}

function openVault(io: Io, config: StackConfig, url: string, auth: InfisicalAuth): InfisicalClient {
  const { vaults, shared } = openClients(io);
  const { logins } = shared;
  const { infisicalProjectId: projectId, infisicalEnvironment: environment } = config;
  const place = JSON.stringify([url, projectId, environment]);
  const vault =
    vaults.get(place) ??
    createInfisicalClient({ url, projectId, environment, auth, logins, signal: io.signal, onWait: tellWait(io) });
  vaults.set(place, vault);
  return vault;
}

function openHeroku(io: Io, url: string, key: SecretValue): HerokuClient {
  const open = () => new HerokuClient({ url, auth: { kind: "bearer", key }, onWait: tellWait(io) });
  return openClients(io).shared.herokus.at(url, key, open);
}

/** A stack's config, and a client of its vault alone: no Heroku key is asked for. Makes no request. */
export function openVaultOnly(io: Io, { dir, catalog }: Project, stack: string): OpenVault {
  const config = readStackConfig(dir, stack, catalog);
  const services = servicesOf(config, io.env, usesHeroku(catalog));
  return {
    catalog,
    config,
    services,
    vault: openVault(io, config, services.infisicalUrl, authFromEnvironment(io.env)),
  };
}

/** A stack's config, and clients of its two services. Makes no request. */
export async function openServices(io: Io, { dir, catalog }: Project, stack: string): Promise<OpenServices> {
  const config = readStackConfig(dir, stack, catalog);
  const services = servicesOf(config, io.env, usesHeroku(catalog));
  const { infisical, heroku } = credentialsOf(io.env, await configuredKey(io, dir, stack), usesHeroku(catalog));
  return {
    catalog,
    config,
    services,
    vault: openVault(io, config, services.infisicalUrl, infisical),
    heroku: usesHeroku(catalog) && heroku ? openHeroku(io, services.herokuUrl, heroku) : new NoHeroku(),
  };
}

/**
 * One look at a stack's vault, which all updates of this command begin with that run in its process. Take it after the command's own
 * write.
 * @throws InfisicalError
 */
export async function lookForUpdates(io: Io, { catalog, config, services, vault }: OpenStack): Promise<VaultReads> {
  const { root, infisicalProjectId: project, infisicalEnvironment: slug } = config;
  const atMs = performance.now();
  const reads = await readForPlan(catalog, root, vault);
  const place = { url: services.infisicalUrl, project, slug };
  openClients(io).shared.look = { place, root, atMs, reads: () => reads };
  return reads;
}

export interface OpenStack extends OpenServices {
  readonly projectDir: string;
  readonly engine: Engine;
  /** Why this engine, in words. */
  readonly engineReason: string;
  /**
   * @returns false for a backend whose lock only an update itself can take
   * @throws Ended that names the holder, while an update of the stack runs
   */
  refuseWhileHeld(): Promise<boolean>;
}

function engineOption(text = "auto"): EngineName | "auto" {
  if (text === "auto" || engineNames.some((name) => name === text)) return text as EngineName | "auto";
  throw new UsageError(`--engine takes auto, ${engineNames.join(" or ")}, not ${JSON.stringify(text)}`);
}

async function chosenEngine(
  io: Io,
  asked: EngineName | "auto",
  location: StackLocation & { env: Record<string, string> },
  loopback: boolean,
): Promise<{ engine: Engine; reason: string }> {
  const { shared } = openClients(io);
  if (io.openEngine) return { engine: io.openEngine(location, shared), reason: "the caller's own" };
  const { name, reason } = await chooseEngine(asked, location, { embeddedUnasked: loopback });
  const heroku = herokuEngineProvider({ env: location.env, seen: shared.seenVars, onWait: tellWait(io) });
  const inline = name === "embedded" ? ownProgram(shared) : undefined;
  return { engine: openEngine(name, location, { heroku }, inline), reason };
}

/** That an update runs is no wrong use: it ends as `up` itself does then. */
const takeLock = (location: StackLocation, engine: EngineName) =>
  lockStack(location, engine).catch((error: Error) => {
    throw new Ended(exitCodes.failed, error.message);
  });

/** As both engines choose it: the variable counts once it is set, even to nothing; else what the file holds. */
function refuseEmptyPassphrase({
  PULUMI_CONFIG_PASSPHRASE: text,
  PULUMI_CONFIG_PASSPHRASE_FILE: file,
}: NodeJS.ProcessEnv): void {
  const empty =
    text === ""
      ? "PULUMI_CONFIG_PASSPHRASE is empty"
      : text === undefined && file && isEmptyFile(file)
        ? `${file} (PULUMI_CONFIG_PASSPHRASE_FILE) is empty`
        : undefined;
  if (empty)
    throw new UsageError(`${empty}: it encrypts the secrets in the stack's state, so off loopback it may not be.`);
}

function isEmptyFile(file: string): boolean {
  try {
    return readFileSync(file, "utf8").trim() === "";
  } catch {
    return false; // The engine says so, if it needs it.
  }
}

/** Everything that a stack command needs. */
export async function openStack(io: Io, options: StackOptions): Promise<OpenStack> {
  const project = await openProject(io, options.cwd);
  const { dir: projectDir } = project;
  const open = await openServices(io, project, options.stack);
  const { loopback } = open.services;
  const env = definedOnly(io.env);
  // The command itself says what was refused, by its exit code; with plain Pulumi the program has to.
  env.CONSOLE_VAULT_COMMAND = "1";
  if (options.rebind) env.CONSOLE_VAULT_REBIND = "1";
  if (options.herokuKey) env.HEROKU_API_KEY = options.herokuKey.reveal();
  if (options.steady) env.CONSOLE_VAULT_STEADY = "1";
  // The Heroku provider knows nothing of our config: without this it would write to the real Heroku.
  env.HEROKU_API_URL = open.services.herokuUrl;
  if (!loopback) refuseEmptyPassphrase(env);
  else if (!env.PULUMI_CONFIG_PASSPHRASE_FILE) env.PULUMI_CONFIG_PASSPHRASE ??= "";
  const at = (stack: string) => ({ projectDir, stack, env });
  const { engine, reason } = await chosenEngine(io, engineOption(options.engine), at(options.stack), loopback);

  const refuseWhileHeld = async () => {
    const lock = await takeLock(at(options.stack), engine.name);
    await lock?.release();
    return lock !== undefined;
  };
  return { ...open, projectDir, engine, engineReason: reason, refuseWhileHeld };
}
