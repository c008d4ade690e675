import { SecretValue } from "../../secret.js";
import { InfisicalError } from "./error.js";
import type { SecretToWrite } from "./types.js";

/** Measured: a larger JSON body is answered 500, not 413. */
const MAX_BODY_BYTES = 1_048_576;

/**
 * What the server stores of `value`: without white space around it, but if it ends in a line feed, then with exactly
 * one. Compare what was read back with this.
 */
export function trimmed(value: SecretValue): SecretValue {
  const text = value.reveal();
  return SecretValue.of(text.endsWith("\n") ? `${text.trim()}\n` : text.trim());
}

/** Of a body besides its values: names, comments, path, project. */
const REST_BYTES = 16_384;

/** The largest value that is surely stored, in bytes of JSON. */
export const MAX_VALUE_BYTES = MAX_BODY_BYTES - REST_BYTES;

/** What a value takes in a request: quotes, line breaks and the like are escaped. */
export const bytesInBody = (value: SecretValue): number => bytesOf(value.reveal());

/**
 * Secrets in as few requests as their size allows, in their order.
 * @param rest bytes of a request's body without any secret
 * @throws InfisicalError of kind `invalid` for one that is too large by itself: it names the secret, and nothing is sent
 */
export function inRequests<Secret extends SecretToWrite>(
  secrets: readonly Secret[],
  rest: number,
  request: { method: string; path: string },
): Secret[][] {
  const parts: Secret[][] = [];
  let free = 0;
  for (const secret of secrets) {
    const bytes = bytesOfSecret(secret);
    if (bytes > MAX_BODY_BYTES - rest) {
      const diagnosis = `${secret.name} is over 1 MiB in a request, which is more than Infisical takes. Nothing was written.`;
      throw new InfisicalError("invalid", diagnosis, request);
    }
    if (bytes > free) {
      parts.push([]);
      free = MAX_BODY_BYTES - rest;
    }
    parts.at(-1)!.push(secret);
    free -= bytes;
  }
  return parts;
}

/** The keys of the fields, quotes and commas around them are less than 64 bytes a field. */
function bytesOfSecret({ name, value, comment = "", metadata = [], tagIds = [] }: SecretToWrite): number {
  const pairs = metadata.map((pair) => bytesOf(pair.key) + bytesInBody(pair.value) + 64);
  const tags = tagIds.map((id) => bytesOf(id) + 1);
  return [bytesOf(name), bytesOf(comment), bytesInBody(value), 128, ...pairs, ...tags].reduce((sum, one) => sum + one);
}

const bytesOf = (text: string) => Buffer.byteLength(JSON.stringify(text));

/** The JSON of a request. @throws InfisicalError of kind `invalid` for one that the server could not take. */
export function encodeBody(body: object, request: { method: string; path: string }): string {
  const json = JSON.stringify(body);
  if (Buffer.byteLength(json) > MAX_BODY_BYTES) {
    throw new InfisicalError("invalid", "Infisical takes at most 1 MiB in one request. Nothing was written.", request);
  }
  return json;
}

/**
 * @throws InfisicalError of kind `invalid` for names that the server would refuse, or store in a way that can not be
 * reached: the names of a batch must differ, because it would store a name twice as two rows.
 */
export function checkSecretsToWrite(
  secrets: readonly SecretToWrite[],
  request: { method: string; path: string },
): void {
  const names = secrets.map(({ name }) => name);
  for (const name of names) {
    checkSecretName(name, request);
    // Older servers take these; current ones do not.
    if (/[:/]/.test(name)) throw new InfisicalError("invalid", `A secret's name has no : or / (${name}).`, request);
  }
  const seen = new Set<string>();
  const twice = names.find((name) => seen.has(name) || !seen.add(name));
  if (twice !== undefined) throw new InfisicalError("invalid", `${twice} is there twice in one write.`, request);
}

/** For the routes that have the name in their path: 1 to 100 characters, and nothing that a URL would resolve away. */
export function checkSecretName(name: string, request: { method: string; path: string }): void {
  if (name === "" || name.length > 100 || name.trim() !== name || name === "." || name === "..") {
    const diagnosis = "A secret's name has 1 to 100 characters, no blanks around them, and is not . or ..";
    throw new InfisicalError("invalid", diagnosis, request);
  }
}
