import { StackFiles } from "../../src/engine/embedded/state/backend.js";
import type { DeploymentJson } from "../../src/engine/embedded/state/checkpoint.js";

type ResourceJson = NonNullable<DeploymentJson["resources"]>[number];

/** URNs that a resource refers to: what `pulumi state delete` counts as depending on them. */
function needs(resource: ResourceJson): string[] {
  const { parent, deletedWith, provider, dependencies, propertyDependencies } = resource;
  const lists = [dependencies, ...Object.values((propertyDependencies ?? {}) as Record<string, string[]>)];
  const providerUrn = typeof provider === "string" ? provider.slice(0, provider.lastIndexOf("::")) : undefined;
  return [parent, deletedWith, providerUrn, ...lists.flatMap((list) => (list ?? []) as string[])].filter(
    (urn): urn is string => typeof urn === "string" && urn !== "",
  );
}

/**
 * What `pulumi state delete <urn> --target-dependents --force` leaves: nothing is asked of any provider.
 * @returns the state, and the URNs that went
 */
export function withoutResource(state: DeploymentJson, urn: string): { state: DeploymentJson; gone: string[] } {
  const resources = state.resources ?? [];
  if (!resources.some((resource) => resource.urn === urn)) throw new Error(`no such resource in the state: ${urn}`);
  const gone = new Set([urn]);
  // They stand in dependency order.
  for (const resource of resources)
    if (needs(resource).some((needed) => gone.has(needed))) gone.add(String(resource.urn));
  return {
    state: { ...state, resources: resources.filter((resource) => !gone.has(String(resource.urn))) },
    gone: [...gone],
  };
}

/** In a file backend, without the lock: no update of the stack may run. */
export async function deleteFromFiles(root: string, stack: string, urn: string): Promise<string[]> {
  const files = new StackFiles(root, "console-vault", stack);
  const before = await files.read();
  if (before === undefined) throw new Error(`stack ${stack} has no state`);
  const { state, gone } = withoutResource(before, urn);
  await files.write([JSON.stringify(state)]);
  return gone;
}
