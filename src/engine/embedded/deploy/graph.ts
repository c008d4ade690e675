import { dependenciesOf, type ResourceState } from "../state/resource.js";
import { parseReference } from "../urn.js";

/** Who depends on whom among resources that stand in dependency order (pkg/resource/graph/dependency_graph.go). */
export class DependencyGraph {
  private readonly index = new Map<ResourceState, number>();
  private readonly children = new Map<string, number[]>();

  constructor(private readonly resources: readonly ResourceState[]) {
    const byUrn = new Map<string, number>();
    for (const [i, resource] of resources.entries()) {
      this.index.set(resource, i);
      byUrn.set(resource.urn, i);
      for (let parent = resource.parent; parent !== ""; ) {
        const children = this.children.get(parent);
        if (children) children.push(i);
        else this.children.set(parent, [i]);
        const at = byUrn.get(parent);
        parent = at === undefined ? "" : (resources[at]?.parent ?? "");
      }
    }
  }

  contains(resource: ResourceState): boolean {
    return this.index.has(resource);
  }

  /** Everything that needs the resource, directly or not, in dependency order. */
  dependingOn(resource: ResourceState, ignore: ReadonlySet<string>, includeChildren: boolean): ResourceState[] {
    const dependents = new Set([resource.urn]);
    const found: ResourceState[] = [];
    for (const candidate of this.resources.slice(this.at(resource) + 1)) {
      if (ignore.has(candidate.urn)) continue;
      const depends =
        dependenciesOf(candidate).some(
          ({ kind, urn }) => (kind !== "parent" || includeChildren) && dependents.has(urn),
        ) ||
        (candidate.provider !== "" && dependents.has(parseReference(candidate.provider).urn));
      if (!depends) continue;
      found.push(candidate);
      dependents.add(candidate.urn);
    }
    return found;
  }

  /** What the resource needs directly: provider, parent, dependencies, and what belongs to a component among these. */
  dependenciesOf(resource: ResourceState): Set<ResourceState> {
    const at = this.at(resource);
    const urns = new Set(
      dependenciesOf(resource)
        .filter(({ kind }) => kind !== "parent")
        .map(({ urn }) => urn),
    );
    if (resource.provider !== "") urns.add(parseReference(resource.provider).urn);
    const found = new Set<ResourceState>();
    for (const candidate of this.resources.slice(0, at)) {
      if (candidate.urn === resource.parent) found.add(candidate);
      if (!urns.has(candidate.urn)) continue;
      found.add(candidate);
      if (candidate.custom) continue;
      for (const child of this.children.get(candidate.urn) ?? []) {
        if (child < at) found.add(this.resources[child] as ResourceState);
      }
    }
    return found;
  }

  transitiveDependenciesOf(resource: ResourceState): Set<ResourceState> {
    const found = new Set<ResourceState>();
    const visit = (from: ResourceState) => {
      for (const dependency of this.dependenciesOf(from)) {
        if (found.has(dependency)) continue;
        found.add(dependency);
        visit(dependency);
      }
    };
    if (this.contains(resource)) visit(resource);
    return found;
  }

  private at(resource: ResourceState): number {
    const at = this.index.get(resource);
    if (at === undefined) throw new Error(`${resource.urn} is not in the dependency graph`);
    return at;
  }
}
