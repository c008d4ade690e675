import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CopyRecord, place, type VaultRow } from "../../src/migration/index.js";
import { SecretValue } from "../../src/secret.js";

const row = (value: string, token: string, path = "/MooseQuest/heroku/"): VaultRow => ({
  name: "HEROKU_API_KEY",
  path,
  revision: token,
  value: SecretValue.of(value),
  comment: "",
  metadata: [],
  tagIds: [],
  updatedAt: new Date(0),
});
const flat = (value: string, token = "f@1") => [row(value, token)];
const target = (value: string, token = "t@1") => [row(value, token, "/MooseQuest/heroku/prod/")];
const copy = { source: "copy" as const, authority: "flat" as const, flat: [], target: [], record: undefined };
const provision = { ...copy, source: "provision" as const };

describe("a copied credential while the flag is off", () => {
  it("is created where only the flat path has it", () => {
    expect(place({ ...copy, flat: flat("a") }).is).toBe("create");
  });
  it("is kept where it equals its source, whoever wrote it", () => {
    expect(place({ ...copy, flat: flat("a"), target: target("a") })).toMatchObject({
      is: "keep",
      record: { wrote: "t@1", from: "f@1" },
    });
  });
  it("follows its source as long as it is as we wrote it", () => {
    const record: CopyRecord = { wrote: "t@1", from: "f@1" };
    expect(place({ ...copy, flat: flat("b", "f@2"), target: target("a"), record }).is).toBe("follow");
  });
  it("is a conflict where somebody else wrote another value", () => {
    const record: CopyRecord = { wrote: "t@1", from: "f@1" };
    expect(place({ ...copy, flat: flat("a"), target: target("x", "t@2"), record }).is).toBe("conflict");
    expect(place({ ...copy, flat: flat("a"), target: target("x") }).is).toBe("conflict");
  });
  it("is missing where nobody has it, and kept where only the environment path has it", () => {
    expect(place(copy).is).toBe("missing");
    expect(place({ ...copy, target: target("a") }).is).toBe("keep");
  });
  it("is not placed from or over several rows of one name", () => {
    expect(place({ ...copy, flat: [...flat("a"), ...flat("b", "g@1")] }).is).toBe("duplicate");
    expect(place({ ...copy, flat: flat("a"), target: [...target("a"), ...target("a", "u@1")] }).is).toBe("duplicate");
  });
});

it("a second flat row says nothing of a copy while the environment path is read", () => {
  const on = { ...copy, authority: "environment" as const, flat: [...flat("a"), ...flat("b", "g@1")] };
  expect(place({ ...on, target: target("a") }).is).toBe("keep");
  expect(place({ ...on, target: [...target("a"), ...target("a", "u@1")] }).is).toBe("duplicate");
});

describe("a provisioned credential", () => {
  it("waits for an operator, and is kept once written", () => {
    expect(place({ ...provision, flat: flat("a") }).is).toBe("waiting");
    expect(place({ ...provision, flat: flat("a"), target: target("x") }).is).toBe("keep");
  });
});

const anySight = fc.record({
  source: fc.constantFrom("copy" as const, "provision" as const),
  authority: fc.constantFrom("flat" as const, "environment" as const),
  flat: fc.array(
    fc.constantFrom("a", "b").map((value) => row(value, "f@1")),
    { maxLength: 2 },
  ),
  target: fc.array(
    fc.constantFrom("a", "b").map((value) => row(value, "t@1", "/MooseQuest/heroku/prod/")),
    { maxLength: 2 },
  ),
  record: fc.option(fc.record({ wrote: fc.constantFrom("t@1", "t@0"), from: fc.constant("f@0") }), { nil: undefined }),
});

describe("whatever is seen", () => {
  it("nothing is written while the environment path is read", () => {
    fc.assert(
      fc.property(anySight, (sight) => {
        const { is } = place({ ...sight, authority: "environment" });
        expect(["create", "follow"]).not.toContain(is);
      }),
    );
  });
  it("a value is overwritten only where it is our own copy of an older one", () => {
    fc.assert(
      fc.property(anySight, (sight) => {
        const placement = place(sight);
        if (sight.target.length > 0 && placement.is !== "keep")
          expect(["follow", "conflict", "duplicate"]).toContain(placement.is);
        if (placement.is === "follow") expect(sight.record?.wrote).toBe(sight.target[0]!.revision);
        if (placement.is === "create") expect(sight.target).toEqual([]);
      }),
    );
  });
});
