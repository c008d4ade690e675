import { refusedMark } from "../errors.js";
import { differences, type Target } from "../migration/index.js";

/** In the inputs of every resource: a provider that learns to do more raises it, so that an update is made. */
export const providerVersion = 2;

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

/** The vault that a resource works on, as its inputs name it. */
export interface VaultPlace {
  readonly url: string;
  readonly project: string;
  /** Infisical's environment slug. */
  readonly slug: string;
}

export const placeOf = ({ vault, project, slug }: Target): VaultPlace => ({ url: vault, project, slug });

/** Where a resource last worked: the first version of the state kept the whole target with each of them. */
export function lastPlace(olds: { readonly vault?: VaultPlace; readonly target?: Target }): VaultPlace | undefined {
  return olds.vault ?? (olds.target && placeOf(olds.target));
}

const moved = <Place extends object>(prefix: string, before: Place, now: Place): CheckFailure[] =>
  differences(before, now).map(({ key, text }) => ({
    property: `${prefix}.${key}`,
    reason: `${refusedMark}${text}; if that is meant, run the command with --rebind`,
  }));

/** A stack that suddenly works on another vault would copy, compare and delete in the wrong one. */
export function sameVault(
  olds: { readonly vault?: VaultPlace; readonly target?: Target },
  news: { readonly vault: VaultPlace },
): CheckFailure[] {
  const before = lastPlace(olds);
  return before && !rebinding() ? moved("vault", before, news.vault) : [];
}

/** The same for all of a stack's target, its Heroku account included. */
export function sameTarget(olds: { readonly target?: Target }, news: { readonly target: Target }): CheckFailure[] {
  return olds.target && !rebinding() ? moved("target", olds.target, news.target) : [];
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
