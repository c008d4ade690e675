// What must hold after every single write of ours, whoever did what before. `Watch` looks at both services from within after
// each request that asks for a change, so that a wrong state is seen even if a later write would cover it.
import { consoleCatalog, credentialOf, type Held as HeldValue, judge } from "../../src/catalog/index.js";
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
  readonly force?: boolean;
}

const soakMs = 48 * 3_600_000;
/** Heroku's times are whole seconds. */
const toleranceMs = 2000;

export const isOn = (held: Held, env: Env): boolean => flagMeansOn(held.apps[flagAppOf(env)]?.[variable]);
const at = (held: Held, path: string, name: string): Row[] =>
  held.rows.filter((row) => row.path === path && row.name === name);
const valuesOf = (held: Held): Set<string> =>
  new Set([...held.rows.map(({ value }) => value), ...Object.values(held.apps).flatMap((vars) => Object.values(vars))]);
/** The path that a name is read at with the flag as it runs. */
const readAt = (held: Held, name: string, env: Env): string => (isOn(held, env) ? pathOf(name, env) : flatOf(name));
const isRead = (held: Held, path: string, name: string): boolean =>
  environments.some((env) => namesOf(env).includes(name) && readAt(held, name, env) === path);
const liveValues = (held: Held): Set<string> =>
  new Set(held.rows.filter(({ name }) => liveNames.includes(name)).map(({ value }) => value));

/** What stands in the way of an environment's flag now, seen with everything open. */
export function problems(world: World, held: Held, env: Env): string[] {
  const wrong: string[] = [];
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
  const sources = world.settings(env).sources as Record<string, string> | undefined;
  for (const name of namesOf(env)) {
    const rows = at(held, pathOf(name, env), name);
    if (rows.length !== 1) {
      wrong.push(`${name} is ${rows.length} times at ${pathOf(name, env)}`);
      continue;
    }
    const value = SecretValue.of(rows[0]!.value);
    const { findings } = judge(
      { name, environment: env, value, rules: credentialOf(consoleCatalog, name).rules },
      { held: values, forbidden, fallback: "prod" },
    );
    wrong.push(...findings.map(({ rule, why }) => `${name}: ${why} (${rule})`));
    const copied = (sources?.[name] ?? (env === "prod" ? "copy" : "provision")) === "copy";
    if (copied && !isOn(held, env) && at(held, flatOf(name), name).some((row) => row.value !== rows[0]!.value))
      wrong.push(`${name}: the flat path has another value`);
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

export class Watch {
  /** What was found, in the order in which it came to be. */
  readonly found: string[] = [];
  #last: Held;
  #intent: Intent | undefined;
  /** By name: values that others, or a rotation, replaced or deleted where they were read, or wherever they were last. */
  readonly #superseded = new Map<string, Set<string>>();
  /** By name: values that the flat path has had. */
  readonly #wasFlat = new Map<string, Set<string>>();
  /** `app name` of vars that a stack manages and that had the vault's value after one of its updates. */
  readonly #ours = new Set<string>();
  readonly #onSince: Record<Env, Date | undefined> = { staging: undefined, prod: undefined };
  /** Since when each update of staging that said something found everything in order. */
  #stagingGoodSince: Date | undefined;

  constructor(private readonly world: World) {
    this.#last = world.held();
    this.#remember(this.#last, this.#last);
  }

  get last(): Held {
    return this.#last;
  }

  /** Lets somebody else do something. */
  others(act: () => void): void {
    const before = this.#last;
    act();
    const after = this.world.held();
    const still = new Set(after.rows.map(({ value }) => value));
    for (const row of gone(before, after))
      if (isRead(before, row.path, row.name) || !still.has(row.value)) this.#note(this.#superseded, row);
    this.#remember(before, after);
  }

  async during<T>(intent: Intent, work: () => Promise<T>): Promise<T> {
    const { control } = this.world.local;
    this.#intent = intent;
    // Thrown in there, an error would be the service's.
    control.onRequest = ({ write }) => {
      try {
        if (write) this.#see();
      } catch (error) {
        this.found.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
    };
    try {
      return await work();
    } finally {
      control.onRequest = undefined;
      this.#see();
      this.#adopt();
      this.#intent = undefined;
    }
  }

  #adopt(): void {
    for (const env of environments) {
      const manage = (this.world.settings(env).manage ?? {}) as Record<string, readonly string[]>;
      for (const [name, apps] of Object.entries(manage)) {
        const value = at(this.#last, readAt(this.#last, name, env), name)[0]?.value;
        for (const app of apps)
          if (value !== undefined && this.#last.apps[app]?.[name] === value) this.#ours.add(`${app} ${name}`);
      }
    }
  }

  /** An update of staging came to its end and said how things are. */
  stagingTold(): void {
    if (problems(this.world, this.#last, "staging").length > 0) this.#stagingGoodSince = undefined;
    else this.#stagingGoodSince ??= this.world.now;
  }

  #note(map: Map<string, Set<string>>, { name, value }: { name: string; value: string }): void {
    map.set(name, (map.get(name) ?? new Set()).add(value));
  }

  #remember(before: Held, after: Held): void {
    for (const row of after.rows)
      if (names.includes(row.name) && row.path === flatOf(row.name)) this.#note(this.#wasFlat, row);
    for (const env of environments) {
      if (!isOn(after, env)) this.#onSince[env] = undefined;
      else if (!isOn(before, env)) this.#onSince[env] = this.world.now;
    }
    this.#last = after;
  }

  #see(): void {
    const [before, after] = [this.#last, this.world.held()];
    const intent = this.#intent!;
    const told = (line: string) => this.found.push(`${intent.command} ${intent.env}: ${line}`);
    this.#foreign(before, after, told);
    this.#live(before, after, told);
    this.#lost(before, after, intent, told);
    this.#overwritten(before, after, intent, told);
    this.#unreadable(before, after, intent, told);
    this.#flags(before, after, intent, told);
    this.#vars(before, after, told);
    if (intent.command === "rotate" || intent.command === "provision" || intent.restoreFlat)
      for (const row of gone(before, after)) this.#note(this.#superseded, row);
    this.#remember(before, after);
  }

  /** A name or a var that is none of ours never changes. */
  #foreign(before: Held, after: Held, told: (line: string) => void): void {
    const ours = ({ name, path }: Row) => names.includes(name) && allPaths(name).includes(path);
    for (const row of [...gone(before, after), ...gone(after, before)])
      if (!ours(row)) told(`changed ${row.name} at ${row.path}, which is not ours`);
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
    const over = (name: string, value: string) => this.#superseded.get(name)?.has(value) === true;
    for (const { path, name, value } of gone(before, after))
      if (!left.has(value) && !over(name, value) && !asked(intent, name, path))
        told(`lost the value of ${name} at ${path}`);
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
        !asked(intent, name, "") &&
        !takeover(app, name) &&
        !this.#ours.has(`${app} ${name}`)
      )
        told(`lost the value of ${name} on ${app}`);
  }

  /** Besides what was asked for, only our own copy of an older flat value is written over, and only while nobody reads it. */
  #overwritten(before: Held, after: Held, intent: Intent, told: (line: string) => void): void {
    for (const row of gone(before, after)) {
      const { path, name, value, id } = row;
      if (!names.includes(name) || asked(intent, name, path)) continue;
      const deleted = !after.rows.some((one) => one.id === id);
      const retired = deleted && path === flatOf(name) && this.world.settings("prod").retireFlat === true;
      const copy =
        path !== flatOf(name) && !isRead(before, path, name) && !deleted && this.#wasFlat.get(name)?.has(value);
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
      if (!is) continue;
      for (const line of problems(this.world, before, env)) told(`turned the flag on although ${line}`);
      if (env === "prod") for (const line of this.#soak(before)) told(`turned prod's flag on although ${line}`);
    }
  }

  #soak(held: Held): string[] {
    if (!isOn(held, "staging")) return ["staging's is off"];
    const wrong = problems(this.world, held, "staging").map((line) => `on staging ${line}`);
    const since = [this.#onSince.staging, this.#stagingGoodSince];
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

function asked({ command, env, name, replace, restoreFlat }: Intent, of: string, path: string): boolean {
  if (command === "rotate") return of === name;
  if (command === "provision") return replace === true && of === name && path === pathOf(of, env);
  return restoreFlat === true && path === flatOf(of);
}
