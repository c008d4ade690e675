import type {
  DiffKind,
  PropertyDiff,
  StepEventMetadata,
  StepEventStateMetadata,
} from "@pulumi/pulumi/automation/events.js";
import { counted } from "../../changes.js";
import type { EngineEvent, OpType } from "../../port.js";
import { serialize } from "../state/properties.js";
import type { ResourceState } from "../state/resource.js";
import { isDefaultProvider } from "../urn.js";
import { mapped } from "../values/mapped.js";
import { secretSignature, signatureKey } from "../values/signatures.js";
import { Computed, isObject, type Properties, Reference, Secret, type Value } from "../values/values.js";
import { isJson, type Json, type JsonObject } from "../values/wire.js";
import { type Step, urnOf } from "./step.js";

export type Severity = "info" | "info#err" | "warning" | "error";
export type Changes = Partial<Record<OpType, number>>;

/** Numbers of `resource.Status` in the Pulumi engine. */
const statusNumbers = { ok: 0, partial: 1, unknown: 2 } as const;

/**
 * Says what a deployment does, in the Automation API's events. Values of secrets do not get this far: they are replaced
 * where an event is made. Default providers are the engine's own business and do not appear.
 */
export class EventEmitter {
  private sequence = 0;
  private readonly counts: Changes = {};
  private steps = 0;
  private reconfigured = 0;

  constructor(
    private readonly emit: (event: EngineEvent) => void,
    private readonly dryRun: boolean,
  ) {}

  get changes(): Changes {
    return counted(this.counts, this.reconfigured);
  }

  prelude(config: Record<string, string>): void {
    this.send({ preludeEvent: { config } });
  }

  diagnostic(severity: Severity, message: string, urn = "", streamID = 0, ephemeral = false): void {
    const prefix = severity.startsWith("info") ? "" : `${severity}: `;
    this.send({
      diagnosticEvent: {
        ...(urn === "" ? {} : { urn }),
        prefix,
        message: message.endsWith("\n") ? message : `${message}\n`,
        color: "never",
        severity,
        ...(streamID === 0 ? {} : { streamID }),
        ...(ephemeral ? { ephemeral } : {}),
      },
    });
  }

  before(step: Step): void {
    if (isInternal(step)) return;
    this.send({ resourcePreEvent: { metadata: metadata(step, step.op), ...this.planning() } });
  }

  /** A step went well. `op` is what it came to: a refresh may turn out to be an update. `record`: it counts as a change. */
  after(step: Step, op: OpType, record: boolean, show: boolean): void {
    if (isInternal(step)) {
      if (op === "update") this.reconfigured += 1;
      return;
    }
    if (record) {
      this.counts[op] = (this.counts[op] ?? 0) + 1;
      this.steps += 1;
    }
    if (show) this.outputs(step, op);
  }

  outputs(step: Step, op: OpType): void {
    if (isInternal(step)) return;
    this.send({ resOutputsEvent: { metadata: metadata(step, op), ...this.planning() } });
  }

  failed(step: Step, status: keyof typeof statusNumbers): void {
    if (isInternal(step) || this.dryRun) return;
    this.send({
      resOpFailedEvent: { metadata: metadata(step, step.op), status: statusNumbers[status], steps: this.steps },
    });
  }

  summary(durationSeconds: number, maybeCorrupt: boolean): void {
    this.send({
      summaryEvent: {
        maybeCorrupt,
        durationSeconds: Math.ceil(durationSeconds),
        resourceChanges: { ...this.changes },
        PolicyPacks: {},
      } as unknown as NonNullable<EngineEvent["summaryEvent"]>,
    });
  }

  cancel(): void {
    this.send({ cancelEvent: {} });
  }

  private planning(): { planning?: true } {
    return this.dryRun ? { planning: true } : {};
  }

  private send(event: Omit<EngineEvent, "sequence" | "timestamp">): void {
    this.emit({ sequence: this.sequence++, timestamp: Math.floor(Date.now() / 1000), ...event });
  }
}

export const isInternal = (step: Step): boolean =>
  step.op === "remove-pending-replace" || isDefaultProvider(urnOf(step));

function metadata(step: Step, op: OpType): StepEventMetadata {
  const resource = (step.new ?? step.old) as ResourceState;
  return {
    op,
    urn: resource.urn,
    type: resource.type,
    ...(step.old === undefined ? {} : { old: stateMetadata(step.old) }),
    ...(step.new === undefined ? {} : { new: stateMetadata(step.new) }),
    ...(step.keys.length === 0 ? {} : { keys: step.keys }),
    ...(step.diffs.length === 0 ? {} : { diffs: step.diffs }),
    ...(step.detailedDiff === undefined ? {} : { detailedDiff: detailedDiff(step.detailedDiff) }),
    ...(step.logical ? { logical: true } : {}),
    provider: resource.provider,
  };
}

const detailedDiff = (diff: NonNullable<Step["detailedDiff"]>): Record<string, PropertyDiff> =>
  Object.fromEntries(
    Object.entries(diff).map(([path, { kind, inputDiff }]) => [path, { diffKind: kind as DiffKind, inputDiff }]),
  );

function stateMetadata(state: ResourceState): StepEventStateMetadata {
  return {
    type: state.type,
    urn: state.urn,
    ...(state.custom ? { custom: true } : {}),
    ...(state.delete ? { delete: true } : {}),
    id: state.id,
    parent: state.parent,
    ...(state.protect ? { protect: true } : {}),
    ...(state.external ? { external: true } : {}),
    ...(state.retainOnDelete ? { retainOnDelete: true } : {}),
    inputs: blind(state.inputs),
    outputs: blind(state.outputs),
    provider: state.provider,
    ...(state.initErrors.length === 0 ? {} : { initErrors: state.initErrors }),
  };
}

/** What was shown of properties with secrets once: they are replaced, never changed, and are in several events of a run. */
const shown = new WeakMap<Properties, JsonObject>();

/** Properties without the values of secrets: the marker stays, so that a reader sees that there is one. */
function blind(properties: Properties): JsonObject {
  if (isJson(properties)) return properties as JsonObject;
  const before = shown.get(properties);
  if (before) return before;
  const now = blinded(properties);
  shown.set(properties, now);
  return now;
}

function blinded(properties: Properties): JsonObject {
  const hide = (value: Value): Json => {
    if (value instanceof Secret) return { [signatureKey]: secretSignature, ciphertext: "[secret]" };
    if (Array.isArray(value)) return value.map(hide);
    if (isObject(value)) return blinded(value);
    if (value instanceof Computed || value instanceof Reference) return serialize(value, "inside");
    return value;
  };
  return mapped(properties, hide);
}
