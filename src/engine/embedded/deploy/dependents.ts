import type { ResourceState } from "../state/resource.js";
import { isProviderType, parseReference } from "../urn.js";
import type { Deletions } from "./deletions.js";
import { applyReplaceOnChanges, diffResource } from "./diffing.js";
import { replaces } from "./plugin.js";
import { withUnknowns } from "./registry.js";
import { Reported, type Run } from "./run.js";
import type { Step } from "./step.js";
import { pluginOf } from "./steps.js";

/** What has to go ahead of a resource that is deleted before it is replaced. */
export class Dependents {
  /** Of what was deleted ahead of a replacement: the keys that are to blame. */
  readonly #keys = new Map<string, string[]>();

  constructor(
    private readonly run: Run,
    private readonly deletions: Deletions,
  ) {}

  keysOf(urn: string): string[] {
    return this.#keys.get(urn) ?? [];
  }

  /** Ahead of a delete-before-replace everything goes that would have to be replaced with it. */
  async deleteDependents(urn: string, old: ResourceState): Promise<Step[]> {
    const dependents = this.run.base.graph.contains(old) ? await this.dependentReplacements(old) : [];
    const cascading = [...this.run.base.olds.values()]
      .filter((resource) => resource.deletedWith === urn)
      .map((resource) => ({ resource, keys: [] as string[] }));
    const steps: Step[] = [];
    for (const { resource, keys } of [...dependents, ...cascading].reverse()) {
      if (this.deletions.isCondemned(resource) || this.run.marks.isDone(resource.urn)) continue;
      this.#keys.set(resource.urn, keys);
      if (resource.protect) {
        this.run.reports.refuse(
          `unable to replace resource "${resource.urn}" as part of replacing "${urn}" as it is currently marked for protection. To unprotect the resource, remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${resource.urn}'\``,
          urn,
        );
        throw new Reported("a protected resource was to be replaced");
      }
      await this.run.options.registry.ensure(resource.provider, this.run.base.resources);
      steps.push(this.deletions.deletionBeforeReplacement(resource));
    }
    return steps;
  }

  /** Which dependents a new resource would replace: asked of their providers, with unknowns where values may change. */
  private async dependentReplacements(root: ResourceState): Promise<{ resource: ResourceState; keys: string[] }[]> {
    const replaced = new Set([root.urn]);
    const found: { resource: ResourceState; keys: string[] }[] = [];
    const registered = this.run.marks.all();
    for (const dependent of this.run.base.graph.dependingOn(root, registered, false)) {
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
    await this.run.options.registry.ensure(resource.provider, this.run.base.resources);
    const { plugin } = pluginOf(this.run.options, resource.provider, resource.urn);
    const own = await diffResource(plugin, resource, resource, inputs, resource.ignoreChanges);
    const diff = applyReplaceOnChanges(own, resource.replaceOnChanges, false);
    return replaces(diff) ? diff.replaceKeys : undefined;
  }
}
