// What must hold after every single write of ours, whoever did what before. `Watch` looks at both services from within after
// each request that asks for a change, so that a wrong state is seen even if a later write would cover it.
import { consoleCatalog, credentialOf, type Held as HeldValue, judge, ruleWords } from "../../src/catalog/index.js";
import { flagMeansOn } from "../../src/resolver/index.js";
import { SecretValue } from "../../src/secret.js";
import { count } from "./tally.js";
import {
  appsOf,
  type Env,
  environments,
  flagAppOf,
  flatOf,
  liveNames,
  names,
  namesOf,
  type Place,
  pathOf,
  variable,
} from "./values.js";
import { allApps, allPaths, type Held, type Row, type World } from "./world.js";

/** What a command was asked for: only that excuses what would be wrong otherwise. */
export interface Intent {
  readonly command: "up" | "promote" | "rollback" | "rotate" | "provision";
  readonly env: Env;
  readonly name?: string;
  readonly replace?: boolean;
  readonly restoreFlat?: boolean;
  /** The name whose other value at the flat path may be overwritten. */
  readonly overwrite?: string | undefined;
  readonly force?: boolean;
  /** An update of a part of the stack. */
  readonly part?: boolean;
  /** The value that a `rotate` or `provision` brings. */
  readonly value?: string;
}

/** Every folder that credentials of the catalog may be in. */
const allFolders = new Set(names.flatMap(allPaths));
const soakMs = 48 * 3_600_000;
/** Heroku's times are whole seconds. */
const toleranceMs = 2000;

export const isOn = (held: Held, env: Env): boolean => flagMeansOn(held.apps[flagAppOf(env)]?.[variable]);
export const at = (held: Held, path: string, name: string): Row[] =>
  held.rows.filter((row) => row.path === path && row.name === name);
const valuesOf = (held: Held): Set<string> =>
  new Set([...held.rows.map(({ value }) => value), ...Object.values(held.apps).flatMap((vars) => Object.values(vars))]);
/** The path that a name is read at with the flag as it runs. */
export const readAt = (held: Held, name: string, env: Env): string =>
  isOn(held, env) ? pathOf(name, env) : flatOf(name);
const isRead = (held: Held, path: string, name: string): boolean =>
  environments.some((env) => namesOf(env).includes(name) && readAt(held, name, env) === path);
const liveValues = (held: Held): Set<string> =>
  new Set(held.rows.filter(({ name }) => liveNames.includes(name)).map(({ value }) => value));

/** What the rules say of a value for an environment, seen with everything open. */
function findingsOn(held: Held, env: Env, name: string, text: string) {
  const values: HeldValue[] = consoleCatalog.credentials.flatMap(({ name }) =>
    held.rows.flatMap((row) => {
      const place =
        row.name === name
          ? [undefined, ...environments].find((one) => row.path === (one ? pathOf(name, one) : flatOf(name)))
          : null;
      return place === null || (place === undefined && row.path !== flatOf(name))
        ? []
        : [{ name, path: row.path, environment: place, value: SecretValue.of(row.value) }];
    }),
  );
  const forbidden = env === "staging" ? liveNames : [];
  const { rules } = credentialOf(consoleCatalog, name);
  return judge(
    { name, environment: env, value: SecretValue.of(text), rules },
    { held: values, forbidden, fallback: "prod" },
  ).findings;
}

const isCopied = (world: World, env: Env, name: string): boolean => {
  const sources = world.settings(env).sources as Record<string, string> | undefined;
  return (sources?.[name] ?? (env === "prod" ? "copy" : "provision")) === "copy";
};

/** What stands in the way of an environment's flag now, seen with everything open. */
export function problems(world: World, held: Held, env: Env): string[] {
  const wrong: string[] = [];
  for (const name of namesOf(env)) {
    const rows = at(held, pathOf(name, env), name);
    if (rows.length !== 1) {
      wrong.push(`${name} is ${rows.length} times at ${pathOf(name, env)}`);
      continue;
    }
    const [own] = rows as [Row];
    wrong.push(...findingsOn(held, env, name, own.value).map((one) => `${name}: ${ruleWords(one)} (${one.rule})`));
    if (isOn(held, env)) continue;
    const others = at(held, flatOf(name), name).filter(({ value }) => value !== own.value);
    if (isCopied(world, env, name) && others.length > 0) wrong.push(`${name}: the flat path has another value`);
    // The flat path holds prod's own values: what is written there later is newer.
    if (env === "prod" && others.some(({ updatedAt }) => updatedAt > own.updatedAt))
      wrong.push(`${name}: the flat path has a newer value`);
  }
  if (env === "staging") {
    const live = liveValues(held);
    for (const name of liveNames)
      if (at(held, pathOf(name, env), name).length > 0) wrong.push(`${name} is at ${pathOf(name, env)}`);
    for (const app of appsOf(env))
      for (const [name, value] of Object.entries(held.apps[app]!))
        if (liveNames.includes(name) || live.has(value)) wrong.push(`${app} holds a live key in ${name}`);
  }
  return wrong;
}

interface Memory {
  last: Held;
  /** By name: values that others, or a rotation, replaced or deleted where they were read, or wherever they were last. */
  readonly superseded: Map<string, Set<string>>;
  /** By name: values that the flat path has had. */
  readonly wasFlat: Map<string, Set<string>>;
  /** By name: revisions of the flat row whose value prod's own path has had, too. */
  readonly copiedFrom: Map<string, Set<string>>;
  /** By path and name: revisions that a whole update recorded as its copies. */
  readonly copies: Map<string, string>;
  /** `app name` of vars that a stack manages and that had the vault's value after one of its updates. */
  readonly ours: Set<string>;
  readonly onSince: Record<Env, Date | undefined>;
  /** Since when each update of staging that said something found everything in order. */
  stagingGoodSince: Date | undefined;
}

export class Watch {
  /** What was found, in the order in which it came to be. */
  readonly found: string[] = [];
  #memory: Memory;
  #intent: Intent | undefined;
  /** What the path of a rotation had whenever it was tried. */
  readonly #previous = new WeakMap<Intent, readonly string[]>();

  constructor(private readonly world: World) {
    const last = world.held();
    this.#memory = {
      last,
      superseded: new Map(),
      wasFlat: new Map(),
      copiedFrom: new Map(),
      copies: new Map(),
      ours: new Set(),
      onSince: { staging: undefined, prod: undefined },
      stagingGoodSince: undefined,
    };
    this.#remember(last, last);
  }

  get last(): Held {
    return this.#memory.last;
  }

  /** @returns puts what is remembered back as it is now */
  checkpoint(): () => void {
    const kept = structuredClone(this.#memory);
    return () => {
      this.#memory = structuredClone(kept);
      this.found.length = 0;
    };
  }

  /** Lets somebody else do something. */
  others(act: () => void): void {
    const before = this.last;
    act();
    const after = this.world.held();
    const still = new Set(after.rows.map(({ value }) => value));
    for (const row of gone(before, after))
      if (isRead(before, row.path, row.name) || !still.has(row.value)) this.#note(this.#memory.superseded, row);
    this.#remember(before, after);
  }

  /** @param onWrite called after each request that asked for a change, once it was looked at */
  async during<T>(intent: Intent, work: () => Promise<T>, onWrite: () => void = () => {}): Promise<T> {
    const { control } = this.world.local;
    const outer = [this.#intent, control.onRequest] as const;
    this.#intent = intent;
    this.world.stranger.requests = 0;
    if (intent.command === "rotate")
      this.#previous.set(intent, [...(this.#previous.get(intent) ?? []), ...this.#before(intent)]);
    // Thrown in there, an error would be the service's.
    control.onRequest = ({ write }) => {
      try {
        if (write) this.#see();
        if (write) onWrite();
      } catch (error) {
        this.found.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
    };
    try {
      return await work();
    } finally {
      this.#see();
      this.#adopt();
      // Another operator's command may have run inside of one.
      [this.#intent, control.onRequest] = outer;
    }
  }

  /** What the path that a rotation writes has now; where it has the new value already, what the environment's own apps have. */
  #before({ env, name, value }: Intent): string[] {
    const there = at(this.last, readAt(this.last, name!, env), name!).map((row) => row.value);
    if (!there.includes(value!)) return there;
    return appsOf(env).flatMap((app) => this.last.apps[app]?.[name!] ?? []);
  }

  #adopt(): void {
    for (const env of environments) {
      const manage = (this.world.settings(env).manage ?? {}) as Record<string, readonly string[]>;
      for (const [name, apps] of Object.entries(manage)) {
        const value = at(this.last, readAt(this.last, name, env), name)[0]?.value;
        for (const app of apps)
          if (value !== undefined && this.last.apps[app]?.[name] === value) this.#memory.ours.add(`${app} ${name}`);
      }
    }
  }

  /**
   * An update of staging came to its end and said how things are.
   * @param whole whether it was one of the whole stack: any other may have left out what would have said that something is wrong
   */
  stagingTold(whole: boolean): void {
    const wrong = problems(this.world, this.last, "staging").length > 0;
    if (!wrong) this.#memory.stagingGoodSince ??= this.world.now;
    else if (whole) this.#memory.stagingGoodSince = undefined;
  }

  /**
   * A whole update came to its end: it recorded what it copied, and each copy of ours that nobody else wrote since has followed
   * its source, whatever that one was in between.
   */
  recorded(env: Env): void {
    if (isOn(this.last, env)) return;
    for (const name of namesOf(env).filter((one) => isCopied(this.world, env, one))) {
      const [own, flat] = [at(this.last, pathOf(name, env), name), at(this.last, flatOf(name), name)];
      if (own.length !== 1 || flat.length !== 1) continue;
      const key = `${pathOf(name, env)}${name}`;
      if (own[0]!.value === flat[0]!.value) this.#memory.copies.set(key, own[0]!.token);
      else if (
        this.#memory.copies.get(key) === own[0]!.token &&
        findingsOn(this.last, env, name, flat[0]!.value).length === 0
      )
        this.found.push(`${name} at ${pathOf(name, env)} is our own copy and did not follow the flat path`);
    }
  }

  /** The stack's state is not there any more, or what it says of a name. */
  forgotten(env: Env, name?: string): void {
    for (const key of this.#memory.copies.keys())
      if (key.includes(`/${env}/`) && (name === undefined || key.endsWith(`/${name}`))) this.#memory.copies.delete(key);
    if (name === undefined && env === "staging") this.#memory.stagingGoodSince = undefined;
  }

  /** Whether a flat row is one that prod's value was copied from: nothing is lost with it. */
  isCopy({ name, token }: Row): boolean {
    return this.#memory.copiedFrom.get(name)?.has(token) === true;
  }

  #note(map: Map<string, Set<string>>, { name, value }: { name: string; value: string }): void {
    map.set(name, (map.get(name) ?? new Set()).add(value));
  }

  #remember(before: Held, after: Held): void {
    for (const row of after.rows)
      if (names.includes(row.name) && row.path === flatOf(row.name)) {
        this.#note(this.#memory.wasFlat, row);
        if (at(after, pathOf(row.name, "prod"), row.name).some(({ value }) => value === row.value))
          this.#note(this.#memory.copiedFrom, { name: row.name, value: row.token });
      }
    for (const env of environments) {
      if (!isOn(after, env)) this.#memory.onSince[env] = undefined;
      else if (!isOn(before, env)) this.#memory.onSince[env] = this.world.now;
    }
    this.#memory.last = after;
  }

  #see(): void {
    const [before, after] = [this.last, this.world.held()];
    const intent = this.#intent!;
    const told = (line: string) => this.found.push(`${intent.command} ${intent.env}: ${line}`);
    this.#foreign(before, after, told);
    this.#live(before, after, told);
    this.#lost(before, after, intent, told);
    this.#overwritten(before, after, intent, told);
    this.#unreadable(before, after, intent, told);
    this.#flags(before, after, intent, told);
    this.#vars(before, after, told);
    this.#reached(before, after, intent, told);
    if (this.world.stranger.requests > 0 && this.world.hasState(intent.env))
      told("sent something to a place that no stack worked on");
    if (intent.command === "rotate" || intent.command === "provision" || intent.restoreFlat)
      for (const row of gone(before, after)) this.#note(this.#memory.superseded, row);
    this.#remember(before, after);
  }

  /** A name or a var that is none of ours never changes. */
  #foreign(before: Held, after: Held, told: (line: string) => void): void {
    const ours = ({ name, path }: Row) => names.includes(name) && allPaths(name).includes(path);
    for (const row of [...gone(before, after), ...gone(after, before)])
      if (!ours(row)) told(`changed ${row.name} at ${row.path}, which is not ours`);
    for (const path of after.folders)
      if (!before.folders.includes(path) && !allFolders.has(`${path}/`))
        told(`made the folder ${path}, where none belongs`);
    for (const { app, name } of changedVars(before, after))
      if (
        !allApps.includes(app) ||
        !(names.includes(name) || (name === variable && environments.some((env) => app === flagAppOf(env))))
      )
        told(`changed ${name} on ${app}, which is not ours`);
  }

  /** No live key reaches staging, by its name or by its value. */
  #live(before: Held, after: Held, told: (line: string) => void): void {
    const live = new Set([...liveValues(before), ...liveValues(after)]);
    for (const { name, path, value } of gone(after, before))
      if (path.endsWith("/staging/") && (liveNames.includes(name) || live.has(value)))
        told(`wrote a live key to ${path}${name}`);
    for (const { app, name, value } of changedVars(before, after))
      if (appsOf("staging").includes(app) && value !== undefined && (liveNames.includes(name) || live.has(value)))
        told(`set a live key on ${app} in ${name}`);
  }

  /**
   * A value that we take from a path or an app is still somewhere, in the vault or on an app; unless
   * - this very command was asked to replace it (`rotate`, `provision --replace`, `rollback --restore-flat`, a `takeover`), or
   * - it was put by hand into a var that a stack had set before: one writer per var, drift is put back, or
   * - others or a rotation had replaced or deleted it where it was read: what is left of it are copies of a value that is over.
   */
  #lost(before: Held, after: Held, intent: Intent, told: (line: string) => void): void {
    const left = valuesOf(after);
    const over = (name: string, value: string) => this.#memory.superseded.get(name)?.has(value) === true;
    for (const row of gone(before, after))
      if (!left.has(row.value) && !over(row.name, row.value) && !this.#asked(intent, row.name, row))
        told(`lost the value of ${row.name} at ${row.path}`);
    const takeover = (app: string, name: string) =>
      environments.some(
        (env) =>
          (this.world.settings(env).takeover as Record<string, Record<string, string>> | undefined)?.[app]?.[name],
      );
    for (const { app, name, old } of changedVars(before, after))
      if (
        old !== undefined &&
        name !== variable &&
        !left.has(old) &&
        !over(name, old) &&
        !this.#asked(intent, name) &&
        !takeover(app, name) &&
        !this.#memory.ours.has(`${app} ${name}`)
      )
        told(`lost the value of ${name} on ${app}`);
  }

  /** Besides what was asked for, only our own copy of an older flat value is written over, and only while nobody reads it. */
  #overwritten(before: Held, after: Held, intent: Intent, told: (line: string) => void): void {
    for (const row of gone(before, after)) {
      const { path, name, value, id } = row;
      if (!names.includes(name) || this.#asked(intent, name, row)) continue;
      const deleted = !after.rows.some((one) => one.id === id);
      const retired = deleted && path === flatOf(name) && this.world.settings("prod").retireFlat === true;
      const copy =
        path !== flatOf(name) && !isRead(before, path, name) && !deleted && this.#memory.wasFlat.get(name)?.has(value);
      if (retired) count("flat copies retired");
      else if (copy) count("copies that followed");
      else told(`${deleted ? "deleted" : "wrote over"} ${name} at ${path}`);
    }
  }

  /** What could be read with the flags as they ran can still be read. */
  #unreadable(before: Held, after: Held, intent: Intent, told: (line: string) => void): void {
    if (intent.force) return;
    for (const env of environments)
      for (const name of namesOf(env)) {
        const [was, is] = [readAt(before, name, env), readAt(after, name, env)];
        if (at(before, was, name).length > 0 && at(after, is, name).length === 0)
          told(`${env} cannot read ${name} any more: nothing at ${is}`);
      }
  }

  #flags(before: Held, after: Held, intent: Intent, told: (line: string) => void): void {
    for (const env of environments) {
      const [was, is] = [isOn(before, env), isOn(after, env)];
      if (was === is) continue;
      const wanted = /vaultEnvAware: true/.test(this.world.fileText(env));
      count(`${env}'s flag turned ${is ? "on" : "off"} by ${intent.command}`);
      if (is !== wanted) told(`turned the flag ${is ? "on" : "off"}, which is not what the file says`);
      if (!intent.force)
        for (const place of this.#compared(env, is).filter((one) => !this.world.mayRead(one)))
          told(`turned the flag ${is ? "on" : "off"} though it could not read the ${place} paths`);
      if (!is) continue;
      for (const line of problems(this.world, before, env)) told(`turned the flag on although ${line}`);
      if (env === "prod") for (const line of this.#soak(before)) told(`turned prod's flag on although ${line}`);
    }
  }

  /** What has to be known before a flag moves. */
  #compared(env: Env, on: boolean): Place[] {
    if (env === "prod") return on ? ["flat", "prod", "staging"] : ["flat", "prod"];
    return on ? ["staging"] : ["flat"];
  }

  #soak(held: Held): string[] {
    if (!isOn(held, "staging")) return ["staging's is off"];
    const wrong = problems(this.world, held, "staging").map((line) => `on staging ${line}`);
    const since = [this.#memory.onSince.staging, this.#memory.stagingGoodSince];
    if (since.includes(undefined)) return [...wrong, "staging was not in order at its last update"];
    const soaked = this.world.now.getTime() - Math.max(...since.map((date) => date!.getTime()));
    return soaked < soakMs - toleranceMs ? [...wrong, `staging has soaked only ${soaked / 3_600_000} h`] : wrong;
  }

  /** An app is given only what the vault holds, and nothing is taken from it. */
  #vars(before: Held, after: Held, told: (line: string) => void): void {
    const inVault = new Set(after.rows.map(({ value }) => value));
    for (const { app, name, value } of changedVars(before, after)) {
      if (name !== variable) count("vars set on apps");
      if (value === undefined) told(`took ${name} from ${app}`);
      else if (name === variable && value !== "true" && value !== "false") told(`set ${name} to ${value}`);
      else if (name !== variable && !inVault.has(value))
        told(`gave ${app} a value of ${name} that the vault does not hold`);
    }
  }

  /** A rotation gives another environment's app the new value only where it had the path's previous one. */
  #reached(before: Held, after: Held, intent: Intent, told: (line: string) => void): void {
    if (intent.command !== "rotate") return;
    const previous = this.#previous.get(intent)!;
    for (const { app, name, old, value } of changedVars(before, after)) {
      const env = environments.find((one) => appsOf(one).includes(app));
      if (name !== intent.name || value === undefined || env === undefined || env === intent.env) continue;
      // The update that records the rotation keeps what the app's own stack manages.
      const manage = this.world.settings(env).manage as Record<string, readonly string[]> | undefined;
      const managed = (env === "prod" || isOn(after, env)) && manage?.[name]?.includes(app);
      if (managed && at(after, readAt(after, name, env), name).some((row) => row.value === value)) continue;
      if (old === undefined || !previous.includes(old))
        told(`gave ${app} the new value of ${name}, though it did not have the one before it`);
    }
  }

  /** @param row that would change */
  #asked({ command, env, name, replace, restoreFlat, overwrite }: Intent, of: string, row?: Row): boolean {
    if (command === "rotate") return of === name;
    if (command === "provision") return replace === true && of === name && row?.path === pathOf(of, env);
    return restoreFlat === true && row?.path === flatOf(of) && (of === overwrite || this.isCopy(row));
  }
}

/** Rows of `before` that are not there any more as they were. */
function gone(before: Held, after: Held): Row[] {
  const still = new Set(after.rows.map(({ token, path }) => `${token} ${path}`));
  return before.rows.filter(({ token, path }) => !still.has(`${token} ${path}`));
}

function changedVars(before: Held, after: Held) {
  return Object.keys({ ...before.apps, ...after.apps }).flatMap((app) => {
    const [was, is] = [before.apps[app] ?? {}, after.apps[app] ?? {}];
    return Object.keys({ ...was, ...is })
      .filter((name) => was[name] !== is[name])
      .map((name) => ({ app, name, old: was[name], value: is[name] }));
  });
}
