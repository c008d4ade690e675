import type { ResourceState } from "../state/resource.js";
import { DependencyGraph } from "./graph.js";
import type { Run } from "./run.js";
import type { Step } from "./step.js";
import { deleteStep, removePendingReplaceStep } from "./steps.js";
import type { Targets } from "./targets.js";

/** What is deleted, and in which order. */
export class Deletions {
  /** States, not URNs: already deleted ahead of a replacement. */
  readonly #condemned = new Set<ResourceState>();

  constructor(
    private readonly run: Run,
    private readonly targets: Targets,
  ) {}

  /** What is left of the base when the program has ended: to be deleted, or kept because targets leave it out. */
  async plan(): Promise<{ sames: Step[]; deletes: Step[] }> {
    const sames: Step[] = [];
    const deletes: Step[] = [];
    const deletable = this.targets.deletable();
    for (const resource of this.run.base.resources) {
      if (!deletable(resource)) {
        if (!this.run.marks.isOperatedOn(resource.urn)) sames.push(this.targets.keep(resource));
        continue;
      }
      if (resource.delete) {
        if (this.isCondemned(resource)) continue;
        this.run.marks.set("delete", resource.urn);
        deletes.push(this.deletion(resource, true));
      } else if (!this.run.marks.isOperatedOn(resource.urn)) {
        this.run.marks.set("delete", resource.urn);
        deletes.push(resource.pendingReplacement ? removePendingReplaceStep(resource) : this.deletion(resource, false));
      } else continue;
      await this.run.options.registry.ensure(resource.provider, this.run.base.resources);
    }
    this.targets.refuseUntargetedDeletes(deletes);
    return { sames, deletes };
  }

  /** Deletions in rounds: each round holds what nothing that is still there depends on. */
  schedule(deletes: Step[]): Step[][] {
    const steps = new Map(deletes.map((step) => [step.old as ResourceState, step]));
    const graph = new DependencyGraph(this.run.base.resources);
    const rounds: Step[][] = [];
    while (steps.size > 0) {
      const free = [...steps.keys()].filter((resource) =>
        [...graph.dependenciesOf(resource)].every((dependency) => !steps.has(dependency)),
      );
      rounds.push(free.map((resource) => steps.get(resource) as Step));
      for (const resource of free) steps.delete(resource);
    }
    return rounds.reverse();
  }

  /** What the deletion of a resource must wait for to have gone well; when it failed these are left alone. */
  needs(resource: ResourceState): Set<ResourceState> {
    return this.run.base.graph.contains(resource) ? this.run.base.graph.transitiveDependenciesOf(resource) : new Set();
  }

  /** The set of deletions is the live one: what is deleted with another resource is looked up when the step runs. */
  private deletion(resource: ResourceState, replacing: boolean): Step {
    return deleteStep(this.run.options, resource, {
      replacing,
      pendingReplacement: false,
      deletions: this.run.marks.deletions,
    });
  }

  isCondemned(resource: ResourceState): boolean {
    return this.#condemned.has(resource);
  }

  deletionBeforeReplacement(resource: ResourceState): Step {
    this.#condemned.add(resource);
    // One that was replaced before only goes a little sooner: the resource of its URN stays as it is.
    if (resource.delete) return this.deletion(resource, true);
    this.run.marks.set("delete", resource.urn);
    return deleteStep(this.run.options, resource, {
      replacing: true,
      pendingReplacement: true,
      deletions: this.run.marks.deletions,
    });
  }
}
