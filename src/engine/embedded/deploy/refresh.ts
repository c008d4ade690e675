import type { ResourceState, Snapshot } from "../state/resource.js";
import type { Step } from "./step.js";

/**
 * The base of a deployment after its resources were read: what is gone is left out, and so is every reference to it
 * (`rebuildBaseState`, deployment_executor.go). Changes the snapshot in place.
 */
export function rebuildBase(base: Snapshot, steps: ReadonlyMap<ResourceState, Step>): void {
  const there = new Set<string>();
  const resources: ResourceState[] = [];
  for (const resource of base.resources) {
    const step = steps.get(resource);
    const now = step === undefined ? resource : step.new;
    if (now === undefined) continue;
    const referable = (urn: string) => there.has(urn);
    now.dependencies = now.dependencies.filter(referable);
    now.propertyDependencies = Object.fromEntries(
      Object.entries(now.propertyDependencies)
        .map(([key, urns]) => [key, urns.filter(referable)] as const)
        .filter(([, urns]) => urns.length > 0),
    );
    if (!referable(now.deletedWith)) now.deletedWith = "";
    resources.push(now);
    there.add(now.urn);
  }
  adoptOrphans(resources, there);
  base.resources = resources;
}

/** A resource whose parent is gone belongs to its grandparent, if there is one. */
function adoptOrphans(resources: ResourceState[], there: ReadonlySet<string>): void {
  const parents = new Map<string, string>();
  for (const resource of resources) {
    if (resource.parent !== "" && !there.has(resource.parent)) resource.parent = parents.get(resource.parent) ?? "";
    parents.set(resource.urn, resource.parent);
  }
}
