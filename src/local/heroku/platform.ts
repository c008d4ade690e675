// The state of the local Heroku and what changes it. No HTTP here.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { LocalClock } from "../control.js";
import { forbiddenApp, invalidParams, notFound, unauthorized } from "./errors.js";
import { HerokuSeed, newKey } from "./seed.js";

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly apps: Set<string>;
}

export type ReleaseStatus = "succeeded" | "pending" | "failed";

export interface Release {
  readonly id: string;
  readonly version: number;
  readonly description: string;
  /** ISO 8601 with seconds, as Heroku has it. */
  readonly created_at: string;
  readonly user: { readonly id: string; readonly email: string };
  readonly vars: ReadonlyMap<string, string>;
  readonly slug: string | null;
  status: ReleaseStatus;
}

export interface App {
  readonly id: string;
  readonly name: string;
  readonly owner: Account;
  readonly created_at: string;
  vars: ReadonlyMap<string, string>;
  readonly releases: Release[];
}

/** An OAuth authorization: what an API key is. */
export interface Authorization {
  readonly id: string;
  readonly key: string;
  readonly account: Account;
  readonly description: string;
  readonly created_at: string;
  /** Names of the apps it sees, when it sees less than its account. */
  readonly apps: ReadonlySet<string> | undefined;
}

/**
 * `valid`: only the keys that are valid now, as Heroku does. `any`: besides, an unknown key that looks like one is taken for
 * one of the first account, so that a made-up new credential can be tried out. A revoked key is never taken.
 */
export type KeyCheck = "valid" | "any";

export type Changes = Readonly<Record<string, string | null>>;

/** Of all names and values of an app together (Dev Center: "cannot exceed 32kb for each app"). */
const maxConfigBytes = 32 * 1024;

export class Platform {
  readonly #accounts: Account[];
  readonly #apps = new Map<string, App>();
  readonly #authorizations = new Map<string, Authorization>();
  readonly #revoked = new Set<string>();
  readonly #clock: LocalClock;
  keyCheck: KeyCheck = "valid";
  /** Whether a PATCH that changes no value makes a release all the same. Heroku does not document it; default no. */
  releaseUnchanged = false;
  /** Statuses of the next releases, one each; then `succeeded`. */
  readonly nextStatuses: ReleaseStatus[] = [];

  constructor(seed: HerokuSeed, clock: LocalClock) {
    this.#clock = clock;
    const { accounts, apps } = HerokuSeed.parse(seed);
    this.#accounts = accounts.map((account) => ({
      id: account.id ?? stableId(account.email),
      email: account.email,
      apps: new Set(account.apps),
    }));
    for (const [index, account] of accounts.entries()) {
      for (const key of account.keys) {
        const own = typeof key === "string" ? { key, apps: undefined } : { key: key.key, apps: new Set(key.apps) };
        this.#issue(this.#accounts[index]!, own.key, "Long-lived user authorization", own.apps);
      }
    }
    for (const app of apps) this.add(app);
  }

  // Accounts and keys ------------------------------------------------------------------------------------------------------

  /** @throws PlatformError 401 for a key that is not valid now. */
  authorize(key: string): Authorization {
    const known = this.#authorizations.get(key);
    if (known) return known;
    const taken = this.keyCheck === "any" && !this.#revoked.has(key) && looksLikeKey(key);
    if (!taken) throw unauthorized();
    return this.#issue(this.#accounts[0]!, key, "Taken for a key", undefined);
  }

  /** @throws Error when there is no such account. */
  account(email?: string): Account {
    const account = email === undefined ? this.#accounts[0] : this.#accounts.find((one) => one.email === email);
    if (!account) throw new Error(`no account ${email} in the local Heroku`);
    return account;
  }

  /** Somebody who changes apps, with an account here or without. */
  person(email?: string): Account {
    const known = email === undefined ? this.account() : this.#accounts.find((one) => one.email === email);
    return known ?? { id: stableId(email ?? ""), email: email ?? "", apps: new Set() };
  }

  authorizations(account: Account): Authorization[] {
    return [...this.#authorizations.values()].filter((one) => one.account === account);
  }

  issueKey(account: Account, key = newKey(), description = "Long-lived user authorization"): Authorization {
    return this.#authorizations.get(key) ?? this.#issue(account, key, description, undefined);
  }

  revokeKey(key: string): void {
    this.#authorizations.delete(key);
    this.#revoked.add(key);
  }

  #issue(account: Account, key: string, description: string, apps: Set<string> | undefined): Authorization {
    const authorization = { id: randomUUID(), key, account, description, created_at: this.#now(), apps };
    this.#revoked.delete(key);
    this.#authorizations.set(key, authorization);
    return authorization;
  }

  // Apps -------------------------------------------------------------------------------------------------------------------

  add(seed: HerokuSeed["apps"][number]): App {
    const owner = this.#accounts.find((account) => account.apps.has(seed.name)) ?? this.account();
    owner.apps.add(seed.name);
    const app: App = {
      id: seed.id ?? stableId(seed.name),
      name: seed.name,
      owner,
      created_at: this.#now(),
      vars: new Map(),
      releases: [],
    };
    this.#apps.set(seed.name, app);
    this.#release(app, "Initial release", app.vars, owner);
    this.#release(app, "Enable Logplex", app.vars, owner);
    const names = Object.keys(seed.vars ?? {});
    if (names.length > 0) this.#release(app, described(names, []), new Map(Object.entries(seed.vars ?? {})), owner);
    this.#release(app, `Deploy ${randomBytes(4).toString("hex")}`, app.vars, owner, randomUUID());
    return app;
  }

  remove(name: string): void {
    this.#apps.delete(name);
  }

  list(): App[] {
    return [...this.#apps.values()];
  }

  /** @throws PlatformError 404 */
  find(nameOrId: string): App {
    const app = this.#apps.get(nameOrId) ?? this.list().find((one) => one.id === nameOrId.toLowerCase());
    if (!app) throw notFound("app");
    return app;
  }

  sees(authorization: Authorization, app: App): boolean {
    return authorization.account.apps.has(app.name) && (authorization.apps?.has(app.name) ?? true);
  }

  /** @throws PlatformError 404, or 403 for an app that the authorization does not see */
  findFor(authorization: Authorization, nameOrId: string): App {
    const app = this.find(nameOrId);
    if (!this.sees(authorization, app)) throw forbiddenApp(nameOrId);
    return app;
  }

  // Config vars and releases -----------------------------------------------------------------------------------------------

  /**
   * Applies all changes at once. One release, unless no value changes.
   * @throws PlatformError 422, with nothing changed
   */
  change(app: App, changes: unknown, by: Account): void {
    const wanted = validated(changes);
    const vars = new Map(app.vars);
    const changed = Object.entries(wanted).filter(([name, value]) => (vars.get(name) ?? null) !== value);
    for (const [name, value] of changed) {
      if (value === null) vars.delete(name);
      else vars.set(name, value);
    }
    const bytes = [...vars].reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
    if (bytes > maxConfigBytes) throw invalidParams("Config vars of an app cannot exceed 32kb.");
    if (changed.length === 0 && !this.releaseUnchanged) return;
    const told = changed.length > 0 ? changed : Object.entries(wanted);
    const set = told.filter(([, value]) => value !== null).map(([name]) => name);
    const removed = told.filter(([, value]) => value === null).map(([name]) => name);
    this.#release(app, described(set, removed), vars, by);
  }

  /** @throws PlatformError 404 */
  release(app: App, idOrVersion: string): Release {
    const release = app.releases.find((one) => one.id === idOrVersion || String(one.version) === idOrVersion);
    if (!release) throw notFound("release");
    return release;
  }

  #release(app: App, description: string, vars: ReadonlyMap<string, string>, by: Account, slug?: string): void {
    app.vars = vars;
    app.releases.push({
      id: randomUUID(),
      version: app.releases.length + 1,
      description,
      created_at: this.#now(),
      user: { id: by.id, email: by.email },
      vars,
      slug: slug ?? app.releases.at(-1)?.slug ?? null,
      status: this.nextStatuses.shift() ?? "succeeded",
    });
  }

  #now(): string {
    return `${this.#clock.now().toISOString().slice(0, 19)}Z`;
  }
}

/** Heroku's words. A change that sets and removes is not documented; here it names all, in the order of the request. */
function described(set: readonly string[], removed: readonly string[]): string {
  return set.length === 0
    ? `Remove ${removed.join(", ")} config vars`
    : `Set ${[...set, ...removed].join(", ")} config vars`;
}

/** The schema of a change, as the platform API publishes it: names of `\w+`, values strings or null. */
function validated(changes: unknown): Changes {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes))
    throw invalidParams("Config vars must be a JSON object.");
  for (const [name, value] of Object.entries(changes)) {
    if (!/^\w+$/.test(name)) throw invalidParams("The name of a config var must have letters, digits and _ only.");
    if (value !== null && typeof value !== "string")
      throw invalidParams(`The config var ${name} must be a string or null.`);
  }
  return changes as Changes;
}

const looksLikeKey = (key: string) =>
  /^(HRKU-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key) || /^HRKU-\w/.test(key);

/** A UUID that is always the same for a name. */
function stableId(name: string): string {
  const hex = createHash("sha256").update(`local heroku/${name}`).digest("hex");
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
