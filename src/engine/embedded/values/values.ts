import { mapped } from "./mapped.js";

/**
 * Property values as the engine holds them: JSON, plus what JSON cannot say. Assets and archives are not among them: the
 * engine refuses them where they come in (`wire.ts`, `../state/properties.ts`).
 */
export type Value = null | boolean | number | string | Value[] | Properties | Secret | Computed | Reference;
export interface Properties {
  [key: string]: Value;
}

/** A value that is shown to nobody and is encrypted in state. */
export class Secret {
  /** How the value stands in state, and whose key made that; kept so that an unchanged secret is not encrypted anew at every write. */
  sealed: { by: object; text: string } | undefined;
  constructor(readonly value: Value) {}
  toString(): string {
    return "[secret]";
  }
  toJSON(): string {
    return "[secret]";
  }
}

/** A value that a preview cannot know. */
export class Computed {
  static readonly instance = new Computed();
  private constructor() {}
}
export const computed = Computed.instance;

/** Another resource, as a value. */
export class Reference {
  constructor(
    readonly urn: string,
    /** Missing for components. */
    readonly id: Value | undefined,
    readonly packageVersion: string,
  ) {}
}

export const isObject = (value: Value | undefined): value is Properties =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Secret) &&
  !(value instanceof Computed) &&
  !(value instanceof Reference);

const some = (value: Value, test: (value: Value) => boolean): boolean => {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((element) => some(element, test));
  if (value instanceof Secret) return some(value.value, test);
  if (value instanceof Reference) return value.id !== undefined && some(value.id, test);
  if (isObject(value)) return Object.values(value).some((element) => some(element, test));
  return false;
};

export const hasSecrets = (value: Value): boolean => some(value, (part) => part instanceof Secret);
export const hasComputed = (value: Value): boolean => some(value, (part) => part instanceof Computed);

/** Secrets are equal when their values are; the order of keys does not matter. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a === null || b === null) return false;
  if (a instanceof Secret) return b instanceof Secret && equal(a.value, b.value);
  if (a instanceof Computed) return b instanceof Computed;
  if (a instanceof Reference) return b instanceof Reference && a.urn === b.urn && equal(a.id, b.id);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, i) => equal(element, b[i]));
  }
  if (isObject(a)) {
    if (!isObject(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
  }
  return typeof a === "number" && typeof b === "number" && Number.isNaN(a) && Number.isNaN(b);
}

/** The value without any secret wrapper. */
export function reveal(value: Value): Value {
  if (value instanceof Secret) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (isObject(value)) return mapped(value, reveal);
  return value;
}

/**
 * Copies secretness from inputs to the outputs of the same key, recursing into objects: the rule for providers that do not
 * understand secrets (`annotateSecrets` of the Pulumi engine). Changes `outputs` in place.
 */
export function annotateSecrets(outputs: Properties, inputs: Properties): void {
  for (const [key, input] of Object.entries(inputs)) {
    const output = outputs[key];
    if (output === undefined) continue;
    if (isObject(output) && isObject(input)) annotateSecrets(output, input);
    else if (!(output instanceof Secret) && hasSecrets(input)) outputs[key] = new Secret(output);
  }
}

/** Every string that stands inside a secret. @param found where they go */
export function secretStrings(value: Value, inside = false, found: string[] = []): string[] {
  if (typeof value === "string") {
    if (inside) found.push(value);
  } else if (value instanceof Secret) secretStrings(value.value, true, found);
  else if (Array.isArray(value)) for (const element of value) secretStrings(element, inside, found);
  else if (isObject(value)) for (const key of Object.keys(value)) secretStrings(value[key] as Value, inside, found);
  return found;
}
