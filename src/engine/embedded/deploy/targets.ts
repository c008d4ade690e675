import type { ResourceState } from "../state/resource.js";
import { isProviderType, parseUrn, rootStackType } from "../urn.js";
import type { Registration } from "./goal.js";
import { Reported, type Run } from "./run.js";
import { needs, type Selection } from "./selection.js";
import { type Step, urnOf } from "./step.js";
import { sameStep, skippedCreateStep } from "./steps.js";

/** What targets and excludes leave to an operation, and what must not be done because they leave something out. */
export class Targets {
  /** Targets, and with `targetDependents` what was registered so far and depends on one. */
  private readonly included: Set<string>;
  /** New, and left out: nothing that is included may depend on them. */
  readonly #skippedCreates = new Set<string>();
  /** Left as they were because targets do not name them. */
  readonly #kept = new Map<string, ResourceState>();

  constructor(private readonly run: Run) {
    this.included = new Set(this.selection.targets);
  }

  private get selection(): Selection {
    return this.run.options.selection;
  }

  private get constrained(): boolean {
    return this.selection.targets !== undefined || this.selection.excludes !== undefined;
  }

  include(resource: ResourceState): void {
    if (this.selection.targets !== undefined && this.isTarget(resource)) this.included.add(resource.urn);
  }

  isTargeted(resource: ResourceState): boolean {
    const { qualifiedType, type } = parseUrn(resource.urn);
    if (isProviderType(type) || qualifiedType === rootStackType) return true;
    if (this.selection.targets !== undefined) return this.isTarget(resource);
    return !(this.selection.excludes?.has(resource.urn) ?? false);
  }

  isReplaced(urn: string): boolean {
    return this.selection.replace.has(urn);
  }

  private isTarget(resource: ResourceState): boolean {
    const { targets, targetDependents } = this.selection;
    return (
      targets?.has(resource.urn) === true || (targetDependents && needs(resource).some((urn) => this.included.has(urn)))
    );
  }

  /**
   * A resource that targets leave out stays as it is, with the dependencies it had. What of these the program has not named yet
   * stays in the base, and the snapshot puts it in front.
   */
  untargetedSame(urn: string, old: ResourceState, done: Registration["done"]): Step {
    this.run.names.take(old.urn);
    this.run.marks.set("same", urn);
    this.run.marks.set("same", old.urn);
    this.#kept.set(old.urn, old);
    return sameStep(this.run.options, old, { ...old, id: "" }, done, true);
  }

  skippedCreate(resource: ResourceState, done: Registration["done"]): Step {
    this.run.marks.set("same", resource.urn);
    this.#skippedCreates.add(resource.urn);
    return skippedCreateStep(resource, done);
  }

  keep(resource: ResourceState): Step {
    this.run.marks.set("same", resource.urn);
    return sameStep(this.run.options, resource, { ...resource, id: "" }, undefined, true);
  }

  /** Something that an operation includes must not depend on something new that it leaves out. */
  checkTargetDependencies(steps: Step[]): Step[] {
    if (!this.constrained) return steps;
    for (const step of steps) {
      if (step.new === undefined || step.skippedCreate) continue;
      const needed = needs(step.new);
      for (const urn of needed) {
        if (!this.#skippedCreates.delete(urn)) continue;
        this.run.reports.refuse(
          this.selection.targets === undefined
            ? `Resource '${urnOf(step)}' depends on '${urn}', which --exclude leaves out and which does not exist yet. Exclude both, or neither.`
            : `Resource '${urnOf(step)}' depends on '${urn}' which was was not specified in --target list.`,
          urnOf(step),
        );
        if (!this.run.options.dryRun) throw new Reported("untargeted create");
      }
      this.refuseCircle(step.new, needed);
    }
    return steps;
  }

  /** What is kept keeps its old dependencies too: something new that needs it cannot be one of these. */
  private refuseCircle(resource: ResourceState, needed: string[]): void {
    if (this.#kept.has(resource.urn)) return;
    const seen = new Set<string>();
    const reaches = (urn: string): boolean => {
      if (urn === resource.urn) return true;
      const state = this.#kept.get(urn) ?? this.run.names.registered(urn) ?? this.run.base.olds.get(urn);
      if (state === undefined || seen.has(urn)) return false;
      seen.add(urn);
      return needs(state).some((next) => reaches(this.run.names.current(next)));
    };
    const through = needed.find(reaches);
    if (through === undefined) return;
    this.run.reports.fail(
      `Resource '${resource.urn}' depends on '${through}', which is left out and still depends on it as it was. Include both.`,
      resource.urn,
    );
  }

  /** Whether a resource that the program does not declare any more may be deleted. */
  deletable(): (resource: ResourceState) => boolean {
    const { targets, excludes } = this.selection;
    const { resources } = this.run.base;
    if (targets !== undefined) {
      const allowed = new Set<string>();
      for (const resource of resources) {
        if (!targets.has(resource.urn)) continue;
        allowed.add(resource.urn);
        for (const dependent of this.run.base.graph.dependingOn(resource, new Set(), true)) allowed.add(dependent.urn);
      }
      return ({ urn }) => allowed.has(urn);
    }
    if (excludes === undefined) return () => true;
    const forbidden = new Set(excludes);
    for (const resource of resources) {
      if (!excludes.has(resource.urn)) continue;
      for (const dependency of this.run.base.graph.transitiveDependenciesOf(resource)) forbidden.add(dependency.urn);
    }
    return ({ urn }) => !forbidden.has(urn);
  }

  refuseUntargetedDeletes(deletes: Step[]): void {
    if (!this.constrained) return;
    const { targets, targetDependents } = this.selection;
    const untargeted =
      targets === undefined || targetDependents ? [] : deletes.map(urnOf).filter((urn) => !targets.has(urn));
    for (const urn of untargeted) {
      this.run.reports.refuse(
        `Resource '${urn}' will be destroyed but was not specified in --target list.\nEither include resource in --target list or pass --target-dependents to proceed.`,
        urn,
      );
    }
    const needed = [...this.#kept.values()].flatMap((resource) =>
      needs(resource).map((urn) => ({ urn, by: resource.urn })),
    );
    const stillNeeded = needed.filter(({ urn }) => deletes.some((step) => step.op === "delete" && urnOf(step) === urn));
    for (const { urn, by } of stillNeeded) {
      this.run.reports.refuse(
        `Resource '${urn}' would be destroyed, but '${by}' is left out and still depends on it as it was. Include both.`,
        urn,
      );
    }
    if (untargeted.length + stillNeeded.length > 0 && !this.run.options.dryRun)
      throw new Reported("delete untargeted resource");
  }
}
