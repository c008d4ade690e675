import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { Control, listRoutes } from "../control.js";
import type { KeyCheck } from "./accounts.js";
import { type Changes, Platform, type ReleaseStatus } from "./platform.js";
import { RateLimit } from "./rateLimit.js";
import { addETags, addRoutes } from "./routes.js";
import { defaultHerokuSeed, type HerokuSeed } from "./seed.js";
import { releaseView, varsView } from "./views.js";

export interface HerokuOptions {
  /** Default 0: one that is free. */
  port?: number;
  control?: Control;
  seed?: HerokuSeed;
  /** Request tokens that an account has at most; default 4500. */
  rateLimit?: number;
}

/** A release as the Platform API shows it. */
type ReleaseView = ReturnType<typeof releaseView>;

/** The apps from within: what a test looks at, and does as another person would, without a request. */
export interface LocalApps {
  names(): string[];
  id(app: string): string;
  /** A copy of the config vars. */
  vars(app: string): Record<string, string>;
  /** Oldest first. */
  releases(app: string): ReleaseView[];
  /** Sets (or, with null, removes) config vars as the person with that e-mail address, default the first account. One release. */
  set(app: string, changes: Changes, by?: string): void;
  add(app: HerokuSeed["apps"][number]): void;
  /** Deletes the app. */
  remove(app: string): void;
  /** Takes the app out of what the account sees. */
  hide(app: string, from?: string): void;
  /** Statuses of the next releases, of any app. */
  nextReleases(...statuses: ReleaseStatus[]): void;
  /** The newest release has this status from now on. */
  finishRelease(app: string, status?: ReleaseStatus): void;
  /** Whether a PATCH that changes no value makes a release (not documented by Heroku; default no). */
  releaseUnchanged(on: boolean): void;
  /** @returns puts every app's vars and releases back as they are now, here or on another service; accounts and keys stay */
  checkpoint(): (into?: LocalApps) => void;
}

/** The API keys of the accounts; an account is named by its e-mail address, default the first one. */
interface LocalKeys {
  /** The keys that are valid now, oldest first. */
  valid(account?: string): string[];
  /** A new key besides the others. @param key default a new random one */
  add(key?: string, account?: string): string;
  revoke(key: string): void;
  check(mode: KeyCheck): void;
}

export interface LocalHeroku {
  /** `http://127.0.0.1:<port>` */
  url: string;
  port: number;
  apps: LocalApps;
  keys: LocalKeys;
  control: Control;
  /** What is served, as `PATCH /apps/:app/config-vars`. */
  routes: readonly string[];
  close(): Promise<void>;
}

/** Serves the part of the Heroku Platform API (version 3) that config vars, releases and API keys need, on loopback. */
export async function startHeroku(options: HerokuOptions = {}): Promise<LocalHeroku> {
  const control = options.control ?? new Control();
  const platform = new Platform(options.seed ?? defaultHerokuSeed(), control.clock);
  const server = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 200 } });
  const routes = listRoutes(server);
  addETags(server);
  control.install(server, "heroku");
  addRoutes(server, platform, new RateLimit(control.clock, options.rateLimit));
  await server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    routes,
    control,
    apps: appsOf(platform),
    keys: {
      valid: (account) => platform.accounts.authorizations(platform.accounts.account(account)).map((one) => one.key),
      add: (key, account) => platform.accounts.issueKey(platform.accounts.account(account), key).key,
      revoke: (key) => platform.accounts.revokeKey(key),
      check: (mode) => {
        platform.accounts.keyCheck = mode;
      },
    },
    close: () => server.close(),
  };
}

const platforms = new WeakMap<LocalApps, Platform>();

function appsOf(platform: Platform): LocalApps {
  const apps: LocalApps = {
    names: () => platform.list().map((app) => app.name),
    id: (app) => platform.find(app).id,
    vars: (app) => varsView(platform.find(app).vars),
    releases: (name) => {
      const app = platform.find(name);
      return app.releases.map((release) => releaseView(app, release));
    },
    set: (app, changes, by) => platform.change(platform.find(app), changes, platform.accounts.person(by)),
    add: (app) => void platform.add(app),
    remove: (app) => platform.remove(app),
    hide: (app, from) => void platform.accounts.account(from).apps.delete(platform.find(app).name),
    nextReleases: (...statuses) => void platform.nextStatuses.push(...statuses),
    finishRelease: (app, status = "succeeded") => {
      platform.find(app).releases.at(-1)!.status = status;
    },
    releaseUnchanged: (on) => {
      platform.releaseUnchanged = on;
    },
    checkpoint: () => {
      const back = platform.checkpoint();
      return (into = apps) => back(platforms.get(into));
    },
  };
  platforms.set(apps, platform);
  return apps;
}
