/**
 * What the two local services have in common: one clock, one record of what was asked, and faults to order.
 *
 * A service calls {@link Control.install} once, before its routes. Everything is also reachable over HTTP below
 * `/_local/`, so that a demo or a test in another process can turn the clock and order faults.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

export type LocalService = "infisical" | "heroku";

/** Real time plus an offset. It never goes back, not even when the machine's own clock does. */
export class LocalClock {
  #offsetMs = 0;
  #latestMs = 0;

  now(): Date {
    this.#latestMs = Math.max(this.#latestMs, Date.now() + this.#offsetMs);
    return new Date(this.#latestMs);
  }

  /** @throws RangeError for a negative or non-finite number of milliseconds. */
  advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`the local clock only goes forward, not by ${ms} ms`);
    this.set(new Date(this.now().getTime() + ms));
  }

  /** @throws RangeError for a time before {@link now}, or one that is no time. */
  set(to: Date): void {
    const ms = to.getTime();
    if (Number.isNaN(ms)) throw new RangeError("the local clock was given an invalid date");
    if (ms < this.now().getTime())
      throw new RangeError(`the local clock only goes forward, not to ${to.toISOString()}`);
    this.#offsetMs = ms - Date.now();
    this.#latestMs = ms;
  }
}

/** One answered request. Bodies, headers and queries are never kept: they hold secret values. */
export interface RequestRecord {
  service: LocalService;
  method: string;
  /** Without the query. */
  path: string;
  /** 0 when the socket was destroyed before the request was handled. */
  status: number;
  /** When the request came in: ISO 8601, local clock. */
  at: string;
  /** Whether the request asks for a change (logging in is none). */
  write: boolean;
}

/**
 * What happens instead of, or around, the normal answer: an answer of its own, `"drop"` (socket destroyed before
 * handling), `"drop-after"` (handled, then socket destroyed before the answer), or a delay in ms of real time.
 */
export type FaultAction =
  | { status: number; body?: unknown; headers?: Record<string, string> | undefined }
  | "drop"
  | "drop-after"
  | { delayMs: number };

/** Acts on matching requests number `after + 1` to `after + times`; of several active ones the first added acts. */
export interface Fault {
  service?: LocalService | undefined;
  /** Upper or lower case. */
  method?: string | undefined;
  /** Starts with `/`: a prefix of the path. Anything else: the source of a regular expression on the path. */
  path?: string | undefined;
  /** How many matching requests to let through first; default 0. */
  after?: number | undefined;
  /** How many matching requests to act on; default all. */
  times?: number | undefined;
  do: FaultAction;
}

const faultSchema = z.strictObject({
  service: z.enum(["infisical", "heroku"]).optional(),
  method: z.string().optional(),
  path: z.string().refine(isPathPattern, "neither a path prefix (/…) nor a regular expression").optional(),
  after: z.int().min(0).optional(),
  times: z.int().min(1).optional(),
  do: z.union([
    z.enum(["drop", "drop-after"]),
    z.strictObject({ delayMs: z.number().min(0) }),
    z.strictObject({
      status: z.int().min(200).max(599),
      body: z.unknown().optional(),
      headers: z.record(z.string(), z.string()).optional(),
    }),
  ]),
});

const clockSchema = z.union([
  z.strictObject({ advanceHours: z.number() }),
  z.strictObject({ advanceMs: z.number() }),
  z.strictObject({ set: z.iso.datetime({ offset: true }) }),
]);

export class Control {
  readonly clock = new LocalClock();
  readonly requests: RequestRecord[] = [];
  /** Called with each record, right after it was kept. */
  onRequest?: ((record: RequestRecord) => void) | undefined;
  readonly #faults: { fault: Fault; seen: number }[] = [];

  addFault(fault: Fault): void {
    this.#faults.push({ fault: faultSchema.parse(fault), seen: 0 });
  }

  clearFaults(): void {
    this.#faults.length = 0;
  }

  /** Adds the hooks and the `/_local/` routes to a service. Neither record nor fault touches `/_local/` itself. */
  install(app: FastifyInstance, service: LocalService): void {
    const inFlight = new WeakMap<FastifyRequest, { at: string; action: FaultAction | undefined }>();

    const record = (request: FastifyRequest, status: number) => {
      const started = inFlight.get(request);
      // Deleting keeps it to one record when Fastify sends twice (an error while sending).
      if (!started || !inFlight.delete(request)) return;
      const path = pathOf(request);
      const entry = {
        service,
        method: request.method,
        path,
        status,
        at: started.at,
        write: isWrite(request.method, path),
      };
      this.requests.push(entry);
      this.onRequest?.(entry);
    };

    app.addHook("onRequest", async (request, reply) => {
      if (isOwnRoute(request)) return;
      const action = this.#nextFault(service, request.method, pathOf(request));
      inFlight.set(request, { at: this.clock.now().toISOString(), action });
      if (action === undefined || action === "drop-after") return;
      if (action === "drop") {
        record(request, 0);
        reply.hijack();
        request.raw.socket.destroy();
        return reply;
      }
      if ("delayMs" in action) {
        await sleep(action.delayMs);
        return;
      }
      return reply
        .code(action.status)
        .headers(action.headers ?? {})
        .send(action.body);
    });

    // Recorded before the answer leaves, so that a client that has its answer also finds its request recorded.
    app.addHook("onSend", async (request, reply) => {
      reply.header("date", this.clock.now().toUTCString());
      const dropped = inFlight.get(request)?.action === "drop-after";
      record(request, reply.statusCode);
      if (dropped) request.raw.socket.destroy();
    });

    app.register(async (scope) => this.#routes(scope), { prefix: "/_local" });
  }

  #nextFault(service: LocalService, method: string, path: string): FaultAction | undefined {
    let chosen: FaultAction | undefined;
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (!matches(fault, service, method, path)) continue;
      entry.seen += 1;
      const first = (fault.after ?? 0) + 1;
      const active = entry.seen >= first && entry.seen < first + (fault.times ?? Number.POSITIVE_INFINITY);
      if (active) chosen ??= fault.do;
    }
    return chosen;
  }

  #routes(scope: FastifyInstance): void {
    scope.setErrorHandler((error: Error, _request, reply) => {
      const ours = error instanceof z.ZodError || error instanceof RangeError;
      const message = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
      return reply.code(ours ? 400 : 500).send({ message });
    });
    scope.addHook("onRequest", async (request, reply) => {
      if (!isLoopback(request.raw.socket.remoteAddress)) {
        return reply.code(403).send({ message: "/_local/ answers callers on this machine only" });
      }
    });
    scope.get("/requests", async () => ({ requests: this.requests }));
    scope.delete("/requests", async (_request, reply) => {
      this.requests.length = 0;
      return noContent(reply);
    });
    const now = () => ({ now: this.clock.now().toISOString() });
    scope.get("/clock", async () => now());
    scope.post("/clock", async (request) => {
      const turn = clockSchema.parse(request.body);
      if ("set" in turn) this.clock.set(new Date(turn.set));
      else this.clock.advance("advanceMs" in turn ? turn.advanceMs : turn.advanceHours * 3_600_000);
      return now();
    });
    scope.post("/faults", async (request) => {
      this.addFault(faultSchema.parse(request.body));
      return { faults: this.#faults.length };
    });
    scope.delete("/faults", async (_request, reply) => {
      this.clearFaults();
      return noContent(reply);
    });
  }
}

function matches(fault: Fault, service: LocalService, method: string, path: string): boolean {
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

const pathOf = (request: FastifyRequest): string => request.url.split("?", 1)[0] ?? request.url;

const isOwnRoute = (request: FastifyRequest): boolean => /^\/_local(\/|$)/.test(pathOf(request));

/** Reading methods change nothing, nor does getting or ending a token of one's own. */
const isWrite = (method: string, path: string): boolean =>
  !["GET", "HEAD", "OPTIONS"].includes(method) && !path.startsWith("/api/v1/auth/");

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(::1$|(::ffff:)?127\.)/.test(address);

const noContent = (reply: FastifyReply) => reply.code(204).send();
