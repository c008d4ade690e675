// One company on the two local services, one project directory, and the stacks' states in memory.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
// The command line loads a command when it is asked for; here all are there from the beginning.
import "../../src/cli/commands/promote.js";
import "../../src/cli/commands/provision.js";
import "../../src/cli/commands/rollback.js";
import "../../src/cli/commands/rotate.js";
import "../../src/cli/commands/update.js";
import { run } from "../../src/cli/program.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import program from "../../src/index.js";
import { type LocalSeed, type LocalServices, startLocal } from "../../src/local/index.js";
import { InProcessStacks } from "../support/inProcessEngine.js";
import { appsOf, type Env, environments, flatOf, goodValue, names, pathOf } from "./values.js";

export interface Row {
  readonly id: string;
  /** `id@version` */
  readonly token: string;
  /** With a final slash. */
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/** Everything that the two services hold. */
export interface Held {
  readonly rows: readonly Row[];
  /** App to var to value. */
  readonly apps: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Answer {
  readonly code: number;
  readonly told: string;
}

/** A stack's config, keys without their namespace. */
export type StackSettings = Record<string, unknown>;

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

export class World {
  #serial = 1000;
  readonly #settings: Record<Env, StackSettings>;
  readonly #stacks: InProcessStacks;

  private constructor(
    readonly local: LocalServices,
    readonly dir: string,
    projectId: string,
  ) {
    const common = { infisicalProjectId: projectId, vaultEnvAware: false };
    this.#settings = { staging: { ...common }, prod: { ...common } };
    this.#stacks = new InProcessStacks({
      program,
      native: (env) => ({ heroku: herokuEngineProvider({ env, waits: { rateLimitMs: 1, pollMs: 1 } }) }),
    });
    local.heroku.keys.check("any");
    writeFileSync(join(dir, "Pulumi.yaml"), "name: console-vault\nruntime: nodejs\n");
    for (const env of environments) this.configure(env, {});
  }

  static async open(): Promise<World> {
    // A project of its own for each world: the provider keeps one client per vault and project for as long as its process lives.
    const projectId = `model-${++projects}`;
    const local = await startLocal({ seed: seedOf(projectId) });
    return new World(local, mkdtempSync(join(tmpdir(), "console-vault-model-")), projectId);
  }

  async close(): Promise<void> {
    rmSync(this.dir, { recursive: true });
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

  /** A number that this world has not used yet. */
  serial(): number {
    return ++this.#serial;
  }

  held(): Held {
    return {
      rows: this.vault.allSecrets(slug).map(({ id, version, path, name, value }) => ({
        id,
        token: `${id}@${version}`,
        path: `${path}/`,
        name,
        value,
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

  /** Runs a command line as a person would, in this process. */
  async run(argv: readonly string[], stdin?: string): Promise<Answer> {
    const told: string[] = [];
    const code = await run(argv, {
      env: { ...this.local.env, PULUMI_CONFIG_PASSPHRASE: "" },
      cwd: this.dir,
      out: (text) => void told.push(text),
      err: (text) => void told.push(text),
      readStdin: async () => stdin,
      interactive: false,
      color: false,
      signal: new AbortController().signal,
      openEngine: this.#stacks.open,
    });
    return { code, told: told.join("\n") };
  }

  /** The update alone, without a command's look, preview and words around it. */
  async update(env: Env): Promise<Answer> {
    const location = { projectDir: this.dir, stack: env, env: { ...this.local.env, PULUMI_CONFIG_PASSPHRASE: "" } };
    const { result, errors } = await this.#stacks.open(location).up({ refresh: true, onEvent: () => {} });
    return { code: result === "succeeded" ? 0 : 1, told: errors.join("\n") };
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
