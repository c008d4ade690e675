import { setTimeout as sleep } from "node:timers/promises";
import { integrityProblem } from "../state/integrity.js";
import {
  dependenciesOf,
  type OperationType,
  type PendingOperation,
  type ResourceState,
  type Snapshot,
} from "../state/resource.js";
import { formatReference, makeUrn, parseReference, parseUrn, rootStackType, urnType } from "../urn.js";
import { equal } from "../values/values.js";
import type { Step } from "./step.js";

/** A write that takes less is not worth a wait (ms). */
const worthSharingMs = 100;

/** A write that took longer was held up by something else, as a machine that slept: it says nothing of the next one (ms). */
const longestWaitMs = 2000;

/** Where snapshots go. */
export type Persist = (snapshot: Snapshot) => Promise<void>;

/**
 * Keeps the state of a stack while it changes: what the deployment has done, over what was there before
 * (pkg/backend/snapshot.go). Every change is written before the next one is taken; what is about to happen to a resource is
 * written before it happens.
 */
export class SnapshotManager {
  private readonly done = new Set<ResourceState>();
  private readonly news: ResourceState[] = [];
  private operations: PendingOperation[] = [];
  private writes: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | undefined;
  private lastWriteMs = 0;
  /** At first as well: a run without changes still drops what an earlier one left pending. */
  private pendingWrite = true;

  /**
   * @param base is shared with the deployment, which marks resources in it and, after a refresh, replaces its list.
   * @param persist undefined in a preview, which goes on after a refusal: its snapshot need not be one that could be written
   */
  constructor(
    private readonly base: Snapshot,
    private readonly persist: Persist | undefined,
  ) {}

  /** Before a step: a state that says what is being done, for whoever comes after a crash. */
  async begin(step: Step): Promise<void> {
    const type = operationOf(step);
    if (type === undefined) return;
    this.operations.push({ resource: subject(step), type });
    await this.write();
  }

  /** After a step. `successful` includes a partly made resource, which has to be remembered. */
  async end(step: Step, successful: boolean): Promise<void> {
    const { old, new: now } = step;
    if (operationOf(step) !== undefined) {
      this.operations = this.operations.filter(({ resource }) => resource !== subject(step));
    }
    if (successful) this.apply(step);
    if (step.op === "replace" || step.op === "refresh" || (step.op === "same" && step.skippedCreate)) return;
    if (step.op === "same" && successful && old !== undefined && now !== undefined && !differs(old, now)) {
      this.pendingWrite = true;
      return;
    }
    await this.write();
  }

  /** Outputs of a component, or of the stack, have been set on a resource that is here already. */
  outputsChanged(): Promise<void> {
    return this.write();
  }

  /** The base has been replaced, after a refresh. */
  rebased(): Promise<void> {
    return this.write();
  }

  /** Writes what has not been written yet, and waits for it. */
  async close(): Promise<void> {
    if (this.pendingWrite) await this.write();
    await this.writes;
  }

  snapshot(): Snapshot {
    const resources = [...this.news, ...this.base.resources].filter((resource) => !this.done.has(resource));
    // A creation of unknown outcome is remembered until this or a later run has made or found the resource.
    const made = new Set(this.news.map(({ urn }) => urn));
    const unsettled = this.base.pendingOperations.filter(
      ({ type, resource }) => type === "creating" && !made.has(resource.urn),
    );
    const snapshot = normalized({ resources, pendingOperations: [...this.operations, ...unsettled] });
    return { ...snapshot, resources: inOrder(snapshot.resources) };
  }

  private apply(step: Step): void {
    const { old, new: now } = step;
    switch (step.op) {
      case "same":
        if (old !== undefined) this.done.add(old);
        if (now !== undefined && !step.skippedCreate) this.news.push(now);
        return;
      case "create":
      case "create-replacement":
        if (now !== undefined) this.news.push(now);
        if (old?.pendingReplacement) this.done.add(old);
        return;
      case "update":
      case "read":
      case "read-replacement":
        if (old !== undefined && step.op !== "read-replacement") this.done.add(old);
        if (now !== undefined) this.news.push(now);
        return;
      case "delete":
      case "delete-replaced":
      case "discard":
      case "discard-replaced":
        if (old !== undefined && !old.pendingReplacement) this.done.add(old);
        return;
      case "remove-pending-replace":
        if (old !== undefined) this.done.add(old);
        return;
      default:
        return;
    }
  }

  /** One write after another, each with the state of its moment: whoever asks while one is still waiting shares it. */
  private write(): Promise<void> {
    this.pendingWrite = false;
    const { persist } = this;
    if (persist === undefined) return Promise.resolve();
    if (this.waiting !== undefined) return this.waiting;
    const write = this.writes.then(async () => {
      // A state grows with its resources, and so do its writes: at most half of the time is spent on them, and steps that end
      // meanwhile share one. Each still waits for its own to be on disk.
      if (this.lastWriteMs > worthSharingMs) await sleep(Math.min(this.lastWriteMs, longestWaitMs));
      this.waiting = undefined;
      const started = performance.now();
      const snapshot = this.snapshot();
      const problem = integrityProblem(snapshot.resources);
      if (problem !== undefined)
        throw new Error(`The engine was about to write a damaged state and did not: ${problem}.`);
      await persist(snapshot);
      this.lastWriteMs = performance.now() - started;
    });
    this.writes = write.catch(() => {});
    this.waiting = write;
    return write;
  }
}

/**
 * The resources with what they need in front of them, otherwise in the order they have (`Toposort`,
 * pkg/resource/deploy/snapshot.go). Without targets they stand so already.
 */
function inOrder(resources: readonly ResourceState[]): ResourceState[] {
  const condemned = new Map<string, ResourceState>();
  const living = new Map<string, ResourceState>();
  for (const resource of resources) (resource.delete ? condemned : living).set(resource.urn, resource);
  const placed = new Set<ResourceState>();
  const visiting = new Set<ResourceState>();
  const place = (resource: ResourceState | undefined): void => {
    if (resource === undefined || placed.has(resource) || visiting.has(resource)) return;
    visiting.add(resource);
    // Something old can only need something old; where there is but one, it is that.
    const [first, second] = resource.delete ? [condemned, living] : [living, condemned];
    const needed = dependenciesOf(resource).map(({ urn }) => urn);
    if (resource.provider !== "") needed.push(parseReference(resource.provider).urn);
    for (const urn of needed) place(first.get(urn) ?? second.get(urn));
    placed.add(resource);
  };
  for (const resource of resources) place(resource);
  return [...placed];
}

const subject = (step: Step): ResourceState => (step.new ?? step.old) as ResourceState;

function operationOf(step: Step): OperationType | undefined {
  switch (step.op) {
    case "create":
    case "create-replacement":
      return "creating";
    case "update":
      return "updating";
    case "delete":
    case "delete-replaced":
    case "discard":
    case "discard-replaced":
      return "deleting";
    case "read":
    case "read-replacement":
      return "reading";
    default:
      return undefined;
  }
}

/** What of an unchanged resource is worth a write of its own; all else goes with the next one. */
function differs(old: ResourceState, now: ResourceState): boolean {
  const keys = ["urn", "type", "custom", "retainOnDelete", "provider", "parent", "deletedWith", "protect"] as const;
  return (
    keys.some((key) => old[key] !== now[key]) ||
    !equal(old.inputs, now.inputs) ||
    !equal(old.outputs, now.outputs) ||
    JSON.stringify([...old.dependencies].sort()) !== JSON.stringify([...now.dependencies].sort())
  );
}

/** References to a URN that a resource had before become references to its present one (`NormalizeURNReferences`). */
function normalized(snapshot: Snapshot): Snapshot {
  const renamed = new Map<string, string>();
  for (const { urn, parent, aliases } of snapshot.resources) {
    for (const alias of aliases) renamed.set(alias, urn);
    const newParent = renamed.get(parent);
    if (newParent !== undefined && urnType(newParent) !== rootStackType) {
      const { stack, project, type, name } = parseUrn(urn);
      const own = makeUrn(stack, project, newParent, type, name);
      if (own !== urn) renamed.set(urn, own);
    }
  }
  const aliasless = (resource: ResourceState): ResourceState =>
    resource.aliases.length === 0 ? resource : { ...resource, aliases: [] };
  if (renamed.size === 0) return { ...snapshot, resources: snapshot.resources.map(aliasless) };
  const fix = (urn: string): string => renamed.get(urn) ?? urn;
  const fixReference = (reference: string): string => {
    if (reference === "") return "";
    const { urn, id } = parseReference(reference);
    return formatReference({ urn: fix(urn), id });
  };
  const resources = snapshot.resources.map((resource) => ({
    ...resource,
    urn: fix(resource.urn),
    parent: fix(resource.parent),
    provider: fixReference(resource.provider),
    dependencies: resource.dependencies.map(fix),
    propertyDependencies: Object.fromEntries(
      Object.entries(resource.propertyDependencies).map(([key, urns]) => [key, urns.map(fix)]),
    ),
    deletedWith: fix(resource.deletedWith),
    aliases: [],
  }));
  return { ...snapshot, resources };
}
