import type { ResourceState } from "../../../src/engine/embedded/state/resource.js";
import { Computed, isObject, Reference, Secret, type Value } from "../../../src/engine/embedded/values/values.js";
import type { EngineEvent, Outcome } from "../../../src/engine/index.js";

/** What both engines must agree on after a step. Ids of providers, times and places in code are left out. */
export interface StepResult {
  result: Outcome["result"];
  changes: Record<string, number>;
  /** Error messages, as the port gives them. */
  errors: string[];
  /** What was told of each resource, in order. */
  events: Record<string, string[]>;
  /** Calls of the provider, sorted: their order among resources that do not depend on each other is free. */
  calls: string[];
  state: unknown[];
  world: Record<string, unknown>;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** The CLI shows the value that a check refuses; the embedded engine does not, since it may be secret. */
const refusedValue = /(property \S+) value .*? has a problem/g;
const plain = (text: string): string => text.replace(uuid, "<uuid>").replace(refusedValue, "$1 has a problem");

/** Events by resource; what is not about one stands under "". */
export function eventLines(events: EngineEvent[]): Record<string, string[]> {
  const lines: Record<string, string[]> = {};
  const add = (urn: string, line: string) => {
    const name = shortName(urn);
    lines[name] = [...(lines[name] ?? []), line];
  };
  for (const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } of events) {
    const told = resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent;
    if (told !== undefined) {
      const { op, urn, keys, logical } = told.metadata;
      const what = resourcePreEvent ? "before" : resOutputsEvent ? "after" : "failed";
      const because = keys === undefined || keys.length === 0 ? "" : ` because of ${[...keys].sort().join(", ")}`;
      add(urn, `${what} ${op}${because}${logical === true ? "" : " (half)"}`);
    }
    if (diagnosticEvent !== undefined && !diagnosticEvent.severity.startsWith("info")) {
      add(diagnosticEvent.urn ?? "", `${diagnosticEvent.severity}: ${plain(diagnosticEvent.message.trim())}`);
    }
  }
  return Object.fromEntries(Object.entries(lines).sort(([a], [b]) => a.localeCompare(b)));
}

export const plainErrors = (errors: string[]): string[] => errors.map(plain).sort();

const shortName = (urn: string): string => (urn === "" ? "" : urn.split("::").slice(2).join("::"));

/** Resources without what differs from run to run, sorted: that the order is a valid one is checked when it is written. */
export function stateLines(resources: readonly ResourceState[]): unknown[] {
  return resources
    .map((resource) => {
      const { created, modified, sourcePosition, stackTrace, dependencies, inputs, outputs, ...rest } = resource;
      const full = {
        ...rest,
        id: plain(resource.id),
        provider: plain(resource.provider),
        dependencies: [...dependencies].sort(),
        inputs: open(inputs),
        outputs: open(outputs),
      };
      return Object.fromEntries(Object.entries(full).filter(([, value]) => !empty(value)));
    })
    .sort((a, b) => JSON.stringify([a.urn, a.delete, a.id]).localeCompare(JSON.stringify([b.urn, b.delete, b.id])));
}

const empty = (value: unknown): boolean =>
  value === "" ||
  value === false ||
  value === undefined ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && value !== null && Object.keys(value).length === 0);

function open(value: Value): unknown {
  if (value instanceof Secret) return { secret: open(value.value) };
  if (value instanceof Computed) return { unknown: true };
  if (value instanceof Reference) return { reference: value.urn };
  if (Array.isArray(value)) return value.map(open);
  if (isObject(value)) {
    const entries = Object.entries(value).filter(([key]) => key !== "__provider");
    return Object.fromEntries(
      entries.sort(([a], [b]) => a.localeCompare(b)).map(([key, element]) => [key, open(element)]),
    );
  }
  return value;
}
