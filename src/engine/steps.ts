import type { StepEventMetadata, StepEventStateMetadata } from "@pulumi/pulumi/automation/events.js";
import type { EngineEvent, OpType } from "./port.js";

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value as it can be shown: secrets and unknowns are words. */
export type Shown = null | boolean | number | string | Shown[] | { [key: string]: Shown };
export const secretWord = "[secret]";
export const unknownWord = "[unknown]";

/** One property that a step changes. `undefined`: there was, or will be, none. */
export interface PropertyChange {
  key: string;
  before: Shown | undefined;
  after: Shown | undefined;
  /** This property is why the resource is replaced. */
  replaces: boolean;
}

/** What an engine is about to do, or has done, to one resource. */
export interface PlannedStep {
  op: OpType;
  urn: string;
  type: string;
  name: string;
  diffs: PropertyChange[];
}

export type StepStatus = "planned" | "running" | "done" | "failed";
export interface StepProgress extends PlannedStep {
  status: StepStatus;
}

/**
 * The steps that events tell of, in the order in which they began, each once. The halves of a replacement
 * (`create-replacement`, `delete-replaced`) are left out: `replace` stands for them.
 */
export function stepsOf(events: Iterable<EngineEvent>): StepProgress[] {
  const steps = new Map<string, StepProgress>();
  for (const event of events) {
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent } = event;
    const told = resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent;
    if (told === undefined || isHalf(told.metadata.op)) continue;
    const { metadata } = told;
    const planning = (resourcePreEvent ?? resOutputsEvent)?.planning === true;
    const status: StepStatus = resOpFailedEvent
      ? "failed"
      : planning
        ? "planned"
        : resourcePreEvent
          ? "running"
          : "done";
    const known = steps.get(metadata.urn);
    // A refresh turns into what it finds.
    const replaced = known !== undefined && known.op !== "refresh" && known.op !== metadata.op;
    const key = replaced ? `${metadata.urn} ${metadata.op}` : metadata.urn;
    steps.set(key, { ...plannedStep(metadata), status });
  }
  return [...steps.values()];
}

/** One event's step, or undefined for an event that is not about a resource. */
export function stepOf(event: EngineEvent): PlannedStep | undefined {
  const metadata = (event.resourcePreEvent ?? event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
  return metadata === undefined ? undefined : plannedStep(metadata);
}

function plannedStep(metadata: StepEventMetadata): PlannedStep {
  return {
    op: metadata.op,
    urn: metadata.urn,
    type: metadata.type,
    name: metadata.urn.split("::").slice(3).join("::"),
    diffs: propertyChanges(metadata),
  };
}

/** Inputs that differ, by key; the code of dynamic providers (`__provider`) is not among them. */
export function propertyChanges({ op, old, new: now, keys, detailedDiff }: StepEventMetadata): PropertyChange[] {
  const [before, after] = [shownInputs(op === "create" ? undefined : old), shownInputs(now)];
  const replacing = new Set([...(keys ?? []), ...replacingKeys(detailedDiff)]);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !same(before[key], after[key]) || replacing.has(key) || changedSecret(detailedDiff, key))
    .map((key) => ({ key, before: before[key], after: after[key], replaces: replacing.has(key) }));
}

const replacingKeys = (diff: StepEventMetadata["detailedDiff"]): string[] =>
  Object.entries(diff ?? {})
    .filter(([, { diffKind }]) => diffKind?.endsWith("-replace"))
    .map(([path]) => rootKey(path));

/** Two secrets look the same although they differ: only the provider knows, and says so in its detailed diff. */
const changedSecret = (diff: StepEventMetadata["detailedDiff"], key: string): boolean =>
  Object.keys(diff ?? {}).some((path) => rootKey(path) === key);

const rootKey = (path: string): string => /^\["(.*?)"\]|^[^.[]+/.exec(path)?.[1] ?? path.split(/[.[]/)[0] ?? path;

function shownInputs(state: StepEventStateMetadata | null | undefined): Record<string, Shown> {
  const inputs = Object.entries(state?.inputs ?? {}).filter(([key]) => key !== "__provider" && key !== "__internal");
  return Object.fromEntries(inputs.map(([key, value]) => [key, shown(value)]));
}

/** A property value of an event, fit for people: {@link secretWord} for secrets, {@link unknownWord} for what is not known yet. */
export function shown(value: unknown): Shown {
  if (value === unknown) return unknownWord;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  if (Object.entries(value).some(([key, element]) => key === signatureKey && element === secretSignature))
    return secretWord;
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, shown(element)]));
}

const same = (a: Shown | undefined, b: Shown | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

const isHalf = (op: OpType): boolean =>
  ["create-replacement", "delete-replaced", "read-replacement", "discard-replaced", "import-replacement"].includes(op);

/** Default providers are the engine's own: no program names them. */
export const isDefaultProviderUrn = (urn: string): boolean => /::pulumi:providers:[^:]+::default(_[^:]*)?$/.test(urn);
