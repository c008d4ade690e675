// Which apps a rotation sets, decided from what each has.
import { describe, expect, it } from "vitest";
import { consoleCatalog, credentialOf } from "../../src/catalog/index.js";
import { type AppFacts, decideApp, previousValue } from "../../src/rotation/index.js";
import { SecretValue } from "../../src/secret.js";

const of = (text: string) => SecretValue.of(text);
const [fresh, old, other] = [of("rk_live_new"), of("rk_live_old"), of("rk_live_other")];
const stripe = credentialOf(consoleCatalog, "STRIPE_RESTRICTED_KEY");
const facts: AppFacts = {
  value: fresh,
  current: old,
  own: false,
  managed: false,
  environmentValue: undefined,
  previous: { is: "known", values: [old] },
  barred: false,
  also: false,
};
const decide = (changes: Partial<AppFacts>) => {
  const step = decideApp(stripe, { ...facts, ...changes });
  return step.is === "keeps" ? step.why : step.is;
};

describe("an app of another environment", () => {
  it.each<[string, Partial<AppFacts>, string]>([
    ["that had the path's value is set", {}, "set"],
    ["that had another one keeps it", { current: other }, "another value"],
    ["without the var is left alone, managed or not", { current: undefined, managed: true }, "does not use it"],
    ["that has the new value is done", { current: fresh }, "had it"],
    ["with its environment's own value keeps it", { current: other, environmentValue: other }, "own value"],
    ["whose environment's own value is the path's is set", { environmentValue: old }, "set"],
    ["keeps what an earlier run has decided about", { previous: { is: "decided" } }, "another value"],
    ["that has what the own apps still have is set", { previous: { is: "left", values: [old] } }, "set"],
    ["may have had the path's value", { current: other, previous: { is: "left", values: [old] } }, "unknown"],
    ["gets the value by an operator's word", { current: other, also: true }, "set"],
    ["with a live key already gets a live one", { barred: true }, "set"],
    ["with a test key never gets a live one", { barred: true, also: true, current: of("rk_test_own") }, "format"],
    ["with a key of no known kind neither", { barred: true, current: of("sk_own") }, "format"],
  ])("%s", (_, changes, expected) => expect(decide(changes)).toBe(expected));
});

describe("an app of the rotated environment", () => {
  it.each<[string, Partial<AppFacts>, string]>([
    ["is set whatever it had", { current: other }, "set"],
    ["is set where it manages the name and has none", { current: undefined, managed: true }, "set"],
    [
      "does not get a key of another kind than its environment's",
      { barred: true, current: of("rk_test_own") },
      "format",
    ],
    [
      "does not get its first one of another kind either",
      { barred: true, current: undefined, managed: true },
      "format",
    ],
  ])("%s", (_, changes, expected) => expect(decide({ own: true, ...changes })).toBe(expected));
});

describe("the path's previous value", () => {
  it("is what is there, until it is the new one", () => {
    expect(previousValue(fresh, old, [other])).toEqual({ is: "known", values: [old] });
    expect(previousValue(fresh, undefined, [other])).toEqual({ is: "known", values: [] });
  });

  it("is then what the own apps still have, unless one of them has the new value", () => {
    expect(previousValue(fresh, fresh, [old, undefined])).toEqual({ is: "left", values: [old] });
    expect(previousValue(fresh, fresh, [old, fresh])).toEqual({ is: "decided" });
  });
});
