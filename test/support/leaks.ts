import { createHash } from "node:crypto";

/** Ways in which a value could get out: as it is, a good part of it, encoded, or hashed. */
function traces(value: string): string[] {
  const middle = Math.max(0, Math.floor(value.length / 2) - 6);
  const hashes = ["sha1", "sha256", "md5"].map((algorithm) => createHash(algorithm).update(value));
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    value.slice(middle, middle + 12),
    Buffer.from(value).toString("base64").replace(/=+$/, ""),
    Buffer.from(value).toString("hex"),
    ...hashes.map((hash) => hash.digest("hex")),
  ];
}

/** Where any of the values shows, as `name in place`; never the value itself. */
export function leaks(values: ReadonlyMap<string, string>, places: Readonly<Record<string, string>>): string[] {
  return [...values].flatMap(([value, name]) =>
    Object.entries(places).flatMap(([place, text]) =>
      traces(value).some((trace) => text.includes(trace)) ? [`${name} in ${place}`] : [],
    ),
  );
}
