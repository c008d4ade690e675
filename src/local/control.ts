/**
 * What the two local services have in common: one clock, one record of what was asked, and faults to order.
 *
 * A service calls {@link Control.install} once, before its routes. Everything is also reachable over HTTP below
 * `/_local/`, so that a demo or a test in another process can turn the clock and order faults.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Fault, type FaultAction, Faults, faultSchema, type LocalService, type VaultChange } from "./faults.js";

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

  /** @returns puts the time back to what it is now, here or on another clock: for a test that begins again from one place */
  checkpoint(): (into?: LocalClock) => void {
    const kept = this.now().getTime();
    return (into = this) => {
      into.#offsetMs = kept - Date.now();
      into.#latestMs = kept;
    };
  }
}

/** One answered request. Of bodies, headers and queries nothing but a folder's path is kept: they hold secret values. */
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
  /** Of a read of secrets: the folder, with a final slash, and `**` after it for all that is below. */
  folder?: string;
}

function folderOf({ query }: FastifyRequest): Pick<RequestRecord, "folder"> {
  const { secretPath, recursive } = query as Record<string, unknown>;
  if (typeof secretPath !== "string") return {};
  return { folder: `${secretPath.replace(/\/*$/, "/")}${recursive === "true" ? "**" : ""}` };
}

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
  /** Makes a change in the vault that a fault asks for; the service that has the vault sets it. */
  changeVault: (change: VaultChange) => void = () => {};
  readonly #faults = new Faults();
  /** The last answers to reads, by URL; kept only while a fault may answer with one. */
  readonly #lastAnswers = new Map<string, { status: number; type: string; payload: string }>();

  /** @throws z.ZodError */
  addFault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
    this.#lastAnswers.clear();
  }

  /** Requests on which a fault acted since the last {@link clearFaults}. */
  get faultsActed(): number {
    return this.#faults.acted;
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
        ...folderOf(request),
      };
      this.requests.push(entry);
      this.onRequest?.(entry);
    };

    app.addHook("onRequest", async (request, reply) => {
      if (isOwnRoute(request)) return;
      const action = this.#faults.next({ service, method: request.method, path: pathOf(request) });
      inFlight.set(request, { at: this.clock.now().toISOString(), action });
      if (action === "drop") {
        record(request, 0);
        reply.hijack();
        request.raw.socket.destroy();
        return reply;
      }
      if (action === "stale") return this.#answerAgain(request, reply);
      if (typeof action !== "object") return;
      if ("change" in action) this.changeVault(action);
      else if ("delayMs" in action) await sleep(action.delayMs);
      else if ("status" in action)
        return reply
          .code(action.status)
          .headers(action.headers ?? {})
          .send(action.body);
    });

    // Recorded before the answer leaves, so that a client that has its answer also finds its request recorded.
    app.addHook("onSend", async (request, reply, payload) => {
      reply.header("date", this.clock.now().toUTCString());
      const action = inFlight.get(request)?.action;
      record(request, reply.statusCode);
      if (action === "drop-after") request.raw.socket.destroy();
      if (action === "hang") await once(request.raw.socket, "close");
      if (typeof payload !== "string") return payload;
      if (action === undefined) this.#keepAnswer(request, reply, payload);
      if (action === "truncate") return payload.slice(0, payload.length >> 1);
      if (typeof action === "object" && "contentType" in action) reply.header("content-type", action.contentType);
      return payload;
    });

    app.register(async (scope) => this.#routes(scope), { prefix: "/_local" });
  }

  #keepAnswer(request: FastifyRequest, reply: FastifyReply, payload: string): void {
    if (request.method !== "GET" || reply.statusCode >= 500 || !this.#faults.has("stale")) return;
    const type = String(reply.getHeader("content-type"));
    this.#lastAnswers.set(`${request.host}${request.url}`, { status: reply.statusCode, type, payload });
  }

  #answerAgain(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const last = this.#lastAnswers.get(`${request.host}${request.url}`);
    return last && reply.code(last.status).header("content-type", last.type).send(last.payload);
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
      return { faults: this.#faults.size };
    });
    scope.delete("/faults", async (_request, reply) => {
      this.clearFaults();
      return noContent(reply);
    });
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

/** Routes that a service gets from now on, its `/_local/` and the ones that every GET has for HEAD left out. */
export function listRoutes(app: FastifyInstance): readonly string[] {
  const routes: string[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) if (one !== "HEAD" && !url.startsWith("/_local")) routes.push(`${one} ${url}`);
  });
  return routes;
}
