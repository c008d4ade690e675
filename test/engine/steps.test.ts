import { describe, expect, it } from "vitest";
import { type EngineEvent, stepOf, stepsOf } from "../../src/engine/index.js";

const urn = (name: string) => `urn:pulumi:dev::p::t:m:T::${name}`;
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Metadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];
const state = (name: string, inputs: Record<string, unknown>) => ({
  type: "t:m:T",
  urn: urn(name),
  id: "",
  parent: "",
  provider: "",
  inputs,
  outputs: {},
});
const metadata = (op: string, name: string, more: Partial<Metadata> = {}): Metadata =>
  ({ op, urn: urn(name), type: "t:m:T", provider: "", ...more }) as Metadata;
const before = (data: Metadata, planning = false): EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  resourcePreEvent: { metadata: data, planning },
});
const after = (data: Metadata): EngineEvent => ({ sequence: 0, timestamp: 0, resOutputsEvent: { metadata: data } });
const failed = (data: Metadata): EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  resOpFailedEvent: { metadata: data, status: 0, steps: 0 },
});

describe("steps out of events", () => {
  it("stand once each, in their order, with what became of them", () => {
    const events = [
      before(metadata("create", "a")),
      before(metadata("update", "b")),
      after(metadata("create", "a")),
      failed(metadata("update", "b")),
      before(metadata("delete", "c")),
    ];
    expect(stepsOf(events).map(({ op, name, status }) => [op, name, status])).toEqual([
      ["create", "a", "done"],
      ["update", "b", "failed"],
      ["delete", "c", "running"],
    ]);
  });

  it("are plans in a preview", () => {
    expect(stepsOf([before(metadata("create", "a"), true)])).toMatchObject([{ op: "create", status: "planned" }]);
  });

  it("know a replacement as one step", () => {
    const events = ["create-replacement", "replace", "delete-replaced"].map((op) => before(metadata(op, "a")));
    expect(stepsOf(events).map(({ op }) => op)).toEqual(["replace"]);
  });

  it("turn a refresh into what it found", () => {
    const events = [before(metadata("refresh", "a")), after(metadata("update", "a"))];
    expect(stepsOf(events)).toMatchObject([{ op: "update", status: "done" }]);
  });

  it("name what changes, with secrets and unknowns as words and without code", () => {
    const data = metadata("replace", "a", {
      old: state("a", { same: 1, gone: "x", changed: { deep: [1] }, hidden: secret, __provider: "code" }),
      new: state("a", { same: 1, changed: { deep: [2] }, hidden: secret, later: unknown, __provider: "other code" }),
      keys: ["changed"],
      detailedDiff: { "hidden.inner": { diffKind: "update" as never, inputDiff: false } },
    });
    expect(stepOf(before(data))?.diffs).toEqual([
      { key: "gone", before: "x", after: undefined, replaces: false },
      { key: "changed", before: { deep: [1] }, after: { deep: [2] }, replaces: true },
      { key: "hidden", before: "[secret]", after: "[secret]", replaces: false },
      { key: "later", before: undefined, after: "[unknown]", replaces: false },
    ]);
  });

  it("show all inputs of something new, and are not made of other events", () => {
    const data = metadata("create", "a::b", { new: state("a::b", { x: null }) });
    expect(stepOf(before(data))).toEqual({
      op: "create",
      urn: urn("a::b"),
      type: "t:m:T",
      name: "a::b",
      diffs: [{ key: "x", before: undefined, after: null, replaces: false }],
    });
    expect(stepOf({ sequence: 0, timestamp: 0, cancelEvent: {} })).toBeUndefined();
  });
});
