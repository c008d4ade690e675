/** Replays recorded exchanges: requests in order, answers compared with placeholders matched. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { z } from "zod";
import { type InfisicalOptions, type LocalInfisical, startInfisical } from "../../../src/local/infisical/index.js";

const exchangeSchema = z.strictObject({
  as: z.string(),
  request: z.strictObject({
    method: z.string(),
    path: z.string(),
    query: z.record(z.string(), z.string()).optional(),
    body: z.unknown().optional(),
    /** Sent as it is, as JSON. */
    rawBody: z.string().optional(),
  }),
  response: z.strictObject({ status: z.number(), body: z.unknown() }),
  note: z.string().optional(),
});
export type Exchange = z.input<typeof exchangeSchema>;
export const recording = z.strictObject({ about: z.string(), exchanges: z.array(exchangeSchema) });

/** An empty project with the callers that recordings name. */
export async function startForReplay(options: InfisicalOptions = {}) {
  const service = await startInfisical(options);
  const { vault } = service;
  const everywhere = ["dev", "staging", "prod"].map((environment) => ({ environment, secretPath: "/**" }));
  const callers: Record<string, string | undefined> = {
    none: undefined,
    garbage: "Bearer garbage",
    admin: `Bearer ${vault.addIdentity().accessToken}`,
    viewer: `Bearer ${vault.addIdentity({ role: "viewer" }).accessToken}`,
    outsider: `Bearer ${vault.addIdentity({ role: "none" }).accessToken}`,
    service: `Bearer ${vault.addServiceToken({ scopes: everywhere })}`,
    "service-readonly": `Bearer ${vault.addServiceToken({ scopes: everywhere, permissions: ["read"] })}`,
    "service-scoped": `Bearer ${vault.addServiceToken({ scopes: [{ environment: "prod", secretPath: "/MooseQuest/**" }] })}`,
    "service-one-path": `Bearer ${vault.addServiceToken({ scopes: [{ environment: "prod", secretPath: "/one" }] })}`,
  };
  return { service, callers };
}

export class Replay {
  readonly #known: Map<string, string>;

  constructor(
    private readonly service: LocalInfisical,
    private readonly callers: Record<string, string | undefined>,
  ) {
    const { id, slug } = service.vault.project;
    this.#known = new Map([
      ["$project", id],
      ["$projectSlug", slug],
    ]);
  }

  async step({ as, request, response }: Exchange): Promise<void> {
    if (!(as in this.callers)) throw new Error(`nobody is called ${as}`);
    const body = request.rawBody ?? (request.body === undefined ? undefined : JSON.stringify(this.#fill(request.body)));
    const query = request.query ? `?${new URLSearchParams(this.#fill(request.query) as Record<string, string>)}` : "";
    const authorization = this.callers[as];
    const answer = await fetch(`${this.service.url}${this.#fill(request.path)}${query}`, {
      method: request.method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const actual: unknown = await answer.json();
    expect({ status: answer.status, body: actual }).toEqual({
      status: response.status,
      body: this.#expected(response.body, actual),
    });
  }

  /** A request's placeholders; an id that nobody has seen yet is made up. */
  #fill(value: unknown): unknown {
    return mapStrings(value, (text) =>
      text.replace(/\$(project(Slug)?|id\d+)\b/g, (name) => {
        const known = this.#known.get(name) ?? randomUUID();
        this.#known.set(name, known);
        return known;
      }),
    );
  }

  /** The expected answer with its placeholders replaced by what stands in their place, if that is possible. */
  #expected(expected: unknown, actual: unknown): unknown {
    if (expected === "$time") return isTime(actual) ? actual : "a time";
    if (expected === "$token") return typeof actual === "string" && actual !== "" ? actual : "a token";
    if (typeof expected === "string" && /^\$id\d+$/.test(expected) && !this.#known.has(expected)) {
      const taken = [...this.#known.values()];
      if (typeof actual !== "string" || taken.includes(actual)) return `a new id (${expected})`;
      this.#known.set(expected, actual);
      return actual;
    }
    if (Array.isArray(expected)) {
      const items: unknown[] = Array.isArray(actual) ? actual : [];
      return expected.map((item, index) => this.#expected(item, items[index]));
    }
    if (typeof expected === "object" && expected !== null) {
      const fields = new Map(Object.entries(actual ?? {}));
      return Object.fromEntries(
        Object.entries(expected).map(([key, value]) => [key, this.#expected(value, fields.get(key))]),
      );
    }
    return this.#fill(expected);
  }
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
}

const isTime = (value: unknown): boolean => typeof value === "string" && new Date(value).toISOString() === value;
