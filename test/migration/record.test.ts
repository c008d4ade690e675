import { expect, it } from "vitest";
import {
  flagVerdict,
  type MigrationFacts,
  readStackOutputs,
  recordMigration,
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
  summary: {
    revisions: { A: "a@1" },
    confirmed: ["A"],
    missing: [],
    broken: [],
    waiting: [],
    conflicts: [],
    unchecked: [],
    overrides: [],
  },
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
