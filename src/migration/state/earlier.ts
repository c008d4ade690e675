// States that earlier versions wrote, as this one would have written them. `version` stays what it was, so that the next update
// writes every resource anew. Nothing is judged here: what is no state of its version fails in `read.ts`.
import { type ResourceKind, unwritten } from "./shape.js";

type Raw = Readonly<Record<string, unknown>>;
const raw = (value: unknown): Raw => (typeof value === "object" && value !== null ? (value as Raw) : {});
const each = (value: unknown, change: (one: Raw) => Raw): unknown =>
  value === undefined
    ? value
    : Object.fromEntries(Object.entries(raw(value)).map(([key, one]) => [key, change(raw(one))]));

/** Version 1 kept the whole target with each resource. */
function withVault({ target, ...one }: Raw): Raw {
  const { vault: url, project, slug } = raw(target);
  return { vault: { url, project, slug }, ...one };
}

/** Version 3 kept the words with each name. */
function withPlan({ names, ...one }: Raw): Raw {
  const words = Object.entries(raw(names)).map(([name, one]) => [name, raw(one).plan]);
  return { ...one, names: each(names, ({ plan, ...rest }) => rest), plan: Object.fromEntries(words) };
}

/** Version 1 kept names and ownership in `managed`, `kept` and `owned`; at first without `owned`. */
function appsOf({ managed, kept, owned }: Raw): Raw {
  const apps = [managed, kept, owned].flatMap((one) => Object.keys(raw(one)));
  return Object.fromEntries(
    apps.map((app) => {
      const own = raw(owned)[app] ?? [];
      const lists = [Object.keys(raw(raw(managed)[app])), raw(kept)[app] ?? [], own];
      return [app, { credentials: Object.fromEntries(lists.flat().map((name) => [name, "kept"])), owned: own }];
    }),
  );
}

const seenBefore = (one: Raw): Raw => ({ verdict: { target: [], flat: [] }, ...one });
const sinceOf = ({ running, since }: Raw): unknown => (running === true ? since : null);

type Upgrade = Readonly<Partial<Record<ResourceKind, (one: Raw) => Raw>>>;

/** From the version that is the key, to the next. */
const outputs: Readonly<Record<number, Upgrade>> = {
  1: {
    folder: (one) => ({ ...withVault(one), make: null }),
    secretSet: ({ summary, memory, ...one }) => ({
      ...withVault(one),
      summary: { revisions: {}, ...raw(summary) },
      memory: { ...raw(memory), seen: each(raw(memory).seen, seenBefore) },
    }),
    migration: (one) => ({
      ...one,
      apps: appsOf(one),
      phase: raw(one.migration).phase,
      turn: null,
      flagSince: sinceOf(raw(one.flag)),
    }),
    retirement: (one) => ({ ...withVault(one), steady: false }),
  },
  // Some of this was written by a part of the second version's time only.
  2: {
    folder: (one) => ({ make: null, ...one }),
    migration: ({ migration, ...one }) => ({ ...one, migration: withSince(migration, one.flagSince ?? null) }),
    retirement: (one) => ({ steady: false, until: null, restored: {}, ...one }),
  },
};

const inputs: Readonly<Record<number, Upgrade>> = {
  1: {
    folder: withVault,
    secretSet: (one) => ({ ...withVault(one), observed: each(one.observed, seenBefore), summary: { revisions: {} } }),
    migration: (one) => ({ ...one, apps: appsOf(one) }),
    retirement: (one) => ({ ...withVault(one), flat: {} }),
  },
  2: { secretSet: (one) => ({ summary: { revisions: {} }, ...one }) },
  3: { secretSet: withPlan },
};

/** The stack output `migration` said at first nothing of when its flag turned on. */
export function withSince(record: unknown, since: unknown): unknown {
  const { flag, ...one } = raw(record);
  return record === undefined ? record : { ...one, flag: { since, ...raw(flag) } };
}

function upgrade(steps: typeof outputs, kind: ResourceKind, value: unknown, only?: readonly string[]): unknown {
  const kept = unwritten(raw(value), only);
  const { version } = kept;
  if (typeof version !== "number") return kept;
  return Object.entries(steps)
    .filter(([from]) => Number(from) >= version)
    .reduce((one, [, step]) => step[kind]?.(one) ?? one, kept);
}

export const upgradeOutputs = (kind: ResourceKind, value: unknown): unknown => upgrade(outputs, kind, value);
/** @param only keys as {@link unwritten} takes them; those that a step makes come besides */
export const upgradeInputs = (kind: ResourceKind, value: unknown, only?: readonly string[]): unknown =>
  upgrade(inputs, kind, value, only);
