// Which environment's flag follows which.
import { describe, expect, it } from "vitest";
import { type Catalog, consoleCatalog } from "../../src/catalog/index.js";
import { gatedBy, promotionOf } from "../../src/migration/index.js";

const withFlags = (...flagged: readonly string[]): Catalog => ({
  ...consoleCatalog,
  environments: ["first", "second", "third"].map((name) => ({
    name,
    source: "provision" as const,
    apps: flagged.includes(name) ? { console: `console-${name}` } : {},
  })),
});

const [order, none] = [["first", "second", "third"], {}];

describe("the pair of a promotion", () => {
  it.each<[string, readonly string[], Parameters<typeof promotionOf>[1], ReturnType<typeof promotionOf>]>([
    ["of two environments is never in doubt", ["first", "second"], none, { is: "pair", from: "first", to: "second" }],
    ["is implied by the one that has soaked", order, { from: "second" }, { is: "pair", from: "second", to: "third" }],
    ["is implied by the one that follows", order, { to: "second" }, { is: "pair", from: "first", to: "second" }],
    ["passes over one without a flag", ["first", "third"], { to: "third" }, { is: "pair", from: "first", to: "third" }],
    ["of three has to be said", order, none, { is: "not said", choices: ["second", "third"] }],
    [
      "never passes over one",
      order,
      { from: "first", to: "third" },
      { is: "not next", from: "first", to: "third", order },
    ],
    ["never goes back", order, { from: "third", to: "first" }, { is: "not next", from: "third", to: "first", order }],
    ["does not begin after the last", order, { from: "third" }, { is: "last", environment: "third", order }],
    ["does not end at the first", order, { to: "first" }, { is: "first", environment: "first", order }],
    ["needs two flags", ["second"], none, { is: "nothing to promote", only: "second" }],
  ])("%s", (_, flagged, given, expected) => expect(promotionOf(withFlags(...flagged), given)).toEqual(expected));

  it("is of the catalog's environments", () => {
    expect(() => promotionOf(withFlags(...order), { to: "fourth" })).toThrow(/fourth/);
  });
});

describe("the gate is asked", () => {
  const catalog = withFlags(...order);
  const second = { environment: "second", vaultEnvAware: true };

  it("about the environment before, for a flag that is wanted and not yet on", () => {
    expect(gatedBy(catalog, second, false)).toBe("first");
  });

  it("for no other flag", () => {
    expect(gatedBy(catalog, second, true)).toBeUndefined();
    expect(gatedBy(catalog, { ...second, vaultEnvAware: false }, false)).toBeUndefined();
    expect(gatedBy(catalog, { ...second, environment: "first" }, false)).toBeUndefined();
  });
});
