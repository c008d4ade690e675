import type { RunOptions } from "../../port.js";
import { dependenciesOf, type ResourceState } from "../state/resource.js";
import { parseReference } from "../urn.js";

/** Which resources an operation is about, by URN. Without targets and excludes: all. Providers and the stack always are. */
export interface Selection {
  /** Only these. */
  targets: ReadonlySet<string> | undefined;
  /** What depends on a target is one too. */
  targetDependents: boolean;
  /** All but these. Targets take precedence. */
  excludes: ReadonlySet<string> | undefined;
  /** Replaced, even if nothing of them has changed. */
  replace: ReadonlySet<string>;
}

/** The options of a run that select. */
export type SelectedUrns = Pick<RunOptions, "targets" | "targetDependents" | "excludes" | "replace">;

export function selectionOf({
  targets = [],
  targetDependents = false,
  excludes = [],
  replace = [],
}: SelectedUrns): Selection {
  const some = (urns: string[]) => (urns.length === 0 ? undefined : new Set(urns));
  return { targets: some(targets), targetDependents, excludes: some(excludes), replace: new Set(replace) };
}

/** What of the state a refresh reads (`refresh`, deployment_executor.go). Resources stand in dependency order. */
export function refreshed(resources: readonly ResourceState[], selection: Selection): ResourceState[] {
  const { excludes, targetDependents } = selection;
  if (excludes !== undefined) return resources.filter(({ urn }) => !excludes.has(urn));
  if (selection.targets === undefined) return [...resources];
  const targets = new Set(selection.targets);
  return resources.filter((resource) => {
    if (targets.has(resource.urn)) return true;
    const depends = targetDependents && dependenciesOf(resource).some(({ urn }) => targets.has(urn));
    if (depends) targets.add(resource.urn);
    return depends;
  });
}

/** URNs that have to stand before a resource. */
export function needs(resource: ResourceState): string[] {
  const urns = dependenciesOf(resource).map(({ urn }) => urn);
  return resource.provider === "" ? urns : [...urns, parseReference(resource.provider).urn];
}
