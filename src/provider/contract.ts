import { refusedMark } from "../errors.js";
import type { Target } from "../migration/index.js";

/** In the inputs of every resource: a provider that learns to do more raises it, so that an update is made. */
export const providerVersion = 1;

/** Whether the stack may move to another target: `--rebind` sets it. */
export const rebinding = () => process.env.CONSOLE_VAULT_REBIND === "1";

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** What `cmd/dynamic-provider` of the SDK calls. `olds` of `check` are inputs, those of `diff` and `update` outputs. */
export interface DynamicProvider<Inputs, Outputs> {
  check(olds: Partial<Inputs>, news: Inputs): Promise<{ inputs: Inputs; failures: CheckFailure[] }>;
  diff(
    id: string,
    olds: Outputs,
    news: Inputs,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Inputs): Promise<{ id: string; outs: Outputs }>;
  update(id: string, olds: Outputs, news: Inputs): Promise<{ outs: Outputs }>;
  /** `{}`: it is gone. */
  read(id: string, props: Outputs): Promise<{ id?: string; props?: Outputs }>;
  delete(id: string, props: Outputs): Promise<void>;
}

/** A stack that suddenly works on another vault or account would copy, compare and delete in the wrong one. */
export function sameTarget(olds: { readonly target?: Target }, news: { readonly target: Target }): CheckFailure[] {
  if (!olds.target || rebinding()) return [];
  const changed = (Object.keys(olds.target) as (keyof Target)[]).filter(
    (key) => olds.target![key] !== news.target[key],
  );
  return changed.map((key) => ({
    property: `target.${key}`,
    reason: `${refusedMark}this stack works on ${olds.target![key]}, not on ${news.target[key]}; if that is meant, run the command with --rebind`,
  }));
}

/** Whether two plain values are the same, whatever the order of their keys. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
