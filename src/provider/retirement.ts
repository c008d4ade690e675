import { refusedText } from "../envelope.js";
import {
  type CopyRecord,
  type Finding,
  type FlatFinding,
  findingJson,
  followRestored,
  type HeldBack,
  indexed,
  isFlagOn,
  type KeptFlat,
  keptOutputs,
  labelsOf,
  type NamePlaces,
  type Reason,
  type Restored,
  type RetirementInputs,
  type RetirementOutputs,
  readEverySecret,
  readOutputs,
  restore,
  retire,
  revisionsOf,
  sentence,
  timeless,
  type VaultRow,
} from "../migration/index.js";
import { type InfisicalClient, writeSecrets } from "../vault/client/index.js";
import { type DynamicProvider, same, sameVault } from "./contract.js";
import { asSeen, rowsOf } from "./rowsOf.js";
import { herokuAt, vaultAt } from "./vault.js";

/** Folder by folder: nothing is deleted by what a recursive list shows. */
const readAll = (vault: InfisicalClient, { names }: RetirementInputs) =>
  readEverySecret(
    vault,
    Object.values(names).flatMap(({ path, flatPath }) => [path, flatPath]),
  );

interface FlatPlace extends NamePlaces {
  readonly name: string;
  readonly flat: readonly VaultRow[];
  readonly target: readonly VaultRow[];
  readonly record: CopyRecord | undefined;
}

function placesIn(
  { names, copies }: RetirementInputs,
  restored: RetirementOutputs["restored"],
  rows: readonly VaultRow[],
): FlatPlace[] {
  const records = followRestored(copies, restored);
  const { at } = indexed(rows);
  return Object.entries(names).map(([name, one]) => ({
    ...one,
    name,
    flat: at(one.flatPath, name),
    target: at(one.path, name),
    record: records[name],
  }));
}

/** Ends the update, without a stack: the message says it all. */
const refusal = (finding: Finding) =>
  Object.assign(new Error(refusedText(sentence(finding), [findingJson(finding)])), { stack: undefined });

const approval = (name: string, path: string) => refusal({ code: "flat-approval", name, path });

/** Both rows once more, right before the deletion: what the environment path had may be gone since. */
async function deletable(vault: InfisicalClient, { name, path, flatPath, record }: FlatPlace, revision: string) {
  const flat = await vault.getSecret(flatPath, name);
  if (flat?.revision !== revision) return false;
  const target = await vault.getSecret(path, name);
  return retire([flat], target ? [target] : [], record).is === "delete";
}

/** The flags as they run now, all of them: an app whose flag is off reads the flat path. @returns apps whose flag is off */
async function appsOff({ heroku: url, flag: { variable, apps } }: RetirementInputs): Promise<string[]> {
  if (apps.length === 0) return [];
  const heroku = herokuAt(url);
  const off: string[] = [];
  for (const app of apps) if (!(await isFlagOn(heroku, { app, variable }))) off.push(app);
  return off;
}

/** What was retired is written back with the environment's value, which is the one that works. @returns whether it was */
async function bringBack(vault: InfisicalClient, place: FlatPlace, wasFlat: boolean): Promise<boolean> {
  const step = restore(place.flat, place.target, wasFlat);
  if (step.is !== "create") return false;
  const { value } = step.from;
  const waiting = await writeSecrets(vault, place.flatPath, {
    create: [{ name: place.name, value, ...labelsOf(step.from) }],
  });
  if (waiting.size > 0) throw approval(place.name, place.flatPath);
  return true;
}

/** @returns the record of a flat row that came back; undefined where it, or the environment's value, is another one already */
function restoredNow({ flat, target }: FlatPlace, was: CopyRecord | undefined): Restored | undefined {
  const [[row, twice], [own]] = [flat, target];
  if (!row || twice || !own?.value.equals(row.value)) return undefined;
  return { was: was?.from ?? null, wrote: own.revision, from: row.revision };
}

/** @returns why the flat row stays; undefined where it is gone */
async function takeAway(
  vault: InfisicalClient,
  inputs: RetirementInputs,
  place: FlatPlace,
  row: VaultRow,
): Promise<FlatFinding | undefined> {
  const { name, flatPath } = place;
  const off = await appsOff(inputs);
  if (off.length > 0) throw refusal({ code: "flag-off-meanwhile", variable: inputs.flag.variable, apps: off });
  if (!(await deletable(vault, place, row.revision))) return { code: "flat-changed-meanwhile" };
  const result = await vault.deleteSecret(flatPath, name);
  if ("approval" in result) throw approval(name, flatPath);
  return undefined;
}

function heldBack({ steady, until }: RetirementInputs, refused: readonly Reason[]): HeldBack | undefined {
  if (steady) return { because: [{ code: "only-records" }] };
  if (refused.length === 0) return undefined;
  return until === null ? { because: refused } : { until };
}

/**
 * Name by name, each read again right before: whatever interrupts it, what is left is either as before or done.
 * @param last what the last update left, in the same vault
 */
async function apply(inputs: RetirementInputs, last: RetirementOutputs | undefined): Promise<RetirementOutputs> {
  const vault = vaultAt(inputs.vault);
  const soaked = inputs.phase === "soaked";
  const refused: readonly Reason[] =
    inputs.wanted && !soaked && inputs.refused.length === 0
      ? [{ code: "not-soaked", phase: inputs.phase }]
      : inputs.refused;
  const before = last?.restored ?? {};
  const goneBefore = new Set(last?.retirement.retired);
  const retired = new Set<string>();
  const kept: KeptFlat[] = [];
  const held = heldBack(inputs, refused);
  let waits = false;
  const back = new Set<string>();
  let changed = false;
  // Also by an update that was interrupted before it could say so: the flat row was there when the last one ended.
  const wasFlatOf = ({ name, record }: FlatPlace) =>
    goneBefore.has(name) || record !== undefined || (last?.left[name] ?? null) !== null;
  const bringsBack = (place: FlatPlace) => restore(place.flat, place.target, wasFlatOf(place)).is === "create";
  const known = inputs.wanted ? [] : placesIn(inputs, before, await rowsOf(inputs.vault, inputs.names, asSeen));
  // What is to be deleted or written is looked at here and now.
  const acts = inputs.wanted || (!inputs.steady && known.some(bringsBack));
  const places = acts ? placesIn(inputs, before, await readAll(vault, inputs)) : known;
  for (const place of places) {
    const { name, flat, target, record } = place;
    const wasFlat = wasFlatOf(place);
    if (!inputs.wanted) {
      if (inputs.steady) continue;
      // Also by an update that was interrupted before it could say so.
      const came = flat.length > 0 && goneBefore.has(name);
      const brought = await bringBack(vault, place, wasFlat);
      changed ||= brought;
      if (brought || came) back.add(name);
      continue;
    }
    const step = retire(flat, target, record);
    if (step.is === "gone" && wasFlat) retired.add(name);
    if (step.is === "keep") kept.push({ name, why: step.why });
    if (step.is !== "delete") continue;
    if (held) {
      waits = true;
      kept.push({ name, held });
      continue;
    }
    changed = true;
    const why = await takeAway(vault, inputs, place, step.row);
    if (why === undefined) retired.add(name);
    else kept.push({ name, why });
  }
  const after = changed ? placesIn(inputs, before, await readAll(vault, inputs)) : places;
  const left = Object.fromEntries(after.map(({ name, flat }) => [name, revisionsOf(flat)]));
  const restored = after.flatMap((place) => {
    const { name } = place;
    const known = before[name]?.from === left[name] ? before[name] : undefined;
    const now = back.has(name) ? restoredNow(place, inputs.copies[name]) : known;
    return now ? [[name, now] as const] : [];
  });
  // With nothing left to delete there is nothing to refuse.
  return keptOutputs("retirement", {
    ...inputs,
    retirement: { retired: [...retired], kept, refused: waits ? refused : [] },
    left,
    restored: Object.fromEntries(restored),
  });
}

/** Flat rows that may not go whatever the flags are, with the code of the reason. */
const staysOf = ({ retirement }: RetirementOutputs) =>
  Object.fromEntries(retirement.kept.flatMap((one) => ("why" in one ? [[one.name, one.why.code]] : [])));

const refusedBefore = ({ retirement }: RetirementOutputs) => retirement.refused.length > 0;

export const retirement: DynamicProvider<RetirementInputs, RetirementOutputs> = {
  check: async (olds, news) => ({ failures: sameVault("retirement", olds, news) }),
  diff: async (id, olds, news) => {
    const last = readOutputs("retirement", olds, { name: id });
    return {
      changes:
        last.version !== news.version ||
        last.wanted !== news.wanted ||
        // With nothing wanted, what others do to the flat path is not this resource's business.
        (news.wanted &&
          !news.steady &&
          (!same(last.left, news.observed) ||
            !same(staysOf(last), news.stays) ||
            last.steady ||
            (refusedBefore(last) &&
              (!same(timeless(last.refused), timeless(news.refused)) ||
                last.until !== news.until ||
                last.phase !== news.phase)))),
    };
  },
  create: async (inputs) => ({ id: "flat", outs: await apply(inputs, undefined) }),
  update: async (id, olds, news) => {
    const last = readOutputs("retirement", olds, { name: id });
    return { outs: await apply(news, same(last.vault, news.vault) ? last : undefined) };
  },
  read: async (id, props) => ({ id, props }),
  delete: async () => {},
};
