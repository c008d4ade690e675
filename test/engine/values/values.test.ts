import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyIgnoreChanges, applyReplaceOnChanges } from "../../../src/engine/embedded/deploy/diffing.js";
import { parsePropertyPath } from "../../../src/engine/embedded/deploy/propertyPath.js";
import { deserialize, serialize } from "../../../src/engine/embedded/state/properties.js";
import {
  annotateSecrets,
  computed,
  equal,
  hasComputed,
  hasSecrets,
  isObject,
  type Properties,
  reveal,
  Secret,
  type Value,
} from "../../../src/engine/embedded/values/values.js";
import { fromWire, type Json, toWire } from "../../../src/engine/embedded/values/wire.js";

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant<Value>(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string(),
    fc.constant<Value>(computed),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.string({ maxLength: 3 }).filter((key) => key !== "__proto__"),
      tie("value"),
      { maxKeys: 3 },
    ),
    tie("value").map((inner) => (inner instanceof Secret ? inner : new Secret(inner))),
  ),
}));

const json = (text: unknown): Json => JSON.parse(JSON.stringify(text)) as Json;
const crypter = { encrypt: (text: string) => `x${text}`, decrypt: (text: string) => text.slice(1) };

describe("values", () => {
  it("come back from the wire as they went", () => {
    fc.assert(fc.property(value, (v) => equal(fromWire(json(toWire(v, { secrets: true, references: true })), "v"), v)));
  });

  it("lose only their secrecy on a wire that knows no secrets", () => {
    fc.assert(
      fc.property(value, (v) => equal(fromWire(json(toWire(v, { secrets: false, references: true })), "v"), reveal(v))),
    );
  });

  it("are not copied where JSON says all of them, and are not touched where it does not", () => {
    fc.assert(
      fc.property(value, (v) => {
        const before = json(serialize(v, crypter));
        const options = { secrets: false, references: true };
        expect(toWire(v, options) === v).toBe(!hasSecrets(v) && !hasComputed(v));
        expect(json(serialize(v, crypter))).toEqual(before);
      }),
    );
  });

  it("keep a key that would be an object's prototype", () => {
    const odd = JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as Json;
    const around: Properties = { odd: fromWire(odd, "v"), s: new Secret("x") };
    expect(JSON.stringify(toWire(around, { secrets: false, references: true }))).toBe(
      '{"odd":{"__proto__":{"a":1},"b":2},"s":"x"}',
    );
  });

  it("come back from state as they went", () => {
    fc.assert(fc.property(value, (v) => equal(deserialize(json(serialize(v, crypter)), crypter, "v"), v)));
  });

  it("show nothing secret when they are printed", () => {
    expect(`${new Secret("hush")} ${JSON.stringify({ s: new Secret("hush") })}`).toBe('[secret] {"s":"[secret]"}');
  });

  it("equal themselves, and not what is secret where they are not", () => {
    fc.assert(fc.property(value, (v) => equal(v, v) && !equal(v, new Secret(v))));
  });
});

describe("secretness of a provider that knows none", () => {
  it("goes from the input of a key to its output, and into objects", () => {
    const outputs: Properties = { a: "x", b: { c: 1, d: 2 }, list: [1, 2], other: "o" };
    annotateSecrets(outputs, {
      a: new Secret("x"),
      b: { c: new Secret(1) },
      list: [1, new Secret(2)],
      absent: new Secret(1),
    });
    expect(outputs).toEqual({
      a: new Secret("x"),
      b: { c: new Secret(1), d: 2 },
      list: new Secret([1, 2]),
      other: "o",
    });
  });

  it("never gets lost on keys that both have", () => {
    const properties = fc.dictionary(fc.constantFrom("a", "b", "c"), value);
    fc.assert(
      fc.property(properties, properties, (inputs, outputs) => {
        annotateSecrets(outputs, inputs);
        for (const [key, input] of Object.entries(inputs)) {
          const output = outputs[key];
          if (output !== undefined && hasSecrets(input) && !(isObject(input) && isObject(output)))
            expect(hasSecrets(output)).toBe(true);
        }
      }),
    );
  });
});

describe("property paths", () => {
  it.each<[string, (string | number)[] | undefined]>([
    ["root", ["root"]],
    ["root.nested", ["root", "nested"]],
    ['root["odd.key"]', ["root", "odd.key"]],
    ['["a \\"quoted\\" key"][0].x', ['a "quoted" key', 0, "x"]],
    ["list[*].x", ["list", "*", "x"]],
    ["*", ["*"]],
    ["a[", undefined],
  ])("%s", (text, path) => {
    expect(parsePropertyPath(text)).toEqual(path);
  });

  it("put ignored changes back, also inside secrets and lists", () => {
    const olds: Properties = { a: 1, gone: 1, o: new Secret({ x: 1, y: 1 }), l: [{ x: 1 }, { x: 1 }] };
    const news: Properties = { a: 2, fresh: 2, o: new Secret({ x: 2, y: 2 }), l: [{ x: 2 }, { x: 2 }] };
    expect(applyIgnoreChanges(news, olds, ["a", "gone", "fresh", "o.x", "l[*].x"])).toEqual({
      inputs: { a: 1, gone: 1, o: new Secret({ x: 1, y: 2 }), l: [{ x: 1 }, { x: 1 }] },
      impossible: [],
    });
    expect(applyIgnoreChanges({ l: [1] }, { l: [1, 2] }, ["l[1]", "no.such"])).toEqual({
      inputs: { l: [1] },
      impossible: ["l[1]"],
    });
  });

  it("leave inputs alone that nothing is ignored of", () => {
    const properties = fc.dictionary(fc.constantFrom("a", "b"), value);
    fc.assert(
      fc.property(properties, properties, (news, olds) => {
        const { inputs } = applyIgnoreChanges(news, olds, ["*"]);
        expect(equal(inputs, olds)).toBe(true);
        expect(hasComputed(applyIgnoreChanges(news, olds, []).inputs)).toBe(hasComputed(news));
      }),
    );
  });

  it("turn named changes into replacements", () => {
    const diff = {
      changes: true,
      changedKeys: ["a", "b"],
      replaceKeys: [],
      deleteBeforeReplace: false,
      detailedDiff: {
        "a.x": { kind: "update" as const, inputDiff: false },
        b: { kind: "add" as const, inputDiff: false },
      },
    };
    expect(applyReplaceOnChanges(diff, ["a"], false)).toMatchObject({
      replaceKeys: ["a"],
      detailedDiff: { "a.x": { kind: "update-replace" }, b: { kind: "add" } },
    });
    expect(applyReplaceOnChanges({ ...diff, changes: false, changedKeys: [] }, ["#initerror"], true)).toMatchObject({
      changes: true,
      replaceKeys: ["#initerror"],
    });
  });
});
