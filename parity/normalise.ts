// Answers without what differs between any two servers (ids, times, tokens) and without any value.

/** Texts that stand for something: `7d5f9a52-…` for `<project>`, a value for `<value A>`. */
export type Symbols = ReadonlyMap<string, string>;

export interface NormaliseOptions {
  readonly symbols: Symbols;
  /** Keys whose text is shown. Any other text is only said to be one: nobody knows what else a server tells. */
  readonly shown: ReadonlySet<string>;
  /** Keys that name a row of a list; the first one that a row has counts. */
  readonly labels: readonly string[];
}

/** Leaves of an answer by their place: `body.secret.version` → `2`. */
export type Observation = ReadonlyMap<string, string>;

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const requestId = /req-[\w-]+/g;

export function observe(status: number, body: unknown, options: NormaliseOptions): Observation {
  const leaves = new Map([["status", [status, ...errorOf(status, body, options)].join(" ")]]);
  collect(body, "body", leaves, options);
  return leaves;
}

/** The class that an error names, which says more than its status. */
function errorOf(status: number, body: unknown, { symbols }: NormaliseOptions): string[] {
  const { error, id } = (body ?? {}) as { error?: unknown; id?: unknown };
  const text = status < 400 ? undefined : (error ?? id);
  return typeof text === "string" ? [masked(text, symbols)] : [];
}

function collect(value: unknown, at: string, leaves: Map<string, string>, options: NormaliseOptions): void {
  if (Array.isArray(value)) {
    if (value.length === 0) leaves.set(at, "[]");
    for (const [index, item] of value.entries())
      collect(item, `${at}[${labelOf(item, options) ?? index}]`, leaves, options);
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) leaves.set(at, "{}");
    for (const [key, item] of entries) collect(item, `${at}.${masked(key, options.symbols)}`, leaves, options);
  } else {
    leaves.set(at, shownAs(value, at, options));
  }
}

function shownAs(value: unknown, at: string, { symbols, shown }: NormaliseOptions): string {
  if (typeof value !== "string") return value === undefined ? "no JSON" : JSON.stringify(value);
  const text = masked(value, symbols);
  const key =
    at
      .replace(/\[\d+\]/g, "")
      .split(".")
      .at(-1) ?? "";
  const isOnlySymbols = text.replace(/<[^<>]+>/g, "").trim() === "";
  return shown.has(key) || isOnlySymbols ? JSON.stringify(text) : "<text>";
}

function masked(text: string, symbols: Symbols): string {
  // The longest first: one value may hold another.
  const known = [...symbols].sort(([a], [b]) => b.length - a.length);
  const replaced = known.reduce((rest, [original, symbol]) => rest.replaceAll(original, symbol), text);
  return replaced.replace(requestId, "<request>").replace(uuid, "<id>").replace(time, "<time>");
}

/** A row of a list is known by its name: no server promises an order. */
function labelOf(item: unknown, { labels, symbols }: NormaliseOptions): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const label = labels
    .map((key) => (item as Record<string, unknown>)[key])
    .find((text) => typeof text === "string" || typeof text === "number");
  return label === undefined ? undefined : masked(String(label), symbols);
}
