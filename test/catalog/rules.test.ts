import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consoleCatalog,
  credentialOf,
  type Held,
  judge,
  looksLikeSecret,
  ruleWords,
  withOverrides,
} from "../../src/catalog/index.js";
import { SecretValue } from "../../src/secret.js";

const forbidden = ["ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"];
const held = (name: string, environment: string | undefined, value: string): Held => ({
  name,
  environment,
  path: environment ? `/MooseQuest/x/${environment}/` : "/MooseQuest/x/",
  value: SecretValue.of(value),
});
const rulesBroken = (name: string, environment: string, value: string, around: readonly Held[] = []) =>
  judge(
    { name, environment, value: SecretValue.of(value), rules: credentialOf(consoleCatalog, name).rules },
    { held: around, forbidden: environment === "staging" ? forbidden : [], fallback: "prod" },
  ).findings.map(({ rule }) => rule);

describe("the rules on values", () => {
  it.each([
    ["STRIPE_RESTRICTED_KEY", "staging", "rk_test_a", []],
    ["STRIPE_RESTRICTED_KEY", "staging", "rk_live_a", ["prefix"]],
    ["STRIPE_RESTRICTED_KEY", "staging", "something", ["prefix"]],
    ["STRIPE_RESTRICTED_KEY", "prod", "rk_live_a", []],
    ["STRIPE_RESTRICTED_KEY", "prod", "rk_test_a", ["prefix"]],
    ["ALPACA_PAPER_API_KEY_ID", "staging", "PKABC", []],
    ["ALPACA_PAPER_API_KEY_ID", "prod", "AKABC", ["prefix"]],
    ["ALPACA_LIVE_API_KEY_ID", "prod", "AKABC", []],
    ["ALPACA_LIVE_API_KEY_ID", "prod", "PKABC", ["prefix"]],
    ["HEROKU_API_KEY", "staging", "", ["empty"]],
    ["HEROKU_API_KEY", "staging", "a${B}c", ["reference"]],
    ["HEROKU_API_KEY", "staging", " a", ["blanks"]],
    ["HEROKU_API_KEY", "staging", "a\r\n", ["blanks"]],
    ["HEROKU_API_KEY", "staging", "a\n", []],
  ])("%s on %s with %s breaks %j", (name, environment, value, broken) => {
    expect(rulesBroken(name, environment, value)).toEqual(broken);
  });

  it.each([
    ["prod", "0b7e3d52-9c1f-4a68-8f5d-2f1c9e6a7b30", []],
    ["prod", "0B7E3D52-9C1F-4A68-8F5D-2F1C9E6A7B30", []],
    ["prod", "0b7e3d529c1f4a688f5d2f1c9e6a7b30", ["format"]],
    ["prod", "{0b7e3d52-9c1f-4a68-8f5d-2f1c9e6a7b30}", ["format"]],
    ["prod", "0b7e3d52-9c1f-4a68-8f5d-2f1c9e6a7b30\n", ["format"]],
    ["prod", "0b7e3d52-9c1f-4a68-8f5d-2f1c9e6a7b3g", ["format"]],
    ["staging", "POSTMARK_API_TEST", []],
  ])("a UUID is required on prod: on %s %j breaks %j", (environment, text, broken) => {
    const rules = [{ rule: "format", format: "uuid", environments: ["prod"] }] as const;
    const subject = { name: "TOKEN", environment, value: SecretValue.of(text), rules };
    const { findings } = judge(subject, { held: [], forbidden: [], fallback: "prod" });
    expect(findings.map(({ rule }) => rule)).toEqual(broken);
    for (const finding of findings) {
      const why = ruleWords(finding);
      expect(why).toBe("the value is not a UUID, which prod requires");
      expect(why).not.toContain(text.trim());
    }
  });

  it("staging never holds a live Alpaca credential, under its own name or another", () => {
    expect(rulesBroken("ALPACA_LIVE_API_KEY_ID", "staging", "AKABC")).toContain("never-in");
    const live = held("ALPACA_LIVE_API_SECRET_KEY", undefined, "live secret");
    expect(rulesBroken("ALPACA_PAPER_API_SECRET_KEY", "staging", "live secret", [live])).toContain("never-in");
    expect(rulesBroken("POSTMARK_SERVER_TOKEN", "staging", "live secret", [live])).toContain("never-in");
  });

  it("Alpaca's paper and live secrets never change places", () => {
    const live = held("ALPACA_LIVE_API_SECRET_KEY", "prod", "live secret");
    expect(rulesBroken("ALPACA_PAPER_API_SECRET_KEY", "prod", "live secret", [live])).toEqual(["not-value-of"]);
  });

  it("staging's value differs from prod's, wherever prod's is", () => {
    for (const environment of [undefined, "prod"]) {
      const other = held("HEROKU_API_KEY", environment, "same");
      expect(rulesBroken("HEROKU_API_KEY", "staging", "same", [other])).toEqual(["distinct"]);
      expect(rulesBroken("HEROKU_API_KEY", "staging", "other", [other])).toEqual([]);
    }
  });

  it("prod's copy may equal the flat value, which is prod's", () => {
    expect(rulesBroken("HEROKU_API_KEY", "prod", "same", [held("HEROKU_API_KEY", undefined, "same")])).toEqual([]);
  });

  it("says when distinct could not be checked", () => {
    const subject = {
      name: "HEROKU_API_KEY",
      environment: "staging",
      value: SecretValue.of("a"),
      rules: [{ rule: "distinct" as const }],
    };
    const around = { forbidden: [], fallback: "prod" };
    expect(judge(subject, { ...around, held: [] }).distinct).toBe("unchecked");
    expect(judge(subject, { ...around, held: [held("HEROKU_API_KEY", undefined, "b")] }).distinct).toBe("checked");
  });

  it("never repeats a value in a finding", () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.constantFrom(...consoleCatalog.credentials.map(({ name }) => name)),
        fc.constantFrom("staging", "prod"),
        (value, name, environment) => {
          const { findings } = judge(
            { name, environment, value: SecretValue.of(value), rules: credentialOf(consoleCatalog, name).rules },
            {
              held: consoleCatalog.credentials.map((one) => held(one.name, undefined, value)),
              forbidden,
              fallback: "prod",
            },
          );
          expect(JSON.stringify(findings)).not.toContain(value);
        },
      ),
    );
  });
});

describe("an override", () => {
  const finding = { name: "STRIPE_RESTRICTED_KEY", rule: "prefix" as const, why: "" };
  const override = {
    name: "STRIPE_RESTRICTED_KEY",
    rule: "prefix" as const,
    token: "id@1",
    reason: "a key of the new form",
  };

  it("lets one finding pass for one value", () => {
    expect(withOverrides([finding], [override], ["id@1"])).toEqual({ standing: [], overridden: [override] });
    expect(withOverrides([finding], [override], ["id@2"])).toEqual({ standing: [finding], overridden: [] });
  });

  it.each([
    "rk_live_abc",
    "the key is AKIA1234567890ABCDEF",
    "c3b1a9e47f0d4c5aa1b2",
    "xoxb-1-2",
    "the key:rk_live_51Habcdefgh12345678",
    "token:HRKU-x",
    "key=rk_live_abc",
    "[rk_live_abc]",
    "‹sk_live_abc>",
    "see|c3b1a9e47f0d4c5aa1b2|there",
    "https://hooks.example/services/c3b1a9e47f0d4c5aa1b2",
  ])("has a reason that may not look like a secret: %s", (text) => {
    expect(looksLikeSecret(text)).toBe(true);
  });
  it.each([
    "Stripe changed its prefix in October",
    "agreed with the owner in PR-468",
    "see https://github.com/raxx/console/pull/468, of 2026-11-23T20:38:17Z",
  ])("has a reason in words: %s", (text) => {
    expect(looksLikeSecret(text)).toBe(false);
  });
});
