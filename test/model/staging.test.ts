// The first half of the road: from the flat vault to staging's soak.
import { expect, it } from "vitest";
import { shortWaits } from "../support/shortWaits.js";
import { checkModel } from "./model.js";
import { tally } from "./tally.js";

// What the clients wait between two tries passes a hundred times faster.
shortWaits((ms) => Math.min(ms / 100, 5));

it("no sequence of events up to staging's soak loses or leaks a value, turns a flag on too early or does a thing twice", {
  timeout: 3_600_000,
}, async () => {
  await checkModel(["the flat vault", "staging provisioned", "staging on"], 0.5);
  for (const often of [
    "staging's flag turned on by up",
    "staging's flag turned off by rollback",
    "copies that followed",
    "vars set on apps",
  ])
    expect(tally.get(often) ?? 0, often).toBeGreaterThan(0);
});
