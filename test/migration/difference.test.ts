import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { type ComparedEnvironment, compareEnvironments, foldersToCompare } from "../../src/migration/index.js";
import { SecretValue } from "../../src/secret.js";

const name = "POSTMARK_SERVER_TOKEN";
const folder = "/MooseQuest/postmark/";
const row = (path: string, value: string, id = "a", at = name) => ({
  name: at,
  path,
  revision: `${id}@1`,
  value: SecretValue.of(value),
  comment: "",
  metadata: [],
  tagIds: [],
  updatedAt: new Date(0),
});
const side = (environment: string, more: Partial<ComparedEnvironment> = {}): ComparedEnvironment => ({
  environment,
  root: "/MooseQuest",
  rows: [],
  hidden: new Set(),
  overrides: [],
  ...more,
});
const compared = (one: ComparedEnvironment, other: ComparedEnvironment, samePlace = true, at = name) =>
  compareEnvironments(consoleCatalog, [one, other], samePlace).find((found) => found.name === at)!;

describe("two environments", () => {
  it("a name with two secrets is unknown, whatever they hold", () => {
    const twice = side("staging", { rows: [row(`${folder}staging/`, "one"), row(`${folder}staging/`, "one", "b")] });
    const prod = side("prod", { rows: [row(`${folder}prod/`, "two")] });
    expect(compared(twice, prod)).toMatchObject({ state: "unreadable", unreadable: ["staging"], problem: "duplicate" });
  });

  it("an unreadable folder is unknown also where the other environment has no value", () => {
    const hidden = side("prod", { hidden: new Set([`${folder}prod/`]) });
    expect(compared(side("staging"), hidden)).toMatchObject({
      state: "unreadable",
      missing: ["staging"],
      unreadable: ["prod"],
      problem: "unreadable",
    });
  });

  it("a live key where it must never be is a problem though the other side is unknown", () => {
    const key = "ALPACA_LIVE_API_KEY_ID";
    const staging = side("staging", { rows: [row("/MooseQuest/alpaca/staging/", "AK", "a", key)] });
    const prod = side("prod", { hidden: new Set(["/MooseQuest/alpaca/prod/"]) });
    expect(compared(staging, prod, true, key)).toMatchObject({ state: "unreadable", problem: "must-not-hold" });
  });

  it("an override may be tied to the flat value that was copied", () => {
    const overrides = [{ name, rule: "distinct" as const, token: "flat@1", reason: "one server until May" }];
    const staging = side("staging", { rows: [row(`${folder}staging/`, "one", "s")] });
    const prod = side("prod", { rows: [row(`${folder}prod/`, "one", "p"), row(folder, "one", "flat")], overrides });
    expect(compared(staging, { ...prod, overrides: [] }).problem).toBe("must-differ");
    expect(compared(staging, prod).problem).toBe(null);
    expect(foldersToCompare(consoleCatalog, prod, true)).toContain(folder);
    expect(foldersToCompare(consoleCatalog, staging, true)).not.toContain(folder);
  });

  it("shared credentials are compared only where the two environments work in two places", () => {
    const key = "SLACK_BOT_TOKEN";
    const { vendor } = consoleCatalog.credentials.find((one) => one.name === key)!;
    const staging = side("staging", { root: "/Staging", rows: [row(`/Staging/${vendor}/`, "one", "a", key)] });
    const prod = side("prod", { rows: [row(`/MooseQuest/${vendor}/`, "two", "b", key)] });
    expect(compared(staging, prod, false, key)).toMatchObject({ state: "different", problem: "must-be-equal" });
    expect(compared(staging, prod, true, key)).toBeUndefined();
  });

  it("says the same in either order, and nothing of a value", () => {
    const value = fc.option(fc.constantFrom("first-secret-value", "second-secret-value"), { nil: undefined });
    const seen = (environment: string) =>
      fc.record({ value, hidden: fc.boolean() }).map(({ value, hidden }) =>
        side(environment, {
          rows: hidden || value === undefined ? [] : [row(`${folder}${environment}/`, value)],
          hidden: new Set(hidden ? [`${folder}${environment}/`] : []),
        }),
      );
    fc.assert(
      fc.property(seen("staging"), seen("prod"), (staging, prod) => {
        const [one, other] = [compared(staging, prod), compared(prod, staging)];
        expect([one.state, one.problem]).toEqual([other.state, other.problem]);
        expect(new Set(one.missing)).toEqual(new Set(other.missing));
        expect(one.state === "unreadable").toBe(staging.hidden.size + prod.hidden.size > 0);
        expect(JSON.stringify(one)).not.toContain("secret-value");
      }),
    );
  });
});
