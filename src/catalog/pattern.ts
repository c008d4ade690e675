// Patterns of a catalog's rules. They travel as data and are matched against values that anybody may have written, so that a
// pattern must not be able to take a second, whatever the value: no groups, no references, and few parts of no fixed length.

/** Characters of a pattern. */
export const maxPatternLength = 500;

/** Characters of a value that is matched; a longer one does not match. */
export const maxMatchedLength = 4096;

/** Parts of no fixed length (`+`, `*`, `?`, `{2,4}`, `{2,}`) of an alternative: two take at most the square of a value's length. */
const maxLoose = 2;

/** A class such as `[0-9a-f]`, an escape such as `\d`, or a character that means itself; then how often. */
const atom = /^(?:\[\^?(?:\\[wds\]\\^-]|[^\\\]])+\]|\\[wd.*+?()[\]{}|\\/^$-]|[^.*+?()[\]{}|\\^$])/u;
const times = /^(?:[*+?]|\{(\d{1,4})(,\d{0,4})?\})/;

/**
 * What is wrong with a pattern; undefined where it can be used. A pattern is one alternative or several (`|`), each of
 * characters, classes (`[A-Za-z0-9_-]`), `\d`, `\w` and escapes, each as often as it says (`{16}`, `{16,40}`, `+`, `*`, `?`). It
 * always means the whole value: it has no `^` and no `$`.
 */
export function patternProblem(source: string): string | undefined {
  let rest = source;
  let loose = 0;
  let atoms = 0;
  while (rest !== "") {
    if (rest.startsWith("|")) {
      if (atoms === 0) return "an alternative is empty";
      [rest, loose, atoms] = [rest.slice(1), 0, 0];
      continue;
    }
    const [found] = atom.exec(rest) ?? [];
    if (found === undefined)
      return `cannot have ${JSON.stringify([...rest][0])} there: characters, classes, \\d, \\w, |, and how often; no groups, no ^ and no $`;
    rest = rest.slice(found.length);
    atoms += 1;
    const [often, , open] = times.exec(rest) ?? [];
    if (often === undefined) continue;
    rest = rest.slice(often.length);
    if (!often.startsWith("{") || open !== undefined) loose += 1;
    if (loose > maxLoose) return `has more than ${maxLoose} parts of no fixed length in an alternative`;
  }
  if (atoms === 0) return "an alternative is empty";
  return compiled(source) ? undefined : "is no regular expression";
}

const known = new Map<string, RegExp | undefined>();

function compiled(source: string): RegExp | undefined {
  if (!known.has(source)) {
    let expression: RegExp | undefined;
    try {
      expression = new RegExp(`^(?:${source})$`, "u");
    } catch {
      expression = undefined;
    }
    known.set(source, expression);
  }
  return known.get(source);
}

/** Whether a pattern matches all of a text. One that cannot be used matches nothing. */
export function matches(source: string, text: string): boolean {
  if (source.length > maxPatternLength || text.length > maxMatchedLength || patternProblem(source)) return false;
  return compiled(source)?.test(text) ?? false;
}
