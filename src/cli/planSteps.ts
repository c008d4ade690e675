// What a plan's events mean in the words of this tool: names, paths and actions, never a value.
import { isDeepStrictEqual } from "node:util";
import type { EngineEvent } from "../engine/index.js";
import { newRevision, resourceTypes } from "../migration/index.js";

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

/** Names whose revisions are not what the last update left, and what happens to each. */
function secretDetails(metadata: StepMetadata): PlanDetail[] {
  const inputs = bag(metadata.new?.inputs);
  const [names, observed] = [bag(inputs.names), bag(inputs.observed)];
  const seen = bag(bag(metadata.old?.outputs?.memory).seen);
  return Object.entries(names).flatMap(([name, one]) => {
    const [now, before] = [bag(observed[name]), bag(seen[name])];
    const same = (key: string) => isDeepStrictEqual(now[key], before[key]);
    if (metadata.op !== "create" && same("target") && same("flat") && same("verdict")) return [];
    const { plan } = bag(one);
    const writes = bag(bag(inputs.summary).revisions)[name] === newRevision;
    if (metadata.op === "create" || writes || now.target === null) return [{ name, text: words(plan) }];
    const why = !same("target")
      ? "written since the last update"
      : !same("flat")
        ? "its flat row was written since the last update"
        : "a value that it is compared with changed";
    return [{ name, text: `${why}: ${words(plan)}` }];
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

function migrationDetails(metadata: StepMetadata): PlanDetail[] {
  const flag = bag(bag(metadata.new?.inputs).flag);
  if (flag.transition !== "on" && flag.transition !== "off") return [];
  const [from, to] = flag.transition === "on" ? ["off", "on"] : ["on", "off"];
  return [{ name: words(flag.variable), text: `${from} → ${to} (${words(flag.app)})` }];
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
 * The step that an event announces; undefined for what is no resource of the declaration (the stack itself, default providers,
 * references to other stacks) and for what stays the same.
 */
export function planStep(event: EngineEvent): PlanStep | undefined {
  const metadata = event.resourcePreEvent?.metadata;
  if (!metadata || ["same", "read", "refresh"].includes(metadata.op)) return undefined;
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
          ? migrationDetails(metadata)
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

/** Whether a step turns the flag on or off: what a person is asked about by name. */
export function flagSwitch(steps: readonly PlanStep[]): PlanDetail | undefined {
  return steps.filter(({ kind }) => kind === "migration").flatMap(({ details }) => details)[0];
}
