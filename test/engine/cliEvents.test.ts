import { expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/index.js";
import { portEvents } from "../../src/engine/pulumi/events.js";

const at = { sequence: 0, timestamp: 0 };
const provider = "urn:pulumi:dev::p::pulumi:providers:widgets::default_5_3_2";
const done = (op: string, urn: string) =>
  ({ ...at, resOutputsEvent: { metadata: { op, urn, type: "" } } }) as unknown as EngineEvent;
const summary = (resourceChanges: object) => ({ ...at, summaryEvent: { resourceChanges } }) as unknown as EngineEvent;

/** What the port counts when the CLI counts so much beside a default provider that it did this to. */
function counts(op: string, resourceChanges: object) {
  const pass = portEvents();
  expect(pass(done(op, provider))).toBeUndefined();
  return pass(summary(resourceChanges))?.summaryEvent?.resourceChanges;
}

it("a default provider that is configured anew counts when there is nothing else", () => {
  expect(counts("update", { same: 2 })).toEqual({ same: 2, update: 1 });
  expect(counts("update", { same: 1, create: 1 })).toEqual({ same: 1, create: 1 });
});

it.each(["create", "same", "refresh", "delete"])("a default provider's %s does not count", (op) => {
  expect(counts(op, { same: 2 })).toEqual({ same: 2 });
});
