import { judge, type Override, type Rule, type Surroundings, withOverrides } from "../catalog/index.js";
import {
  type Authority,
  type Broken,
  brokenOf,
  type CopyRecord,
  type Passed,
  type Placement,
  place,
  type SeenTokens,
  type SetMemory,
  type SetSummary,
  seenNow,
  type Target,
  type VaultRow,
} from "../migration/index.js";
import type { InfisicalClient, SecretToWrite } from "../vault/client/index.js";
import { type DynamicProvider, same, sameTarget } from "./contract.js";
import { vaultAt } from "./vault.js";

/** Names, paths, sources and tokens; never a value. The values are moved in here. */
export interface SecretSetInputs {
  readonly version: number;
  readonly target: Target;
  readonly environment: string;
  /** The environment whose values the flat path holds. */
  readonly fallback: string;
  readonly environments: readonly string[];
  readonly path: string;
  readonly flatPath: string;
  readonly authority: Authority;
  readonly names: Readonly<
    Record<string, { readonly source: "copy" | "provision"; readonly rules: readonly Rule[]; readonly plan: string }>
  >;
  readonly observed: Readonly<Record<string, SeenTokens>>;
  readonly overrides: readonly Override[];
  readonly forbidden: readonly string[];
}

export interface SecretSetOutputs extends SecretSetInputs {
  readonly summary: SetSummary;
  readonly memory: SetMemory;
}

type Decision = Placement | { readonly is: "refused"; readonly broken: readonly Broken[] };

/** One look: every row of the vendor, flat and of every environment, since rules compare them. */
class Look {
  readonly surroundings: Surroundings;
  constructor(
    private readonly inputs: SecretSetInputs,
    private readonly rows: readonly VaultRow[],
  ) {
    const environmentOfPath = new Map<string, string | undefined>([
      [inputs.flatPath, undefined],
      ...inputs.environments.map((name) => [`${inputs.flatPath}${name}/`, name] as const),
    ]);
    const held = rows
      .filter(({ path }) => environmentOfPath.has(path))
      .map(({ name, path, value }) => ({ name, path, environment: environmentOfPath.get(path), value }));
    this.surroundings = { held, forbidden: inputs.forbidden, fallback: inputs.fallback };
  }

  at(path: string, name: string): VaultRow[] {
    return this.rows.filter((row) => row.path === path && row.name === name);
  }

  seen(): SetMemory["seen"] {
    const { names, path, flatPath, environment } = this.inputs;
    return Object.fromEntries(
      Object.entries(names).map(([name, { source, rules }]) => [
        name,
        seenNow(
          { name, environment, rules },
          { target: this.at(path, name), flat: source === "copy" ? this.at(flatPath, name) : [] },
          this.surroundings,
        ),
      ]),
    );
  }

  judged(name: string, row: VaultRow, tokens: readonly (string | undefined)[]) {
    const { environment, overrides, names } = this.inputs;
    const { rules } = names[name]!;
    const judgement = judge({ name, environment, value: row.value, rules }, this.surroundings);
    return { ...judgement, ...withOverrides(judgement.findings, overrides, tokens) };
  }
}

async function look(vault: InfisicalClient, inputs: SecretSetInputs): Promise<Look> {
  return new Look(inputs, await vault.listSecrets(inputs.flatPath, { recursive: true }));
}

function decide(inputs: SecretSetInputs, records: SetMemory["records"], now: Look): Map<string, Decision> {
  const decisions = new Map<string, Decision>();
  for (const [name, { source }] of Object.entries(inputs.names)) {
    const placement = place({
      source,
      authority: inputs.authority,
      flat: now.at(inputs.flatPath, name),
      target: now.at(inputs.path, name),
      record: records[name],
    });
    if (placement.is === "create" || placement.is === "follow") {
      // The rules come before the write, and a value that fails them is not written.
      const { standing } = now.judged(name, placement.from, [placement.from.token]);
      decisions.set(
        name,
        standing.length > 0 ? { is: "refused", broken: brokenOf(standing, placement.from.token) } : placement,
      );
    } else decisions.set(name, placement);
  }
  return decisions;
}

/** Writes what was decided, a batch for what is new and one for what follows. @returns names that wait for an approval. */
async function write(
  vault: InfisicalClient,
  path: string,
  decisions: ReadonlyMap<string, Decision>,
): Promise<Set<string>> {
  const pick = (kind: "create" | "follow"): SecretToWrite[] =>
    [...decisions].flatMap(([name, decision]) =>
      decision.is === kind ? [{ name, value: decision.from.value, comment: decision.from.comment }] : [],
    );
  const pending = new Set<string>();
  for (const [batch, send] of [
    [pick("create"), vault.createSecrets],
    [pick("follow"), vault.updateSecrets],
  ] as const) {
    if (batch.length === 0) continue;
    const result = await send(path, batch);
    if ("approval" in result) for (const { name } of batch) pending.add(name);
  }
  return pending;
}

function summarise(
  inputs: SecretSetInputs,
  decisions: ReadonlyMap<string, Decision>,
  pending: ReadonlySet<string>,
  now: Look,
): { summary: SetSummary; records: Record<string, CopyRecord> } {
  const summary = {
    placed: [] as string[],
    confirmed: [] as string[],
    missing: [] as string[],
    broken: [] as Broken[],
    waiting: [] as string[],
    conflicts: [] as { name: string; why: string }[],
    unchecked: [] as string[],
    overrides: [] as Passed[],
  };
  const records: Record<string, CopyRecord> = {};
  for (const [name, decision] of decisions) {
    const row = now.at(inputs.path, name)[0];
    if (row) summary.placed.push(name);
    if (decision.is === "waiting") summary.waiting.push(name);
    else if (decision.is === "missing") summary.missing.push(name);
    else if (decision.is === "conflict") summary.conflicts.push({ name, why: decision.why });
    else if (decision.is === "duplicate") summary.broken.push({ name, rule: "duplicate", why: decision.why });
    else if (decision.is === "refused") summary.broken.push(...decision.broken);
    else if (pending.has(name))
      summary.broken.push({
        name,
        rule: "approval",
        why: `the write to ${inputs.path} waits for an approval in Infisical`,
      });
    else if (!row)
      summary.broken.push({ name, rule: "read-back", why: `it was written to ${inputs.path} and is not there` });
    else if (decision.is !== "keep" && !row.value.equals(decision.from.value))
      summary.broken.push({ name, rule: "read-back", why: `another value than the one written is at ${inputs.path}` });
    else {
      const record = decision.is === "keep" ? decision.record : { wrote: row.token, from: decision.from.token };
      if (record) records[name] = record;
      const { standing, overridden, distinct } = now.judged(name, row, [row.token, records[name]?.from]);
      summary.overrides.push(...overridden.map((one) => ({ ...one, row: row.token })));
      if (distinct === "unchecked") summary.unchecked.push(name);
      if (standing.length === 0) summary.confirmed.push(name);
      else summary.broken.push(...brokenOf(standing, row.token));
    }
  }
  return { summary, records };
}

/** Creating and updating are the same: look, write what is missing, read back, say what is so. It never throws for what it finds. */
async function apply(inputs: SecretSetInputs, records: SetMemory["records"]): Promise<SecretSetOutputs> {
  const vault = vaultAt(inputs.target);
  const before = await look(vault, inputs);
  const decisions = decide(inputs, records, before);
  const writes = [...decisions.values()].some(({ is }) => is === "create" || is === "follow");
  const pending = writes ? await write(vault, inputs.path, decisions) : new Set<string>();
  const after = writes ? await look(vault, inputs) : before;
  const result = summarise(inputs, decisions, pending, after);
  return { ...inputs, summary: result.summary, memory: { seen: after.seen(), records: result.records } };
}

/** What makes an update necessary: another declaration, other tokens than the last update left behind, or another verdict. */
function changed(olds: SecretSetOutputs, news: SecretSetInputs): boolean {
  const declared = (one: SecretSetInputs) => ({
    version: one.version,
    target: one.target,
    path: one.path,
    flatPath: one.flatPath,
    overrides: one.overrides,
    forbidden: one.forbidden,
    names: Object.fromEntries(Object.entries(one.names).map(([name, { source, rules }]) => [name, { source, rules }])),
  });
  // While the environment path is read, what happens at the flat one changes nothing here.
  const relevant = (seen: Readonly<Record<string, SeenTokens>>) =>
    Object.fromEntries(
      Object.entries(seen).map(([name, { target, flat, verdict }]) => [
        name,
        news.authority === "flat" ? [target, flat, verdict] : [target, verdict.target],
      ]),
    );
  // Back at the flat path, a value that was rotated meanwhile is a conflict, though no token has changed since.
  const wentBack = olds.authority === "environment" && news.authority === "flat";
  return (
    wentBack || !same(declared(olds), declared(news)) || !same(relevant(olds.memory.seen), relevant(news.observed))
  );
}

export const secretSet: DynamicProvider<SecretSetInputs, SecretSetOutputs> = {
  check: async (olds, news) => ({ inputs: news, failures: sameTarget(olds, news) }),
  diff: async (_id, olds, news) => ({
    changes: changed(olds, news),
    ...(olds.path === news.path ? {} : { replaces: ["path"] }),
  }),
  create: async (inputs) => ({ id: inputs.path, outs: await apply(inputs, {}) }),
  update: async (_id, olds, news) => ({ outs: await apply(news, olds.memory.records) }),
  // The program looks at the vault in every run and hands on the tokens it saw: reading here as well would add nothing.
  read: async (id, props) => ({ id, props }),
  // Forgetting a set takes no value away from anybody.
  delete: async () => {},
};
