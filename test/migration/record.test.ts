import { expect, it } from "vitest";
import { type MigrationFacts, recordMigration } from "../../src/migration/index.js";

const target = {
  vault: "https://vault.example",
  project: "one",
  slug: "prod",
  root: "/MooseQuest",
  heroku: "https://api.heroku.com",
  account: "ops@raxx.example",
};
const facts = (observedAt: string, project = "one"): MigrationFacts => ({
  environment: "staging",
  target: { ...target, project },
  expected: ["A"],
  flag: {
    variable: "FLAG",
    app: "console",
    wanted: true,
    running: true,
    transition: "none",
    refused: [],
    since: "2026-01-01T00:00:00.000Z",
  },
  sets: [
    {
      vendor: "v",
      path: "/v/staging/",
      flatPath: "/v/",
      sources: { A: "provision" },
      summary: {
        placed: ["A"],
        confirmed: ["A"],
        missing: [],
        broken: [],
        waiting: [],
        conflicts: [],
        unchecked: [],
        overrides: [],
      },
      memory: { seen: {}, records: {} },
    },
  ],
  forbiddenHere: [],
  promoteOverride: null,
  soakHours: 48,
  observedAt,
});

it("what was confirmed and soaked in one vault says nothing of another", () => {
  const first = recordMigration(facts("2026-01-01T00:00:00.000Z"), undefined);
  const later = recordMigration(facts("2026-01-04T00:00:00.000Z"), first);
  expect([later.phase, later.confirmedSince]).toEqual(["soaked", first.confirmedSince]);
  const moved = recordMigration(facts("2026-01-04T00:00:00.000Z", "another"), first);
  expect([moved.phase, moved.confirmedSince]).toEqual(["soaking", "2026-01-04T00:00:00.000Z"]);
});
