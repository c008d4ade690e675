import type { ResourceState, Snapshot } from "../state/resource.js";
import { DependencyGraph } from "./graph.js";
import type { Selection } from "./selection.js";
import type { StepContext } from "./steps.js";

/** Something is wrong with a resource; it has been reported, and the deployment ends. */
export class Reported extends Error {
  override readonly name = "Reported";
}

export interface GeneratorOptions extends StepContext {
  stack: string;
  project: string;
  selection: Selection;
  report(severity: "error" | "warning" | "info", message: string, urn: string): void;
}

/** What a run started from, and what it has decided so far. */
export class Ledger {
  /** Every URN that was registered or read. */
  readonly urns = new Set<string>();
  readonly sames = new Set<string>();
  readonly updates = new Set<string>();
  readonly replaces = new Set<string>();
  readonly creates = new Set<string>();
  readonly reads = new Set<string>();
  readonly deletes = new Set<string>();
  readonly skippedCreates = new Set<string>();
  /** Left as they were because targets do not name them. */
  readonly kept = new Map<string, ResourceState>();
  /** What the program has registered in this run. */
  readonly news = new Map<string, ResourceState>();
  /** States, not URNs: already deleted ahead of a replacement. */
  readonly condemned = new Set<ResourceState>();
  /** Of what was deleted ahead of a replacement: the keys that are to blame. */
  readonly dependentKeys = new Map<string, string[]>();
  /** Old URN → new one. */
  readonly aliased = new Map<string, string>();
  /** New URN → the old one it was found under. */
  readonly aliases = new Map<string, string>();
  olds = new Map<string, ResourceState>();
  graph = new DependencyGraph([]);
  /** Something was reported that makes the deployment fail although it went on (in previews). */
  sawError = false;

  constructor(
    readonly options: GeneratorOptions,
    readonly previous: Snapshot,
  ) {
    this.rebase();
  }

  /** Takes the base up again, after a refresh has changed it. */
  rebase(): void {
    const { resources } = this.previous;
    this.olds = new Map(resources.filter((resource) => !resource.delete).map((resource) => [resource.urn, resource]));
    this.graph = new DependencyGraph(resources);
  }

  isDone(urn: string): boolean {
    return [this.sames, this.updates, this.creates, this.reads, this.replaces].some((set) => set.has(urn));
  }

  isOperatedOn(urn: string): boolean {
    const now = this.aliased.get(urn) ?? urn;
    return [this.sames, this.updates, this.replaces, this.reads].some((set) => set.has(now));
  }

  /** Reports what is wrong; a preview goes on to find more. */
  refuse(message: string, urn: string): void {
    this.options.report("error", message, urn);
    this.sawError = true;
  }

  fail(message: string, urn: string): never {
    this.options.report("error", message, urn);
    throw new Reported(message);
  }
}
