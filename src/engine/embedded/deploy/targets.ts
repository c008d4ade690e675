import type { ResourceState } from "../state/resource.js";
import { dependenciesOf } from "../state/resource.js";
import { isProviderType, parseReference, parseUrn, rootStackType } from "../urn.js";
import type { Registration } from "./goal.js";
import { type Ledger, Reported } from "./ledger.js";
import { type Step, urnOf } from "./step.js";
import { sameStep } from "./steps.js";

/** What `targets` include, and what must not be done because they leave something out. */
export class Targets {
  private readonly included: Set<string> | undefined;

  constructor(private readonly ledger: Ledger) {
    const { targets } = ledger.options;
    this.included = targets === undefined ? undefined : new Set(targets);
  }

  include(urn: string): void {
    this.included?.add(urn);
  }

  isTargeted(urn: string): boolean {
    const { qualifiedType, type } = parseUrn(urn);
    return (
      this.included === undefined || isProviderType(type) || qualifiedType === rootStackType || this.included.has(urn)
    );
  }

  /**
   * A resource that targets leave out stays as it is, with the dependencies it had. What of these the program has not named yet
   * stays in the base, and the snapshot puts it in front.
   */
  untargetedSame(urn: string, old: ResourceState, done: Registration["done"]): Step {
    this.ledger.urns.add(old.urn);
    this.ledger.sames.add(urn);
    this.ledger.sames.add(old.urn);
    this.ledger.kept.set(old.urn, old);
    return sameStep(this.ledger.options, old, { ...old, id: "" }, done, true);
  }

  keep(resource: ResourceState): Step {
    this.ledger.sames.add(resource.urn);
    return sameStep(this.ledger.options, resource, { ...resource, id: "" }, undefined, true);
  }

  /** Something that targets include must not depend on something new that they leave out. */
  checkTargetDependencies(steps: Step[]): Step[] {
    if (this.included === undefined) return steps;
    for (const step of steps) {
      if (step.new === undefined || step.skippedCreate) continue;
      const needed = needs(step.new);
      for (const urn of needed) {
        if (!this.ledger.skippedCreates.delete(urn)) continue;
        this.ledger.refuse(
          `Resource '${urnOf(step)}' depends on '${urn}' which was was not specified in --target list.`,
          urnOf(step),
        );
        if (!this.ledger.options.dryRun) throw new Reported("untargeted create");
      }
      this.refuseCircle(step.new, needed);
    }
    return steps;
  }

  /** What is kept keeps its old dependencies too: something new that needs it cannot be one of these. */
  private refuseCircle(resource: ResourceState, needed: string[]): void {
    if (this.ledger.kept.has(resource.urn)) return;
    const seen = new Set<string>();
    const reaches = (urn: string): boolean => {
      if (urn === resource.urn) return true;
      const state = this.ledger.kept.get(urn) ?? this.ledger.news.get(urn) ?? this.ledger.olds.get(urn);
      if (state === undefined || seen.has(urn)) return false;
      seen.add(urn);
      return needs(state).some((next) => reaches(this.ledger.aliased.get(next) ?? next));
    };
    const through = needed.find(reaches);
    if (through === undefined) return;
    this.ledger.fail(
      `Resource '${resource.urn}' depends on '${through}', which was not specified in --target list and still depends on it as it was. Include both.`,
      resource.urn,
    );
  }

  async deletableTargets(): Promise<Set<string> | undefined> {
    const targets = this.ledger.options.targets;
    if (targets === undefined) return undefined;
    const allowed = new Set<string>();
    for (const resource of this.ledger.previous.resources) {
      if (!targets.has(resource.urn)) continue;
      allowed.add(resource.urn);
      for (const dependent of this.ledger.graph.dependingOn(resource, new Set(), true)) allowed.add(dependent.urn);
    }
    return allowed;
  }

  refuseUntargetedDeletes(deletes: Step[]): void {
    const { targets, dryRun } = this.ledger.options;
    if (targets === undefined) return;
    const untargeted = deletes.map(urnOf).filter((urn) => !targets.has(urn));
    for (const urn of untargeted) {
      this.ledger.refuse(
        `Resource '${urn}' will be destroyed but was not specified in --target list.\nEither include resource in --target list or pass --target-dependents to proceed.`,
        urn,
      );
    }
    const needed = [...this.ledger.kept.values()].flatMap((resource) =>
      needs(resource).map((urn) => ({ urn, by: resource.urn })),
    );
    const stillNeeded = needed.filter(({ urn }) => deletes.some((step) => step.op === "delete" && urnOf(step) === urn));
    for (const { urn, by } of stillNeeded) {
      this.ledger.refuse(
        `Resource '${urn}' would be destroyed, but '${by}' was not specified in --target list and still depends on it as it was. Include both.`,
        urn,
      );
    }
    if (untargeted.length + stillNeeded.length > 0 && !dryRun) throw new Reported("delete untargeted resource");
  }
}

/** URNs that have to stand before a resource. */
function needs(resource: ResourceState): string[] {
  const urns = dependenciesOf(resource).map(({ urn }) => urn);
  return resource.provider === "" ? urns : [...urns, parseReference(resource.provider).urn];
}
