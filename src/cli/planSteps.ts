// What a plan's events mean in the words of this tool: names, paths and actions, never a value.
import { isDeepStrictEqual } from "node:util";
import type { EngineEvent } from "../engine/index.js";
import { newRevision, readBack, resourceTypes } from "../migration/index.js";

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

/** What an event or a state holds where a map is expected. */
export type Bag = Readonly<Record<string, unknown>>;
type StepMetadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

export const bag = (value: unknown): Bag => (typeof value === "object" && value !== null ? (value as Bag) : {});
const words = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "absent" : JSON.stringify(value);

/** Words for the types of a stack's resources. */
export const kinds: Readonly<Record<string, string>> = {
  [resourceTypes.folder]: "folder",
  [resourceTypes.secretSet]: "secrets",
  [resourceTypes.migration]: "migration",
  [resourceTypes.retirement]: "retirement",
  [resourceTypes.association]: "config vars",
};

/** Why a name is looked at again; what is gone was not written. */
function whySeenAgain(now: Bag, before: Bag): string | undefined {
  const same = (key: string) => isDeepStrictEqual(now[key], before[key]);
  if (!same("target")) return "written since the last update";
  if (!same("flat"))
    return now.flat === null ? "its flat row is gone" : "its flat row was written since the last update";
  return same("verdict") ? undefined : "a value that it is compared with changed";
}

/** Names that are not as the last update left them, or with which something else happens now, and what that is. */
function secretDetails(metadata: StepMetadata): PlanDetail[] {
  const inputs = bag(metadata.new?.inputs);
  const [names, observed] = [bag(inputs.names), bag(inputs.observed)];
  const seen = bag(bag(metadata.old?.outputs?.memory).seen);
  const planned = bag(bag(metadata.old?.inputs).names);
  return Object.entries(names).flatMap(([name, one]) => {
    const [now, before] = [bag(observed[name]), bag(seen[name])];
    const plan = words(bag(one).plan);
    const writes = bag(bag(inputs.summary).revisions)[name] === newRevision;
    if (metadata.op === "create" || writes) return [{ name, text: plan }];
    const why = whySeenAgain(now, before);
    // The same rows can mean something else once the other path is the one that is read.
    if (why === undefined && (plan === readBack || plan === bag(planned[name]).plan)) return [];
    return [{ name, text: why === undefined || now.target === null ? plan : `${why}: ${plan}` }];
  });
}

/** Sensitive values are ciphertext here: the engine reports which values changed, never the values. */
function varDetails(metadata: StepMetadata): PlanDetail[] {
  const [before, after] = [bag(bag(metadata.old?.inputs).vars), bag(bag(metadata.new?.inputs).vars)];
  const plain = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      name,
      text: !(name in after)
        ? "removed"
        : name in before
          ? `${words(before[name])} → ${words(after[name])}`
          : words(after[name]),
    }));
  const sensitive =
    metadata.new?.inputs?.sensitiveVars !== undefined &&
    (metadata.op === "create" || metadata.diffs?.includes("sensitiveVars"));
  return sensitive ? [...plain, { name: "credentials", text: "the vault's values (see manage)" }] : plain;
}

/** What `Migration` is told of the flag, where it lets it turn. */
function transitionOf(metadata: StepMetadata) {
  const { transition, variable, app } = bag(bag(metadata.new?.inputs).flag);
  if (transition !== "on" && transition !== "off") return undefined;
  return { variable: words(variable), app: words(app), from: transition === "on" ? "off" : "on", to: transition };
}

/** @param turns whether the plan has the app's config var too, which is what turns the flag */
function migrationDetails(metadata: StepMetadata, turns: boolean): PlanDetail[] {
  const flag = transitionOf(metadata);
  if (!flag) return [];
  const { variable, app, from, to } = flag;
  return [
    {
      name: variable,
      text: turns ? `${from} → ${to} (${app})` : `stays ${from}: this update leaves out the config vars of ${app}`,
    },
  ];
}

function retirementDetails(metadata: StepMetadata): PlanDetail[] {
  const inputs = bag(metadata.new?.inputs);
  const before = bag(metadata.old?.inputs?.flat);
  const details = Object.entries(bag(inputs.flat))
    .filter(([name, text]) => text !== before[name])
    .map(([name, text]) => ({ name, text: words(text) }));
  return inputs.wanted === true && details.length > 0
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
 * The step that an event announces by itself; undefined for what is no resource of the declaration (the stack itself, default
 * providers, references to other stacks) and for what stays the same.
 */
export function planStep(event: EngineEvent, turns = false): PlanStep | undefined {
  const metadata = event.resourcePreEvent?.metadata;
  if (!metadata || unchanged.has(metadata.op)) return undefined;
  if (isEngines(metadata.type)) return undefined;
  const kind = kinds[metadata.type] ?? metadata.type;
  const inputs = bag((metadata.new ?? metadata.old)?.inputs);
  const name = metadata.urn.split("::").at(-1)!;
  const details = metadata.op.includes("delete")
    ? []
    : kind === "secrets"
      ? secretDetails(metadata)
      : kind === "config vars"
        ? varDetails(metadata)
        : kind === "migration"
          ? migrationDetails(metadata, turns)
          : kind === "retirement"
            ? retirementDetails(metadata)
            : [];
  return {
    op: metadata.op,
    urn: metadata.urn,
    kind,
    subject: typeof inputs.path === "string" ? inputs.path : name,
    details,
  };
}

/** Whether a plan turns the flag: `Migration` lets it turn, and the app's config var follows. */
export function turnsFlag(events: readonly EngineEvent[]): boolean {
  const metadata = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  const flag = metadata.filter(({ type }) => kinds[type] === "migration").flatMap((one) => transitionOf(one) ?? [])[0];
  return (
    flag !== undefined &&
    metadata.some(
      (one) =>
        kinds[one.type] === "config vars" &&
        !unchanged.has(one.op) &&
        varDetails(one).some(({ name }) => name === flag.variable),
    )
  );
}

/** The steps that events announce. A flag turns by two of them, and either may be left out. */
export function planSteps(events: readonly EngineEvent[]): PlanStep[] {
  const turns = turnsFlag(events);
  return events.flatMap((event) => planStep(event, turns) ?? []);
}

/** Whether a plan turns the flag on or off: what a person is asked about by name. */
export function flagSwitch({ events, steps }: { events: readonly EngineEvent[]; steps: readonly PlanStep[] }) {
  if (!turnsFlag(events)) return undefined;
  return steps.filter(({ kind }) => kind === "migration").flatMap(({ details }) => details)[0];
}
