// One company on the two local services, one project directory, and the stacks' states in memory.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
// The command line loads a command when it is asked for; here all are there from the beginning.
import "../../src/cli/commands/promote.js";
import "../../src/cli/commands/provision.js";
import "../../src/cli/commands/rollback.js";
import "../../src/cli/commands/rotate.js";
import "../../src/cli/commands/status.js";
import "../../src/cli/commands/update.js";
import { consoleCatalog } from "../../src/catalog/index.js";
import { run } from "../../src/cli/program.js";
import { type Engine, type EngineEvent, type PlainResource, plainResources } from "../../src/engine/index.js";
import type { RunOptions, StackLocation } from "../../src/engine/port.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { type LocalSeed, type LocalServices, startLocal } from "../../src/local/index.js";
import { type MigrationRecord, resourceTypes } from "../../src/migration/index.js";
import { consoleVault } from "../../src/program/index.js";
import type { Shared } from "../../src/provider/index.js";
import { usualFlavour } from "../support/flavour.js";
import { InProcessStacks } from "../support/inProcessEngine.js";
import { appsOf, type Env, environments, flatOf, goodValue, names, type Place, pathOf } from "./values.js";

export interface Row {
  readonly id: string;
  /** `id@version` */
  readonly token: string;
  /** With a final slash. */
  readonly path: string;
  readonly name: string;
  readonly value: string;
  readonly updatedAt: Date;
}

/** Everything that the two services hold. */
export interface Held {
  readonly rows: readonly Row[];
  /** Paths without a final slash. */
  readonly folders: readonly string[];
  /** App to var to value. */
  readonly apps: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Answer {
  readonly code: number;
  readonly told: string;
}

/** What the engine told of a preview, and of the update that a command made of it. */
export interface Runs {
  readonly preview: readonly EngineEvent[];
  readonly up: readonly EngineEvent[];
  /** Whether such an update came to its end. */
  readonly updated: boolean;
}

/** Another place that a stack's settings or the operator's shell may name. */
export type Elsewhere = "root" | "project" | "vault's URL" | "Heroku's URL";

/** A stack's config, keys without their namespace. */
export type StackSettings = Record<string, unknown>;

interface StoredResource {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: { readonly sensitiveVars?: { readonly ciphertext?: string } };
}

/** The Infisical environment slug of everything. */
const slug = "prod";
const email = "ops@raxx.example";
const loginKey = "HRKU-ffffffff-0000-4000-8000-000000000000";
/** Vars of the apps that hold credentials before the migration, as in the local services' own seed. */
const consumed: Record<string, readonly string[]> = {
  "raxx-api-staging": [
    "ALPACA_PAPER_API_KEY_ID",
    "ALPACA_PAPER_API_SECRET_KEY",
    "STRIPE_RESTRICTED_KEY",
    "POSTMARK_SERVER_TOKEN",
  ],
  "raxx-console-staging": ["HEROKU_API_KEY", "HEROKU_PLATFORM_API_TOKEN"],
  "raxx-api-prod": names.filter((name) => !name.startsWith("HEROKU")),
  "raxx-console-prod": ["HEROKU_API_KEY", "HEROKU_PLATFORM_API_TOKEN"],
};
let projects = 0;

function seedOf(projectId: string): LocalSeed {
  const flat: Record<string, Record<string, string>> = {};
  for (const [index, name] of names.entries()) {
    const folder = flatOf(name).slice(0, -1);
    flat[folder] = { ...flat[folder], [name]: goodValue(name, "prod", index + 1) };
  }
  const flatValueOf = (name: string) => flat[flatOf(name).slice(0, -1)]![name]!;
  // Foreign names beside ours: one in a vendor's folder, one shared credential, one vendor that is nobody's.
  flat["/MooseQuest/heroku"]!.LEGACY_DYNO_TOKEN = "foreign-dyno";
  flat["/MooseQuest/slack"] = { SLACK_BOT_TOKEN: "xoxb-fake-1" };
  flat["/MooseQuest/mailgun"] = { MAILGUN_KEY: "foreign-mailgun" };
  const apps = Object.entries(consumed).map(([name, vars]) => ({
    name,
    vars: { APP_ENV: name, LOG_LEVEL: "info", ...Object.fromEntries(vars.map((one) => [one, flatValueOf(one)])) },
  }));
  apps.push({ name: "raxx-marketing", vars: { APP_ENV: "raxx-marketing", LOG_LEVEL: "warn" } });
  return {
    infisical: {
      project: { id: projectId, slug: "moose-quest", name: "MooseQuest" },
      identities: [{ name: "tool", clientId: "tool", clientSecret: "tool-secret", role: "admin" }],
      secrets: { [slug]: flat },
    },
    heroku: { accounts: [{ email, keys: [loginKey], apps: apps.map(({ name }) => name) }], apps },
  };
}

/** A server that is neither service. What reaches it was sent to a place that no stack worked on. */
class Stranger {
  requests = 0;
  readonly #server = createServer((_request, response) => {
    this.requests += 1;
    response.writeHead(404).end();
  });

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const noRuns = () => ({ preview: [] as EngineEvent[], up: [] as EngineEvent[], updated: false });

export class World {
  #serial = 1000;
  #settings: Record<Env, StackSettings>;
  readonly #stacks: InProcessStacks;
  /** Over the shell's variables. */
  #shell: Record<string, string> = {};
  /** What the operator's token may read; undefined: everything. */
  #rights: { readonly places: readonly Place[]; readonly token: string } | undefined;
  /** What somebody else does once the next command has looked, before its update takes the stack's lock. */
  meanwhile: (() => Promise<void>) | undefined;
  #runs = noRuns();

  private constructor(
    readonly local: LocalServices,
    readonly dir: string,
    readonly stranger: Stranger,
    private readonly projectId: string,
  ) {
    const common = { infisicalProjectId: projectId, vaultEnvAware: false };
    this.#settings = { staging: { ...common }, prod: { ...common } };
    this.#stacks = new InProcessStacks({
      program: consoleVault(consoleCatalog),
      native: (env, shared) => ({
        heroku: herokuEngineProvider({
          env,
          waits: { rateLimitMs: 1, pollMs: 1 },
          ...(shared ? { seen: shared.seenVars } : {}),
        }),
      }),
    });
    local.heroku.keys.check("any");
    writeFileSync(join(dir, "Pulumi.yaml"), "name: console-vault\nruntime: nodejs\n");
    writeFileSync(join(dir, "catalog.ts"), 'export { consoleCatalog as default } from "console-vault/catalog";\n');
    for (const env of environments) this.configure(env, {});
  }

  static async open(): Promise<World> {
    // A project of its own for each world: the provider keeps one client per vault and project for as long as its process lives.
    const projectId = `model-${++projects}`;
    const local = await startLocal({ seed: seedOf(projectId), herokuRequests: 1e9, flavour: usualFlavour });
    const stranger = await new Stranger().open();
    return new World(local, mkdtempSync(join(tmpdir(), "console-vault-model-")), stranger, projectId);
  }

  async close(): Promise<void> {
    rmSync(this.dir, { recursive: true });
    this.stranger.close();
    await this.local.close();
  }

  get vault() {
    return this.local.infisical.vault;
  }
  get apps() {
    return this.local.heroku.apps;
  }
  get now(): Date {
    return this.local.control.clock.now();
  }

  /** @returns puts everything back as it is now */
  checkpoint(): () => void {
    const [settings, serial] = [structuredClone(this.#settings), this.#serial];
    const files = environments.map((env) => this.fileText(env));
    const back = [this.local.checkpoint(), this.local.control.clock.checkpoint(), this.#stacks.checkpoint()];
    return () => {
      for (const restore of back) restore();
      this.#settings = structuredClone(settings);
      this.#serial = serial;
      for (const [index, env] of environments.entries()) writeFileSync(this.#file(env), files[index]!);
      this.#shell = {};
      this.#rights = undefined;
      this.meanwhile = undefined;
      this.stranger.requests = 0;
      this.local.control.clearFaults();
      this.local.control.requests.length = 0;
    };
  }

  /** A number that this world has not used yet. */
  serial(): number {
    return ++this.#serial;
  }

  held(): Held {
    return {
      folders: this.vault.folders(slug),
      rows: this.vault.allSecrets(slug).map(({ id, version, path, name, value, updatedAt }) => ({
        id,
        token: `${id}@${version}`,
        path: `${path}/`,
        name,
        value,
        updatedAt,
      })),
      apps: Object.fromEntries(this.apps.names().map((app) => [app, this.apps.vars(app)])),
    };
  }

  /** Rewrites a stack's file with some keys changed; a key that is undefined goes. */
  configure(env: Env, change: StackSettings): void {
    this.#settings[env] = { ...this.#settings[env], ...change };
    const config = Object.entries(this.#settings[env]).filter(([, value]) => value !== undefined);
    const keys = Object.fromEntries(config.map(([key, value]) => [`console-vault:${key}`, value]));
    writeFileSync(this.#file(env), stringify({ config: keys }));
  }

  /** After a command that may have changed the flag in the file. */
  rereadFlag(env: Env): void {
    this.#settings[env].vaultEnvAware = /vaultEnvAware: true/.test(this.fileText(env));
  }

  settings(env: Env): StackSettings {
    return this.#settings[env];
  }

  fileText(env: Env): string {
    return readFileSync(this.#file(env), "utf8");
  }

  #file(env: Env): string {
    return join(this.dir, `Pulumi.${env}.yaml`);
  }

  get #env(): Record<string, string> {
    const { INFISICAL_CLIENT_ID: id, INFISICAL_CLIENT_SECRET: secret, ...rest } = this.local.env;
    const login: Record<string, string> = this.#rights
      ? { INFISICAL_TOKEN: this.#rights.token }
      : { INFISICAL_CLIENT_ID: id!, INFISICAL_CLIENT_SECRET: secret! };
    return { ...rest, ...login, PULUMI_CONFIG_PASSPHRASE: "", ...this.#shell };
  }

  /** Runs a command line as a person would, in this process. */
  async run(argv: readonly string[], stdin?: string): Promise<Answer> {
    const told: string[] = [];
    this.#runs = noRuns();
    const code = await run(argv, {
      env: this.#env,
      cwd: this.dir,
      out: (text) => void told.push(text),
      err: (text) => void told.push(text),
      readStdin: async () => stdin,
      interactive: false,
      color: false,
      signal: new AbortController().signal,
      openEngine: (location, shared) => this.#watched(location, shared),
    });
    this.meanwhile = undefined;
    return { code, told: told.join("\n") };
  }

  #watched(location: StackLocation, shared?: Shared): Engine {
    const engine = this.#stacks.open(location, shared);
    const seen = (options: RunOptions, into: EngineEvent[]): RunOptions => ({
      ...options,
      onEvent: (event) => {
        into.push(event);
        options.onEvent(event);
      },
    });
    const runs = this.#runs;
    return {
      ...engine,
      preview: (options) => engine.preview(seen(options, runs.preview)),
      up: async (options) => {
        const act = this.meanwhile;
        this.meanwhile = undefined;
        await act?.();
        const outcome = await engine.up(seen(options, runs.up));
        if (outcome.result === "succeeded") runs.updated = true;
        return outcome;
      },
    };
  }

  /** Of the last command. */
  get runs(): Runs {
    return this.#runs;
  }

  /** The update alone, without a command's look, preview and words around it. */
  async update(env: Env): Promise<Answer> {
    const location = { projectDir: this.dir, stack: env, env: { ...this.#env, CONSOLE_VAULT_COMMAND: "1" } };
    this.#runs = noRuns();
    const { result, errors } = await this.#stacks.open(location).up({ refresh: true, onEvent: () => {} });
    return { code: result === "succeeded" ? 0 : 1, told: errors.join("\n") };
  }

  /** What a stack's last update left; none for a stack that this machine knows nothing of. */
  async resources(env: Env): Promise<readonly PlainResource[]> {
    return plainResources(await this.#stacks.open({ projectDir: this.dir, stack: env, env: {} }).export());
  }

  /** Names of the credentials that a stack's state keeps on apps. Its secrets are encrypted with nothing here. */
  async keptOnApps(env: Env): Promise<readonly (readonly [app: string, names: readonly string[]])[]> {
    const { deployment } = await this.#stacks.open({ projectDir: this.dir, stack: env, env: {} }).export();
    const { resources = [] } = (deployment ?? {}) as { resources?: StoredResource[] };
    return resources
      .filter(({ type }) => type === resourceTypes.association)
      .map(({ urn, inputs }) => {
        const { ciphertext = "{}" } = inputs?.sensitiveVars ?? {};
        return [urn.split("::").at(-1)!, Object.keys(JSON.parse(ciphertext) as object)] as const;
      });
  }

  /** The stack output `migration`; undefined for a stack that no update recorded, as far as this machine knows. */
  record(env: Env): MigrationRecord | undefined {
    return this.#stacks.outputs(env).migration as MigrationRecord | undefined;
  }

  /** Whether a stack was updated, as far as this machine knows: only then does it know its place. */
  hasState(env: Env): boolean {
    return this.record(env) !== undefined;
  }

  /** The next commands come from a machine that has no state of the stack. */
  forget(env: Env): void {
    this.#stacks.forget(env);
  }

  /** The next commands have a token that reads and writes these places only; undefined: all rights again. */
  restrict(places: readonly Place[] | undefined): void {
    const glob = (place: Place) => (place === "flat" ? "/MooseQuest/*" : `/MooseQuest/*/${place}`);
    const scopes = places?.map((place) => ({ environment: slug, secretPath: glob(place) }));
    this.#rights = scopes && {
      places: places!,
      token: this.vault.addServiceToken({ name: "narrow", scopes, permissions: ["read", "write"] }),
    };
  }

  mayRead(place: Place): boolean {
    return this.#rights === undefined || this.#rights.places.includes(place);
  }

  get restricted(): boolean {
    return this.#rights !== undefined;
  }

  /** A setting, or the operator's shell, names another place; undefined: the right one again. */
  goElsewhere(env: Env, where: Elsewhere | undefined): void {
    this.configure(env, {
      root: where === "root" ? "/MooseQuset" : undefined,
      infisicalProjectId: where === "project" ? "another-project" : this.projectId,
    });
    const variable = { "vault's URL": "INFISICAL_API_URL", "Heroku's URL": "HEROKU_API_URL" } as const;
    this.#shell = where === "vault's URL" || where === "Heroku's URL" ? { [variable[where]]: this.stranger.url } : {};
  }

  /** Whether a stack's next command would go to another place than the migration's. */
  isElsewhere(env: Env): boolean {
    const { root, infisicalProjectId } = this.#settings[env];
    return Object.keys(this.#shell).length > 0 || root !== undefined || infisicalProjectId !== this.projectId;
  }

  // What other people do, without asking anybody.

  write(path: string, name: string, value: string): void {
    this.vault.write(slug, path, name, value);
  }
  duplicate(path: string, name: string, value: string): void {
    this.vault.writeDuplicate(slug, path, name, value);
  }
  erase(path: string, name: string): void {
    this.vault.delete(slug, path, name);
  }
  setVar(app: string, name: string, value: string | null): void {
    this.apps.set(app, { [name]: value });
  }
}

export const allPaths = (name: string): string[] => [flatOf(name), ...environments.map((env) => pathOf(name, env))];
export const allApps = environments.flatMap(appsOf);
