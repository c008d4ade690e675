import type { Properties } from "../values/values.js";

/** One resource of a stack, as Pulumi's `ResourceV3` keeps it. Empty strings and lists are left out when it is written. */
export interface ResourceState {
  urn: string;
  type: string;
  custom: boolean;
  /** To be deleted: a newer resource has taken its place. */
  delete: boolean;
  id: string;
  inputs: Properties;
  outputs: Properties;
  parent: string;
  protect: boolean;
  /** Read, not owned. */
  external: boolean;
  dependencies: string[];
  initErrors: string[];
  /** Reference of the provider, `<urn>::<id>`. */
  provider: string;
  propertyDependencies: Record<string, string[]>;
  /** Deleted before its replacement, which has not been made yet. */
  pendingReplacement: boolean;
  additionalSecretOutputs: string[];
  /** URNs it had before; only while a deployment runs. */
  aliases: string[];
  /** Seconds, by operation. */
  customTimeouts: Record<string, number> | undefined;
  importID: string;
  retainOnDelete: boolean;
  deletedWith: string;
  created: string;
  modified: string;
  sourcePosition: string;
  stackTrace: { sourcePosition?: string }[];
  ignoreChanges: string[];
  replaceOnChanges: string[];
}

export const emptyResource: Omit<ResourceState, "urn" | "type" | "custom"> = {
  delete: false,
  id: "",
  inputs: {},
  outputs: {},
  parent: "",
  protect: false,
  external: false,
  dependencies: [],
  initErrors: [],
  provider: "",
  propertyDependencies: {},
  pendingReplacement: false,
  additionalSecretOutputs: [],
  aliases: [],
  customTimeouts: undefined,
  importID: "",
  retainOnDelete: false,
  deletedWith: "",
  created: "",
  modified: "",
  sourcePosition: "",
  stackTrace: [],
  ignoreChanges: [],
  replaceOnChanges: [],
};

export type OperationType = "creating" | "updating" | "deleting" | "reading";
export interface PendingOperation {
  resource: ResourceState;
  type: OperationType;
}

/** The state of a stack in memory. Resources stand in dependency order. */
export interface Snapshot {
  resources: ResourceState[];
  pendingOperations: PendingOperation[];
}

export type Dependency =
  | { kind: "parent" | "dependency" | "deletedWith"; urn: string }
  | { kind: "property"; urn: string; key: string };

/** Everything a resource depends on but its provider. */
export function dependenciesOf(resource: ResourceState): Dependency[] {
  const all: Dependency[] = [];
  if (resource.parent !== "") all.push({ kind: "parent", urn: resource.parent });
  for (const urn of resource.dependencies) all.push({ kind: "dependency", urn });
  for (const [key, urns] of Object.entries(resource.propertyDependencies)) {
    for (const urn of urns) all.push({ kind: "property", urn, key });
  }
  if (resource.deletedWith !== "") all.push({ kind: "deletedWith", urn: resource.deletedWith });
  return all;
}
