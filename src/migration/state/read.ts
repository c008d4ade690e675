// The one way to read what a stack keeps. What cannot be read is unknown, never absent: it ends a command.
import type { z } from "zod";
import { upgradeInputs, upgradeOutputs, withSince } from "./earlier.js";
import {
  atTarget,
  inVault,
  type OutputsOf,
  outputsOf,
  placeKeys,
  type ResourceKind,
  resourceTypes,
  type ShownOf,
  type StackOutputs,
  shownOf,
  stackOutputs,
  stateVersion,
  type Target,
  type VaultKind,
  type VaultPlace,
} from "./shape.js";

/** A state that is as no version writes it. The message names the resource and the key, never a value. */
export class StateError extends Error {
  override readonly name = "StateError";
}

const kinds = new Map(Object.entries(resourceTypes).map(([kind, type]) => [type as string, kind as ResourceKind]));

/** undefined for what is no resource of a declaration. */
export const kindOf = (type: string): ResourceKind | undefined => kinds.get(type);

/** @param stack undefined inside a provider, which does not know it */
function fail(stack: string | undefined, what: string, keys: readonly string[], newer: boolean): never {
  const whose = stack === undefined ? "The state" : `The state of ${stack}`;
  if (newer)
    throw new StateError(
      `${whose} was written by a newer console-vault (${what}). Update this one:\n  npm install console-vault@latest`,
    );
  const see = `pulumi stack export${stack === undefined ? "" : ` --stack ${stack}`}`;
  throw new StateError(
    `${whose} cannot be read: ${what} is as no version of console-vault writes it (${keys.join(", ")}). See it with\n  ${see}\nand put back the one before: with pulumi stack import, or where states are files, from the .bak beside it.`,
  );
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  stack: string | undefined,
  what: string,
  under: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { version } = (value ?? {}) as { version?: unknown };
  const keys = result.error.issues.map(({ path }) => [under, ...path].join("."));
  return fail(stack, what, [...new Set(keys)], typeof version === "number" && version > stateVersion);
}

/** What names a resource to the person who has to look for it: `SecretSet stripe-prod`. */
const label = (kind: ResourceKind, name: string) => `${resourceTypes[kind].split(":").at(-1)} ${name}`;

/**
 * @param name of the resource; inside a provider, its id
 * @throws StateError
 */
export function readOutputs<Kind extends ResourceKind>(
  kind: Kind,
  outputs: unknown,
  { stack, name }: { readonly stack?: string; readonly name: string },
): OutputsOf<Kind> {
  const value = upgradeOutputs(kind, outputs);
  return parsed(outputsOf[kind], value, stack, label(kind, name), "outputs") as OutputsOf<Kind>;
}

/** What a resource is to keep, without what its inputs have already. @param outputs with the inputs */
export const keptOutputs = <Kind extends ResourceKind>(kind: Kind, outputs: OutputsOf<Kind>): OutputsOf<Kind> =>
  outputsOf[kind].parse(outputs) as OutputsOf<Kind>;

/**
 * What of a resource's inputs a plan shows.
 * @throws StateError
 */
export function readShown<Kind extends ResourceKind>(
  kind: Kind,
  inputs: unknown,
  { stack, name }: { readonly stack: string; readonly name: string },
): ShownOf<Kind> {
  return parsed(shownOf[kind], upgradeInputs(kind, inputs), stack, label(kind, name), "inputs") as ShownOf<Kind>;
}

const isNew = (inputs: unknown) => Object.keys(inputs ?? {}).length === 0;

/** Where the last update meant a resource to work; undefined for a new one. @param inputs of the last update */
export function readVault(kind: VaultKind, inputs: unknown): VaultPlace | undefined {
  if (isNew(inputs)) return undefined;
  return parsed(inVault, upgradeInputs(kind, inputs, placeKeys), undefined, label(kind, "of some name"), "inputs")
    .vault;
}

/** The same of a stack's migration. */
export function readTarget(inputs: unknown): Target | undefined {
  if (isNew(inputs)) return undefined;
  const value = upgradeInputs("migration", inputs, placeKeys);
  return parsed(atTarget, value, undefined, label("migration", "of the stack"), "inputs").target;
}

/** For what is only told on the way: a folder's or a set's path. @returns undefined for any other resource */
export const shownPath = (inputs: unknown): string | undefined => shownOf.folder.safeParse(inputs).data?.path;

/** Plain config vars of an app; empty for one whose vars are not plain, as a program's own may be. */
export const shownVars = (inputs: unknown): ShownOf<"association">["vars"] =>
  shownOf.association.safeParse(inputs).data?.vars ?? {};

/**
 * @param outputs of the stack itself, by name; others than ours are left out
 * @param since as its resource `Migration` knows it: the first states did not say in the output when their flag was turned on
 * @throws StateError
 */
export function readStackOutputs(
  stack: string,
  { migration, retirement }: StackValues,
  since: string | null = null,
): StackOutputs {
  const value = { migration: withSince(migration, since), retirement };
  return parsed(stackOutputs, value, stack, "the stack itself", "outputs") as StackOutputs;
}

/** Values of a stack's outputs, as they came. */
export interface StackValues {
  readonly migration?: unknown;
  readonly retirement?: unknown;
}
