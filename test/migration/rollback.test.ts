// What a rollback looks at, writes into the stack's file, locks, and leaves behind.
import { describe, expect, it } from "vitest";
import {
  afterFailedRollback,
  locksForRollback,
  looksBack,
  looksBackAgain,
  mayBeOn,
  settingsForOff,
} from "../../src/migration/index.js";

const [off, on, unclear] = ["off", "on", "unclear"] as const;

it("the flag turns off on each app that is not plainly off", () => {
  expect(mayBeOn(new Map([...Object.entries({ a: on, b: off, c: unclear })]))).toEqual(["a", "c"]);
});

describe("the flat path", () => {
  it("is looked at while the flag is on, or to restore it", () => {
    expect([looksBack(false, true), looksBack(true, false), looksBack(false, false)]).toEqual([true, true, false]);
  });

  it("is looked at again under the lock, but for a vault that was passed over knowingly", () => {
    expect(looksBackAgain(false, true, { on: true, looked: true })).toBe(true);
    expect(looksBackAgain(false, true, { on: true, looked: false })).toBe(false);
    expect(looksBackAgain(true, false, { on: true, looked: false })).toBe(true);
  });

  it("is looked at first under the lock where the flag was off before it", () => {
    expect(looksBackAgain(false, true, { on: false, looked: false })).toBe(true);
  });
});

it("the stack's file asks for neither the flag nor the retirement, and no other key is touched", () => {
  expect(settingsForOff({ vaultEnvAware: true, retireFlat: true })).toEqual({
    vaultEnvAware: false,
    retireFlat: false,
  });
  expect(settingsForOff({ vaultEnvAware: true, retireFlat: false })).toEqual({ vaultEnvAware: false });
  expect(settingsForOff({ vaultEnvAware: false, retireFlat: false })).toEqual({});
});

describe("the locks", () => {
  const locks = (environment: string, options: Partial<Parameters<typeof locksForRollback>[2]> = {}) =>
    locksForRollback(environment, "prod", { readable: true, force: false, ...options });

  it("are the stack's own and that of the flat path's owner", () => {
    expect(locks("staging")).toEqual(["staging", "prod"]);
    expect(locks("prod")).toEqual(["prod"]);
  });

  it("are the stack's own only, where the flag has to go off at any price", () => {
    expect(locks("staging", { force: true })).toEqual(["staging"]);
  });

  it("are none where the state cannot be read", () => {
    expect(locks("staging", { readable: false })).toEqual([]);
  });
});

describe("a rollback that failed", () => {
  const readings = (...all: (readonly [string, "on" | "off" | "unclear"])[]) => new Map(all);

  it("before Heroku was asked for anything left the flag as it was", () => {
    expect(afterFailedRollback([], undefined)).toEqual({ is: "as it was" });
  });

  it("after it turned the flag off left it off", () => {
    expect(afterFailedRollback(["a"], readings(["a", "off"]))).toEqual({ is: "off" });
  });

  it("between two apps left it off on the first", () => {
    expect(afterFailedRollback(["a", "b"], readings(["a", "off"], ["b", "on"]))).toEqual({
      is: "partly",
      off: ["a"],
      on: ["b"],
    });
  });

  it("on a request that Heroku refused left it as it was", () => {
    expect(afterFailedRollback(["a"], readings(["a", "on"], ["b", "off"]))).toEqual({ is: "as it was" });
  });

  it("with Heroku silent left nobody knows what", () => {
    expect(afterFailedRollback(["a"], undefined)).toEqual({ is: "unknown" });
  });
});
