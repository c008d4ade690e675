import {
  type Decisions,
  decide,
  keptOutputs,
  labelsOf,
  readOutputs,
  type SecretSetInputs,
  type SecretSetOutputs,
  type SetMemory,
  SetView,
  setChanged,
  summarise,
  type VaultRow,
} from "../migration/index.js";
import { type InfisicalClient, type SecretToWrite, writeSecrets } from "../vault/client/index.js";
import { type DynamicProvider, same, sameVault } from "./contract.js";
import type { Inventory } from "./inventory.js";
import { inventoryAt, vaultAt } from "./vault.js";

/** Writes what was decided. @returns names that wait for an approval */
function write(vault: InfisicalClient, path: string, decisions: Decisions): Promise<ReadonlySet<string>> {
  const pick = (kind: "create" | "follow", labels: (from: VaultRow) => Partial<SecretToWrite>): SecretToWrite[] =>
    [...decisions].flatMap(([name, decision]) =>
      decision.is === kind ? [{ name, value: decision.from.value, ...labels(decision.from) }] : [],
    );
  return writeSecrets(vault, path, {
    create: pick("create", labelsOf),
    // Tags and metadata of a row that is there are its own.
    update: pick("follow", ({ comment }) => ({ comment })),
  });
}

/** @returns whether any name is to be `create`d, or `follow`s its source */
const has = (decisions: Decisions, ...kinds: readonly ("create" | "follow")[]) =>
  [...decisions.values()].some(({ is }) => kinds.some((kind) => kind === is));

/**
 * What is to be done, by this update's look at the vault. Before anything is written over, by a look of that very moment: of a
 * creation the server itself says no where something is there.
 */
async function look(inputs: SecretSetInputs, inventory: Inventory) {
  const { flatPath, environments, records } = inputs;
  const decided = (rows: readonly VaultRow[]) => {
    const view = new SetView(inputs, rows);
    return { view, decisions: decide(inputs, records, view) };
  };
  if (Object.keys(inputs.names).length === 0) return decided([]);
  const { rows, fresh } = await inventory.latest([flatPath, ...environments.map((name) => `${flatPath}${name}/`)]);
  const known = decided(rows);
  return fresh || !has(known.decisions, "follow") ? known : decided(await inventory.fresh());
}

/**
 * What the set compares with at its next update: its own folder as it was read back, and the flat one as it was copied from. A
 * flat value that changed in between is then seen as changed.
 */
function remember(before: SetView, after: SetView): SetMemory["seen"] {
  const copiedFrom = before.seen();
  const entries = Object.entries(after.seen()).map(([name, { target, verdict }]) => {
    const { flat, verdict: then } = copiedFrom[name]!;
    return [name, { target, flat, verdict: { target: verdict.target, flat: then.flat } }] as const;
  });
  return Object.fromEntries(entries);
}

/** Creating and updating are the same: look, write what is missing, read back, say what is so. It never throws for what it finds. */
async function apply(inputs: SecretSetInputs): Promise<SecretSetOutputs> {
  const { records, path, flatPath } = inputs;
  const vault = vaultAt(inputs.vault);
  const inventory = inventoryAt(inputs.vault, flatPath);
  const { view: before, decisions } = await look(inputs, inventory);
  const writes = has(decisions, "create", "follow");
  const pending = writes ? await inventory.writing(path, () => write(vault, path, decisions)) : new Set<string>();
  const after = writes ? new SetView(inputs, await inventory.fresh()) : before;
  const result = summarise(inputs, decisions, pending, after, records);
  const memory = { seen: remember(before, after), records: result.records };
  return keptOutputs("secretSet", { ...inputs, summary: result.summary, memory });
}

export const secretSet: DynamicProvider<SecretSetInputs, SecretSetOutputs> = {
  check: async (olds, news) => ({ failures: sameVault("secretSet", olds, news) }),
  diff: async (id, olds, news) => {
    const last = readOutputs("secretSet", olds, { name: id });
    return {
      changes: !same(last.vault, news.vault) || setChanged(last, news, news.observed),
      ...(last.path === news.path ? {} : { replaces: ["path"] }),
    };
  },
  create: async (inputs) => ({ id: inputs.path, outs: await apply(inputs) }),
  update: async (_id, _olds, news) => ({ outs: await apply(news) }),
  // The program looks at the vault in every run and hands on the revisions it saw: reading here as well would add nothing.
  read: async (id, props) => ({ id, props }),
  // Forgetting a set takes no value away from anybody.
  delete: async () => {},
};
