// What happens to the credentials of one folder, and what is so afterwards: pure, functions of rows that were seen. The program
// plans with them and the provider decides with them, so that a preview says what the update does.
import { isDeepStrictEqual } from "node:util";
import { judge, type Surroundings, withOverrides } from "../catalog/index.js";
import type { Broken } from "./findings.js";
import { seenNow } from "./judged.js";
import { type Placement, place } from "./placement.js";
import { indexed, type RowIndex } from "./rows.js";
import {
  type CopyRecord,
  type Passed,
  type SecretSetOutputs,
  type SeenRevisions,
  type SetMemory,
  type SetSpec,
  type SetSummary,
  stateVersion,
} from "./state/index.js";
import { brokenOf, duplicateOf } from "./summary.js";
import type { VaultRow } from "./world.js";

export type Decision =
  | Placement
  | { readonly is: "refused"; readonly from: VaultRow; readonly broken: readonly Broken[] };
export type Decisions = ReadonlyMap<string, Decision>;

/** Stands for the revision of a row that an update is about to write. */
export const newRevision = "new";

/** One look at a folder: every row of its vendor, flat and of every environment, since rules compare them. */
export class SetView {
  readonly surroundings: Surroundings;
  readonly #rows: RowIndex;
  /** Folders whose values are compared: the flat one and each environment's. */
  readonly #places: ReadonlyMap<string, string | undefined>;

  constructor(
    private readonly spec: SetSpec,
    rows: readonly VaultRow[],
  ) {
    this.#rows = indexed(rows);
    this.#places = new Map<string, string | undefined>([
      [spec.flatPath, undefined],
      ...spec.environments.map((name) => [`${spec.flatPath}${name}/`, name] as const),
    ]);
    const held = [...this.#places].flatMap(([path, environment]) =>
      this.#rows.in(path).map(({ name, value }) => ({ name, path, environment, value })),
    );
    this.surroundings = { held, forbidden: spec.forbidden, fallback: spec.fallback };
  }

  target(name: string): readonly VaultRow[] {
    return this.#rows.at(this.spec.path, name);
  }

  flat(name: string): readonly VaultRow[] {
    return this.#rows.at(this.spec.flatPath, name);
  }

  /** What the set compares with at its next update. */
  seen(): SetMemory["seen"] {
    const { names, environment } = this.spec;
    const entries = Object.entries(names).map(([name, { source, rules }]): [string, SeenRevisions] => {
      const rows = { target: this.target(name), flat: source === "copy" ? this.flat(name) : [] };
      const seen = seenNow({ name, environment, rules }, rows, this.surroundings);
      const left = this.#olderThanFlat(name, rows.target[0]);
      return [
        name,
        left ? { ...seen, verdict: { ...seen.verdict, target: [...seen.verdict.target, left.token!] } } : seen,
      ];
    });
    return Object.fromEntries(entries);
  }

  judged(name: string, row: VaultRow, revisions: readonly (string | undefined)[]) {
    const { environment, overrides, names } = this.spec;
    const judgement = judge({ name, environment, value: row.value, rules: names[name]!.rules }, this.surroundings);
    return { ...judgement, ...withOverrides(judgement.findings, overrides, revisions) };
  }

  /** What stands against a placed row that no rule on its value says: that its readers read a newer value now. */
  stale(name: string, row: VaultRow): { readonly standing: Broken[]; readonly passed: Passed[] } {
    const left = this.#olderThanFlat(name, row);
    if (!left) return { standing: [], passed: [] };
    const override = this.spec.overrides.find(
      (one) => one.name === name && one.rule === left.rule && one.token === left.token,
    );
    return override ? { standing: [], passed: [{ ...override, row: row.revision }] } : { standing: [left], passed: [] };
  }

  /**
   * The flat path holds this environment's own values and is what is read: a value of an operator's that is older than another
   * one there would be a step back. (A copy that differs is a conflict already.)
   */
  #olderThanFlat(name: string, row: VaultRow | undefined): Extract<Broken, { rule: "older-than-flat" }> | undefined {
    const { authority, environment, fallback, names, flatPath, path } = this.spec;
    if (authority !== "flat" || environment !== fallback || names[name]!.source !== "provision" || !row)
      return undefined;
    const newer = this.flat(name).find((flat) => flat.updatedAt > row.updatedAt && !flat.value.equals(row.value));
    if (!newer) return undefined;
    return {
      name,
      rule: "older-than-flat",
      detail: { path, written: row.updatedAt.toISOString(), flatPath, flatWritten: newer.updatedAt.toISOString() },
      token: newer.revision,
    };
  }

  /** The rows as they are once the writes of some decisions are done. */
  after(decisions: Decisions): SetView {
    const written = new Map<string, VaultRow>();
    for (const [name, decision] of decisions)
      if (decision.is === "create" || decision.is === "follow")
        written.set(name, { ...decision.from, path: this.spec.path, revision: newRevision });
    const all = [...this.#places.keys()].flatMap((path) => this.#rows.in(path));
    const others = all.filter((row) => !(row.path === this.spec.path && written.has(row.name)));
    return new SetView(this.spec, [...others, ...written.values()]);
  }
}

/** What is to be done with each name. The rules come before a write: a value that fails them is not written. */
export function decide(spec: SetSpec, records: SetMemory["records"], view: SetView): Decisions {
  const decisions = new Map<string, Decision>();
  for (const [name, { source }] of Object.entries(spec.names)) {
    const placement = place({
      source,
      authority: spec.authority,
      flat: view.flat(name),
      target: view.target(name),
      record: records[name],
    });
    const from = placement.is === "create" || placement.is === "follow" ? placement.from : undefined;
    const standing = from ? view.judged(name, from, [from.revision]).standing : [];
    decisions.set(
      name,
      from && standing.length > 0 ? { is: "refused", from, broken: brokenOf(standing, from.revision) } : placement,
    );
  }
  return decisions;
}

/**
 * What is remembered of a copy, whatever became of its name this time: a flat value that is bad for a while, a second row or a
 * write that waits for an approval does not make our own copy somebody else's.
 */
function remembered(
  spec: SetSpec,
  decision: Decision,
  row: VaultRow | undefined,
  { record, target, pending }: { record: CopyRecord | undefined; target: readonly VaultRow[]; pending: boolean },
): CopyRecord | undefined {
  if (decision.is === "keep") return decision.record;
  if ((decision.is === "create" || decision.is === "follow") && !pending && row?.value.equals(decision.from.value))
    return { wrote: row.revision, from: decision.from.revision };
  if (!record) return undefined;
  return spec.authority === "environment" || target.some(({ revision }) => revision === record.wrote)
    ? record
    : undefined;
}

/** What stands against a name that no row of it says; undefined where its row is there to be judged. */
function obstacle(
  { path }: SetSpec,
  name: string,
  decision: Decision,
  row: VaultRow | undefined,
  pending: boolean,
): readonly Broken[] | undefined {
  if (decision.is === "duplicate") return [duplicateOf(name, decision)];
  if (decision.is === "refused") return decision.broken;
  if (decision.is !== "keep" && decision.is !== "create" && decision.is !== "follow") return undefined;
  if (pending) return [{ name, rule: "approval", detail: { path } }];
  if (!row) return [{ name, rule: "read-back", detail: { path, is: "absent" } }];
  if (decision.is !== "keep" && !row.value.equals(decision.from.value))
    return [{ name, rule: "read-back", detail: { path, is: "other" } }];
  return undefined;
}

/**
 * What is so after the decisions were carried out.
 * @param pending names whose write waits for an approval in Infisical
 * @param after a look that was taken afterwards
 */
export function summarise(
  spec: SetSpec,
  decisions: Decisions,
  pending: ReadonlySet<string>,
  after: SetView,
  before: SetMemory["records"],
): { summary: SetSummary; records: Record<string, CopyRecord> } {
  const summary = {
    revisions: {} as Record<string, string>,
    confirmed: [] as string[],
    missing: [] as string[],
    broken: [] as Broken[],
    waiting: [] as string[],
    conflicts: [] as { name: string; path: string }[],
    unchecked: [] as string[],
    overrides: [] as Passed[],
  };
  const records: Record<string, CopyRecord> = {};
  // In one order, whoever made the decisions: properties come to a provider in another one than the program wrote them in.
  for (const [name, decision] of [...decisions].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const target = after.target(name);
    const [row] = target;
    if (row) summary.revisions[name] = row.revision;
    const record = remembered(spec, decision, row, { record: before[name], target, pending: pending.has(name) });
    if (record) records[name] = record;
    const wrong = obstacle(spec, name, decision, row, pending.has(name));
    if (decision.is === "waiting") summary.waiting.push(name);
    else if (decision.is === "missing") summary.missing.push(name);
    else if (decision.is === "conflict") summary.conflicts.push({ name, path: decision.path });
    else if (wrong) summary.broken.push(...wrong);
    else if (row) {
      const { standing, overridden, distinct } = after.judged(name, row, [row.revision, record?.from]);
      const { standing: older, passed } = after.stale(name, row);
      summary.overrides.push(...overridden.map((one) => ({ ...one, row: row.revision })), ...passed);
      if (distinct === "unchecked") summary.unchecked.push(name);
      if (standing.length === 0 && older.length === 0) summary.confirmed.push(name);
      else summary.broken.push(...brokenOf(standing, row.revision), ...older);
    }
  }
  return { summary, records };
}

/** What an update of the set will say, if what was seen stays so and every write goes through. */
export function predict(spec: SetSpec, records: SetMemory["records"], view: SetView): SetSummary {
  const decisions = decide(spec, records, view);
  return summarise(spec, decisions, new Set(), view.after(decisions), records).summary;
}

/** What makes an update of a set necessary: another declaration, other revisions than the last update left, or another verdict. */
export function setChanged(
  last: SecretSetOutputs,
  spec: SetSpec,
  observed: Readonly<Record<string, SeenRevisions>>,
): boolean {
  const declared = ({
    path,
    flatPath,
    overrides,
    forbidden,
    names,
  }: Pick<SetSpec, "path" | "flatPath" | "overrides" | "forbidden" | "names">) => ({
    path,
    flatPath,
    overrides,
    forbidden,
    names: Object.fromEntries(Object.entries(names).map(([name, { source, rules }]) => [name, { source, rules }])),
  });
  // While the environment path is read, what happens at the flat one changes nothing here.
  const relevant = (seen: Readonly<Record<string, SeenRevisions>>) =>
    Object.fromEntries(
      Object.entries(seen).map(([name, { target, flat, verdict }]) => [
        name,
        spec.authority === "flat" ? [target, flat, verdict] : [target, verdict.target],
      ]),
    );
  // Back at the flat path, a value that was rotated meanwhile is a conflict, though no revision has changed since.
  const wentBack = last.authority === "environment" && spec.authority === "flat";
  // Nobody tells whether an approval was refused: what is wanted and not there is sent again.
  const waits = last.summary.broken.some(({ name, rule }) => rule === "approval" && observed[name]?.target === null);
  return (
    last.version !== stateVersion ||
    wentBack ||
    waits ||
    !isDeepStrictEqual(plain(declared(last)), plain(declared(spec))) ||
    !isDeepStrictEqual(relevant(last.memory.seen), relevant(observed))
  );
}

/** As it comes out of a state: without what JSON leaves out. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
