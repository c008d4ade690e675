// Rules on a value's form: pattern, length, format, expiry. And what vendors document, in console-vault/rules.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import jwt from "jsonwebtoken";
import { describe, expect, it } from "vitest";
import { consoleCatalog, defineCatalog, judge, type Rule, ruleSchema, ruleWords } from "../../src/catalog/index.js";
import { matches, maxMatchedLength, patternProblem } from "../../src/catalog/pattern.js";
import * as vendors from "../../src/catalog/vendors.js";
import { SecretValue } from "../../src/secret.js";

const now = new Date("2026-11-27T12:00:00Z");

function broken(rules: readonly Rule[], text: string, environment = "prod", clock: Date | undefined = now) {
  const subject = { name: "TOKEN", environment, value: SecretValue.of(text), rules };
  return judge(subject, { held: [], forbidden: [], fallback: "prod", ...(clock ? { now: clock } : {}) }).findings;
}
const passes = (rules: readonly Rule[], text: string, environment?: string) =>
  broken(rules, text, environment).length === 0;
const only = (rule: Rule): Rule[] => [rule];
const prod = ["prod"];

describe("a pattern", () => {
  it.each([
    ["AC[0-9a-f]{32}", undefined],
    ["a|b{2,4}", undefined],
    ["\\d{4}-\\w+", undefined],
    ["(a+)+", "groups"],
    ["^a$", "no ^"],
    ["a.*", "cannot have"],
    ["a+b+c+", "more than 2"],
    ["a{2,}b?c*", "more than 2"],
    ["a||b", "empty"],
    ["", "empty"],
    ["[z-a]", "no regular expression"],
    ["a{3,1}", "no regular expression"],
    ["\\1", "cannot have"],
    ["[", "cannot have"],
    ["+", "cannot have"],
  ])("%j: %s", (source, problem) => {
    if (problem === undefined) expect(patternProblem(source)).toBeUndefined();
    else expect(patternProblem(source)).toContain(problem);
  });

  it("means the whole value, alternatives included", () => {
    expect(matches("a|b", "a")).toBe(true);
    for (const text of ["ab", "xa", "bx", "a\n"]) expect(matches("a|b", text)).toBe(false);
  });

  it("that is not allowed matches nothing, wherever it comes from", () => {
    expect(matches("(a)", "a")).toBe(false);
    expect(matches("a+", "a".repeat(maxMatchedLength + 1))).toBe(false);
  });

  const part = fc.constantFrom("a", "b", "[ab]", "\\w", "[^b]", "a+", "a*", "\\w+", "[ab]{2,9}", "b{3}", "|", "a?");
  it("that is allowed takes no second for any value", () => {
    const source = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
    const value = fc
      .tuple(fc.constantFrom("a", "b", "ab", "aab"), fc.constantFrom("", "b", "!"))
      .map(([unit, end]) => unit.repeat(maxMatchedLength / unit.length - 1).concat(end));
    fc.assert(
      fc.property(source, value, (pattern, text) => {
        if (patternProblem(pattern) !== undefined) return;
        const began = performance.now();
        matches(pattern, text);
        expect(performance.now() - began).toBeLessThan(1000);
      }),
      { numRuns: 200 },
    );
  });

  it("never makes anything but a yes or no of a text that is a pattern or none", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.string(), (source, text) => {
        expect(typeof matches(source, text)).toBe("boolean");
        if (matches(source, text)) expect(patternProblem(source)).toBeUndefined();
      }),
    );
  });
});

describe("a length", () => {
  it("counts the value's characters, both ends included", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 99 }),
        (min, more, size) => {
          const rule: Rule = { rule: "length", min, max: min + more, environments: prod };
          expect(passes([rule], "x".repeat(size))).toBe(size >= min && size <= min + more);
          expect(passes([rule], "x".repeat(size), "staging")).toBe(true);
        },
      ),
    );
  });
  it("is said in words", () => {
    const why = (rule: Partial<Extract<Rule, { rule: "length" }>>) =>
      broken([{ rule: "length", environments: prod, ...rule }], "xxxxx").map(ruleWords)[0];
    expect(why({ min: 6 })).toBe("the value has not at least 6 characters, which prod requires");
    expect(why({ min: 4, max: 4 })).toBe("the value has not exactly 4 characters, which prod requires");
    expect(why({ max: 4 })).toBe("the value has not at most 4 characters, which prod requires");
  });
});

const pem = "-----BEGIN CERTIFICATE-----\nAAAA\nBB==\n-----END CERTIFICATE-----\n";
describe("a format", () => {
  it.each([
    ["json", '{"a":1}', true],
    ["json", "[]", true],
    ["json", "1", false],
    ["json", "null", false],
    ["json", "{", false],
    ["pem", pem, true],
    ["pem", `${pem}${pem.replaceAll("CERTIFICATE", "PRIVATE KEY")}`, true],
    ["pem", "-----BEGIN A-----\nAAAA\n-----END B-----", false],
    ["pem", "-----BEGIN A-----\nAAAA", false],
    ["pem", "AAAA", false],
    ["pem", `x\n${pem}`, false],
    ["url", "https://example.com/x", true],
    ["url", "postgres://user:pass@db:5432/x", true],
    ["url", "https:///x", false],
    ["url", "mailto:a@example.com", false],
    ["url", "example.com", false],
    ["url", "https://exa mple.com", false],
  ] as const)("%s takes %j: %s", (format, text, accepted) => {
    expect(passes([{ rule: "format", format, environments: prod }], text)).toBe(accepted);
  });
  it("of JSON takes every object", () => {
    fc.assert(
      fc.property(fc.object(), (value) => {
        const text = JSON.stringify(value);
        const found = broken([{ rule: "format", format: "json", environments: prod }], text);
        expect(found.filter(({ rule }) => rule === "format")).toEqual([]);
      }),
    );
  });
});

describe("an expiry", () => {
  const rule = (of: "jwt" | "certificate", days = 30): Rule[] => only({ rule: "expiry", of, days, environments: prod });
  const token = (exp?: number) => jwt.sign({ ...(exp === undefined ? {} : { exp }), iat: 0 }, "k");
  const inDays = (days: number) => Math.floor(now.getTime() / 1000) + days * 86_400;

  it("of a JWT is judged by the clock that is passed in", () => {
    expect(broken(rule("jwt"), token(inDays(31)))).toEqual([]);
    expect(broken(rule("jwt"), token(inDays(30)))).toEqual([]);
    expect(broken(rule("jwt"), token(inDays(29))).map(ruleWords)[0]).toBe(
      "the JWT expires in 29 days, and prod requires 30 days",
    );
    expect(broken(rule("jwt"), token(inDays(-1))).map(ruleWords)[0]).toContain("the JWT has expired");
    expect(broken(rule("jwt"), token())).toEqual([]);
    expect(broken(rule("jwt"), "a.b.c")[0]?.rule).toBe("expiry");
    expect(broken(rule("jwt"), token(inDays(1)), "staging")).toEqual([]);
  });

  it("is not judged without a clock: a plan is the same whenever it is made", () => {
    const subject = {
      name: "TOKEN",
      environment: "prod",
      value: SecretValue.of(token(inDays(-9))),
      rules: rule("jwt"),
    };
    expect(judge(subject, { held: [], forbidden: [], fallback: "prod" }).findings).toEqual([]);
  });

  it("of a certificate is that of the first to end", () => {
    const dir = mkdtempSync(join(tmpdir(), "certificate-"));
    const certificate = (days: number) => {
      const files = ["-keyout", join(dir, "key"), "-out", join(dir, "cert")];
      execFileSync(
        "openssl",
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", String(days), ...files],
        { stdio: "ignore" },
      );
      return readFileSync(join(dir, "cert"), "utf8");
    };
    const [long, short] = [certificate(90), certificate(10)];
    rmSync(dir, { recursive: true });
    const today = new Date();
    const judged = (text: string) => broken(rule("certificate"), text, "prod", today).map(ruleWords);
    expect(judged(long)).toEqual([]);
    expect(judged(short)[0]).toMatch(/^the certificate expires in (9|10) days/);
    expect(judged(`${long}${short}`)[0]).toMatch(/^the certificate expires in (9|10) days/);
    expect(judged(pem)).toEqual(["the value is no certificate in PEM, and prod requires 30 days"]);
  });

  it("no text makes it throw", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom("jwt" as const, "certificate" as const),
        (text, of) => void broken(rule(of), text),
      ),
    );
  });
});

it("no finding repeats six characters of the value", () => {
  const rules: Rule[] = [
    { rule: "pattern", pattern: "x{40}", description: "forty", environments: prod },
    { rule: "length", min: 400, environments: prod },
    { rule: "format", format: "pem", environments: prod },
    { rule: "expiry", of: "jwt", days: 1, environments: prod },
  ];
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."QZJXKV0189"), minLength: 6, maxLength: 60 }), (text) => {
      const said = JSON.stringify(broken(rules, text)) + broken(rules, text).map(ruleWords).join("\n");
      for (let start = 0; start + 6 <= text.length; start++) expect(said).not.toContain(text.slice(start, start + 6));
    }),
  );
});

describe("a rule as data", () => {
  it("of a kind that this version does not know is refused, never passed over", () => {
    const newer = { rule: "checksum", algorithm: "crc32", environments: prod };
    expect(ruleSchema.safeParse(newer).success).toBe(false);
    expect(() => broken([newer as unknown as Rule], "x")).toThrow("no such rule: checksum");
  });
  it.each([
    { rule: "pattern", pattern: "(a+)+", description: "bad", environments: prod },
    { rule: "pattern", pattern: "a".repeat(501), description: "long", environments: prod },
    { rule: "length", environments: prod },
    { rule: "length", min: 9, max: 3, environments: prod },
    { rule: "expiry", of: "jwt", days: -1, environments: prod },
    { rule: "format", format: "xml", environments: prod },
  ])("%j is refused", (rule) => {
    expect(ruleSchema.safeParse(rule).success).toBe(false);
  });
  it("names environments of the catalog", () => {
    const [first, ...rest] = consoleCatalog.credentials;
    const rules: Rule[] = [{ rule: "length", min: 3, environments: ["live"] }];
    expect(() => defineCatalog({ ...consoleCatalog, credentials: [{ ...first!, rules }, ...rest] } as never)).toThrow(
      /unknown environment live/,
    );
  });
});

describe("console-vault/rules", () => {
  const modes = { test: ["staging"], live: ["prod"] } as const;
  const both = ["staging", "prod"] as const;
  const hex = "0123456789abcdef0123456789abcdef";
  const id = "0b7e3d52-9c1f-4a68-8f5d-2f1c9e6a7b30";
  it.each([
    [vendors.stripe.restrictedKey(modes), ["rk_live_x"], ["rk_test_x", "sk_live_x"]],
    [vendors.stripe.secretKey(modes), ["sk_live_x"], ["sk_test_x"]],
    [vendors.stripe.publishableKey(modes), ["pk_live_x"], ["pk_test_x"]],
    [vendors.postmark.serverToken(["prod"]), [id], ["POSTMARK_API_TEST"]],
    [vendors.heroku.apiKey(both), [id, `HRKU-${id}`, `HRKU-${"A".repeat(60)}`], ["HEROKU_API_KEY", "HRKU-x"]],
    [vendors.twilio.accountSid(both), [`AC${hex}`], [`SK${hex}`, hex]],
    [vendors.twilio.apiKeySid(both), [`SK${hex}`], [`AC${hex}`]],
    [vendors.github.personalToken(both), [`ghp_${"a".repeat(36)}`], [`gho_${"a".repeat(36)}`]],
    [vendors.github.oauthToken(both), [`gho_${"a".repeat(36)}`], ["ghp_a"]],
    [vendors.github.appToken(both), ["ghs_a", "ghu_a"], ["ghr_a"]],
    [vendors.slack.botToken(both), ["xoxb-1-2-abc"], ["xoxp-1-2-abc"]],
    [vendors.aws.accessKeyId(both), ["AKIAIOSFODNN7EXAMPLE"], ["ASIAIOSFODNN7EXAMPLE", "AKIA"]],
  ])("%#: %j", (rules, good, bad) => {
    for (const one of rules) expect(ruleSchema.safeParse(one).success).toBe(true);
    for (const text of good) expect(broken(rules, text)).toEqual([]);
    for (const text of bad) expect(broken(rules, text)).not.toEqual([]);
  });

  it("keeps Alpaca's paper and live values apart", () => {
    expect(vendors.alpaca.paper("LIVE")).toEqual([{ rule: "distinct" }, { rule: "not-value-of", names: ["LIVE"] }]);
    expect(vendors.alpaca.live("PAPER", ["staging"])).toContainEqual({ rule: "never-in", environments: ["staging"] });
  });

  it("has a source of its vendor for every set", () => {
    for (const [name, { source }] of Object.entries(vendors) as [string, { source: string }][]) {
      const host = new URL(source).hostname;
      const own = { aws: "amazon", postmark: "postmarkapp" }[name] ?? name;
      expect(host).toContain(own);
    }
  });
});
