import { expect, it } from "vitest";
import {
  flagVerdict,
  type MigrationFacts,
  mergeSummaries,
  readStackOutputs,
  recordMigration,
  recordOutput,
  remembersElse,
  sentence,
} from "../../src/migration/index.js";

const target = {
  vault: "https://vault.example",
  project: "one",
  slug: "prod",
  root: "/MooseQuest",
  heroku: "https://api.heroku.com",
  account: "ops@raxx.example",
};
const facts = (project = "one"): MigrationFacts => ({
  environment: "staging",
  target: { ...target, project },
  names: { A: { source: "provision", path: "/v/staging/", flatPath: "/v/" } },
  flag: {
    variable: "FLAG",
    app: "console",
    wanted: true,
    running: true,
    transition: "none",
    refused: [],
    since: "2026-01-01T00:00:00.000Z",
  },
  summary: { ...mergeSummaries([]), revisions: { A: "a@1" }, confirmed: ["A"] },
  forbiddenHere: [],
  promoteOverride: null,
  soakHours: 48,
  apps: {},
});

it("what was confirmed and soaked in one vault says nothing of another", () => {
  const first = recordMigration(facts(), undefined, new Date("2026-01-01T00:00:00.000Z"));
  const later = recordMigration(facts(), first, new Date("2026-01-04T00:00:00.000Z"));
  expect([later.phase, later.confirmedSince]).toEqual(["soaked", first.confirmedSince]);
  const moved = recordMigration(facts("another"), first, new Date("2026-01-04T00:00:00.000Z"));
  expect([moved.phase, moved.confirmedSince]).toEqual(["soaking", "2026-01-04T00:00:00.000Z"]);
});

it("of a broken rule and a conflict the data is kept; the output has a sentence beside them, and an earlier state only that", () => {
  const broken = [
    { name: "A", rule: "prefix", token: "a@1", detail: { environment: "prod", prefixes: ["rk_live_"] } },
  ] as const;
  const conflicts = [{ name: "B", path: "/v/prod/" }];
  const record = recordMigration(
    { ...facts(), summary: { ...facts().summary, broken, conflicts } },
    undefined,
    new Date(0),
  );
  expect(JSON.stringify(record)).not.toContain("why");
  const output = recordOutput(record);
  const why = "the value does not begin with rk_live_, as in prod";
  expect(output.broken).toEqual([{ ...broken[0], why }]);
  expect(output.conflicts).toEqual([{ ...conflicts[0], why: expect.stringContaining("delete it at /v/prod/") }]);
  expect(output.blocked).toEqual([
    { code: "rule-broken", ...output.broken[0] },
    { code: "conflict", ...output.conflicts[0] },
  ]);

  const withoutData = ({ detail, path, ...one }: Record<string, unknown>) => one;
  const earlier = { ...output, broken: output.broken.map(withoutData), blocked: output.blocked.map(withoutData) };
  const left = readStackOutputs("prod", { migration: JSON.parse(JSON.stringify(earlier)) }).migration!;
  expect(left.blocked.map(sentence)).toEqual([
    `A: ${why} (prefix; token a@1)`,
    "B: conflict: somebody wrote another value than the flat path's",
  ]);
  expect(recordOutput(left).broken).toEqual([{ name: "A", rule: "prefix", token: "a@1", why }]);
  const odd = { ...output, broken: [{ name: "A", rule: "prefix" }] };
  expect(() => readStackOutputs("prod", { migration: odd })).toThrow(/cannot be read/);
});

it("a state of the version before, whose reasons are sentences, is read, told as it is, and written anew", () => {
  const record = recordMigration(
    { ...facts(), summary: { ...facts().summary, missing: ["A"] } },
    undefined,
    new Date(0),
  );
  expect(record.blocked).toEqual([{ code: "missing", name: "A" }]);
  const read = (blocked: unknown) =>
    readStackOutputs("staging", { migration: { ...record, blocked: JSON.parse(JSON.stringify(blocked)) } }).migration!;
  expect(read(record.blocked)).toEqual(record);
  const left = read(["A: missing"]);
  expect(sentence(flagVerdict(left)!)).toBe(sentence(flagVerdict(record)!));
  expect(remembersElse(record, left)).toBe(true);
  for (const odd of [null, "x", {}, [1], [null], [{}]]) expect(() => read(odd)).toThrow(/cannot be read/);
  expect(read([{ code: "of-a-later-version", name: "A" }]).blocked.map(sentence)).toEqual([
    '{"code":"of-a-later-version","name":"A"}',
  ]);
});
