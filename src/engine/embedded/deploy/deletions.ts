import type { ResourceState } from "../state/resource.js";
import { DependencyGraph } from "./graph.js";
import type { Ledger } from "./ledger.js";
import type { Step } from "./step.js";
import { deleteStep, removePendingReplaceStep } from "./steps.js";
import type { Targets } from "./targets.js";

/** What is deleted, and in which order. */
export class Deletions {
  constructor(
    private readonly ledger: Ledger,
    private readonly targets: Targets,
  ) {}

  /** What is left of the base when the program has ended: to be deleted, or kept because targets leave it out. */
  async plan(): Promise<{ sames: Step[]; deletes: Step[] }> {
    const sames: Step[] = [];
    const deletes: Step[] = [];
    const deletable = this.targets.deletable();
    for (const resource of this.ledger.previous.resources) {
      if (!deletable(resource)) {
        if (!this.ledger.isOperatedOn(resource.urn)) sames.push(this.targets.keep(resource));
        continue;
      }
      if (resource.delete) {
        if (this.ledger.condemned.has(resource)) continue;
        this.ledger.deletes.add(resource.urn);
        deletes.push(this.deletion(resource, true));
      } else if (!this.ledger.isOperatedOn(resource.urn)) {
        this.ledger.deletes.add(resource.urn);
        deletes.push(resource.pendingReplacement ? removePendingReplaceStep(resource) : this.deletion(resource, false));
      } else continue;
      await this.ledger.options.registry.ensure(resource.provider, this.ledger.previous.resources);
    }
    this.targets.refuseUntargetedDeletes(deletes);
    return { sames, deletes };
  }

  /** Deletions in rounds: each round holds what nothing that is still there depends on. */
  schedule(deletes: Step[]): Step[][] {
    const steps = new Map(deletes.map((step) => [step.old as ResourceState, step]));
    const graph = new DependencyGraph(this.ledger.previous.resources);
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
    return this.ledger.graph.contains(resource) ? this.ledger.graph.transitiveDependenciesOf(resource) : new Set();
  }

  /** The set of deletions is the live one: what is deleted with another resource is looked up when the step runs. */
  private deletion(resource: ResourceState, replacing: boolean): Step {
    return deleteStep(this.ledger.options, resource, {
      replacing,
      pendingReplacement: false,
      deletions: this.ledger.deletes,
    });
  }

  deletionBeforeReplacement(resource: ResourceState): Step {
    if (resource.delete) return this.deletion(resource, true);
    return deleteStep(this.ledger.options, resource, {
      replacing: true,
      pendingReplacement: true,
      deletions: this.ledger.deletes,
    });
  }
}
