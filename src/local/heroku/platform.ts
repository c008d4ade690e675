// The apps of the local Heroku and what changes them. No HTTP here.
import { randomBytes, randomUUID } from "node:crypto";
import type { LocalClock } from "../control.js";
import { type Account, Accounts, type Authorization, stableId } from "./accounts.js";
import { forbiddenApp, invalidParams, notFound } from "./errors.js";
import { appName, HerokuSeed } from "./seed.js";

export type ReleaseStatus = "succeeded" | "pending" | "failed";

export interface Release {
  readonly id: string;
  readonly version: number;
  readonly description: string;
  /** ISO 8601 with seconds, as Heroku has it. */
  readonly created_at: string;
  readonly user: { readonly id: string; readonly email: string };
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

export type Changes = Readonly<Record<string, string | null>>;

/** Of all names and values of an app together (Dev Center: "cannot exceed 32kb for each app"). */
const maxConfigBytes = 32 * 1024;

export class Platform {
  readonly accounts: Accounts;
  readonly #apps = new Map<string, App>();
  readonly #clock: LocalClock;
  /** Whether a PATCH that changes no value makes a release all the same. Heroku does not document it; default no. */
  releaseUnchanged = false;
  /** Statuses of the next releases, one each; then `succeeded`. */
  readonly nextStatuses: ReleaseStatus[] = [];

  constructor(seed: HerokuSeed, clock: LocalClock) {
    this.#clock = clock;
    const { accounts, apps } = HerokuSeed.parse(seed);
    this.accounts = new Accounts(accounts, () => this.#now());
    for (const app of apps) this.add(app);
  }

  /** An app that has been at work for a while. */
  add(seed: HerokuSeed["apps"][number]): App {
    const app = this.#make(seed);
    const names = Object.keys(seed.vars ?? {});
    if (names.length > 0) this.#release(app, described(names, []), new Map(Object.entries(seed.vars ?? {})), app.owner);
    this.#release(app, `Deploy ${randomBytes(4).toString("hex")}`, app.vars, app.owner, randomUUID());
    return app;
  }

  /** An app that somebody asks for. @throws PlatformError 422 */
  create(wanted: unknown, by: Account): App {
    const { name = `local-${randomBytes(4).toString("hex")}` } = (wanted ?? {}) as { name?: unknown };
    if (typeof name !== "string" || !appName.test(name))
      throw invalidParams(
        "Name must start with a letter, end with a letter or digit and can only contain lowercase letters, digits, and dashes.",
      );
    // The sentence: https://github.com/iterative/mlem/issues/238.
    if (this.#apps.has(name)) throw invalidParams(`Name ${name} is already taken`);
    by.apps.add(name);
    return this.#make({ name });
  }

  #make(seed: HerokuSeed["apps"][number]): App {
    const owner = this.accounts.ownerOf(seed.name);
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

  /** @returns puts every app's vars and releases back as they are now, here or on another one; accounts and keys stay */
  checkpoint(): (into?: Platform) => void {
    const copy = (app: App): App => ({ ...app, releases: app.releases.map((release) => ({ ...release })) });
    const kept = this.list().map(copy);
    return (into = this) => {
      into.#apps.clear();
      for (const app of kept) into.#apps.set(app.name, copy(app));
    };
  }

  #release(app: App, description: string, vars: ReadonlyMap<string, string>, by: Account, slug?: string): void {
    app.vars = vars;
    app.releases.push({
      id: randomUUID(),
      version: app.releases.length + 1,
      description,
      created_at: this.#now(),
      user: { id: by.id, email: by.email },
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
