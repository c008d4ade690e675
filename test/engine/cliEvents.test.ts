import { expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/index.js";
import { portEvents } from "../../src/engine/pulumi/events.js";

const at = { sequence: 0, timestamp: 0 };
const provider = "urn:pulumi:dev::p::pulumi:providers:widgets::default_5_3_2";
const done = (op: string, urn: string) =>
  ({ ...at, resOutputsEvent: { metadata: { op, urn, type: "" } } }) as unknown as EngineEvent;
const summary = (resourceChanges: object) => ({ ...at, summaryEvent: { resourceChanges } }) as unknown as EngineEvent;

it("a default provider is not shown, and counts when it is configured anew", () => {
  const pass = portEvents();
  expect(["refresh", "update"].map((op) => pass(done(op, provider)))).toEqual([undefined, undefined]);
  expect(pass(summary({ same: 2 }))).toEqual(summary({ same: 2, update: 1 }));
});

it("a default provider that is made, or goes, is no change", () => {
  const pass = portEvents();
  for (const op of ["create", "same", "delete"]) pass(done(op, provider));
  expect(pass(summary({ same: 2 }))).toEqual(summary({ same: 2 }));
});
