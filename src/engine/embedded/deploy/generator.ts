import type { CheckFailure } from "../../provider.js";
import type { ResourceState, Snapshot } from "../state/resource.js";
import { isProviderType, urnName } from "../urn.js";
import { equal, type Properties } from "../values/values.js";
import { Deletions } from "./deletions.js";
import { Dependents } from "./dependents.js";
import { applyIgnoreChanges, applyReplaceOnChanges, diffResource } from "./diffing.js";
import type { Goal, ReadRegistration, Registration } from "./goal.js";
import { claim, findOld } from "./identity.js";
import { newState, readState } from "./newState.js";
import { type CheckResult, type Diff, noDiff, type Plugin, replaces, replacingDiff, someDiff } from "./plugin.js";
import { type GeneratorOptions, newRun, Reported, type Run } from "./run.js";
import type { Step } from "./step.js";
import { createStep, pluginOf, readStep, replaceStep, sameStep, updateStep } from "./steps.js";
import { Targets } from "./targets.js";

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
  private readonly run: Run;
  private readonly targets: Targets;
  private readonly dependents: Dependents;
  readonly deletions: Deletions;

  constructor(
    private readonly options: GeneratorOptions,
    previous: Snapshot,
  ) {
    this.run = newRun(options, previous);
    this.targets = new Targets(this.run);
    this.deletions = new Deletions(this.run, this.targets);
    this.dependents = new Dependents(this.run, this.deletions);
  }

  /** Takes the base up again, after a refresh has changed it. */
  rebase(): void {
    this.run.base.rebase();
  }

  get sawError(): boolean {
    return this.run.reports.sawError;
  }

  /** Whether the resource was there before, under its present URN. */
  oldOf(urn: string): ResourceState | undefined {
    return this.run.base.olds.get(urn);
  }

  get seen(): ReadonlySet<string> {
    return this.run.names.urns;
  }

  async register({ goal, done }: Registration): Promise<Step[]> {
    if (goal.parent !== "" && !this.run.names.urns.has(goal.parent))
      throw new Error(`could not find parent resource ${goal.parent}`);
    const urn = claim(this.run, goal.parent, goal.type, goal.name);
    const { old, alias } = findOld(this.run, goal, urn);
    const now = newState(goal, urn, old, alias);
    this.run.names.register(now);
    return this.targets.checkTargetDependencies(await this.stepsFor(goal, urn, old, now, done));
  }

  private async stepsFor(
    goal: Goal,
    urn: string,
    old: ResourceState | undefined,
    now: ResourceState,
    done: Registration["done"],
  ): Promise<Step[]> {
    const server = this.serverOf(now);
    const recreating = this.run.marks.has("delete", urn) && old !== undefined;
    const external = old?.external === true;
    const targeted = this.targets.isTargeted(now);
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
      const fresh = old === undefined || recreating || external || this.targets.isReplaced(urn);
      const checked = targeted
        ? await this.check(server, now, fresh ? undefined : old?.inputs, fresh ? goal.properties : inputs)
        : { inputs: old?.inputs ?? {}, failures: [] };
      this.reportFailures(now, checked.failures);
      inputs = checked.inputs;
    }
    // The same objects: a secret in them is not encrypted again.
    now.inputs = old !== undefined && equal(inputs, old.inputs) ? old.inputs : inputs;

    if (recreating) {
      this.run.marks.unset("delete", urn);
      this.run.marks.set("replace", urn);
      const diff = { ...someDiff, replaceKeys: this.dependents.keysOf(urn) };
      return [replaceStep(old, now, noDiff), createStep(this.options, now, done, { old, diff, pendingDelete: false })];
    }
    if (external && old !== undefined) {
      this.run.marks.set("create", urn);
      return [
        createStep(this.options, now, done, { old, diff: noDiff, pendingDelete: true }),
        replaceStep(old, now, noDiff),
      ];
    }
    if (targeted) this.targets.include(now);
    if (old !== undefined) {
      if (!targeted) return [this.targets.untargetedSame(urn, old, done)];
      return this.stepsFromDiff(goal, urn, old, now, server, done);
    }
    if (!targeted) {
      return [this.targets.skippedCreate(now, done)];
    }
    this.run.marks.set("create", urn);
    return [createStep(this.options, now, done)];
  }

  read({ goal, done }: ReadRegistration): Step[] {
    const urn = claim(this.run, goal.parent, goal.type, goal.name);
    const old = this.run.base.olds.get(urn);
    const now = readState(goal, urn, old);
    if (old !== undefined && !old.external && old.id !== goal.id) {
      this.run.marks.set("replace", urn);
      return [readStep(this.options, old, now, true, done), replaceStep(old, now, noDiff)];
    }
    this.run.marks.set("read", urn);
    return [readStep(this.options, old, now, false, done)];
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
    if (this.targets.isReplaced(now.urn)) return replacingDiff("id");
    if (now.deletedWith !== "" && this.run.marks.has("replace", now.deletedWith)) return replacingDiff("deletedWith");
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
    if ((diff.changes || old.pendingReplacement) && (replaces(diff) || old.pendingReplacement)) {
      return this.replacement(goal, urn, old, now, diff, server, done);
    }
    if (diff.changes || hasInitErrors) {
      this.run.marks.set("update", urn);
      return [updateStep(this.options, old, now, diff, goal.ignoreChanges, done)];
    }
    this.run.marks.set("same", urn);
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
      this.run.reports.refuse(
        `unable to replace resource "${urn}"\nas it is currently marked for protection. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\``,
        urn,
      );
      if (!this.options.dryRun) throw new Reported("a protected resource was to be replaced");
    }
    this.run.marks.set("replace", urn);
    if (now.custom && !this.targets.isReplaced(urn)) {
      // Defaults carried over from the old resource do not hold for a new one.
      const checked = await this.check(server, now, undefined, goal.properties);
      this.reportFailures(now, checked.failures);
      now.inputs = checked.inputs;
    }
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) {
      return [createStep(this.options, now, done, { old, diff, pendingDelete: true }), replaceStep(old, now, diff)];
    }
    const steps = await this.dependents.deleteDependents(urn, old);
    await this.options.registry.ensure(old.provider, this.run.base.resources);
    if (!old.pendingReplacement) steps.push(this.deletions.deletionBeforeReplacement(old));
    return [
      ...steps,
      replaceStep(old, now, diff),
      createStep(this.options, now, done, { old, diff, pendingDelete: false }),
    ];
  }
}
