import { isMap, isScalar, parseDocument } from "yaml";
import { namespace } from "./keys.js";

/**
 * Sets one key of a stack file's text and leaves every other byte as it is: comments, order, quotes, line ends.
 *
 * @param key without its namespace, e.g. `vaultEnvAware`
 * @throws Error for a file whose `config` is not a block of keys
 */
export function withConfigValue(text: string, key: string, value: boolean | number | string): string {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem) throw new Error(`not valid YAML: ${problem.message.split("\n")[0]}`);
  const written = JSON.stringify(value);
  const full = `${namespace}:${key}`;
  const config = document.get("config", true);
  const end = text.includes("\r\n") ? "\r\n" : "\n";

  if (config === undefined || config === null || (isScalar(config) && config.value === null)) {
    const line = `  ${full}: ${written}${end}`;
    const header = /^config:[^\n]*\n?/m.exec(text);
    if (!header) return `${text}${text === "" || text.endsWith("\n") ? "" : end}config:${end}${line}`;
    const at = header.index + header[0].length;
    return `${text.slice(0, at)}${header[0].endsWith("\n") ? "" : end}${line}${text.slice(at)}`;
  }
  if (!isMap(config) || config.flow) throw new Error("its config is not a block of keys, one a line");
  const node = config.get(full, true);
  if (isScalar(node) && node.range) return `${text.slice(0, node.range[0])}${written}${text.slice(node.range[1])}`;
  if (config.has(full)) throw new Error(`${full} is not a plain value there`);

  // A new key goes behind the last one, at the same indent.
  const first = config.items[0]!.key as { range?: [number, number, number] };
  const indent = text.slice(text.lastIndexOf("\n", first.range![0] - 1) + 1, first.range![0]);
  const last = config.items.at(-1)!;
  const tail = ((last.value ?? last.key) as { range?: [number, number, number] }).range![1];
  // A nested block ends behind its line break already.
  const lineEnd = text[tail - 1] === "\n" ? tail - 1 : text.indexOf("\n", tail);
  const at = lineEnd === -1 ? text.length : lineEnd + 1;
  return `${text.slice(0, at)}${lineEnd === -1 ? end : ""}${indent}${full}: ${written}${end}${text.slice(at)}`;
}
