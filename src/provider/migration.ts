import { refusedMark } from "../errors.js";
import {
  type MigrationFacts,
  type MigrationRecord,
  recordMigration,
  type SetFacts,
  type Target,
  type VarState,
  type VaultRow,
} from "../migration/index.js";
import { type CheckFailure, type DynamicProvider, same, sameTarget } from "./contract.js";
import { vaultAt } from "./vault.js";

export interface MigrationInputs extends MigrationFacts {
  readonly version: number;
  /** Credentials kept on apps, and how each app's var compares with the vault's value now: app to name to state. */
  readonly managed: Readonly<Record<string, Readonly<Record<string, VarState>>>>;
  /** Names that stay managed though this update does not touch them (see `keepSensitive`): app to names. */
  readonly kept: Readonly<Record<string, readonly string[]>>;
  /** Names whose value on the app is this stack's own, from this update or an earlier one; `check` adds it. */
  readonly owned?: Readonly<Record<string, readonly string[]>>;
  /** App to name to reason. */
  readonly takeover: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface MigrationOutputs extends MigrationInputs {
  readonly migration: MigrationRecord;
}

/**
 * What is kept untouched is owned only if it was before: while the flag is off, the app may have another environment's value;
 * and where the vault has nothing good, the app keeps whatever it has.
 */
function ownedBy(olds: Partial<MigrationInputs>, { managed, kept }: MigrationInputs): MigrationInputs["owned"] & {} {
  const apps = new Set([...Object.keys(managed), ...Object.keys(kept)]);
  return Object.fromEntries(
    [...apps].map((app) => {
      const states = Object.entries(managed[app] ?? {});
      const set = states.flatMap(([name, state]) => (state === "kept" ? [] : [name]));
      const untouched = [...(kept[app] ?? []), ...states.map(([name]) => name)];
      const before = untouched.filter((name) => olds.owned?.[app]?.includes(name));
      return [app, [...new Set([...set, ...before])].sort()];
    }),
  );
}

/** What was ours at another Heroku is not here. Another account's apps are the same ones. */
function here(olds: Partial<MigrationInputs>, { target }: MigrationInputs): Partial<MigrationInputs> {
  return olds.target && olds.target.heroku !== target.heroku ? {} : olds;
}

/** Another value on an app is somebody's; it is replaced only when that was asked for by name, or when the var is ours already. */
function takeovers({ owned }: Partial<MigrationInputs>, { managed, takeover }: MigrationInputs): CheckFailure[] {
  return Object.entries(managed).flatMap(([app, names]) =>
    Object.entries(names).flatMap(([name, state]) =>
      state !== "other" || owned?.[app]?.includes(name) || takeover[app]?.[name]
        ? []
        : [
            {
              property: `manage.${name}`,
              reason: `${refusedMark}${app} has another value in ${name} than the vault; to replace it, give a reason in takeover.${app}.${name}`,
            },
          ],
    ),
  );
}

/** The Heroku provider deletes on the app what leaves its map: also what the app only kept. */
function losses(olds: Partial<MigrationInputs>, { managed, kept }: MigrationInputs): CheckFailure[] {
  return Object.entries(olds.owned ?? {}).flatMap(([app, names]) =>
    [...new Set([...names, ...Object.keys(olds.managed?.[app] ?? {})])]
      .filter((name) => !managed[app]?.[name] && !kept[app]?.includes(name))
      .map((name) => ({
        property: `manage.${name}`,
        reason: `${refusedMark}${name} on ${app} is managed by this stack and would be deleted there; put ${app} back into manage.${name}`,
      })),
  );
}

/** Sources and targets once more, right before the flag turns on. Values are compared in here; only names leave. */
export function lastLook(sets: readonly SetFacts[], rows: readonly VaultRow[]): string[] {
  return sets.flatMap(({ path, flatPath, sources, memory }) =>
    Object.entries(sources).flatMap(([name, source]) => {
      const at = (where: string) => rows.filter((row) => row.path === where && row.name === name);
      const [target, flat] = [at(path), at(flatPath)];
      if (target.length !== 1) return [`${name}: ${target.length === 0 ? "not" : "several times"} at ${path}`];
      if (target[0]!.token !== memory.seen[name]?.target)
        return [`${name}: written again at ${path} since it was confirmed`];
      if (source === "copy" && flat.length > 0 && flat.some((row) => !row.value.equals(target[0]!.value)))
        return [`${name}: ${flatPath} has another value than ${path}`];
      return [];
    }),
  );
}

function refuse(variable: string, app: string, reasons: readonly string[]): never {
  const error = new Error(
    `${refusedMark}${variable} stays as it is on ${app}:\n${reasons.map((reason) => `  ${reason}`).join("\n")}`,
  );
  delete error.stack;
  throw error;
}

async function apply(inputs: MigrationInputs, last: MigrationRecord | undefined): Promise<MigrationOutputs> {
  const record = recordMigration(inputs, last);
  const { flag } = inputs;
  if (flag.transition === "on") {
    const rows = await vaultAt(inputs.target).listSecrets(inputs.target.root, { recursive: true });
    const reasons = [...new Set([...record.blocked, ...lastLook(inputs.sets, rows)])];
    const unconfirmed = inputs.expected.filter((name) => !record.confirmed.includes(name));
    if (reasons.length > 0 || unconfirmed.length > 0)
      refuse(
        flag.variable,
        flag.app,
        reasons.length > 0 ? reasons : unconfirmed.map((name) => `${name}: not confirmed`),
      );
  }
  return { ...inputs, migration: record };
}

/** In a preview what the sets will say is not known yet. */
const known = (sets: unknown): sets is readonly SetFacts[] =>
  Array.isArray(sets) &&
  sets.every(
    (set) =>
      typeof set === "object" &&
      set !== null &&
      typeof (set as SetFacts).summary === "object" &&
      typeof (set as SetFacts).memory === "object",
  );

/** Which names are managed where. How an app's var compares with the vault's value is its association's to change. */
const namesOn = ({ managed }: MigrationInputs) =>
  Object.fromEntries(Object.entries(managed).map(([app, states]) => [app, Object.keys(states).sort()]));

export const migration: DynamicProvider<MigrationInputs, MigrationOutputs> = {
  check: async (olds, news) => {
    const before = here(olds, news);
    return {
      inputs: { ...news, owned: ownedBy(before, news) },
      failures: [...sameTarget(olds as { target?: Target }, news), ...takeovers(before, news), ...losses(before, news)],
    };
  },

  diff: async (_id, olds, news) => ({
    changes:
      !known(news.sets) ||
      news.flag.transition !== "none" ||
      olds.version !== news.version ||
      !same([namesOn(olds), olds.kept], [namesOn(news), news.kept]) ||
      !same(recordMigration(news, olds.migration), olds.migration),
  }),

  create: async (inputs) => ({ id: `${inputs.environment}`, outs: await apply(inputs, undefined) }),
  update: async (_id, olds, news) => ({ outs: await apply(news, olds.migration) }),
  read: async (id, props) => ({ id, props }),
  delete: async () => {},
};
