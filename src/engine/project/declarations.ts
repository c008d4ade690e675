import { isMap, isScalar, type YAMLMap } from "yaml";
import { EngineError } from "../port.js";

/** One key of the `config` section of `Pulumi.yaml`. */
export interface ConfigDeclaration {
  /** With its namespace. */
  key: string;
  type: ConfigType | undefined;
  /** The YAML node of its default or fixed value. */
  value: unknown;
  secret: boolean;
}

/** `string`, `integer`, `boolean`, `object`, or `array` with the type of its items. */
export interface ConfigType {
  name: string;
  items: ConfigType | undefined;
}

/** @throws EngineError for a declaration that the CLI refuses too. */
export function declaration(project: string, name: string, node: unknown): ConfigDeclaration {
  const own = !name.includes(":") || name.startsWith(`${project}:`);
  const key = name.includes(":") ? name : `${project}:${name}`;
  if (/[.[]/.test(key)) throw refused(name, "is a path into an object, which the embedded engine does not support");
  if (!isMap(node)) return { key, type: undefined, value: node, secret: false };
  const type = node.has("type") ? typeOf(name, node) : undefined;
  const [value, fallback] = [node.get("value", true), node.get("default", true)];
  if (value !== undefined && fallback !== undefined) throw refused(name, "has both a value and a default");
  if (!own && (type !== undefined || fallback !== undefined || value === undefined))
    throw refused(name, "is of another namespace and can only have a value");
  return { key, type, value: value ?? fallback, secret: node.get("secret") === true };
}

function typeOf(key: string, node: YAMLMap): ConfigType {
  const type: unknown = node.get("type");
  const name = typeof type === "string" ? type : "";
  if (name in tests) return { name, items: undefined };
  const items: unknown = node.get("items");
  if (name === "array" && isMap(items)) return { name, items: typeOf(key, items) };
  throw refused(key, "must have the type string, integer, boolean, object, or array with the type of its items");
}

const refused = (key: string, why: string) => new EngineError(`Pulumi.yaml: the configuration key ${key} ${why}.`);

// Values of a stack's file are text, whatever they look like there.
const tests: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value) || (typeof value === "string" && /^[+-]?\d+$/.test(value)),
  boolean: (value) => typeof value === "boolean" || value === "true" || value === "false",
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

export const isOfType = (value: unknown, { name, items }: ConfigType): boolean =>
  tests[name]?.(value) ?? (Array.isArray(value) && items !== undefined && value.every((item) => isOfType(item, items)));

export const typeInWords = ({ name, items }: ConfigType): string =>
  items === undefined ? name : `${name}<${typeInWords(items)}>`;

/** A declaration without a default or a fixed value: every stack has to say. */
export const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || (isScalar(value) && value.value === null);
