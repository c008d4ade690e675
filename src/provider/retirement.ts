import { refusedMark } from "../errors.js";
import { restore, retire, type SetFacts, type Target, tokensOf, type VaultRow } from "../migration/index.js";
import type { InfisicalClient } from "../vault/client/index.js";
import { type DynamicProvider, same, sameTarget } from "./contract.js";
import { vaultAt } from "./vault.js";

export interface RetirementInputs {
  readonly version: number;
  readonly target: Target;
  readonly wanted: boolean;
  /** Why it may not happen now, a line each. */
  readonly refused: readonly string[];
  /** Phase of the stack's migration: only after its own soak. */
  readonly phase: string;
  readonly sets: readonly SetFacts[];
  /** Tokens of the flat rows as seen, by name; null where there is none. */
  readonly observed: Readonly<Record<string, string | null>>;
}

export interface RetirementReport {
  /** Names whose flat copy this stack deleted. */
  readonly retired: readonly string[];
  readonly kept: readonly { readonly name: string; readonly why: string }[];
  readonly refused: readonly string[];
}

export interface RetirementOutputs extends RetirementInputs {
  readonly retirement: RetirementReport;
  /** Tokens of the flat rows as they were left. */
  readonly left: Readonly<Record<string, string | null>>;
}

class Names {
  constructor(
    private readonly sets: readonly SetFacts[],
    private readonly rows: readonly VaultRow[],
  ) {}

  all() {
    return this.sets.flatMap(({ path, flatPath, sources, memory }) =>
      Object.keys(sources).map((name) => ({
        name,
        path,
        flatPath,
        flat: this.rows.filter((row) => row.name === name && row.path === flatPath),
        target: this.rows.filter((row) => row.name === name && row.path === path),
        record: memory.records[name],
      })),
    );
  }

  tokens(): Record<string, string | null> {
    return Object.fromEntries(this.all().map(({ name, flat }) => [name, tokensOf(flat)]));
  }
}

const look = async (vault: InfisicalClient, { target, sets }: RetirementInputs) =>
  new Names(sets, await vault.listSecrets(target.root, { recursive: true }));

const approval = (name: string, path: string) =>
  Object.assign(
    new Error(
      `${refusedMark}Infisical keeps the change of ${name} at ${path} for an approval; approve it there and run the command again`,
    ),
    { stack: undefined },
  );

/** Both rows once more, right before the deletion: what the environment path had may be gone since. */
async function deletable(
  vault: InfisicalClient,
  { name, path, flatPath, record }: ReturnType<Names["all"]>[number],
  token: string,
): Promise<boolean> {
  const flat = await vault.getSecret(flatPath, name);
  if (flat?.token !== token) return false;
  const target = await vault.getSecret(path, name);
  return retire([flat], target ? [target] : [], record).is === "delete";
}

/**
 * Name by name, each read again right before: whatever interrupts it, what is left is either as before or done.
 * @param last what the last update left, of the same target
 */
async function apply(inputs: RetirementInputs, last: RetirementOutputs | undefined): Promise<RetirementOutputs> {
  const vault = vaultAt(inputs.target);
  const refused = !inputs.wanted
    ? []
    : inputs.phase === "soaked"
      ? inputs.refused
      : [...inputs.refused, `this stack's own phase is ${inputs.phase}, not soaked`];
  const before = await look(vault, inputs);
  const retired = new Set<string>();
  const kept: { name: string; why: string }[] = [];

  let waits = false;
  for (const one of before.all()) {
    const { name, flatPath, flat, target, record } = one;
    // Also by an update that was interrupted before it could say so: the flat row was there when the last one ended.
    const wasFlat =
      last?.retirement.retired.includes(name) || record !== undefined || (last?.left[name] ?? null) !== null;
    if (!inputs.wanted) {
      const step = restore(flat, target, wasFlat);
      if (step.is !== "create") continue;
      const result = await vault.createSecrets(flatPath, [
        { name, value: step.from.value, comment: step.from.comment },
      ]);
      if ("approval" in result) throw approval(name, flatPath);
      continue;
    }
    const step = retire(flat, target, record);
    if (step.is === "gone" && wasFlat) retired.add(name);
    if (step.is === "keep") kept.push({ name, why: step.why });
    if (step.is !== "delete") continue;
    if (refused.length > 0) {
      kept.push({ name, why: "not now" });
      waits = true;
      continue;
    }
    if (!(await deletable(vault, one, step.row.token))) {
      kept.push({ name, why: "it, or the environment's value, was written or deleted just now" });
      continue;
    }
    const result = await vault.deleteSecret(flatPath, name);
    if ("approval" in result) throw approval(name, flatPath);
    retired.add(name);
  }
  const after = await look(vault, inputs);
  // With nothing left to delete there is nothing to refuse.
  return {
    ...inputs,
    retirement: { retired: [...retired], kept, refused: waits ? refused : [] },
    left: after.tokens(),
  };
}

export const retirement: DynamicProvider<RetirementInputs, RetirementOutputs> = {
  check: async (olds, news) => ({ inputs: news, failures: sameTarget(olds as { target?: Target }, news) }),
  diff: async (_id, olds, news) => ({
    changes:
      olds.wanted !== news.wanted ||
      olds.version !== news.version ||
      // With nothing wanted, what others do to the flat path is not this resource's business.
      (news.wanted &&
        (!same(olds.left, news.observed) ||
          (olds.retirement.refused.length > 0 && !same(olds.refused, news.refused)) ||
          (olds.retirement.refused.length > 0 && olds.phase !== news.phase))),
  }),
  create: async (inputs) => ({ id: "flat", outs: await apply(inputs, undefined) }),
  update: async (_id, olds, news) => ({ outs: await apply(news, same(olds.target, news.target) ? olds : undefined) }),
  read: async (id, props) => ({ id, props }),
  delete: async () => {},
};
