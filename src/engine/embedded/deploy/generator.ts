import type { CheckFailure } from "../../provider.js";
import type { ResourceState, Snapshot } from "../state/resource.js";
import { dependenciesOf, emptyResource } from "../state/resource.js";
import { isProviderType, makeUrn, parseReference, parseUrn, rootStackType, urnName } from "../urn.js";
import { equal, type Properties } from "../values/values.js";
import { aliasUrns } from "./aliases.js";
import { applyIgnoreChanges, applyReplaceOnChanges, diffResource, mustReplace } from "./diffing.js";
import type { Goal, ReadRegistration, Registration } from "./goal.js";
import { DependencyGraph } from "./graph.js";
import { type CheckResult, type Diff, noDiff, type Plugin, replacingDiff, someDiff } from "./plugin.js";
import { withUnknowns } from "./registry.js";
import { type Step, urnOf } from "./step.js";
import {
  createStep,
  deleteStep,
  pluginOf,
  readStep,
  removePendingReplaceStep,
  replaceStep,
  type StepContext,
  sameStep,
  skippedCreateStep,
  updateStep,
} from "./steps.js";

/** Something is wrong with a resource; it has been reported, and the deployment ends. */
export class Reported extends Error {
  override readonly name = "Reported";
}

export interface GeneratorOptions extends StepContext {
  stack: string;
  project: string;
  targets: ReadonlySet<string> | undefined;
  report(severity: "error" | "warning" | "info", message: string, urn: string): void;
}

/** What a provider of a resource is; a provider resource is served by the registry. */
interface Server {
  plugin: Plugin | undefined;
  known: boolean;
}

/**
 * Decides what has to be done for each resource that a program registers: a port of the Pulumi engine's step generator
 * (pkg/resource/deploy/step_generator.go). Registrations are handled one at a time, in the order in which they come.
 */
export class StepGenerator {
  private readonly urns = new Set<string>();
  private readonly sames = new Set<string>();
  private readonly updates = new Set<string>();
  private readonly replaces = new Set<string>();
  private readonly creates = new Set<string>();
  private readonly reads = new Set<string>();
  private readonly deletes = new Set<string>();
  private readonly skippedCreates = new Set<string>();
  /** Left as they were because targets do not name them. */
  private readonly kept = new Map<string, ResourceState>();
  /** What the program has registered in this run. */
  private readonly news = new Map<string, ResourceState>();
  /** States, not URNs: already deleted ahead of a replacement. */
  private readonly condemned = new Set<ResourceState>();
  private readonly dependentKeys = new Map<string, string[]>();
  /** Old URN → new one. */
  private readonly aliased = new Map<string, string>();
  /** New URN → the old one it was found under. */
  private readonly aliases = new Map<string, string>();
  private readonly providers = new Map<string, ResourceState>();
  private readonly targeted: Set<string> | undefined;
  private olds = new Map<string, ResourceState>();
  private graph = new DependencyGraph([]);
  /** Something was reported that makes the deployment fail although it went on (in previews). */
  sawError = false;

  constructor(
    private readonly options: GeneratorOptions,
    private readonly previous: Snapshot,
  ) {
    this.targeted = options.targets === undefined ? undefined : new Set(options.targets);
    this.rebase();
  }

  /** Takes the base up again, after a refresh has changed it. */
  rebase(): void {
    const { resources } = this.previous;
    this.olds = new Map(resources.filter((resource) => !resource.delete).map((resource) => [resource.urn, resource]));
    this.graph = new DependencyGraph(resources);
  }

  /** Whether the resource was there before, under its present URN. */
  oldOf(urn: string): ResourceState | undefined {
    return this.olds.get(urn);
  }

  get seen(): ReadonlySet<string> {
    return this.urns;
  }

  async register({ goal, done }: Registration): Promise<Step[]> {
    if (goal.parent !== "" && !this.urns.has(goal.parent))
      throw new Error(`could not find parent resource ${goal.parent}`);
    const urn = this.claim(goal.parent, goal.type, goal.name);
    const { old, alias } = this.findOld(goal, urn);
    const now = this.newState(goal, urn, old, alias);
    this.news.set(urn, now);
    if (isProviderType(goal.type)) {
      this.providers.set(urn, now);
      if (alias !== undefined) this.providers.set(alias, now);
    }
    return this.checkTargetDependencies(await this.stepsFor(goal, urn, old, now, done));
  }

  private async stepsFor(
    goal: Goal,
    urn: string,
    old: ResourceState | undefined,
    now: ResourceState,
    done: Registration["done"],
  ): Promise<Step[]> {
    const server = this.serverOf(now);
    const recreating = this.deletes.has(urn) && old !== undefined;
    const external = old?.external === true;
    const targeted = this.isTargeted(urn);
    let inputs = now.inputs;
    if (old !== undefined) {
      const { inputs: kept, impossible } = applyIgnoreChanges(inputs, old.inputs, goal.ignoreChanges);
      inputs = kept;
      if (impossible.length > 0) {
        this.options.report(
          "info",
          `cannot ignore changes in added or removed elements of the path: "${impossible.join(", ")}"`,
          urn,
        );
      }
    }
    if (now.custom) {
      const fresh = old === undefined || recreating || external;
      const checked = targeted
        ? await this.check(server, now, fresh ? undefined : old?.inputs, fresh ? goal.properties : inputs)
        : { inputs: old?.inputs ?? {}, failures: [] };
      this.reportFailures(now, checked.failures);
      inputs = checked.inputs;
    }
    // The same objects: a secret in them is not encrypted again.
    now.inputs = old !== undefined && equal(inputs, old.inputs) ? old.inputs : inputs;
    if (targeted) this.targeted?.add(urn);

    if (recreating) {
      this.deletes.delete(urn);
      this.replaces.add(urn);
      const diff = { ...someDiff, replaceKeys: this.dependentKeys.get(urn) ?? [] };
      return [replaceStep(old, now, noDiff), createStep(this.options, now, done, { old, diff, pendingDelete: false })];
    }
    if (external && old !== undefined) {
      this.creates.add(urn);
      return [
        createStep(this.options, now, done, { old, diff: noDiff, pendingDelete: true }),
        replaceStep(old, now, noDiff),
      ];
    }
    if (old !== undefined) {
      if (!targeted) return [this.untargetedSame(urn, old, done)];
      return this.stepsFromDiff(goal, urn, old, now, server, done);
    }
    if (!targeted) {
      this.sames.add(urn);
      this.skippedCreates.add(urn);
      return [skippedCreateStep(now, done)];
    }
    this.creates.add(urn);
    return [createStep(this.options, now, done)];
  }

  read({ goal, done }: ReadRegistration): Step[] {
    const urn = this.claim(goal.parent, goal.type, goal.name);
    const old = this.olds.get(urn);
    const {
      id,
      type,
      parent,
      provider,
      properties,
      dependencies,
      additionalSecretOutputs,
      sourcePosition,
      stackTrace,
    } = goal;
    const now: ResourceState = {
      ...emptyResource,
      urn,
      type,
      custom: true,
      external: true,
      id,
      parent,
      provider,
      inputs: old !== undefined && equal(properties, old.inputs) ? old.inputs : properties,
      dependencies,
      additionalSecretOutputs,
      sourcePosition,
      stackTrace,
    };
    if (old !== undefined && !old.external && old.id !== id) {
      this.replaces.add(urn);
      return [readStep(this.options, old, now, true, done), replaceStep(old, now, noDiff)];
    }
    this.reads.add(urn);
    return [readStep(this.options, old, now, false, done)];
  }

  /** What is left of the base when the program has ended: to be deleted, or kept because targets leave it out. */
  async deletions(): Promise<{ sames: Step[]; deletes: Step[] }> {
    const sames: Step[] = [];
    const deletes: Step[] = [];
    const allowed = await this.deletableTargets();
    for (const resource of this.previous.resources) {
      if (allowed !== undefined && !allowed.has(resource.urn)) {
        if (!this.isOperatedOn(resource.urn)) sames.push(this.keep(resource));
        continue;
      }
      if (resource.delete) {
        if (this.condemned.has(resource)) continue;
        this.deletes.add(resource.urn);
        deletes.push(this.deletion(resource, true));
      } else if (!this.isOperatedOn(resource.urn)) {
        this.deletes.add(resource.urn);
        deletes.push(resource.pendingReplacement ? removePendingReplaceStep(resource) : this.deletion(resource, false));
      } else continue;
      await this.options.registry.ensure(resource.provider, this.previous.resources);
    }
    this.refuseUntargetedDeletes(deletes);
    return { sames, deletes };
  }

  /** Deletions in rounds: each round holds what nothing that is still there depends on. */
  schedule(deletes: Step[]): Step[][] {
    const steps = new Map(deletes.map((step) => [step.old as ResourceState, step]));
    const graph = new DependencyGraph(this.previous.resources);
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
    return this.graph.contains(resource) ? this.graph.transitiveDependenciesOf(resource) : new Set();
  }

  private claim(parent: string, type: string, name: string): string {
    const urn = makeUrn(this.options.stack, this.options.project, parent, type, name);
    if (this.urns.has(urn)) this.fail(`Duplicate resource URN '${urn}'; try giving it a unique name`, urn);
    this.urns.add(urn);
    return urn;
  }

  private findOld(goal: Goal, urn: string): { old: ResourceState | undefined; alias: string | undefined } {
    const other = this.aliased.get(urn);
    if (other !== undefined) {
      this.fail(`Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${other}'`, urn);
    }
    const context = { stack: this.options.stack, project: this.options.project, aliases: this.aliases };
    for (const candidate of [urn, ...aliasUrns(goal, context)]) {
      const old = this.olds.get(candidate);
      if (old === undefined) continue;
      if (candidate === urn) return { old, alias: undefined };
      const taken = this.urns.has(candidate) ? urn : this.aliased.get(candidate);
      if (taken !== undefined) {
        this.fail(
          `Duplicate resource alias '${candidate}' applied to resource with URN '${urn}' conflicting with resource with URN '${taken}'`,
          urn,
        );
      }
      this.aliased.set(candidate, urn);
      this.aliases.set(urn, candidate);
      this.options.registry.registerAlias(urn, candidate);
      return { old, alias: candidate };
    }
    return { old: undefined, alias: undefined };
  }

  private newState(goal: Goal, urn: string, old: ResourceState | undefined, alias: string | undefined): ResourceState {
    return {
      ...emptyResource,
      urn,
      type: goal.type,
      custom: goal.custom,
      inputs: goal.properties,
      parent: goal.parent,
      protect: goal.protect ?? false,
      dependencies: goal.dependencies,
      provider: goal.provider,
      propertyDependencies: goal.propertyDependencies,
      additionalSecretOutputs: goal.additionalSecretOutputs,
      aliases: alias === undefined ? [] : [alias],
      customTimeouts: goal.customTimeouts,
      retainOnDelete: goal.retainOnDelete ?? false,
      deletedWith: goal.deletedWith,
      created: old?.created ?? "",
      modified: old?.modified ?? "",
      sourcePosition: goal.sourcePosition,
      stackTrace: goal.stackTrace,
      ignoreChanges: goal.ignoreChanges,
      replaceOnChanges: goal.replaceOnChanges,
    };
  }

  private serverOf(resource: ResourceState): Server {
    if (!resource.custom || isProviderType(resource.type)) return { plugin: undefined, known: true };
    return pluginOf(this.options, resource.provider, resource.urn);
  }

  private async check(
    { plugin, known }: Server,
    resource: ResourceState,
    olds: Properties | undefined,
    news: Properties,
  ): Promise<CheckResult> {
    if (isProviderType(resource.type)) return this.options.registry.check(resource.urn, news);
    if (plugin === undefined || !known) return { inputs: news, failures: [] };
    return plugin.check(resource, olds, news);
  }

  private reportFailures(resource: ResourceState, failures: CheckFailure[]): void {
    const [first] = failures;
    if (first === undefined) return;
    for (const { property, reason } of failures) {
      const subject = `${resource.type} resource '${urnName(resource.urn)}'`;
      const problem = property === "" ? ` has a problem: ${reason}` : `: property ${property} has a problem: ${reason}`;
      this.options.report("error", subject + problem, resource.urn);
    }
    throw new Reported(`resource ${resource.urn} is invalid`);
  }

  private async diff(goal: Goal, old: ResourceState, now: ResourceState, { plugin, known }: Server): Promise<Diff> {
    if (now.deletedWith !== "" && this.replaces.has(now.deletedWith)) return replacingDiff("deletedWith");
    if (this.providerChanged(old, now)) return replacingDiff("provider");
    if (isProviderType(now.type)) return this.options.registry.diff(old, now.inputs);
    if (plugin === undefined) return equal(old.inputs, now.inputs) ? noDiff : someDiff;
    if (!known) {
      this.options.report(
        "warning",
        "The provider for this resource has inputs that are not known during preview.\nThis preview may not correctly represent the changes that will be applied during an update.",
        now.urn,
      );
      return someDiff;
    }
    return diffResource(plugin, { ...now, id: old.id }, old, now.inputs, goal.ignoreChanges);
  }

  /** A resource moves to another provider of its package in place; only a change between none and one replaces it. */
  private providerChanged(old: ResourceState, now: ResourceState): boolean {
    if (old.provider === now.provider) return false;
    return old.provider === "" || now.provider === "";
  }

  private async stepsFromDiff(
    goal: Goal,
    urn: string,
    old: ResourceState,
    now: ResourceState,
    server: Server,
    done: Registration["done"],
  ): Promise<Step[]> {
    const hasInitErrors = old.initErrors.length > 0;
    const diff = applyReplaceOnChanges(await this.diff(goal, old, now, server), goal.replaceOnChanges, hasInitErrors);
    if ((diff.changes || old.pendingReplacement) && (mustReplace(diff) || old.pendingReplacement)) {
      return this.replacement(goal, urn, old, now, diff, server, done);
    }
    if (diff.changes || hasInitErrors) {
      this.updates.add(urn);
      return [updateStep(this.options, old, now, diff, goal.ignoreChanges, done)];
    }
    this.sames.add(urn);
    return [sameStep(this.options, old, now, done)];
  }

  private async replacement(
    goal: Goal,
    urn: string,
    old: ResourceState,
    now: ResourceState,
    diff: Diff,
    server: Server,
    done: Registration["done"],
  ): Promise<Step[]> {
    if (now.protect && old.protect) {
      this.options.report(
        "error",
        `unable to replace resource "${urn}"\nas it is currently marked for protection. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\``,
        urn,
      );
      this.sawError = true;
      if (!this.options.dryRun) throw new Reported("a protected resource was to be replaced");
    }
    this.replaces.add(urn);
    if (now.custom) {
      // Defaults carried over from the old resource do not hold for a new one.
      const checked = await this.check(server, now, undefined, goal.properties);
      this.reportFailures(now, checked.failures);
      now.inputs = checked.inputs;
    }
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) {
      return [createStep(this.options, now, done, { old, diff, pendingDelete: true }), replaceStep(old, now, diff)];
    }
    const steps = await this.deleteDependents(urn, old);
    await this.options.registry.ensure(old.provider, this.previous.resources);
    if (!old.pendingReplacement) {
      this.deletes.add(old.urn);
      this.condemned.add(old);
      steps.push(this.deletionBeforeReplacement(old));
    }
    return [
      ...steps,
      replaceStep(old, now, diff),
      createStep(this.options, now, done, { old, diff, pendingDelete: false }),
    ];
  }

  /** Ahead of a delete-before-replace everything goes that would have to be replaced with it. */
  private async deleteDependents(urn: string, old: ResourceState): Promise<Step[]> {
    const dependents = this.graph.contains(old) ? await this.dependentReplacements(old) : [];
    const cascading = [...this.olds.values()]
      .filter((resource) => resource.deletedWith === urn)
      .map((resource) => ({ resource, keys: [] as string[] }));
    const steps: Step[] = [];
    for (const { resource, keys } of [...dependents, ...cascading].reverse()) {
      if (this.condemned.has(resource) || this.isDone(resource.urn)) continue;
      this.dependentKeys.set(resource.urn, keys);
      if (resource.protect) {
        this.options.report(
          "error",
          `unable to replace resource "${resource.urn}" as part of replacing "${urn}" as it is currently marked for protection. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${resource.urn}'\``,
          urn,
        );
        this.sawError = true;
        throw new Reported("a protected resource was to be replaced");
      }
      await this.options.registry.ensure(resource.provider, this.previous.resources);
      steps.push(this.deletionBeforeReplacement(resource));
      // One that was replaced before only goes a little sooner: the resource of its URN stays as it is.
      if (!resource.delete) this.deletes.add(resource.urn);
      this.condemned.add(resource);
    }
    return steps;
  }

  /** Which dependents a new resource would replace: asked of their providers, with unknowns where values may change. */
  private async dependentReplacements(root: ResourceState): Promise<{ resource: ResourceState; keys: string[] }[]> {
    const replaced = new Set([root.urn]);
    const found: { resource: ResourceState; keys: string[] }[] = [];
    const registered = new Set(
      [this.reads, this.creates, this.sames, this.updates, this.deletes, this.replaces].flatMap((set) => [...set]),
    );
    for (const dependent of this.graph.dependingOn(root, registered, false)) {
      const keys = await this.replacedWith(dependent, replaced);
      if (keys === undefined) continue;
      replaced.add(dependent.urn);
      found.push({ resource: dependent, keys });
    }
    return found;
  }

  private async replacedWith(resource: ResourceState, replaced: ReadonlySet<string>): Promise<string[] | undefined> {
    if (!resource.custom || resource.external) return undefined;
    if (resource.provider !== "" && replaced.has(parseReference(resource.provider).urn)) return [];
    if (resource.deletedWith !== "" && replaced.has(resource.deletedWith)) return [];
    const { inputs, affected } = withUnknowns(resource, replaced);
    if (!affected) return undefined;
    if (isProviderType(resource.type)) return undefined;
    await this.options.registry.ensure(resource.provider, this.previous.resources);
    const { plugin } = pluginOf(this.options, resource.provider, resource.urn);
    const own = await diffResource(plugin, resource, resource, inputs, resource.ignoreChanges);
    const diff = applyReplaceOnChanges(own, resource.replaceOnChanges, false);
    return mustReplace(diff) ? diff.replaceKeys : undefined;
  }

  /** The set of deletions is the live one: what is deleted with another resource is looked up when the step runs. */
  private deletion(resource: ResourceState, replacing: boolean): Step {
    return deleteStep(this.options, resource, { replacing, pendingReplacement: false, deletions: this.deletes });
  }

  private deletionBeforeReplacement(resource: ResourceState): Step {
    if (resource.delete) return this.deletion(resource, true);
    return deleteStep(this.options, resource, { replacing: true, pendingReplacement: true, deletions: this.deletes });
  }

  private isDone(urn: string): boolean {
    return [this.sames, this.updates, this.creates, this.reads, this.replaces].some((set) => set.has(urn));
  }

  private isOperatedOn(urn: string): boolean {
    const now = this.aliased.get(urn) ?? urn;
    return [this.sames, this.updates, this.replaces, this.reads].some((set) => set.has(now));
  }

  private isTargeted(urn: string): boolean {
    const { qualifiedType, type } = parseUrn(urn);
    return (
      this.targeted === undefined || isProviderType(type) || qualifiedType === rootStackType || this.targeted.has(urn)
    );
  }

  /**
   * A resource that targets leave out stays as it is, with the dependencies it had. What of these the program has not named yet
   * stays in the base, and the snapshot puts it in front.
   */
  private untargetedSame(urn: string, old: ResourceState, done: Registration["done"]): Step {
    this.urns.add(old.urn);
    this.sames.add(urn);
    this.sames.add(old.urn);
    this.kept.set(old.urn, old);
    return sameStep(this.options, old, { ...old, id: "" }, done, true);
  }

  private keep(resource: ResourceState): Step {
    this.sames.add(resource.urn);
    return sameStep(this.options, resource, { ...resource, id: "" }, undefined, true);
  }

  /** Something that targets include must not depend on something new that they leave out. */
  private checkTargetDependencies(steps: Step[]): Step[] {
    if (this.targeted === undefined) return steps;
    for (const step of steps) {
      if (step.new === undefined || step.skippedCreate) continue;
      const needed = needs(step.new);
      for (const urn of needed) {
        if (!this.skippedCreates.delete(urn)) continue;
        this.options.report(
          "error",
          `Resource '${urnOf(step)}' depends on '${urn}' which was was not specified in --target list.`,
          urnOf(step),
        );
        this.sawError = true;
        if (!this.options.dryRun) throw new Reported("untargeted create");
      }
      this.refuseCircle(step.new, needed);
    }
    return steps;
  }

  /** What is kept keeps its old dependencies too: something new that needs it cannot be one of these. */
  private refuseCircle(resource: ResourceState, needed: string[]): void {
    if (this.kept.has(resource.urn)) return;
    const seen = new Set<string>();
    const reaches = (urn: string): boolean => {
      if (urn === resource.urn) return true;
      const state = this.kept.get(urn) ?? this.news.get(urn) ?? this.olds.get(urn);
      if (state === undefined || seen.has(urn)) return false;
      seen.add(urn);
      return needs(state).some((next) => reaches(this.aliased.get(next) ?? next));
    };
    const through = needed.find(reaches);
    if (through === undefined) return;
    this.fail(
      `Resource '${resource.urn}' depends on '${through}', which was not specified in --target list and still depends on it as it was. Include both.`,
      resource.urn,
    );
  }

  private async deletableTargets(): Promise<Set<string> | undefined> {
    const targets = this.options.targets;
    if (targets === undefined) return undefined;
    const allowed = new Set<string>();
    for (const resource of this.previous.resources) {
      if (!targets.has(resource.urn)) continue;
      allowed.add(resource.urn);
      for (const dependent of this.graph.dependingOn(resource, new Set(), true)) allowed.add(dependent.urn);
    }
    return allowed;
  }

  private refuseUntargetedDeletes(deletes: Step[]): void {
    const { targets, dryRun } = this.options;
    if (targets === undefined) return;
    const untargeted = deletes.map(urnOf).filter((urn) => !targets.has(urn));
    for (const urn of untargeted) {
      this.options.report(
        "error",
        `Resource '${urn}' will be destroyed but was not specified in --target list.\nEither include resource in --target list or pass --target-dependents to proceed.`,
        urn,
      );
      this.sawError = true;
    }
    const needed = [...this.kept.values()].flatMap((resource) =>
      needs(resource).map((urn) => ({ urn, by: resource.urn })),
    );
    const stillNeeded = needed.filter(({ urn }) => deletes.some((step) => step.op === "delete" && urnOf(step) === urn));
    for (const { urn, by } of stillNeeded) {
      this.options.report(
        "error",
        `Resource '${urn}' would be destroyed, but '${by}' was not specified in --target list and still depends on it as it was. Include both.`,
        urn,
      );
      this.sawError = true;
    }
    if (untargeted.length + stillNeeded.length > 0 && !dryRun) throw new Reported("delete untargeted resource");
  }

  private fail(message: string, urn: string): never {
    this.options.report("error", message, urn);
    throw new Reported(message);
  }
}

/** URNs that have to stand before a resource. */
function needs(resource: ResourceState): string[] {
  const urns = dependenciesOf(resource).map(({ urn }) => urn);
  return resource.provider === "" ? urns : [...urns, parseReference(resource.provider).urn];
}
