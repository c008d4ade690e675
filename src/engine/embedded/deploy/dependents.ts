import type { ResourceState } from "../state/resource.js";
import { isProviderType, parseReference } from "../urn.js";
import type { Deletions } from "./deletions.js";
import { applyReplaceOnChanges, diffResource } from "./diffing.js";
import { type Ledger, Reported } from "./ledger.js";
import { replaces } from "./plugin.js";
import { withUnknowns } from "./registry.js";
import type { Step } from "./step.js";
import { pluginOf } from "./steps.js";

/** What has to go ahead of a resource that is deleted before it is replaced. */
export class Dependents {
  constructor(
    private readonly ledger: Ledger,
    private readonly deletions: Deletions,
  ) {}

  /** Ahead of a delete-before-replace everything goes that would have to be replaced with it. */
  async deleteDependents(urn: string, old: ResourceState): Promise<Step[]> {
    const dependents = this.ledger.graph.contains(old) ? await this.dependentReplacements(old) : [];
    const cascading = [...this.ledger.olds.values()]
      .filter((resource) => resource.deletedWith === urn)
      .map((resource) => ({ resource, keys: [] as string[] }));
    const steps: Step[] = [];
    for (const { resource, keys } of [...dependents, ...cascading].reverse()) {
      if (this.ledger.condemned.has(resource) || this.ledger.isDone(resource.urn)) continue;
      this.ledger.dependentKeys.set(resource.urn, keys);
      if (resource.protect) {
        this.ledger.refuse(
          `unable to replace resource "${resource.urn}" as part of replacing "${urn}" as it is currently marked for protection. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${resource.urn}'\``,
          urn,
        );
        throw new Reported("a protected resource was to be replaced");
      }
      await this.ledger.options.registry.ensure(resource.provider, this.ledger.previous.resources);
      steps.push(this.deletions.deletionBeforeReplacement(resource));
      // One that was replaced before only goes a little sooner: the resource of its URN stays as it is.
      if (!resource.delete) this.ledger.deletes.add(resource.urn);
      this.ledger.condemned.add(resource);
    }
    return steps;
  }

  /** Which dependents a new resource would replace: asked of their providers, with unknowns where values may change. */
  private async dependentReplacements(root: ResourceState): Promise<{ resource: ResourceState; keys: string[] }[]> {
    const replaced = new Set([root.urn]);
    const found: { resource: ResourceState; keys: string[] }[] = [];
    const registered = new Set(
      [
        this.ledger.reads,
        this.ledger.creates,
        this.ledger.sames,
        this.ledger.updates,
        this.ledger.deletes,
        this.ledger.replaces,
      ].flatMap((set) => [...set]),
    );
    for (const dependent of this.ledger.graph.dependingOn(root, registered, false)) {
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
    await this.ledger.options.registry.ensure(resource.provider, this.ledger.previous.resources);
    const { plugin } = pluginOf(this.ledger.options, resource.provider, resource.urn);
    const own = await diffResource(plugin, resource, resource, inputs, resource.ignoreChanges);
    const diff = applyReplaceOnChanges(own, resource.replaceOnChanges, false);
    return replaces(diff) ? diff.replaceKeys : undefined;
  }
}
