import { isObject, type Properties, Secret, type Value } from "../values/values.js";

/** Steps from a property bag to a value; `"*"` stands for every key or element. */
export type PropertyPath = (string | number)[];

/** Parses `root.nested[0]["odd key"].*`; undefined for what is not a path (sdk/go/common/resource/property_path.go). */
export function parsePropertyPath(text: string): PropertyPath | undefined {
  const path: PropertyPath = [];
  let rest = text;
  while (rest !== "") {
    const match =
      /^\.?([^.[\]]+)/.exec(rest) ?? /^\.?\["((?:[^"\\]|\\.)*)"\]/.exec(rest) ?? /^\.?\[(\d+|\*)\]/.exec(rest);
    if (match?.[1] === undefined) return undefined;
    const [whole, key] = match;
    if (whole.includes('["')) path.push(key.replace(/\\(.)/g, "$1"));
    else if (whole.includes("[") && key !== "*") path.push(Number(key));
    else path.push(key);
    rest = rest.slice(whole.length);
  }
  return path;
}

/** Whether `other` is the value at `path` or lies below it. */
export const contains = (path: PropertyPath, other: PropertyPath): boolean =>
  path.length <= other.length && path.every((key, i) => key === "*" || String(key) === String(other[i]));

/**
 * The inputs with the value at a path as it was: what `ignoreChanges` means.
 * `undefined`: the path leads through something that was added or removed, so there is nothing to put back.
 */
export function resetPath(path: PropertyPath, olds: Properties, news: Properties): Properties | undefined {
  const result = reset(path, olds, news);
  return result === undefined ? undefined : (result as Properties);
}

function reset(path: PropertyPath, old: Value, now: Value): Value | undefined {
  if (now instanceof Secret) {
    const inner = reset(path, old instanceof Secret ? old.value : old, now.value);
    return inner === undefined ? undefined : new Secret(inner);
  }
  const before = old instanceof Secret ? old.value : old;
  const [key, ...rest] = path;
  if (key === undefined) return old;
  if (key === "*") return rest.length === 0 ? old : resetAll(rest, before, now);
  if (Array.isArray(now) && Array.isArray(before) && typeof key === "number")
    return resetElement(key, rest, before, now);
  if (!isObject(now) || !isObject(before)) return undefined;
  const name = String(key);
  const [was, is] = [before[name], now[name]];
  if (rest.length === 0) {
    const { [name]: _, ...others } = now;
    return was === undefined ? others : { ...now, [name]: was };
  }
  if (was === undefined && is === undefined) return now;
  if (was === undefined || is === undefined) return undefined;
  const inner = reset(rest, was, is);
  return inner === undefined ? undefined : { ...now, [name]: inner };
}

function resetElement(index: number, rest: PropertyPath, before: Value[], now: Value[]): Value | undefined {
  const [was, is] = [before[index], now[index]];
  if (was === undefined || is === undefined) return undefined;
  const inner = rest.length === 0 ? was : reset(rest, was, is);
  return inner === undefined ? undefined : now.with(index, inner);
}

function resetAll(rest: PropertyPath, before: Value, now: Value): Value | undefined {
  const keys = Array.isArray(now) ? [...now.keys()] : isObject(now) ? Object.keys(now) : [];
  let result: Value | undefined = now;
  for (const key of keys) {
    if (result === undefined) return undefined;
    result = reset([key, ...rest], before, result);
  }
  return result;
}
