/** Faults to order: which requests they act on, and what happens then. One form for tests, for `/_local/faults` and for files. */
import { z } from "zod";
import { ConfigurationError } from "../errors.js";

export type LocalService = "infisical" | "heroku";

/** Something that changes in the vault at the moment of a request, which is then handled as usual. */
export type VaultChange =
  /** Every access token given out so far ends: `max-ttl` (default) is a 403 `TokenError` from then on, `idle` a 401. */
  | { change: "tokens-expire"; as?: "max-ttl" | "idle" | undefined }
  /** Changes below this folder path or glob need an approval from then on. */
  | { change: "approval-needed"; path: string }
  /** The row of this name is there a second time; nothing happens without a first one. */
  | { change: "row-duplicated"; path: string; name: string }
  /** The folder goes with everything in it. */
  | { change: "folder-vanishes"; path: string };

/**
 * What happens instead of, or around, the normal answer. `drop`: the connection is reset before the request is handled;
 * `drop-after`: after it was handled; `hang`: it was handled, and no answer comes; `truncate`: half of the answer's body comes;
 * `stale`: a read answers what it answered the last time (nothing happens without a last time).
 */
export type FaultAction =
  /** An answer in place of the service's. */
  | { status: number; body?: unknown; headers?: Record<string, string> | undefined }
  /** The service's own answer, called something else than JSON. */
  | { contentType: string }
  /** The service's own answer, this much real time later (ms). */
  | { delayMs: number }
  | "drop"
  | "drop-after"
  | "hang"
  | "truncate"
  | "stale"
  | VaultChange;

/**
 * Of the requests that match, the first `after` are let through; of those that follow it acts on all, on the `nth`, on `every`
 * so manieth, or on each with a `probability`; at most `times` times. Of several faults for a request the first added acts.
 */
export interface Fault {
  service?: LocalService | undefined;
  /** Upper or lower case. */
  method?: string | undefined;
  /** Starts with `/`: a prefix of the path. Anything else: the source of a regular expression on the path. */
  path?: string | undefined;
  /** Default 0. */
  after?: number | undefined;
  nth?: number | undefined;
  every?: number | undefined;
  /** 0 to 1. */
  probability?: number | undefined;
  /** Of the probability's pseudo-random numbers; default 1. */
  seed?: number | undefined;
  times?: number | undefined;
  /** A name of {@link namedFaults}, or an action of one's own. */
  do: FaultName | FaultAction;
}

const html = (title: string) =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
const page = (status: number, title: string): FaultAction => ({
  status,
  body: html(title),
  headers: { "content-type": "text/html" },
});

/** An error as the service words it: Infisical's envelope as measured, Heroku's as documented. */
const failure = (status: number, words: { infisical: [message: string, error: string]; heroku: [string, string] }) => ({
  infisical: { status, body: { statusCode: status, message: words.infisical[0], error: words.infisical[1] } },
  heroku: { status, body: { id: words.heroku[0], message: words.heroku[1] } },
});

const limited = failure(429, {
  infisical: ["Rate limit exceeded. Please try again in 1 minute", "RateLimitExceeded"],
  heroku: [
    "rate_limit",
    "Your account reached the API rate limit\nPlease wait a few minutes before making new requests",
  ],
});
const broken = failure(500, {
  infisical: ["Something went wrong", "InternalServerError"],
  heroku: ["internal_server_error", "An error occurred."],
});
const down = failure(503, {
  infisical: ["Service unavailable", "ServiceUnavailable"],
  heroku: ["maintenance", "API is temporarily unavailable."],
});
const retryIn = (seconds: number, answer: { status: number; body: unknown }) => ({
  ...answer,
  headers: { "retry-after": String(seconds) },
});
const both = (action: FaultAction): Record<LocalService, FaultAction> => ({ infisical: action, heroku: action });

/** The usual faults by name; what a service says is in its own words. */
export const namedFaults = {
  "429": limited,
  "429-retry-after": { infisical: retryIn(1, limited.infisical), heroku: retryIn(1, limited.heroku) },
  "500": broken,
  "502-html": both(page(502, "502 Bad Gateway")),
  "503": down,
  drop: both("drop"),
  "drop-after": both("drop-after"),
  slow: both({ delayMs: 2000 }),
  hang: both("hang"),
  truncate: both("truncate"),
  "wrong-content-type": both({ contentType: "text/plain" }),
  /** What stands before a server often answers: a page to sign in, called a success. */
  "html-page": both(page(200, "Sign in")),
  stale: both("stale"),
  "tokens-expire": both({ change: "tokens-expire" }),
} satisfies Record<string, Record<LocalService, FaultAction>>;

export type FaultName = keyof typeof namedFaults;
const names = Object.keys(namedFaults) as [FaultName, ...FaultName[]];

const path = z.string().startsWith("/", "a folder path, which starts with /");
const changeSchemas = [
  z.strictObject({ change: z.literal("tokens-expire"), as: z.enum(["max-ttl", "idle"]).optional() }),
  z.strictObject({ change: z.literal("approval-needed"), path }),
  z.strictObject({ change: z.literal("row-duplicated"), path, name: z.string() }),
  z.strictObject({ change: z.literal("folder-vanishes"), path }),
] as const;

const actionSchema = z.union(
  [
    z.enum(names),
    z.strictObject({ contentType: z.string() }),
    z.strictObject({ delayMs: z.number().min(0) }),
    z.strictObject({
      status: z.int().min(200).max(599),
      body: z.unknown().optional(),
      headers: z.record(z.string(), z.string()).optional(),
    }),
    z.discriminatedUnion("change", changeSchemas),
  ],
  {
    error: `one of ${names.join(", ")}; or {"status": 200 to 599, "body", "headers"}, {"delayMs"}, {"contentType"}, or {"change": "tokens-expire" | "approval-needed" | "row-duplicated" | "folder-vanishes", "path", "name"}`,
  },
);

export const faultSchema = z
  .strictObject({
    service: z.enum(["infisical", "heroku"]).optional(),
    method: z.string().optional(),
    path: z.string().refine(isPathPattern, "neither a path prefix (/…) nor a regular expression").optional(),
    after: z.int().min(0).optional(),
    nth: z.int().min(1).optional(),
    every: z.int().min(1).optional(),
    probability: z.number().min(0).max(1).optional(),
    seed: z.int().min(0).optional(),
    times: z.int().min(1).optional(),
    do: actionSchema,
  })
  .refine(({ nth, every, probability }) => [nth, every, probability].filter((one) => one !== undefined).length <= 1, {
    error: "nth, every and probability exclude each other",
    path: ["nth"],
  })
  .refine(({ seed, probability }) => seed === undefined || probability !== undefined, {
    error: "only with probability",
    path: ["seed"],
  });

/**
 * The JSON of `local start --faults FILE`: a list of faults.
 * @throws ConfigurationError that names everything that is wrong, by its place
 */
export function parseFaults(text: string): Fault[] {
  let faults: unknown;
  try {
    faults = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`The fault plan is not JSON: ${(error as Error).message}`);
  }
  const parsed = z.array(faultSchema).safeParse(faults);
  if (!parsed.success) throw new ConfigurationError(`The fault plan is not usable:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** What a request is matched by. */
export interface Asked {
  readonly service: LocalService;
  /** Upper case. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

interface Ordered {
  readonly fault: Fault;
  readonly random: () => number;
  /** Matching requests. */
  seen: number;
  /** Those of them that it was for, whether another fault came first or not. */
  hits: number;
}

/** The faults that are ordered now. */
export class Faults {
  readonly #ordered: Ordered[] = [];
  /** Requests on which a fault acted. */
  acted = 0;

  get size(): number {
    return this.#ordered.length;
  }

  /** @throws z.ZodError */
  add(fault: Fault): void {
    const checked = faultSchema.parse(fault);
    this.#ordered.push({ fault: checked, random: randomNumbers(checked.seed ?? 1), seen: 0, hits: 0 });
  }

  clear(): void {
    this.#ordered.length = 0;
    this.acted = 0;
  }

  has(action: FaultAction): boolean {
    return this.#ordered.some(({ fault }) => fault.do === action);
  }

  /** Counts the request, and says what happens to it. */
  next(asked: Asked): FaultAction | undefined {
    let chosen: FaultAction | undefined;
    for (const ordered of this.#ordered)
      if (matches(ordered.fault, asked) && isFor(ordered)) chosen ??= actionOf(ordered.fault, asked.service);
    if (chosen !== undefined) this.acted += 1;
    return chosen;
  }
}

function isFor(ordered: Ordered): boolean {
  const { after = 0, nth, every, probability, times = Number.POSITIVE_INFINITY } = ordered.fault;
  ordered.seen += 1;
  const count = ordered.seen - after;
  if (count < 1 || ordered.hits >= times) return false;
  if (nth !== undefined && count !== nth) return false;
  if (every !== undefined && count % every !== 0) return false;
  if (probability !== undefined && ordered.random() >= probability) return false;
  ordered.hits += 1;
  return true;
}

function actionOf({ do: action }: Fault, service: LocalService): FaultAction {
  return typeof action === "string" ? namedFaults[action][service] : action;
}

function matches(fault: Fault, { service, method, path }: Asked): boolean {
  if (fault.service !== undefined && fault.service !== service) return false;
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  if (fault.path === undefined) return true;
  return fault.path.startsWith("/") ? path.startsWith(fault.path) : new RegExp(fault.path).test(path);
}

function isPathPattern(text: string): boolean {
  if (text.startsWith("/")) return true;
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** The generator mulberry32: the same numbers (0 to 1) for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
