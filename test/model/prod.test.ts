// The second half of the road: from staging's soak to retired flat copies, and back.
import { expect, it } from "vitest";
import { shortWaits } from "../support/shortWaits.js";
import type { Stage } from "./chance.js";
import { checkModel } from "./model.js";
import { tally } from "./tally.js";

const prodStages: readonly Stage[] = [
  "staging soaked",
  "prod on",
  "prod on and rotated",
  "flat copies retired",
  "flat copies retired, on another laptop",
];

// What the clients wait between two tries passes a hundred times faster.
shortWaits((ms) => Math.min(ms / 100, 5));

it("no sequence of events from staging's soak to retirement and back loses or leaks a value, turns a flag on too early or does a thing twice", {
  timeout: 3_600_000,
}, async () => {
  await checkModel(prodStages, 0.5);
  for (const often of [
    "prod's flag turned on by promote",
    "prod's flag turned off by rollback",
    "flat copies retired",
    "vars set on apps",
  ])
    expect(tally.get(often) ?? 0, often).toBeGreaterThan(1);
});
