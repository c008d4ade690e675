/** `${KEY}` and `${env.folder.KEY}` in values, replaced when a reader asks for it. */

const reference = /\$\{([^}]+)\}/g;
const maxDepth = 10;

/** The stored value at a place; empty when there is none, or nothing in it. */
export type Lookup = (environment: string, path: string, key: string) => string;

/**
 * Replaces references, also those in the values they bring in, ten levels deep. What cannot be resolved, or resolves
 * to nothing, stays as it is written: that is no error on the real server.
 */
export function expandReferences(value: string, environment: string, path: string, lookup: Lookup): string {
  let expanded = value;
  const open = [{ value, environment, path, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.depth > maxDepth) continue;
    for (const [text, inner = ""] of next.value.matchAll(reference)) {
      const target = targetOf(inner, next.environment, next.path);
      const found = lookup(target.environment, target.path, target.key);
      if (found === "") continue;
      if (/\$\{[^}]+\}/.test(found)) {
        open.push({ value: found, environment: target.environment, path: target.path, depth: next.depth + 1 });
      }
      // A function, so that `$$` or `$&` in a value means itself.
      expanded = expanded.replaceAll(text, () => found);
    }
  }
  return expanded;
}

function targetOf(inner: string, environment: string, path: string) {
  const parts = inner.trim().split(".");
  const key = parts.at(-1) ?? "";
  if (parts.length === 1) return { environment, path, key };
  return { environment: parts[0] ?? "", path: `/${parts.slice(1, -1).join("/")}`, key };
}
