import { refusedMark } from "../errors.js";
import {
  type MigrationInputs,
  type MigrationOutputs,
  type MigrationRecord,
  type NamePlaces,
  readEverySecret,
  readOutputs,
  recordMigration,
  remembersElse,
  runningFlag,
  type SetSummary,
  type VaultRow,
} from "../migration/index.js";
import { type DynamicProvider, placeOf, same, sameTarget } from "./contract.js";
import { herokuAt, vaultAt } from "./vault.js";

/** Sources and targets once more, right before the flag turns on. Values are compared in here; only names leave. */
export function lastLook(
  names: Readonly<Record<string, NamePlaces>>,
  { revisions }: SetSummary,
  rows: readonly VaultRow[],
): string[] {
  return Object.entries(names).flatMap(([name, { source, path, flatPath }]) => {
    const at = (where: string) => rows.filter((row) => row.path === where && row.name === name);
    const [target, flat] = [at(path), at(flatPath)];
    if (target.length !== 1) return [`${name}: ${target.length === 0 ? "not" : "several times"} at ${path}`];
    if (target[0]!.token !== revisions[name]) return [`${name}: written again at ${path} since it was confirmed`];
    if (source === "copy" && flat.length > 0 && flat.some((row) => !row.value.equals(target[0]!.value)))
      return [`${name}: ${flatPath} has another value than ${path}`];
    return [];
  });
}

function refuse(variable: string, app: string, reasons: readonly string[]): never {
  const error = new Error(
    `${refusedMark}${variable} stays as it is (${app}):\n${reasons.map((reason) => `  ${reason}`).join("\n")}`,
  );
  delete error.stack;
  throw error;
}

/** Whether what is to turn the flag still holds, right before it does. */
async function standsAgainst(inputs: MigrationInputs, record: MigrationRecord, running: boolean): Promise<string[]> {
  const { flag, names, summary, target } = inputs;
  const reasons = running === flag.running ? [] : ["somebody turned it since this update looked"];
  if (flag.transition !== "on") return reasons;
  const compared = Object.values(names).flatMap(({ source, path, flatPath }) =>
    source === "copy" ? [path, flatPath] : [path],
  );
  const rows = await readEverySecret(vaultAt(placeOf(target)), compared);
  reasons.push(...new Set([...record.blocked, ...lastLook(names, summary, rows)]));
  const unconfirmed = Object.keys(names).filter((name) => !record.confirmed.includes(name));
  return reasons.length > 0 ? reasons : unconfirmed.map((name) => `${name}: not confirmed`);
}

async function apply(inputs: MigrationInputs, last: MigrationRecord | undefined): Promise<MigrationOutputs> {
  const { flag, target } = inputs;
  // The only clock that releases can be compared with, and the flag as it runs at this moment.
  const heroku = herokuAt(target.heroku);
  const raw = (await heroku.configVars(flag.app)).get(flag.variable)?.reveal();
  const record = recordMigration(inputs, last, heroku.now());
  if (flag.transition !== "none") {
    const reasons = await standsAgainst(
      inputs,
      record,
      runningFlag({ app: flag.app, variable: flag.variable }, raw, undefined).on,
    );
    if (reasons.length > 0) refuse(flag.variable, flag.app, reasons);
  }
  return { ...inputs, phase: record.phase, migration: record };
}

/** In a preview what the sets will say may not be known yet. */
const known = (summary: unknown): summary is SetSummary =>
  typeof summary === "object" && summary !== null && Array.isArray((summary as SetSummary).confirmed);

export const migration: DynamicProvider<MigrationInputs, MigrationOutputs> = {
  check: async (olds, news) => ({ inputs: news, failures: sameTarget(olds, news) }),

  diff: async (id, olds, news) => {
    const last = readOutputs("migration", olds, { name: id });
    return {
      changes:
        !known(news.summary) ||
        // A refresh compares what an update left with the inputs of that same update: its turn is over.
        (news.turn !== null && news.turn !== last.turn) ||
        last.version !== news.version ||
        !same(last.apps, news.apps) ||
        remembersElse({ ...recordMigration(news, last.migration, new Date(0)), phase: news.phase }, last.migration),
    };
  },

  create: async (inputs) => ({ id: `${inputs.environment}`, outs: await apply(inputs, undefined) }),
  update: async (id, olds, news) => ({
    outs: await apply(news, readOutputs("migration", olds, { name: id }).migration),
  }),
  read: async (id, props) => ({ id, props }),
  delete: async () => {},
};
