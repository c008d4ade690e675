import { refusedText } from "../envelope.js";
import { type HerokuClient, NoHeroku } from "../heroku/index.js";
import {
  appsOfFlag,
  distinct,
  findingJson,
  indexed,
  isFlagOn,
  keptOutputs,
  type MigrationInputs,
  type MigrationOutputs,
  type MigrationRecord,
  type NamePlaces,
  type Reason,
  readOutputs,
  recordMigration,
  remembersElse,
  type SetSummary,
  sentence,
  type VaultRow,
  type Verdict,
} from "../migration/index.js";
import { type DynamicProvider, placeOf, same, sameTarget } from "./contract.js";
import { now, rowsOf } from "./rowsOf.js";
import { herokuAt } from "./vault.js";

/** Sources and targets once more, right before the flag turns on. Values are compared in here; only names leave. */
function lastLook(
  names: Readonly<Record<string, NamePlaces>>,
  { revisions }: SetSummary,
  rows: readonly VaultRow[],
): Reason[] {
  const { at } = indexed(rows);
  return Object.entries(names).flatMap(([name, { source, path, flatPath }]): Reason[] => {
    const [target, flat] = [at(path, name), at(flatPath, name)];
    if (target.length === 0) return [{ code: "absent", name, path }];
    if (target.length > 1) return [{ code: "duplicate", name, path, rows: target.length }];
    if (target[0]!.revision !== revisions[name]) return [{ code: "written-since", name, path }];
    if (source === "copy" && flat.length > 0 && flat.some((row) => !row.value.equals(target[0]!.value)))
      return [{ code: "flat-differs", name, path, flatPath }];
    return [];
  });
}

function refuse({ variable, app, running, apps }: MigrationInputs["flag"], because: readonly Reason[]): never {
  const verdict: Verdict = { code: "flag-stays", variable, app, on: running, ...(apps ? { apps } : {}), because };
  const error = new Error(refusedText(sentence(verdict), [findingJson(verdict)]));
  delete error.stack;
  throw error;
}

/** Whether what is to turn the flag still holds, right before it does. @param turned whether an app has it otherwise than was seen */
async function standsAgainst(inputs: MigrationInputs, record: MigrationRecord, turned: boolean): Promise<Reason[]> {
  const { flag, names, summary, target } = inputs;
  const reasons: Reason[] = turned ? [{ code: "flag-turned-meanwhile" }] : [];
  if (flag.transition !== "on") return reasons;
  const rows = await rowsOf(placeOf(target), names, now, (name, { path, flatPath }) =>
    names[name]!.source === "copy" ? [path, flatPath] : [path],
  );
  reasons.push(...distinct([...record.blocked, ...lastLook(names, summary, rows)]));
  const confirmed = new Set(record.confirmed);
  const unconfirmed = Object.keys(names).filter((name) => !confirmed.has(name));
  return reasons.length > 0 ? reasons : unconfirmed.map((name) => ({ code: "not-confirmed", name }));
}

/** Whether an app has the flag otherwise than the program saw it. Every answer tells Heroku's time as well. */
async function turnedSince(heroku: HerokuClient, flag: MigrationInputs["flag"]): Promise<boolean> {
  const apps = appsOfFlag(flag);
  if (apps.length === 0) await heroku.account();
  let turned = false;
  for (const { app, running } of apps)
    if ((await isFlagOn(heroku, { app, variable: flag.variable })) !== running) turned = true;
  return turned;
}

async function apply(inputs: MigrationInputs, last: MigrationRecord | undefined): Promise<MigrationOutputs> {
  const { flag, target } = inputs;
  // The only clock that releases can be compared with, and the flag as it runs at this moment.
  const heroku = target.account === "" ? new NoHeroku() : herokuAt(target.heroku);
  const turned = await turnedSince(heroku, flag);
  const record = recordMigration(inputs, last, heroku.now());
  if (flag.transition !== "none") {
    const reasons = await standsAgainst(inputs, record, turned);
    if (reasons.length > 0) refuse(flag, reasons);
  }
  return keptOutputs("migration", { ...inputs, phase: record.phase, migration: record });
}

/** In a preview what the sets will say may not be known yet. */
const known = (summary: unknown): summary is SetSummary =>
  typeof summary === "object" && summary !== null && Array.isArray((summary as SetSummary).confirmed);

export const migration: DynamicProvider<MigrationInputs, MigrationOutputs> = {
  check: async (olds, news) => ({ failures: sameTarget(olds, news) }),

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
