import type { ResourceState } from "../state/resource.js";
import type { Properties } from "../values/values.js";

/** An earlier name of a resource: its URN, or what differed. */
export type Alias =
  | { urn: string }
  | { name: string; type: string; stack: string; project: string; parent: string; noParent: boolean };

/** What a program wants a resource to be. */
export interface Goal {
  type: string;
  name: string;
  custom: boolean;
  properties: Properties;
  parent: string;
  protect: boolean | undefined;
  dependencies: string[];
  propertyDependencies: Record<string, string[]>;
  provider: string;
  deleteBeforeReplace: boolean | undefined;
  ignoreChanges: string[];
  additionalSecretOutputs: string[];
  aliases: Alias[];
  customTimeouts: Record<string, number> | undefined;
  replaceOnChanges: string[];
  retainOnDelete: boolean | undefined;
  deletedWith: string;
  sourcePosition: string;
  stackTrace: { sourcePosition?: string }[];
}

export const emptyGoal: Omit<Goal, "type" | "name" | "custom"> = {
  properties: {},
  parent: "",
  protect: undefined,
  dependencies: [],
  propertyDependencies: {},
  provider: "",
  deleteBeforeReplace: undefined,
  ignoreChanges: [],
  additionalSecretOutputs: [],
  aliases: [],
  customTimeouts: undefined,
  replaceOnChanges: [],
  retainOnDelete: undefined,
  deletedWith: "",
  sourcePosition: "",
  stackTrace: [],
};

/** What a program reads without owning it. */
export interface ReadGoal {
  type: string;
  name: string;
  id: string;
  parent: string;
  provider: string;
  properties: Properties;
  dependencies: string[];
  additionalSecretOutputs: string[];
  sourcePosition: string;
  stackTrace: { sourcePosition?: string }[];
}

/** A goal on its way through the engine, and where its outcome goes. */
export interface Registration {
  goal: Goal;
  done(state: ResourceState): void;
}

export interface ReadRegistration {
  goal: ReadGoal;
  done(state: ResourceState): void;
}
