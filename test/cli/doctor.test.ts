// What doctor decides from what it saw: functions of data. What it sees: test/scenarios/doctor.test.ts.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { consoleCatalog, environmentOf } from "../../src/catalog/index.js";
import { checkNames, missingFor } from "../../src/cli/doctor/check.js";
import { judgeClock } from "../../src/cli/doctor/clock.js";
import { judgeNode } from "../../src/cli/doctor/machine.js";
import { judgeRights, needsOf } from "../../src/cli/doctor/rights.js";
import { judgeHolder } from "../../src/cli/doctor/vault.js";
import { parseStackConfig } from "../../src/config/index.js";

const now = new Date("2026-11-27T12:00:00Z");
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);

describe("Node", () => {
  it.each([
    ["20.0.0", "ok"],
    ["24.1.0", "ok"],
    ["18.20.4", "missing"],
  ])("%s is %s", (version, state) => {
    expect(judgeNode(version, "0.1.0")).toMatchObject({ state });
  });
});

describe("a service's clock", () => {
  it.each([
    [0, false, "ok"],
    [30, false, "ok"],
    [31, false, "note"],
    [-300, false, "note"],
    [172_800, true, "ok"],
  ])("%i s apart, loopback %s: %s", (seconds, loopback, state) => {
    const [check] = judgeClock("Heroku", new Date(now.getTime() + seconds * 1000), now, loopback);
    expect(check).toMatchObject({ state });
  });

  it("says who is ahead, in words", () => {
    expect(judgeClock("Heroku", hours(3), now, false)[0]!.found).toBe("3 h ahead of this machine's");
    expect(judgeClock("Heroku", hours(-0.1), now, false)[0]!.found).toBe("6 min behind this machine's");
  });

  it("that told no time is not compared", () => {
    expect(judgeClock("Heroku", undefined, now, false)).toEqual([]);
  });
});

describe("a token", () => {
  const service = (expiresAt: Date | undefined) =>
    judgeHolder(
      {
        kind: "service token",
        name: "ci",
        scopes: [{ environment: "prod", secretPath: "/Acme/**" }],
        permissions: ["read"],
        expiresAt,
      },
      now,
    );

  it("without an end says whose it is", () => {
    expect(service(undefined)).toMatchObject({
      state: "ok",
      found: 'service token "ci", read at /Acme/** (prod); no end',
    });
  });

  it("that ends within a day is told", () => {
    expect([service(hours(25)).state, service(hours(23)).state, service(hours(-1)).state]).toEqual([
      "ok",
      "note",
      "missing",
    ]);
  });

  it("of a machine identity is made anew at each login, so its hours say nothing", () => {
    expect(judgeHolder({ kind: "machine identity", id: "7", expiresAt: hours(1) }, now)).toMatchObject({
      state: "ok",
      found: "machine identity 7; until 2026-11-27T13:00:00Z",
    });
  });
});

describe("rights", () => {
  const parsed = parseStackConfig({ "console-vault:infisicalProjectId": "x" }, "staging", consoleCatalog);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const { config } = parsed;
  const needs = (exists: boolean) =>
    needsOf(consoleCatalog, environmentOf(consoleCatalog, "staging"), config, () => exists).filter(({ path }) =>
      path.startsWith("/MooseQuest/heroku/"),
    );
  const judged = (rights: Record<string, [boolean | undefined, boolean | undefined]>, exists = true) =>
    judgeRights(
      needs(exists),
      new Map(Object.entries(rights).map(([path, [read, write]]) => [path, { read, write }])),
      "prod",
    );
  const own = "/MooseQuest/heroku/staging/";
  const flat = "/MooseQuest/heroku/";

  it("that are all there are one line for each folder", () => {
    expect(judged({ [own]: [true, true], [flat]: [true, true] })).toEqual([
      { check: "rights", subject: own, state: "ok", found: "read, write" },
      { check: "rights", subject: flat, state: "ok", found: "read, write" },
    ]);
  });

  it("at the stack's own folder are needed, and the line names the commands", () => {
    const [line] = judged({ [own]: [true, false], [flat]: [true, true] });
    expect(line).toMatchObject({ state: "missing", subject: own });
    expect(line!.found).toContain(
      "write is needed by up --stack staging, provision --env staging, rotate --env staging",
    );
    expect(line!.fix).toBe(`Give the token the right to write at ${own} in the environment prod.`);
  });

  it("at the flat folder are only noted where the stack copies nothing and its own folder is there", () => {
    const narrow = { [own]: [true, true], [flat]: [false, false] } as const;
    expect(judged({ ...narrow } as never)[1]).toMatchObject({ state: "note", subject: flat });
    expect(judged({ ...narrow } as never, false)[1]).toMatchObject({ state: "missing", subject: flat });
  });

  it("that the server does not tell are unknown, never missing", () => {
    expect(judged({ [own]: [true, undefined], [flat]: [true, undefined] }).map(({ state }) => state)).toEqual([
      "unknown",
      "unknown",
    ]);
  });
});

it("an error's first sentence is what was found, and the rest its fix", () => {
  const error = new Error("http://localhost:1 can not be reached (ECONNREFUSED). Is it up? Set INFISICAL_API_URL.");
  expect(missingFor("infisical", "", error)).toMatchObject({
    found: "http://localhost:1 can not be reached (ECONNREFUSED)",
    fix: "Is it up? Set INFISICAL_API_URL.",
  });
});

it("docs/doctor.md has every check, in the table's order", () => {
  const text = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8");
  expect([...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name)).toEqual([...checkNames]);
});
