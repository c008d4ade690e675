// What a stack's last update left, as far as the next plan is made from it: read out of the resources of its state. Pure.
import type { MigrationRecord, OnApp } from "./record.js";
import type { SetState } from "./set.js";
import type { Target } from "./world.js";

/** Types of the resources that a stack declares, as they stand in its state: a compatibility contract. */
export const resourceTypes = {
  folder: "pulumi-nodejs:dynamic/console-vault:Folder",
  secretSet: "pulumi-nodejs:dynamic/console-vault:SecretSet",
  migration: "pulumi-nodejs:dynamic/console-vault:Migration",
  retirement: "pulumi-nodejs:dynamic/console-vault:Retirement",
  association: "heroku:index/appConfigAssociation:AppConfigAssociation",
} as const;

export interface Last {
  /** undefined for a stack that was never updated. */
  readonly target: Target | undefined;
  readonly record: MigrationRecord | undefined;
  /** By path of the folder. */
  readonly sets: Readonly<Record<string, SetState>>;
  readonly apps: Readonly<Record<string, OnApp>>;
  /** Whether the flat copies were wanted gone, and which are. */
  readonly retirement: { readonly wanted: boolean; readonly retired: readonly string[] } | undefined;
}

export const neverUpdated: Last = { target: undefined, record: undefined, sets: {}, apps: {}, retirement: undefined };

/** A resource of a state; its outputs may have words in place of secrets. */
export interface LeftResource {
  readonly type: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

type Bag = Readonly<Record<string, unknown>>;
const bag = (value: unknown): Bag => (typeof value === "object" && value !== null ? (value as Bag) : {});
const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];

/** The first version of the state kept names and ownership in `managed`, `kept` and `owned`. */
function appsOf(outputs: Bag): Record<string, OnApp> {
  if (outputs.apps !== undefined) return outputs.apps as Record<string, OnApp>;
  const [managed, kept, owned] = [bag(outputs.managed), bag(outputs.kept), bag(outputs.owned)];
  const apps = new Set([...Object.keys(managed), ...Object.keys(kept), ...Object.keys(owned)]);
  return Object.fromEntries(
    [...apps].map((app) => {
      const held = [...Object.keys(bag(managed[app])), ...names(kept[app]), ...names(owned[app])];
      return [app, { credentials: Object.fromEntries(held.map((name) => [name, "kept"])), owned: names(owned[app]) }];
    }),
  );
}

/** @param resources of the stack's state, in any order */
export function lastOf(resources: readonly LeftResource[]): Last {
  const of = (type: string) => resources.filter((one) => one.type === type).map(({ outputs }) => outputs);
  const [migration] = of(resourceTypes.migration);
  const [retirement] = of(resourceTypes.retirement);
  const sets = of(resourceTypes.secretSet).filter(({ path, memory }) => typeof path === "string" && memory);
  return {
    target: migration?.target as Target | undefined,
    record: migration?.migration as MigrationRecord | undefined,
    sets: Object.fromEntries(sets.map((one) => [one.path, one as unknown as SetState])),
    apps: migration ? appsOf(migration) : {},
    retirement: retirement && {
      wanted: retirement.wanted === true,
      retired: names(bag(retirement.retirement).retired),
    },
  };
}
