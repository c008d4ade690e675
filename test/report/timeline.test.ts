import { describe, expect, test } from "vitest";
import { headline, type StatusReport, timelineOf } from "../../src/report/index.js";
import { awaitingProvision, drifted, fresh, soaking } from "./worlds.js";

const states = (report: StatusReport) => timelineOf(report).map(({ step, state }) => `${step}: ${state}`);

/** Staging's soak as it is `hours` after its start. */
const after = (hours: number): StatusReport => ({
  ...soaking,
  observedAt: new Date(Date.parse("2026-05-11T02:10:00.000Z") + hours * 3_600_000).toISOString(),
});

describe("the timeline", () => {
  test("begins with the folders", () => {
    expect(states(fresh).slice(0, 2)).toEqual(["folders: current", "placed: ahead"]);
    expect(timelineOf(fresh)[0]).toMatchObject({ detail: "0 of 8" });
  });

  test("counts what staging may never hold in no step", () => {
    expect(timelineOf(awaitingProvision)[1]).toMatchObject({ state: "current", detail: "11 of 14" });
  });

  test("counts a broken credential as placed, not as confirmed", () => {
    expect(timelineOf(awaitingProvision)[2]).toMatchObject({ detail: "10 of 14" });
  });

  test("shows a running soak as current although a copy is stale", () => {
    expect(states(soaking)).toEqual([
      "folders: done",
      "placed: done",
      "confirmed: current",
      "flag on: done",
      "soak: current",
      "promoted: ahead",
      "retired: ahead",
    ]);
  });

  test.each([
    [47.99, "current"],
    [48, "done"],
  ])("a soak of 48 h is, after %d h, %s", (hours, state) => {
    expect(timelineOf(after(hours))[4]).toMatchObject({ state, at: "2026-05-13T02:10:00.000Z" });
  });
});

describe("the headline", () => {
  const promoted: StatusReport = {
    ...soaking,
    credentials: soaking.credentials.map((one) => ({
      ...one,
      environments: one.environments.map((cell) => (cell.state === "never" ? cell : { ...cell, state: "confirmed" })),
    })),
    environments: soaking.environments.map((one) => ({
      ...one,
      phase: "soaked",
      flag: { ...one.flag, wanted: true, recorded: true, running: true },
    })),
  };
  test.each([
    ["nothing was run", fresh, "Nothing has been moved yet."],
    ["an operator is awaited", awaitingProvision, "3 credentials wait for an operator."],
    ["staging soaks", soaking, "Staging is soaking: 31 h 20 min of 48 h, 16 h 40 min left."],
    ["something changed", drifted, "2 things differ from what was last recorded."],
    ["something blocks", { ...drifted, drift: [] }, "Staging and prod cannot go on yet."],
    [
      "prod is on and a credential is not confirmed",
      { ...promoted, credentials: soaking.credentials },
      "The flags are on, and 1 of 16 are not confirmed.",
    ],
    [
      "the flags are on and no state of a stack is to be found",
      {
        ...promoted,
        environments: promoted.environments.map((one) => ({ ...one, flag: { ...one.flag, recorded: null } })),
      },
      "The flag is on for staging and prod, and no state of that stack was found: nothing is known to be confirmed.",
    ],
    ["prod is on", promoted, "Every environment reads its own credentials."],
    [
      "the flat copies are gone",
      { ...promoted, environments: promoted.environments.map((one) => ({ ...one, phase: "retired" as const })) },
      "Done: every environment has its own credentials, and the flat copies are gone.",
    ],
  ])("when %s", (_, report, text) => {
    expect(headline(report).text).toBe(text);
  });
});
