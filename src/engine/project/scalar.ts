import type { Scalar } from "yaml";
import { EngineError } from "../port.js";

/**
 * The value of a YAML scalar as the Pulumi CLI reads it: YAML 1.2 with the underscores and the octal numbers of 1.1
 * (go-yaml v3). So `010` is 8 and `1.10` is 1.1, wherever the same file is read.
 *
 * @param key for the error
 * @throws EngineError for dates, of which the CLI makes a text of its own, and for infinities, which it refuses
 */
export function scalarValue(node: Scalar, key: string): string | number | bigint | boolean | null {
  const { value, type, source } = node;
  if (type !== "PLAIN" || value === null || typeof value === "boolean") return value as string | boolean | null;
  const text = source ?? String(value);
  if (/^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]|$)/.test(text))
    throw new EngineError(`The configuration value ${key} reads as a date: put it in quotes.`);
  if (/^[-+]?\.inf$|^\.nan$/i.test(text))
    throw new EngineError(`The configuration value ${key} is not a number that can be kept: put it in quotes.`);
  return /^[-+.\d]/.test(text) ? (numberOf(text.replaceAll("_", "")) ?? text) : text;
}

function numberOf(text: string): number | bigint | undefined {
  const [, sign = "", prefix = "", digits = ""] = /^([-+]?)(0[xXbBoO]|0(?=[0-7]+$))?([\da-fA-F]+)$/.exec(text) ?? [];
  const radix = /^0?$/.test(prefix) ? prefix && "0o" : prefix.toLowerCase();
  try {
    if (digits !== "" && (radix === "0x" || !/[a-f]/i.test(digits)))
      return plainNumber(BigInt(radix + digits) * (sign === "-" ? -1n : 1n));
  } catch {
    // Digits that the radix does not have.
  }
  return /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** 64 bits are kept exactly, more are not. */
function plainNumber(whole: bigint): number | bigint {
  const exact = Number.isSafeInteger(Number(whole)) || whole < -(2n ** 63n) || whole >= 2n ** 64n;
  return exact ? Number(whole) : whole;
}
