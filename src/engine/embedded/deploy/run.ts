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

/** What a run started from. */
class Base {
  #olds = new Map<string, ResourceState>();
  #graph = new DependencyGraph([]);

  constructor(private readonly previous: Snapshot) {
    this.rebase();
  }

  /** Takes the base up again, after a refresh has changed it. */
  rebase(): void {
    const { resources } = this;
    this.#olds = new Map(resources.filter((resource) => !resource.delete).map((resource) => [resource.urn, resource]));
    this.#graph = new DependencyGraph(resources);
  }

  get resources(): ResourceState[] {
    return this.previous.resources;
  }

  /** By URN, without what is only left to be deleted. */
  get olds(): ReadonlyMap<string, ResourceState> {
    return this.#olds;
  }

  get graph(): DependencyGraph {
    return this.#graph;
  }
}

/** Which URNs the resources of this run have, and had. */
class Names {
  readonly #urns = new Set<string>();
  readonly #news = new Map<string, ResourceState>();
  /** Old URN → new one. */
  readonly #renamed = new Map<string, string>();
  /** New URN → the old one it was found under. */
  readonly #aliases = new Map<string, string>();

  /** Every URN that was registered or read. */
  get urns(): ReadonlySet<string> {
    return this.#urns;
  }

  get aliases(): ReadonlyMap<string, string> {
    return this.#aliases;
  }

  take(urn: string): void {
    this.#urns.add(urn);
  }

  register(resource: ResourceState): void {
    this.#news.set(resource.urn, resource);
  }

  /** What the program has registered under a URN in this run. */
  registered(urn: string): ResourceState | undefined {
    return this.#news.get(urn);
  }

  rename(old: string, urn: string): void {
    this.#renamed.set(old, urn);
    this.#aliases.set(urn, old);
  }

  renamed(urn: string): string | undefined {
    return this.#renamed.get(urn);
  }

  /** The URN that a resource has now. */
  current(urn: string): string {
    return this.#renamed.get(urn) ?? urn;
  }
}

type Mark = "same" | "update" | "replace" | "create" | "read" | "delete";

/** What has been decided about each URN. A URN can have more than one mark: what is replaced may have been deleted before. */
class Marks {
  readonly #marks: Readonly<Record<Mark, Set<string>>> = {
    same: new Set(),
    update: new Set(),
    replace: new Set(),
    create: new Set(),
    read: new Set(),
    delete: new Set(),
  };

  constructor(private readonly names: Names) {}

  set(mark: Mark, urn: string): void {
    this.#marks[mark].add(urn);
  }

  unset(mark: Mark, urn: string): void {
    this.#marks[mark].delete(urn);
  }

  has(mark: Mark, urn: string): boolean {
    return this.#marks[mark].has(urn);
  }

  /** The live set of what is deleted. */
  get deletions(): ReadonlySet<string> {
    return this.#marks.delete;
  }

  /** Every URN with a mark. */
  all(): Set<string> {
    return new Set(Object.values(this.#marks).flatMap((urns) => [...urns]));
  }

  isDone(urn: string): boolean {
    return (["same", "update", "create", "read", "replace"] as const).some((mark) => this.has(mark, urn));
  }

  isOperatedOn(urn: string): boolean {
    const now = this.names.current(urn);
    return (["same", "update", "replace", "read"] as const).some((mark) => this.has(mark, now));
  }
}

/** What is said to be wrong. */
class Reports {
  #sawError = false;

  constructor(private readonly options: GeneratorOptions) {}

  /** Something was reported that makes the deployment fail although it went on (in previews). */
  get sawError(): boolean {
    return this.#sawError;
  }

  /** Reports what is wrong; a preview goes on to find more. */
  refuse(message: string, urn: string): void {
    this.options.report("error", message, urn);
    this.#sawError = true;
  }

  fail(message: string, urn: string): never {
    this.options.report("error", message, urn);
    throw new Reported(message);
  }
}

/** What the parts of one run share; each fact belongs to one of them. */
export interface Run {
  readonly options: GeneratorOptions;
  readonly base: Base;
  readonly names: Names;
  readonly marks: Marks;
  readonly reports: Reports;
}

export function newRun(options: GeneratorOptions, previous: Snapshot): Run {
  const names = new Names();
  return { options, base: new Base(previous), names, marks: new Marks(names), reports: new Reports(options) };
}
