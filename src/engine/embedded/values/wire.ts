import { EngineError } from "../../port.js";
import { mapped } from "./mapped.js";
import {
  archiveSignature,
  assetSignature,
  outputSignature,
  referenceSignature,
  secretSignature,
  signatureKey,
  unknownString,
} from "./signatures.js";
import { Computed, computed, isObject, type Properties, Reference, Secret, type Value } from "./values.js";

/** JSON, as a protobuf `Struct` gives and takes it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const isJsonObject = (json: Json | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** The gRPC form of values, as programs and providers send it. Throws for assets and archives, naming where they stand. */
export function fromWire(json: Json, path: string): Value {
  if (json === unknownString) return computed;
  if (Array.isArray(json)) return json.map((element, i) => fromWire(element, `${path}[${i}]`));
  if (!isJsonObject(json)) return json;
  switch (json[signatureKey]) {
    case undefined:
      return propertiesFromWire(json, path);
    case secretSignature:
      return secretOf(fromWire(json.value ?? null, path));
    case outputSignature: {
      // An output value carries dependencies too; programs that send them name them in the request as well.
      const element = json.value === undefined ? computed : fromWire(json.value, path);
      return json.secret === true ? secretOf(element) : element;
    }
    case referenceSignature:
      return new Reference(
        String(json.urn),
        json.id === undefined ? undefined : fromWire(json.id, path),
        typeof json.packageVersion === "string" ? json.packageVersion : "",
      );
    case assetSignature:
    case archiveSignature:
      throw new EngineError(
        `The embedded engine does not support assets and archives (${path}): use --engine pulumi for this program.`,
      );
    default:
      throw new EngineError(
        `The embedded engine does not know the kind of value that stands at ${path} (signature ${json[signatureKey]}): use --engine pulumi for this program.`,
      );
  }
}

export const propertiesFromWire = (json: JsonObject, path = ""): Properties =>
  mapped(json, (value, key) => fromWire(value, path === "" ? key : `${path}.${key}`));

const secretOf = (value: Value): Secret => (value instanceof Secret ? value : new Secret(value));

export interface WireOptions {
  /** Keep secrets marked; otherwise the bare value goes out. */
  secrets: boolean;
  /** Keep references; otherwise a custom resource becomes its id and a component its URN. */
  references: boolean;
}

export function toWire(value: Value, options: WireOptions): Json {
  if (value instanceof Computed) return unknownString;
  if (value instanceof Secret) {
    const bare = toWire(value.value, options);
    return options.secrets ? { [signatureKey]: secretSignature, value: bare } : bare;
  }
  if (value instanceof Reference) {
    if (!options.references) return value.id === undefined ? value.urn : toWire(value.id, options);
    return {
      [signatureKey]: referenceSignature,
      urn: value.urn,
      packageVersion: value.packageVersion,
      ...(value.id === undefined ? {} : { id: toWire(value.id, options) }),
    };
  }
  // What is JSON already is handed on as it is, and not copied: neither side changes it.
  if (isJson(value)) return value;
  if (Array.isArray(value)) return value.map((element) => toWire(element, options));
  return mapped(value as Properties, (element) => toWire(element, options));
}

export const propertiesToWire = (properties: Properties, options: WireOptions): JsonObject =>
  toWire(properties, options) as JsonObject;

/** Whether nothing is in it that JSON cannot say. Asked of whole states, and often: it makes nothing on its way. */
export function isJson(value: Value): value is Json {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  if (!isObject(value)) return false;
  for (const key in value) if (!isJson(value[key] as Value)) return false;
  return true;
}
