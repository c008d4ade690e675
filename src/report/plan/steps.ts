// What a plan's events mean in the words of this tool: names, paths and actions, never a value.
import { isDeepStrictEqual } from "node:util";
import type { EngineEvent } from "../../engine/index.js";
import {
  appsInWords,
  appsOfFlag,
  flagWords,
  keptState,
  kindOf,
  newRevision,
  type ResourceKind,
  readOutputs,
  readShown,
  type SeenRevisions,
  type ShownOf,
  shownPath,
  shownVars,
} from "../../migration/index.js";

export interface PlanDetail {
  readonly name: string;
  readonly text: string;
}

export interface PlanStep {
  readonly op: string;
  readonly urn: string;
  /** `folder`, `secrets`, `migration`, `retirement`, `config vars`, or Pulumi's type. */
  readonly kind: string;
  /** A path, an app, or the resource's name. */
  readonly subject: string;
  readonly details: readonly PlanDetail[];
}

type StepMetadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

/** Words for the kinds of a stack's resources. */
export const kindWords: Readonly<Record<ResourceKind, string>> = {
  folder: "folder",
  secretSet: "secrets",
  migration: "migration",
  retirement: "retirement",
  association: "config vars",
};

/** Which stack and which resource a URN names. */
const named = (urn: string) => ({ stack: urn.split("::")[0]!.split(":")[2]!, name: urn.split("::").at(-1)! });

/** What an event shows of a resource's inputs, before or after the step; undefined where there is no such side. */
export function inputsOf<Kind extends ResourceKind>(
  kind: Kind,
  metadata: StepMetadata,
  side: "old" | "new",
): ShownOf<Kind> | undefined {
  const inputs: unknown = metadata[side]?.inputs;
  // A resource that an update leaves out and that no update has made comes without any.
  if (inputs === undefined || Object.keys(inputs as object).length === 0) return undefined;
  return readShown(kind, inputs, named(metadata.urn));
}

const isMade = (outputs: unknown) => Object.keys(outputs ?? {}).length > 0;

/** What the last update left of a resource that an event is about. */
export const leftBefore = <Kind extends ResourceKind>(kind: Kind, { urn, old }: StepMetadata) =>
  isMade(old?.outputs) ? readOutputs(kind, old!.outputs, named(urn)) : undefined;

/** Why a name is looked at again; what is gone was not written. */
function whySeenAgain(now: SeenRevisions, before: SeenRevisions | undefined): string | undefined {
  const same = (key: keyof SeenRevisions) => isDeepStrictEqual(now[key], before?.[key]);
  if (!same("target")) return "written since the last update";
  if (!same("flat"))
    return now.flat === null ? "its flat row is gone" : "its flat row was written since the last update";
  return same("verdict") ? undefined : "a value that it is compared with changed";
}

/** Names that a set lets go of. */
export const namesLeft = (before: object | undefined, names: object): PlanDetail[] =>
  Object.keys(before ?? {})
    .filter((name) => !(name in names))
    .map((name) => ({ name, text: "no longer of this stack; its value stays in the vault" }));

/** Names that are not as the last update left them, or with which something else happens now, and what that is. */
function secretDetails(metadata: StepMetadata): PlanDetail[] {
  const { names, plan: plans, observed, summary } = inputsOf("secretSet", metadata, "new")!;
  const seen = leftBefore("secretSet", metadata)?.memory.seen;
  const before = inputsOf("secretSet", metadata, "old");
  const planned = before?.plan;
  const details = Object.entries(names).flatMap(([name, { is }]) => {
    const plan = plans[name]!;
    const now = observed[name]!;
    const writes = summary.revisions[name] === newRevision;
    if (metadata.op === "create" || writes) return [{ name, text: plan }];
    const why = whySeenAgain(now, seen?.[name]);
    // The same rows can mean something else once the other path is the one that is read.
    if (why === undefined && (is === "keep" || plan === planned?.[name])) return [];
    return [{ name, text: why === undefined || now.target === null ? plan : `${why}: ${plan}` }];
  });
  return [...details, ...namesLeft(before?.names, names)];
}

/** What the steps of one plan have in common. */
export interface PlanContext {
  /** Apps on which the flag turns. */
  readonly turning: ReadonlySet<string>;
  /** Whether an app is one of the stack's: a program may declare the config vars of others besides. */
  owns(app: string): boolean;
}

/** Apps of the stack, as `Migration` was and is told them; undefined where a plan has no such resource. */
function ownApps(events: readonly EngineEvent[]): ReadonlySet<string> | undefined {
  const told = metadataOf(events, "migration").flatMap((one) =>
    (["old", "new"] as const).flatMap((side) => inputsOf("migration", one, side) ?? []),
  );
  const apps = told.flatMap(({ apps, flag }) => [...Object.keys(apps), ...appsOfFlag(flag).map(({ app }) => app)]);
  return told.length > 0 ? new Set(apps) : undefined;
}

const metadataOf = (events: readonly EngineEvent[], kind: ResourceKind): StepMetadata[] =>
  events
    .flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? [])
    .filter(({ type }) => kindOf(type) === kind);

export function planContext(events: readonly EngineEvent[]): PlanContext {
  const apps = ownApps(events);
  return { turning: turningApps(events), owns: (app) => apps?.has(app) ?? true };
}

/** Sensitive values are ciphertext here: the engine reports which values changed, never the values. */
function varDetails(metadata: StepMetadata): PlanDetail[] {
  const [before, after] = [shownVars(metadata.old?.inputs), shownVars(metadata.new?.inputs)];
  const plain = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      const [was, will] = [before[name], after[name]];
      return { name, text: will === undefined ? "removed" : was === undefined ? will : `${was} → ${will}` };
    });
  const sensitive =
    metadata.new?.inputs?.sensitiveVars !== undefined &&
    (metadata.op === "create" || metadata.diffs?.includes("sensitiveVars"));
  return sensitive ? [...plain, { name: "credentials", text: "the vault's values (see manage)" }] : plain;
}

/** What `Migration` is told of the flag, where it lets it turn. */
function transitionOf(metadata: StepMetadata) {
  const flag = inputsOf("migration", metadata, "new")?.flag;
  if (!flag || flag.transition === "none") return undefined;
  const { variable, transition: to } = flag;
  const from = keptState(flag);
  const apps = appsOfFlag(flag).flatMap((one) => (one.running === (to === "on") ? [] : [one.app]));
  return { variable, from: from === "partly" ? flagWords(flag) : from, to, apps };
}

/** @param turning apps whose config var the plan has too, which is what turns the flag */
function migrationDetails(metadata: StepMetadata, turning: ReadonlySet<string>): PlanDetail[] {
  const flag = transitionOf(metadata);
  if (!flag) return [];
  const { variable, from, to, apps } = flag;
  const waiting = apps.filter((app) => !turning.has(app));
  const leftOut = `this update leaves out the config vars of ${appsInWords(waiting)}`;
  if (waiting.length === apps.length) return [{ name: variable, text: `stays ${from}: ${leftOut}` }];
  const turns = `${from} → ${to} (${appsInWords(apps.filter((app) => turning.has(app)))})`;
  return [{ name: variable, text: waiting.length > 0 ? `${turns}; ${leftOut}` : turns }];
}

function retirementDetails(metadata: StepMetadata): PlanDetail[] {
  const { wanted, flat } = inputsOf("retirement", metadata, "new")!;
  const before = inputsOf("retirement", metadata, "old")?.flat;
  const details = Object.entries(flat)
    .filter(([name, text]) => text !== before?.[name])
    .map(([name, text]) => ({ name, text }));
  return wanted && details.length > 0
    ? [...details, { name: "readers", text: "of the flat path outside these stacks cannot be seen from here" }]
    : details;
}

/** No resource of the declaration: the stack itself, default providers, references to other stacks. */
const isEngines = (type: string) => type.startsWith("pulumi:pulumi:") || type.startsWith("pulumi:providers:");

const unchanged = new Set(["same", "read", "refresh"]);

/** Steps that are a part of another one: of a refresh before an update, of a replacement. */
const parts = new Set(["read", "refresh", "create-replacement", "delete-replaced"]);

/** The resources of the declaration by what happens to each: what a plan and its result list, and so what they count. */
export function countShown(events: readonly EngineEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { resourcePreEvent } of events) {
    const metadata = resourcePreEvent?.metadata;
    if (!metadata || isEngines(metadata.type) || parts.has(metadata.op)) continue;
    counts[metadata.op] = (counts[metadata.op] ?? 0) + 1;
  }
  return counts;
}

/**
 * The step that an event announces, without its details; undefined for what is no resource of the declaration (the stack itself,
 * default providers, references to other stacks) and for what stays the same.
 */
export function stepHead(event: EngineEvent): Omit<PlanStep, "details"> | undefined {
  const metadata = event.resourcePreEvent?.metadata;
  if (!metadata || unchanged.has(metadata.op) || isEngines(metadata.type)) return undefined;
  const { op, urn, type } = metadata;
  const kind = kindOf(type);
  const path = shownPath((metadata.new ?? metadata.old)?.inputs);
  return { op, urn, kind: kind ? kindWords[kind] : type, subject: path ?? named(urn).name };
}

/** The same with its details. */
export function planStep(event: EngineEvent, context: PlanContext): PlanStep | undefined {
  const head = stepHead(event);
  return head && { ...head, details: detailsOf(event.resourcePreEvent!.metadata, context) };
}

/** What is forgotten with a set is no value of it. */
export const deletionDetails = (kind: ResourceKind | undefined): PlanDetail[] =>
  kind === "secretSet" ? [{ name: "its values", text: "stay in the vault" }] : [];

function detailsOf(metadata: StepMetadata, { turning, owns }: PlanContext): PlanDetail[] {
  if (metadata.op === "delete") return deletionDetails(kindOf(metadata.type));
  if (metadata.op.includes("delete")) return [];
  switch (kindOf(metadata.type)) {
    case "secretSet":
      return secretDetails(metadata);
    case "association":
      return owns(named(metadata.urn).name) ? varDetails(metadata) : [];
    case "migration":
      return migrationDetails(metadata, turning);
    case "retirement":
      return retirementDetails(metadata);
    default:
      return [];
  }
}

/** Apps on which a plan turns the flag: `Migration` lets it turn, and the app's config var follows. */
function turningApps(events: readonly EngineEvent[]): ReadonlySet<string> {
  const [flag] = metadataOf(events, "migration").flatMap((one) => transitionOf(one) ?? []);
  if (!flag) return new Set();
  const changed = metadataOf(events, "association").filter(
    (one) => !unchanged.has(one.op) && varDetails(one).some(({ name }) => name === flag.variable),
  );
  return new Set(changed.map(({ urn }) => named(urn).name).filter((app) => flag.apps.includes(app)));
}

/** The steps that events announce. A flag turns by two of them, and either may be left out. */
export function planSteps(events: readonly EngineEvent[]): PlanStep[] {
  const context = planContext(events);
  return events.flatMap((event) => planStep(event, context) ?? []);
}

/** Whether a plan turns the flag on or off: what a person is asked about by name. */
export function flagSwitch({ events, steps }: { events: readonly EngineEvent[]; steps: readonly PlanStep[] }) {
  if (turningApps(events).size === 0) return undefined;
  return steps.filter(({ kind }) => kind === kindWords.migration).flatMap(({ details }) => details)[0];
}
