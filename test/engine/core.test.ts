import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runInProcess } from "./conformance/inProcess.js";
import type { StepResult } from "./conformance/results.js";
import { scenarios } from "./conformance/scenarios.js";

// Recorded from the real CLI: see conformance.test.ts, which holds real processes to the same.
const golden = JSON.parse(readFileSync(new URL("./conformance/golden.json", import.meta.url), "utf8")) as Record<
  string,
  StepResult[]
>;

describe("the engine's core does what the Pulumi CLI did", () => {
  it.each(scenarios)("$name", async (scenario) => {
    expect(await runInProcess(scenario)).toEqual(golden[scenario.name]);
  });
});
