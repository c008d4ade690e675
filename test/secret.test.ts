import { format, inspect } from "node:util";
import { serialize } from "node:v8";
import { MessageChannel } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretValue } from "../src/secret.js";

const MARK = "marked-value-7c1f";
const secret = SecretValue.of(MARK);

describe("a secret value does not print", () => {
  const ways: Record<string, () => string> = {
    "String()": () => String(secret),
    "a template": () => `${secret}`,
    "a character list": () => [...String(secret)].join(""),
    "JSON.stringify": () => JSON.stringify(secret),
    "JSON.stringify inside an object": () => JSON.stringify({ deep: [{ secret }] }),
    inspect: () => inspect(secret),
    "inspect with everything shown": () => inspect({ secret }, { showHidden: true, depth: null, getters: true }),
    "inspect without custom inspection": () => inspect(secret, { customInspect: false, showHidden: true, depth: null }),
    "console's format": () => format("%s %o %j", secret, secret, secret),
    "an error's message": () => new Error(`refused ${secret}`).message,
    "its own keys and values": () => JSON.stringify([Reflect.ownKeys(secret).map(String), Object.entries(secret)]),
    "a spread copy": () => inspect({ ...secret }, { showHidden: true, depth: null }),
  };
  for (const [way, print] of Object.entries(ways)) {
    it(`through ${way}`, () => {
      expect(print()).not.toContain(MARK);
    });
  }

  it("and says what it is instead", () => {
    expect(`${secret} ${inspect(secret)} ${JSON.stringify(secret)}`).toBe('[secret] [secret] "[secret]"');
  });

  it("nor does it become a number that tells about the value", () => {
    expect(Number(SecretValue.of("42"))).toBeNaN();
  });
});

describe("a secret value does not travel", () => {
  it("structuredClone throws, without the value", () => {
    expect(() => structuredClone(secret)).toThrowError(/could not be cloned/);
    expect(() => structuredClone({ secret })).toThrowError(expect.not.stringContaining(MARK));
  });

  it("v8.serialize and postMessage throw", () => {
    const { port1, port2 } = new MessageChannel();
    expect(() => serialize({ secret })).toThrowError(/could not be cloned/);
    expect(() => port1.postMessage(secret)).toThrowError(/could not be cloned/);
    port1.close();
    port2.close();
  });
});

describe("a secret value can be used", () => {
  it("gives back exactly what went in", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => SecretValue.of(value).reveal() === value));
  });

  it("is equal to another one exactly when the strings are", () => {
    const value = fc.string({ unit: "binary", maxLength: 3 });
    fc.assert(
      fc.property(value, value, (a, b) => SecretValue.of(a).equals(SecretValue.of(b)) === (a === b)),
      {
        examples: [
          ["", ""],
          ["\ud800", "\ud801"],
          ["a", "a "],
        ],
      },
    );
  });

  it("is recognised, and nothing that only looks like one is", () => {
    const lookalike = { ...secret, reveal: () => MARK, equals: () => true };
    expect(SecretValue.is(secret)).toBe(true);
    for (const other of [MARK, lookalike, Object.create(SecretValue.prototype), null, undefined, 1, () => secret]) {
      expect(SecretValue.is(other)).toBe(false);
    }
  });

  it("is not made of anything but a string", () => {
    const wrong = { key: MARK } as unknown as string;
    expect(() => SecretValue.of(wrong)).toThrowError("A SecretValue is made of a string, not of object.");
  });

  it("is a type of its own: neither a string nor a lookalike compiles in its place", () => {
    const reveal = (value: SecretValue) => value.reveal();
    // @ts-expect-error a plain string is not a SecretValue
    expect(() => reveal(MARK)).toThrow();
    // @ts-expect-error an object of the same shape is not one either
    expect(reveal({ reveal: () => "shape", equals: () => true, toJSON: () => "" })).toBe("shape");
  });
});
