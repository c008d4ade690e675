// The published schemas of the routes that are called, as files of our own with source and date, and what breaks them.
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Exchange } from "../support/front.js";

interface RouteFile {
  readonly $id: string;
  /** `GET /api/v4/secrets/:secretName` */
  readonly route: string;
  readonly source: string;
  readonly date: string;
  readonly query?: object;
  readonly body?: object;
  readonly answer: object;
}

interface Route extends RouteFile {
  readonly matches: (exchange: Exchange) => boolean;
  readonly validate: (part: "query" | "body" | "answer", value: unknown) => string[];
}

export type Published = "infisical/2024-10" | "infisical/current" | "heroku";

export class Schemas {
  readonly routes: readonly Route[];
  readonly #error: ValidateFunction;
  readonly #noRoute: ValidateFunction | undefined;

  constructor(published: Published) {
    const dir = new URL(`./${published}/`, import.meta.url);
    const files = readdirSync(dir).map((name) => JSON.parse(readFileSync(new URL(name, dir), "utf8")));
    const ajv = new Ajv2020({ allErrors: true, strict: false });
    formats.default(ajv);
    const common = files.find((file) => file.$defs) as { $id: string; $defs: object };
    ajv.addSchema(common);
    const named = (name: string) => ajv.getSchema(`${common.$id}#/$defs/${name}`);
    this.#error = named("error")!;
    this.#noRoute = named("noRoute");
    this.routes = (files as RouteFile[])
      .filter((file) => file !== (common as unknown))
      // A literal name before a parameter: `batch` is no secret's name.
      .toSorted((one, other) => one.route.split(":").length - other.route.split(":").length)
      .map((file) => {
        const [method, path] = file.route.split(" ") as [string, string];
        const pattern = new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`);
        const base = file.$id.slice(0, file.$id.lastIndexOf("/"));
        const compile = (schema: object | undefined, part: string) =>
          schema && ajv.compile({ $id: `${base}/${file.$id.split("/").at(-1)}-${part}`, ...schema });
        const checks = {
          query: compile(file.query, "query"),
          body: compile(file.body, "body"),
          answer: compile(file.answer, "answer"),
        };
        return {
          ...file,
          matches: (exchange) => exchange.method === method && pattern.test(exchange.path),
          validate: (part, value) => problemsOf(checks[part], value, part),
        };
      });
  }

  /** Where an exchange is not as published; empty for one that is. No value is repeated. */
  problems(exchange: Exchange): string[] {
    const { status, query, body, answer } = exchange;
    const route = this.routes.find(({ matches }) => matches(exchange));
    if (!route) {
      const wrong =
        this.#noRoute && status === 404 ? problemsOf(this.#noRoute, answer, "answer") : ["is not published"];
      return wrong.map((problem) => `${exchange.method} ${exchange.path} ${problem}`);
    }
    const sent = status < 400 ? [...route.validate("query", query), ...route.validate("body", body)] : [];
    const got = status < 400 ? route.validate("answer", answer) : problemsOf(this.#error, answer, "answer");
    return [...sent, ...got].map((problem) => `${route.route} (${status}) ${problem}`);
  }
}

function problemsOf(check: ValidateFunction | undefined, value: unknown, part: string): string[] {
  if (!check) {
    const isEmpty = value === undefined || Object.keys(value as object).length === 0;
    return isEmpty || part === "query" ? [] : [`${part}: none is published`];
  }
  if (check(value)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) => {
    const which = (params as { additionalProperty?: string }).additionalProperty ?? "";
    return `${part}${instancePath}: ${message} ${which}`.trim();
  });
}
