import {
  type Decisions,
  decide,
  keptOutputs,
  readOutputs,
  type SecretSetInputs,
  type SecretSetOutputs,
  SetView,
  setChanged,
  summarise,
} from "../migration/index.js";
import { type InfisicalClient, type SecretToWrite, writeSecrets } from "../vault/client/index.js";
import { type DynamicProvider, same, sameVault } from "./contract.js";
import { vaultAt } from "./vault.js";

async function look(vault: InfisicalClient, inputs: SecretSetInputs): Promise<SetView> {
  return new SetView(inputs, await vault.listSecrets(inputs.flatPath, { recursive: true }));
}

/** Writes what was decided. @returns names that wait for an approval */
function write(vault: InfisicalClient, path: string, decisions: Decisions): Promise<ReadonlySet<string>> {
  const pick = (kind: "create" | "follow"): SecretToWrite[] =>
    [...decisions].flatMap(([name, decision]) =>
      decision.is === kind ? [{ name, value: decision.from.value, comment: decision.from.comment }] : [],
    );
  return writeSecrets(vault, path, { create: pick("create"), update: pick("follow") });
}

/** Creating and updating are the same: look, write what is missing, read back, say what is so. It never throws for what it finds. */
async function apply(inputs: SecretSetInputs): Promise<SecretSetOutputs> {
  const { records } = inputs;
  const vault = vaultAt(inputs.vault);
  const before = await look(vault, inputs);
  const decisions = decide(inputs, records, before);
  const writes = [...decisions.values()].some(({ is }) => is === "create" || is === "follow");
  const pending = await write(vault, inputs.path, decisions);
  const after = writes ? await look(vault, inputs) : before;
  const result = summarise(inputs, decisions, pending, after, records);
  const memory = { seen: after.seen(), records: result.records };
  return keptOutputs("secretSet", { ...inputs, summary: result.summary, memory });
}

export const secretSet: DynamicProvider<SecretSetInputs, SecretSetOutputs> = {
  check: async (olds, news) => ({ inputs: news, failures: sameVault("secretSet", olds, news) }),
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
