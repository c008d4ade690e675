import { type Document, isMap, isScalar, parseDocument, type YAMLMap } from "yaml";
import { EngineError } from "../port.js";
import { readIfThere } from "./files.js";

/** A YAML file of a project, or undefined when there is none. Throws EngineError for YAML that does not parse. */
export async function readYaml(path: string): Promise<{ text: string; document: Document } | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw new EngineError(`${path} is not valid YAML: ${problem.message.split("\n")[0]}`);
  return { text, document };
}

/** Keys of a mapping in their order; empty for a missing one. Throws EngineError for anything else. */
export function entries(node: unknown, path: string, what: string): [string, unknown][] {
  if (node === undefined || node === null || (isScalar(node) && node.value === null)) return [];
  if (!isMap(node)) throw new EngineError(`${path}: ${what} must be a mapping.`);
  return (node as YAMLMap).items.map((pair) => [
    isScalar(pair.key) ? String(pair.key.value) : String(pair.key),
    pair.value,
  ]);
}

/** A string, or undefined when the key is absent. Throws EngineError for another kind of value. */
export function text(document: Document, keys: string[], path: string): string | undefined {
  const value: unknown = document.getIn(keys);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new EngineError(`${path}: ${keys.join(".")} must be a string.`);
}
