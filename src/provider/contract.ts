import { refusedText } from "../envelope.js";
import {
  findingJson,
  movedFrom,
  readTarget,
  readVault,
  reason,
  type Target,
  type VaultKind,
  type VaultPlace,
} from "../migration/index.js";
import { runContext } from "../runContext.js";

/** Whether the stack may move to another target: `--rebind` sets it. */
export const rebinding = () => runContext().env.CONSOLE_VAULT_REBIND === "1";

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/**
 * What `cmd/dynamic-provider` of the SDK calls. `olds` of `check` are inputs, those of `diff` and `update` outputs: of a state, which
 * another version may have written.
 */
export interface DynamicProvider<Inputs, Outputs> {
  /** @param news of it, where the resource is to work */
  check(olds: unknown, news: Pick<Inputs, keyof Inputs & ("vault" | "target")>): Promise<{ failures: CheckFailure[] }>;
  diff(
    id: string,
    olds: unknown,
    news: Inputs,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Inputs): Promise<{ id: string; outs: Outputs }>;
  update(id: string, olds: unknown, news: Inputs): Promise<{ outs: Outputs }>;
  /** `{}`: it is gone. */
  read(id: string, props: unknown): Promise<{ id?: string; props?: unknown }>;
  delete(id: string, props: unknown): Promise<void>;
}

export const placeOf = ({ vault, project, slug }: Target): VaultPlace => ({ url: vault, project, slug });

const moved = <Place extends object>(prefix: string, before: Place, now: Place): CheckFailure[] =>
  movedFrom(before, now).map((finding) => ({
    property: `${prefix}.${finding.key}`,
    reason: refusedText(`${reason(finding)}; if that is meant, run the command with --rebind`, [findingJson(finding)]),
  }));

/** A stack that suddenly works on another vault would copy, compare and delete in the wrong one. */
export function sameVault(kind: VaultKind, olds: unknown, { vault }: { readonly vault: VaultPlace }): CheckFailure[] {
  const before = readVault(kind, olds);
  return before && !rebinding() ? moved("vault", before, vault) : [];
}

/** The same for all of a stack's target, its Heroku account included. */
export function sameTarget(olds: unknown, { target }: { readonly target: Target }): CheckFailure[] {
  const before = readTarget(olds);
  return before && !rebinding() ? moved("target", before, target) : [];
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
