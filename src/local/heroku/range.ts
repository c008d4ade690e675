// The Platform API's own use of `Range`: `<property> <from>..<to>; max=200,order=desc`, where a leading `]` leaves the bound
// itself out. A list that does not fit is answered with 206 and a `Next-Range` (platform API reference, "Ranges").
import { rangeNotSatisfiable } from "./errors.js";

export interface Page<Item> {
  items: Item[];
  status: 200 | 206;
  headers: Record<string, string>;
}

type Key = string | number;

/** @throws PlatformError 416 for a range that cannot be read, or sorts by a property that is not offered. */
export function page<Item>(
  all: readonly Item[],
  properties: Record<string, (item: Item) => Key>,
  header: string | undefined,
): Page<Item> {
  const [first] = Object.keys(properties);
  const range = parse(header ?? `${first} ..`);
  const keyOf = properties[range.property];
  if (!keyOf) throw rangeNotSatisfiable(`Cannot sort by ${range.property}: use ${Object.keys(properties).join(", ")}.`);
  const direction = range.order === "desc" ? -1 : 1;
  const compare = (a: Key, b: Key) => direction * (a < b ? -1 : a > b ? 1 : 0);
  const sample = all[0] === undefined ? "" : keyOf(all[0]);
  const bound = (text: string): Key => (typeof sample === "number" ? Number(text) : text);
  const within = all
    .filter((item) => {
      const key = keyOf(item);
      if (range.from !== "") {
        const order = compare(key, bound(range.from));
        if (order < 0 || (order === 0 && range.exclusive)) return false;
      }
      return range.to === "" || compare(key, bound(range.to)) <= 0;
    })
    .sort((a, b) => compare(keyOf(a), keyOf(b)));
  const items = within.slice(0, range.max);
  const headers: Record<string, string> = { "accept-ranges": Object.keys(properties).join(", ") };
  const [head, last] = [items[0], items.at(-1)];
  if (head !== undefined && last !== undefined) {
    headers["content-range"] = `${range.property} ${keyOf(head)}..${keyOf(last)}; max=${range.max}`;
  }
  if (last === undefined || items.length === within.length) return { items, status: 200, headers };
  headers["next-range"] = `${range.property} ]${keyOf(last)}..${range.to}; max=${range.max},order=${range.order}`;
  return { items, status: 206, headers };
}

function parse(header: string) {
  const match = /^\s*(\w+)\s+(\])?([^.;]*?)\s*\.\.\s*([^;]*?)\s*(?:;(.*))?$/.exec(header);
  if (!match) throw rangeNotSatisfiable("The Range header is not of the form `property from..to; max=200,order=asc`.");
  const [, property = "", exclusive, from = "", to = "", rest = ""] = match;
  const options = new Map(
    rest
      .split(/[,;]/)
      .map((part) => part.trim().split("=", 2))
      .flatMap(([name, value]) => (name && value ? [[name.trim(), value.trim()]] : [])),
  );
  const max = Number(options.get("max") ?? 200);
  if (!Number.isInteger(max) || max < 1 || max > 1000) throw rangeNotSatisfiable("max is a number from 1 to 1000.");
  const order = options.get("order") ?? "asc";
  if (order !== "asc" && order !== "desc") throw rangeNotSatisfiable("order is asc or desc.");
  return { property, exclusive: exclusive !== undefined, from, to, max, order } as const;
}
