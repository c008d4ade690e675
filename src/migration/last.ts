// What a stack's last update left, as far as the next plan is made from it: read out of the resources of its state. Pure.
import { appsOfFlag } from "./flagState.js";
import { followRestored } from "./retirement.js";
import {
  kindOf,
  type MigrationRecord,
  type OnApp,
  type OutputsOf,
  type ResourceKind,
  readOutputs,
  readShown,
  readStackOutputs,
  type SecretSetOutputs,
  type ShownOf,
  type StackOutputs,
  type StackValues,
  type Target,
} from "./state/index.js";

export interface Last {
  /** undefined for a stack that was never updated. */
  readonly target: Target | undefined;
  readonly record: MigrationRecord | undefined;
  /** By path of the folder. */
  readonly sets: Readonly<Record<string, SecretSetOutputs>>;
  readonly apps: Readonly<Record<string, OnApp>>;
  /** Whether the flat copies were wanted gone, and which are. */
  readonly retirement: { readonly wanted: boolean; readonly retired: readonly string[] } | undefined;
}

export const neverUpdated: Last = { target: undefined, record: undefined, sets: {}, apps: {}, retirement: undefined };

/** A resource of a state; its outputs may have words in place of secrets. */
export interface LeftResource {
  readonly type: string;
  readonly name: string;
  readonly outputs: unknown;
}

/**
 * @param resources of the stack's state, in any order
 * @throws StateError
 */
export function lastOf(stack: string, resources: readonly LeftResource[]): Last {
  const of = <Kind extends ResourceKind>(kind: Kind): OutputsOf<Kind>[] =>
    resources
      .filter(({ type }) => kindOf(type) === kind)
      .map(({ name, outputs }) => readOutputs(kind, outputs, { stack, name }));
  const [migration] = of("migration");
  const [retirement] = of("retirement");
  return {
    target: migration?.migration.target,
    record: migration?.migration,
    sets: Object.fromEntries(of("secretSet").map((one) => [one.path, withRestored(one, retirement)])),
    apps: migration?.apps ?? {},
    retirement: retirement && { wanted: retirement.wanted, retired: retirement.retirement.retired },
  };
}

function withRestored(set: SecretSetOutputs, retirement: OutputsOf<"retirement"> | undefined): SecretSetOutputs {
  const restored = Object.entries(retirement?.restored ?? {}).filter(([name]) => name in set.names);
  const records = followRestored(set.memory.records, Object.fromEntries(restored));
  return { ...set, memory: { ...set.memory, records } };
}

/** A resource of a state with what of its inputs a plan shows. */
export type ShownResource = {
  readonly [Kind in ResourceKind]: {
    readonly kind: Kind;
    readonly urn: string;
    readonly name: string;
    readonly inputs: ShownOf<Kind>;
  };
}[ResourceKind];

/** All of a state that is read. */
export interface StackState {
  readonly outputs: StackOutputs;
  readonly last: Last;
  readonly resources: readonly ShownResource[];
}

/** Whether an app is one of the stack's, as its `Migration` left it: a program may declare the config vars of others besides. */
const ownsApp = ({ apps, record }: Last, app: string): boolean =>
  app in apps || (record !== undefined && appsOfFlag(record.flag).some((one) => one.app === app));

/**
 * What a stack holds besides this package's resources: a program may declare other things as well.
 *
 * @param component type of the component that ours may be in
 */
export function otherResources<One extends LeftResource>(
  stack: string,
  resources: readonly One[],
  component: string,
): One[] {
  const last = lastOf(stack, resources);
  return resources.filter(({ type, name }) => {
    if (type === component || type.startsWith("pulumi:")) return false;
    const kind = kindOf(type);
    return !kind || (kind === "association" && !ownsApp(last, name));
  });
}

/**
 * @param outputs of the stack itself
 * @throws StateError
 */
export function stateOf(
  stack: string,
  resources: readonly (LeftResource & { readonly urn: string; readonly inputs: unknown })[],
  outputs: StackValues,
): StackState {
  const last = lastOf(stack, resources);
  const shown = resources.flatMap(({ type, urn, name, inputs }) => {
    const kind = kindOf(type);
    if (!kind || (kind === "association" && !ownsApp(last, name))) return [];
    return [{ kind, urn, name, inputs: readShown(kind, inputs, { stack, name }) } as ShownResource];
  });
  return { outputs: readStackOutputs(stack, outputs, last.record?.flag.since), last, resources: shown };
}

/** What a stack's last update left, as far as it can be read; `state` is undefined where there was none. */
export type LastUpdate =
  | { readonly is: "known"; readonly state: StackState | undefined }
  | { readonly is: "unknown"; readonly why: string };

/** The stack's output `migration`, where it can be read. */
export const recordOf = (last: LastUpdate | undefined): MigrationRecord | undefined =>
  last?.is === "known" ? last.state?.outputs.migration : undefined;
