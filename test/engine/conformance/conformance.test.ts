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
  "timeouts are kept in state",
];

describe("the embedded engine does what the Pulumi CLI did, with real programs", () => {
  it.each(scenarios.filter(({ name }) => throughProcesses.includes(name)))("$name", async (scenario) => {
    expect(await runOnDisk("embedded", scenario)).toEqual(golden[scenario.name]);
  });
});

/** Before an `up` this engine runs the program once dry: what fails then is not begun, and what is read is read twice. */
const dryRunShows = [
  "inputs that the provider does not accept stop the update before anything of the resource is touched",
  "protected resources are neither deleted nor replaced, and their siblings go",
  "targets limit an update to what they name",
  "a refresh takes over what was changed in the world",
  "a refresh in front of an update makes what is gone",
  "what depends on a new resource that targets leave out fails, unless it is left out too",
  "a refresh before an update reads what is named, and nothing else",
  "a resource that is read belongs to nobody",
  "a dynamic provider that finds nothing to read has read nothing",
  "a resource that was read can become one's own, and the other way round",
  "a program that fails after it has declared everything deletes nothing",
];

describe("the embedded engine does what the Pulumi CLI did, with the same programs in its own process", () => {
  it.each(scenarios.filter(({ name }) => !dryRunShows.includes(name)))("$name", async (scenario) => {
    expect(await runOnDisk("embedded", scenario, true)).toEqual(golden[scenario.name]);
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
