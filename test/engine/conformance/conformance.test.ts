import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findCli } from "../../../src/engine/pulumi/index.js";
import { noCli, without } from "../../support/without.js";
import { runOnDisk } from "./onDisk.js";
import type { StepResult } from "./results.js";
import { scenarios } from "./scenarios.js";

// What the Pulumi CLI does in each scenario, recorded from the real one (CONSOLE_VAULT_RECORD=1 with a CLI at hand writes it anew).
const goldenPath = fileURLToPath(new URL("./golden.json", import.meta.url));
const golden = JSON.parse(readFileSync(goldenPath, "utf8")) as Record<string, StepResult[]>;
const cli = await findCli({ projectDir: process.cwd(), stack: "dev" });
const record = process.env.CONSOLE_VAULT_RECORD === "1" && cli !== undefined;
const only = process.env.CONSOLE_VAULT_SCENARIO;

/** Scenarios that go through the SDK's own program and provider processes too. */
const throughProcesses = [
  "a resource is created, left alone, updated, replaced and deleted",
  "a creation that fails stops what depends on it, and the next run goes on from there",
  "secrets stay secret in inputs, outputs and the stack's outputs",
  "groups are created, updated and deleted with what they hold",
  "a stack can refer to itself as it was",
  "a resource that was only partly made is kept, and made right by the next update",
];

describe("the embedded engine does what the Pulumi CLI did, with real programs", () => {
  it.each(scenarios.filter(({ name }) => throughProcesses.includes(name)))("$name", async (scenario) => {
    expect(await runOnDisk("embedded", scenario)).toEqual(golden[scenario.name]);
  });
});

describe.skipIf(without("the Pulumi CLI's conformance", cli ? undefined : noCli))(
  `the Pulumi CLI still does so ${cli?.found}`,
  () => {
    it.each(scenarios.filter(({ name }) => only === undefined || name.includes(only)))(
      "$name",
      { timeout: 600_000 },
      async (scenario) => {
        const results = await runOnDisk("pulumi", scenario);
        if (record) {
          golden[scenario.name] = results;
          const known = scenarios
            .filter(({ name }) => golden[name] !== undefined)
            .map(({ name }) => [name, golden[name]]);
          await writeFile(goldenPath, `${JSON.stringify(Object.fromEntries(known), null, 1)}\n`);
        }
        expect(results).toEqual(golden[scenario.name]);
      },
    );
  },
);
