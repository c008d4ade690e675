import { isProviderType, parseReference } from "../urn.js";
import { type Dependency, dependenciesOf, type ResourceState } from "./resource.js";

/**
 * What makes a snapshot unusable, in words, or nothing (`VerifyIntegrity`, pkg/resource/deploy/snapshot.go):
 * providers, parents and dependencies stand before what needs them; a URN stands once, but for resources to be deleted.
 */
export function integrityProblem(resources: readonly ResourceState[]): string | undefined {
  const seen = new Map<string, ResourceState[]>();
  const providers = new Set<string>();
  const later = (urn: string, from: number) => resources.slice(from + 1).some((other) => other.urn === urn);

  for (const [i, resource] of resources.entries()) {
    const { urn } = resource;
    if (!resource.custom && resource.id !== "") return `resource ${urn} is a component but has an id`;
    if (isProviderType(resource.type)) {
      if (resource.id === "") return `provider ${urn} has no id`;
      providers.add(`${urn}::${resource.id}`);
    }
    if (resource.provider !== "") {
      const { urn: providerUrn, id } = parseReference(resource.provider);
      if (providerUrn === "" || id === "") return `resource ${urn} has a malformed provider reference`;
      if (!providers.has(resource.provider) && !resource.pendingReplacement) {
        return `resource ${urn} refers to unknown provider ${resource.provider}`;
      }
    }
    for (const dependency of dependenciesOf(resource)) {
      if (seen.has(dependency.urn)) continue;
      const where = later(dependency.urn, i) ? "which comes after it" : "which is missing";
      return `resource ${urn} ${relation(dependency)} ${dependency.urn}, ${where}`;
    }
    seen.set(urn, [...(seen.get(urn) ?? []), resource]);
  }
  for (const [urn, states] of seen) {
    if (states.filter((state) => !state.delete).length > 1) return `resource ${urn} stands more than once`;
  }
  return undefined;
}

function relation(dependency: Dependency): string {
  switch (dependency.kind) {
    case "parent":
      return "has the parent";
    case "dependency":
      return "depends on";
    case "property":
      return `depends, with its property ${dependency.key}, on`;
    case "deletedWith":
      return "is deleted with";
  }
}
