import { EngineError } from "../../port.js";
import { mapped } from "../values/mapped.js";
import {
  archiveSignature,
  assetSignature,
  floatSignature,
  referenceSignature,
  secretSignature,
  signatureKey,
  unknownString,
} from "../values/signatures.js";
import { Computed, computed, isObject, type Properties, Reference, Secret, type Value } from "../values/values.js";
import { isJsonObject, type Json, type JsonObject } from "../values/wire.js";
import type { Crypter } from "./passphrase.js";

// Properties as a checkpoint keeps them (pkg/resource/stack/deployment.go: SerializePropertyValue, DeserializePropertyValue).

/** @param crypter `"inside"`: within a value that is encrypted as a whole, where nothing is encrypted again but stays marked. */
export function serialize(value: Value, crypter: Crypter | "inside"): Json {
  if (value instanceof Computed) return unknownString;
  if (value instanceof Secret) {
    const plaintext = () => JSON.stringify(serialize(value.value, "inside"));
    if (crypter === "inside") return { [signatureKey]: secretSignature, ciphertext: plaintext() };
    if (value.sealed?.by !== crypter) value.sealed = { by: crypter, text: crypter.encrypt(plaintext()) };
    return { [signatureKey]: secretSignature, ciphertext: value.sealed.text };
  }
  if (value instanceof Reference) {
    return {
      [signatureKey]: referenceSignature,
      urn: value.urn,
      packageVersion: value.packageVersion,
      ...(value.id === undefined ? {} : { id: typeof value.id === "string" ? value.id : "" }),
    };
  }
  if (Array.isArray(value)) return value.map((element) => serialize(element, crypter));
  if (isObject(value)) return serializeProperties(value, crypter);
  if (typeof value === "number" && !Number.isFinite(value)) {
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(value);
    return { [signatureKey]: floatSignature, value: bits.toString("hex") };
  }
  return value;
}

/** Keys are sorted, as Go's JSON does it, so that both engines write the same text. */
export const serializeProperties = (properties: Properties, crypter: Crypter | "inside"): JsonObject =>
  Object.fromEntries(
    Object.keys(properties)
      .sort()
      .map((key) => [key, serialize(properties[key] as Value, crypter)]),
  );

export function deserialize(json: Json, crypter: Crypter | "inside", path: string): Value {
  if (json === unknownString) return computed;
  if (Array.isArray(json)) return json.map((element, i) => deserialize(element, crypter, `${path}[${i}]`));
  if (!isJsonObject(json)) return json;
  switch (json[signatureKey]) {
    case undefined:
      return deserializeProperties(json, crypter, path);
    case secretSignature:
      return deserializeSecret(json, crypter, path);
    case referenceSignature:
      return new Reference(
        String(json.urn),
        typeof json.id === "string" ? json.id : undefined,
        typeof json.packageVersion === "string" ? json.packageVersion : "",
      );
    case floatSignature:
      return Buffer.from(String(json.value), "hex").readDoubleBE();
    case assetSignature:
    case archiveSignature:
      throw new EngineError(
        `The state holds an asset or archive at ${path}, which the embedded engine does not support: use --engine pulumi for this stack.`,
      );
    default:
      throw new EngineError(
        `The state holds a kind of value at ${path} that the embedded engine does not know (signature ${json[signatureKey]}): use --engine pulumi for this stack.`,
      );
  }
}

function deserializeSecret(json: JsonObject, crypter: Crypter | "inside", path: string): Secret {
  const { ciphertext, plaintext } = json;
  if ((typeof ciphertext === "string") === (typeof plaintext === "string")) {
    throw new EngineError(
      `The state holds a malformed secret at ${path}: exactly one of ciphertext and plaintext is needed.`,
    );
  }
  const sealed = typeof ciphertext === "string" && crypter !== "inside";
  const text = sealed ? crypter.decrypt(ciphertext) : String(ciphertext ?? plaintext);
  const secret = new Secret(deserialize(JSON.parse(text) as Json, "inside", path));
  if (sealed) secret.sealed = { by: crypter, text: ciphertext };
  return secret;
}

export const deserializeProperties = (json: JsonObject, crypter: Crypter | "inside", path: string): Properties =>
  mapped(json, (value, key) => deserialize(value, crypter, `${path}.${key}`));
