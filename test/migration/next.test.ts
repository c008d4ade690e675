import { describe, expect, it } from "vitest";
import { type Earlier, type MigrationRecord, nextSteps } from "../../src/migration/index.js";

const now = new Date("2026-05-04T12:00:00Z");
const record = (phase: MigrationRecord["phase"], more: Partial<MigrationRecord> = {}, on = false): MigrationRecord => ({
  phase,
  blocked: [],
  flag: { variable: "FLAG", app: "app", wanted: on, running: on, since: null },
  confirmedSince: null,
  confirmed: [],
  waiting: [],
  missing: [],
  broken: [],
  conflicts: [],
  unchecked: [],
  overrides: [],
  promoteOverride: null,
  target: { vault: "v", project: "p", slug: "s", root: "/r", heroku: "h", account: "a" },
  ...more,
});
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);

/** Steps of prod, confirmed and off, after what staging recorded. */
const after = (earlier: Partial<Earlier> | undefined) =>
  nextSteps("prod", record("confirmed"), {
    before: "staging",
    after: undefined,
    earlier: earlier && { record: undefined, readyAt: undefined, now, ...earlier },
  });
const promote = { command: "console-vault promote --from staging --to prod" };

describe("after an update of prod that confirmed everything, the next step", () => {
  it("is the promotion once staging has soaked, or where nothing is known of it", () => {
    expect(after({ record: record("soaking", {}, true), readyAt: hours(-1) })).toEqual([promote]);
    expect(after({ record: record("soaked", {}, true), readyAt: now })).toEqual([promote]);
    expect(after(undefined)).toEqual([promote]);
  });

  it("is to look again while staging soaks, and says how long that takes", () => {
    expect(after({ record: record("soaking", {}, true), readyAt: hours(47.5) })).toEqual([
      {
        command: "console-vault status",
        because:
          "staging has 47 h 30 min of its soak left, until 2026-05-06T11:30:00.000Z; then console-vault promote --from staging --to prod",
      },
    ]);
  });

  it("is staging's own while its flag is off, something of it is not confirmed, or its soak has not begun", () => {
    const waiting = record("awaiting-provision", { waiting: ["A"] });
    expect(after({ record: waiting }).map(({ command }) => command)).toEqual([
      "console-vault provision A --env staging",
      "console-vault up --stack staging",
    ]);
    expect(after({ record: record("confirmed") })).toEqual([
      {
        command: "console-vault up --stack staging",
        setting: "console-vault:vaultEnvAware: true in Pulumi.staging.yaml",
        because: "the flag of prod follows staging's, which is off",
      },
    ]);
    const bad = record("soaking", { missing: ["A"], blocked: [{ code: "missing", name: "A" }] }, true);
    expect(after({ record: bad, readyAt: hours(-1) })[0]).toEqual({
      command: "console-vault rotate A --env staging",
      because: "staging is on and not all of it is confirmed",
    });
    expect(after({ record: record("soaking", {}, true) })[0]!.because).toBe("the soak of staging has not begun");
    expect(after({})[0]!.because).toBe("the flag of prod follows staging's, and staging was never updated");
  });
});
