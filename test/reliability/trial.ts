// One disturbed run, the same command again undisturbed, and what is judged of both.

import type { RequestRecord } from "../../src/local/index.js";
import { leaks } from "../support/leaks.js";
import type { Ran, World } from "../support/world.js";
import type { Command, Scene } from "./commands.js";
import type { Held, Kind } from "./faults.js";

export interface Disturbance {
  readonly kind: Kind;
  /** The how manieth request of the run, from 1. */
  readonly request: number;
}

export interface Verdict {
  /** What is wrong, a line each. */
  readonly unclear: readonly string[];
  readonly diverged: readonly string[];
  readonly lost: readonly string[];
  readonly leaked: readonly string[];
  /** Whether any fault acted. */
  readonly acted: boolean;
  readonly code: number;
  /** All that was printed. */
  readonly text: string;
}

const slug = "prod";
const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(@\d+)?/g;
const times = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

const heldBy = ({ services }: World): Held =>
  services.infisical.vault.allSecrets(slug).map(({ path, name, value }) => ({ path, name, value }));

/** Everything that a command leaves behind, but for ids, revisions and times. */
async function endOf(world: World): Promise<Record<string, unknown>> {
  const { folders, apps } = world.snapshot();
  // In which order names come is the order in which they were declared, or recorded.
  const sorted = (_key: string, value: unknown) =>
    Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
  const told = async (stack: "staging" | "prod") =>
    JSON.parse(
      JSON.stringify(await world.outputs(stack))
        .replace(uuids, "…")
        .replace(times, "…"),
      sorted,
    ) as unknown;
  const files = world.files();
  return {
    rows: countedBy(heldBy(world), ({ path, name, value }) => [`${path}/${name}`, value]),
    folders: countedBy(folders, (path) => [path, ""]),
    apps,
    staging: await told("staging"),
    prod: await told("prod"),
    config: [files["Pulumi.staging.yaml"], files["Pulumi.prod.yaml"]],
  };
}

/** By name, so that a difference has one: what is there under it, in any order. */
function countedBy<T>(list: readonly T[], entry: (one: T) => [name: string, value: string]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, value] of list.map(entry).sort()) found[name] = [...(found[name] ?? []), value];
  return found;
}

export class Bench {
  #wanted = new Map<Command, { end: Record<string, unknown>; requests: readonly RequestRecord[] }>();

  constructor(readonly world: World) {}

  /** Each command is a process of its own, with a login of its own. */
  #run(command: Command): Promise<Ran> {
    return command.run(this.world);
  }

  /** The undisturbed run: what it asks and what it leaves. */
  async undisturbed({ command, begin }: Scene) {
    const known = this.#wanted.get(command);
    if (known) return known;
    begin();
    const { code, text, requests } = await this.#run(command);
    if (code !== 0) throw new Error(`${command.title}, undisturbed: ${code}\n${text}`);
    const made = { end: await endOf(this.world), requests };
    this.#wanted.set(command, made);
    return made;
  }

  async disturbed(scene: Scene, disturbances: readonly Disturbance[]): Promise<Verdict> {
    const { world } = this;
    const { command } = scene;
    const { end: wanted } = await this.undisturbed(scene);
    scene.begin();
    // Heroku gives an account its 4,500 requests an hour.
    world.hoursPass(0.1);
    const before = heldBy(world);
    const vars = varsOf(world);
    const replaced = command.replaces?.(world) ?? [];
    const { control } = world.services;
    control.clearFaults();
    for (const { kind, request } of disturbances)
      control.addFault({ after: request - 1, times: 1, do: kind.action(command) });

    const first = await withShortTimeouts(() => this.#run(command), disturbances);
    const acted = control.faultsActed > 0;
    control.clearFaults();
    const taken = disturbances.flatMap(({ kind, request }) => {
      const path = kind.takes?.(command);
      return path === undefined ? [] : [{ path, request }];
    });
    const excused = byTheWorld(before, taken, first.requests);
    const kept = before.filter((row) => !replaced.includes(row.value));
    const lost = missing(
      world,
      kept.filter((row) => !excused(row)),
    ).concat(varsGone(world, vars));
    for (const { kind } of disturbances) kind.mend?.(world, command, before);
    let second = await this.#run(command);
    let diverged = taken.length > 0 ? [] : differences(await endOf(world), wanted);
    const ends = [first, second];
    // A bad reading starts the soak again: what needs it is for the run after it.
    if (disturbances.some(({ kind }) => kind.mend) && (second.code === 3 || diverged.length > 0)) {
      world.hoursPass(49);
      second = await this.#run(command);
      ends.push(second);
      diverged = taken.length > 0 ? [] : differences(await endOf(world), wanted);
    }
    if (second.code !== 0 && taken.length === 0) diverged.push(`the next run ended with ${second.code}`);
    lost.push(...missing(world, kept), ...varsGone(world, vars));

    const text = ends.map((ran) => ran.text).join("\n=== again ===\n");
    return {
      unclear: ends.flatMap(unclear),
      diverged,
      lost: [...new Set(lost)],
      leaked: leaks(secretsOf(world, before), { text }),
      acted,
      code: first.code,
      text,
    };
  }
}

/** Success, or one error in words. */
function unclear({ code, text, err }: Ran): string[] {
  const problems: string[] = [];
  if (![0, 1, 3].includes(code)) problems.push(`exit code ${code}`);
  if (/^\s+at .*:\d+/m.test(text)) problems.push("a stack trace");
  if (/\b(TypeError|ReferenceError|AxiosError|ZodError|undefined|NaN)\b|\[object /.test(text))
    problems.push("words of the machine");
  if (code !== 0 && !/^error: |^refused: /m.test(err)) problems.push("no error in words");
  return problems;
}

/** Rows whose values are nowhere in the vault any more. */
function missing(world: World, rows: Held): string[] {
  const there = new Set(heldBy(world).map(({ value }) => value));
  return rows.filter(({ value }) => !there.has(value)).map(({ path, name }) => `${path}/${name}`);
}

/**
 * Whether the world itself took a row's value: it was in the folder that vanished, and so was every other row with it, or that
 * one had been deleted before the folder vanished.
 */
function byTheWorld(
  before: Held,
  taken: readonly { readonly path: string; readonly request: number }[],
  requests: readonly RequestRecord[],
): (row: Held[number]) => boolean {
  const deletedAt = (name: string) =>
    requests.findIndex(({ method, path }) => method === "DELETE" && path.endsWith(`/${name}`)) + 1 ||
    Number.POSITIVE_INFINITY;
  return ({ value }) =>
    taken.some(({ path, request }) => {
      const rows = before.filter((row) => row.value === value);
      return (
        rows.some((row) => row.path === path) &&
        rows.every((row) => row.path === path || deletedAt(row.name) <= request)
      );
    });
}

const varsOf = ({ apps }: World) =>
  apps.names().flatMap((app) => Object.keys(apps.vars(app)).map((name) => [app, name] as const));

const varsGone = ({ apps }: World, vars: ReturnType<typeof varsOf>) =>
  vars.filter(([app, name]) => apps.vars(app)[name] === undefined).map(([app, name]) => `${app} ${name}`);

/** Where two ends differ: places, no values. */
function differences(is: unknown, wanted: unknown, at = ""): string[] {
  if (JSON.stringify(is) === JSON.stringify(wanted)) return [];
  if (!isTree(is) || !isTree(wanted)) return [at];
  return [...new Set([...Object.keys(is), ...Object.keys(wanted)])].flatMap((key) =>
    differences(is[key], wanted[key], at ? `${at}.${key}` : key),
  );
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function secretsOf(world: World, before: Held): Map<string, string> {
  const { INFISICAL_CLIENT_SECRET, HEROKU_API_KEY } = world.env;
  const values = before.map(({ path, name, value }): [string, string] => [value, `${path}/${name}`]);
  return new Map([
    ...values,
    [INFISICAL_CLIENT_SECRET!, "INFISICAL_CLIENT_SECRET"],
    [HEROKU_API_KEY!, "HEROKU_API_KEY"],
  ]);
}

/** Where an answer never comes, nobody waits half a minute for it. */
async function withShortTimeouts<T>(work: () => Promise<T>, disturbances: readonly Disturbance[]): Promise<T> {
  if (!disturbances.some(({ kind }) => kind.title.startsWith("no answer"))) return work();
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((run: () => void, ms = 0, ...rest: []) =>
    real(run, ms >= 15_000 ? ms / 50 : ms, ...rest)) as typeof setTimeout;
  try {
    return await work();
  } finally {
    globalThis.setTimeout = real;
  }
}
