import { readFileSync } from "node:fs";
import fc from "fast-check";
import Fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import {
  activeEnvironment,
  expressEnvironment,
  fastifyEnvironment,
  resolve,
  secretPathFor,
  withEnvironment,
} from "../../src/resolver/index.js";
import { environmentScoped, shared } from "../support/document.js";

const variable = "FLAG_CONSOLE_VAULT_ENV_AWARE";
afterEach(() => {
  delete process.env[variable];
});

describe("secretPathFor", () => {
  for (const env of ["staging", "prod"]) {
    it.each(Object.entries(environmentScoped))(
      `with the flag on, %s of ${env} is in its vendor's ${env} folder`,
      (name, vendor) => {
        expect(secretPathFor(name, env, { flag: true })).toBe(`/MooseQuest/${vendor}/${env}/`);
      },
    );
    it.each(Object.entries(environmentScoped))(
      `with the flag off, %s of ${env} is at the flat path`,
      (name, vendor) => {
        expect(secretPathFor(name, env, { flag: false })).toBe(`/MooseQuest/${vendor}/`);
      },
    );
    it.each(shared)(`%s of ${env} is at the flat path, flag on or off`, (name) => {
      const { vendor } = consoleCatalog.credentials.find((one) => one.name === name)!;
      for (const flag of [true, false]) expect(secretPathFor(name, env, { flag })).toBe(`/MooseQuest/${vendor}/`);
    });
  }

  it.each([
    ["true", true],
    ["1", true],
    ["True", true],
    ["false", false],
    ["0", false],
    ["", false],
    ["yes please", false],
  ])("reads the flag %j as %s", (text, on) => {
    process.env[variable] = text;
    expect(resolve("HEROKU_API_KEY").flag).toBe(on);
  });

  it("takes a flag that is neither for off, and the process warns of it once, without its text", async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error) => warning.message.startsWith("FLAG_UNCLEAR") && warnings.push(warning);
    process.on("warning", hear);
    const catalog = { ...consoleCatalog, flag: { ...consoleCatalog.flag, variable: "FLAG_UNCLEAR" } };
    process.env.FLAG_UNCLEAR = "rk_live_pasted";
    for (let times = 0; times < 3; times++) expect(resolve("HEROKU_API_KEY", "prod", { catalog }).flag).toBe(false);
    await new Promise((done) => setImmediate(done));
    process.off("warning", hear);
    delete process.env.FLAG_UNCLEAR;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      code: "CONSOLE_VAULT_FLAG_UNCLEAR",
      message: "FLAG_UNCLEAR is neither true, 1, false, 0 nor empty: it is taken as off",
    });
  });

  it("is off where the flag is absent", () => {
    expect(secretPathFor("HEROKU_API_KEY")).toBe("/MooseQuest/heroku/");
  });

  it.each([
    ["HEROKU_API_KEYS", undefined, "Did you mean HEROKU_API_KEY?"],
    ["heroku_api_key", undefined, "Did you mean HEROKU_API_KEY?"],
    ["HEROKU_API_KEY", "stagng", "Did you mean staging?"],
    ["HEROKU_API_KEY", "qqqqqqqqqqqqqqqqq", "There are: staging, prod."],
  ])("refuses %s %s and suggests the nearest", (name, env, suggestion) => {
    expect(() => secretPathFor(name, env)).toThrow(suggestion);
  });
});

describe("the active environment", () => {
  it("is the argument, then the request's, then prod", () => {
    expect(activeEnvironment()).toBe("prod");
    withEnvironment("staging", () => {
      expect(activeEnvironment()).toBe("staging");
      expect(activeEnvironment("prod")).toBe("prod");
    });
    withEnvironment(undefined, () => expect(activeEnvironment()).toBe("prod"));
  });

  it("stays with its own request, however many run at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom("staging", "prod"), fc.integer({ min: 0, max: 3 })), { maxLength: 20 }),
        async (requests) => {
          const seen = await Promise.all(
            requests.map(([env, delay]) =>
              withEnvironment(env, async () => {
                await new Promise((done) => setTimeout(done, delay));
                return secretPathFor("HEROKU_API_KEY", undefined, { flag: true });
              }),
            ),
          );
          expect(seen).toEqual(requests.map(([env]) => `/MooseQuest/heroku/${env}/`));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("comes from Fastify's requests", async () => {
    const app = Fastify();
    fastifyEnvironment(
      app,
      (request: { headers: Record<string, unknown> }) => request.headers["x-env"] as string | undefined,
    );
    app.get("/", async () => {
      await new Promise((done) => setImmediate(done));
      return activeEnvironment();
    });
    const answers = await Promise.all(
      ["staging", "prod", undefined].map((env) => app.inject({ url: "/", headers: env ? { "x-env": env } : {} })),
    );
    expect(answers.map(({ body }) => body)).toEqual(["staging", "prod", "prod"]);
    await app.close();
  });

  it("comes from Express' requests, and a session that cannot be read is the request's error", () => {
    const middleware = expressEnvironment<{ env?: string }>((request) => {
      if (request.env === "broken") throw new Error("no session");
      return request.env;
    });
    const seen: unknown[] = [];
    middleware({ env: "staging" }, {}, () => seen.push(activeEnvironment()));
    middleware({}, {}, () => seen.push(activeEnvironment()));
    middleware({ env: "broken" }, {}, (error) => seen.push((error as Error).message));
    expect(seen).toEqual(["staging", "prod", "no session"]);
  });
});

describe("console-vault/resolver", () => {
  it("imports nothing but Node's own modules and its own few files", () => {
    const seen = new Map<string, string[]>();
    const walk = (file: URL) => {
      if (seen.has(file.href)) return;
      // Types are gone when the code runs; everything else of an import or a re-export is loaded.
      const imports = [
        ...readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)"/gms),
      ].map((found) => found[1]!);
      seen.set(file.href, imports);
      for (const one of imports) if (one.startsWith(".")) walk(new URL(one.replace(/\.js$/, ".ts"), file));
    };
    walk(new URL("../../src/resolver/index.ts", import.meta.url));
    expect(seen.size).toBeGreaterThan(4);
    expect([...seen.values()].flat().filter((one) => !one.startsWith(".") && !one.startsWith("node:"))).toEqual([]);
  });
});
