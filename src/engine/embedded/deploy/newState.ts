import { emptyResource, type ResourceState } from "../state/resource.js";
import { equal } from "../values/values.js";
import type { Goal, ReadGoal } from "./goal.js";

/** What the program wants of a resource, as the state that it will have: without outputs, and with unchecked inputs. */
export function newState(
  goal: Goal,
  urn: string,
  old: ResourceState | undefined,
  alias: string | undefined,
): ResourceState {
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

/** The same for a resource that is only read. */
export function readState(goal: ReadGoal, urn: string, old: ResourceState | undefined): ResourceState {
  const { id, type, parent, provider, properties, dependencies, additionalSecretOutputs } = goal;
  return {
    ...emptyResource,
    urn,
    type,
    custom: true,
    external: true,
    id,
    parent,
    provider,
    // The same object: a secret in it is not encrypted again.
    inputs: old !== undefined && equal(properties, old.inputs) ? old.inputs : properties,
    dependencies,
    additionalSecretOutputs,
    sourcePosition: goal.sourcePosition,
    stackTrace: goal.stackTrace,
  };
}
