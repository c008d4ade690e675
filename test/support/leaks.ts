// Looks for secrets where none may be: a value in any form in which it could get out, and names that are nobody's business.
import { createHash } from "node:crypto";
import { escapeHtml } from "../../src/report/html.js";
import { code, text as markdown } from "../../src/report/markdownText.js";

/** A shorter value cannot be told from a word that happens to be the same. */
const shortestValue = 8;
const shortestTrace = 8;
/** A longer value is looked for by its beginning and its middle. */
const longest = 4_096;

/** What is left of a value inside a longer text in base64, wherever in it the value begins. */
function base64Cores(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = encoded.slice([0, 2, 3][offset], whole);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function percentEncoded(value: string): string[] {
  const encoded = encodeURIComponent(Buffer.from(value).toString());
  const everything = [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const lower = encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  return [encoded, lower, encoded.replaceAll("%20", "+"), everything, everything.toUpperCase()];
}

function jsonEscaped(value: string): string[] {
  const once = JSON.stringify(value).slice(1, -1);
  const go = once.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
  return [once, go, JSON.stringify(once).slice(1, -1)];
}

/** Ways in which a value could get out: as it is, a good part of it, encoded, or hashed. */
export function tracesOf(value: string): string[] {
  const whole = value.slice(0, longest);
  const middle = Math.max(0, Math.floor(value.length / 2) - 6);
  const hex = Buffer.from(whole).toString("hex");
  const lines = value.split(/\r?\n/).filter((line) => line.length >= 20 && !line.startsWith("-----"));
  const hashes = ["sha1", "sha256", "md5"].map((algorithm) => createHash(algorithm).update(value).digest("hex"));
  const traces = [
    ...[whole, ...jsonEscaped(whole), ...percentEncoded(whole), ...base64Cores(whole), hex, hex.toUpperCase()],
    ...[
      escapeHtml(whole),
      markdown(whole),
      code(whole),
      ...(value.length >= 16 ? [value.slice(middle, middle + 12)] : []),
    ],
    ...[...lines.slice(0, 50).map((line) => line.slice(0, longest)), ...hashes],
  ];
  return [...new Set(traces)].filter((trace) => trace.trim().length >= shortestTrace);
}

/** A text without what a terminal, a table or a wrapped line puts between its characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
const squashed = (text: string) => text.replace(/\u001b\[[\d;]*m|[\s\u2500-\u257f|]/g, "");

/** Where any of the values shows, as `name in place`; never the value itself. */
export function leaks(values: ReadonlyMap<string, string>, places: Readonly<Record<string, string>>): string[] {
  const texts = Object.entries(places).map(([place, text]) => [place, text, squashed(text)] as const);
  const all = texts.map(([, text]) => text).join("\n");
  const allSquashed = texts.map(([, , text]) => text).join("\n");
  return [...values].flatMap(([value, name]) => {
    if (value.trim().length < shortestValue) return [];
    const shown = tracesOf(value).filter((trace) => all.includes(trace) || allSquashed.includes(squashed(trace)));
    if (shown.length === 0) return [];
    return texts
      .filter(([, text, tight]) => shown.some((trace) => text.includes(trace) || tight.includes(squashed(trace))))
      .map(([place]) => `${name} in ${place}`);
  });
}

/** Where any of the names stands as a word, as `name in place`. */
export function namesIn(names: Iterable<string>, places: Readonly<Record<string, string>>): string[] {
  return [...names].flatMap((name) => {
    const word = new RegExp(`(?<![A-Za-z0-9_-])${name.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}(?![A-Za-z0-9_-])`);
    return Object.entries(places).flatMap(([place, text]) => (word.test(text) ? [`${name} in ${place}`] : []));
  });
}
