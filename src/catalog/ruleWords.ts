// The rules on values in the words of a person: what a value has to be, and why one is not.
import { Refusal } from "../errors.js";
import type { RuleDetails, RuleFinding } from "./rules.js";
import type { Format, Rule } from "./types.js";

const formats: Readonly<Record<Format, string>> = {
  uuid: "a UUID",
  json: "a JSON object or array",
  pem: "PEM (-----BEGIN …-----)",
  url: "a URL with a host",
};

type Words = { readonly [Name in keyof RuleDetails]: (detail: RuleDetails[Name]) => string };

const words: Words = {
  empty: () => "the value is empty",
  reference: () => "the value contains ${, which Infisical's clients expand",
  blanks: () => "the value has blanks around it, which Infisical drops: save it without them",
  prefix: ({ environment, prefixes }) =>
    `the value does not begin with ${prefixes.join(" or ") || "any prefix that is known"}, as in ${environment}`,
  format: ({ environment, format }) => `the value is not ${formats[format]}, which ${environment} requires`,
  pattern: ({ environment, description }) => `the value is not ${description}, which ${environment} requires`,
  length: ({ environment, ...bounds }) => `the value has not ${lengthInWords(bounds)}, which ${environment} requires`,
  expiry: (detail) => `${expiryInWords(detail)}, and ${detail.environment} requires ${detail.days} days`,
  distinct: ({ environment, path }) => `the value is the same as ${environment}'s at ${path}`,
  "not-value-of": ({ credential, path }) => `the value is that of ${credential} at ${path}`,
  "never-in": ({ environment, credential }) =>
    credential === undefined
      ? `${environment} must never hold it`
      : `the value is that of ${credential}, which ${environment} must never hold`,
};

/** Why a value is not as its rules want it; says neither the name nor the rule. */
export const ruleWords = ({ rule, detail }: Pick<RuleFinding, "rule" | "detail">): string =>
  (words[rule] as (detail: RuleFinding["detail"]) => string)(detail);

/** Refuses a value that is about to be written. @param head what does not happen, with a colon */
export const ruleRefusal = (head: string, findings: readonly RuleFinding[]): Refusal => {
  const broken = findings.map((one) => ({ code: "rule-broken", ...one, why: ruleWords(one) }));
  const lines = broken.map(({ why, rule }) => `${why} (${rule})`);
  return new Refusal(
    [head, ...lines.map((line) => `  ${line}`)].join("\n"),
    broken.map((one, index) => ({ ...one, text: `${one.name}: ${lines[index]}` })),
  );
};

/** Refuses to write a credential where it must never be. */
export const neverHolds = (name: string, environment: string): Refusal =>
  new Refusal(`${environment} must never hold ${name} (never-in).`, {
    code: "rule-broken",
    name,
    rule: "never-in",
    detail: { environment },
  });

function expiryInWords(detail: RuleDetails["expiry"]): string {
  const jwt = detail.of === "jwt";
  if (detail.is === "unreadable") return jwt ? "the value is no JWT" : "the value is no certificate in PEM";
  const what = jwt ? "the JWT" : "the certificate";
  return detail.left < 0 ? `${what} has expired` : `${what} expires in ${detail.left} days`;
}

/**
 * What a value has to be in an environment: a phrase for each rule that says something there, for a person who is about to type one.
 * `["begins with rk_test_", "differs from every other environment's"]`.
 */
export function wantedOf(rules: readonly Rule[], environment: string): string[] {
  return rules.flatMap((rule) => {
    if ("environments" in rule && !rule.environments.includes(environment)) return [];
    switch (rule.rule) {
      case "prefix":
        return [`begins with ${rule.prefixes[environment]?.join(" or ") ?? "a prefix that nobody knows yet"}`];
      case "format":
        return [`is ${formats[rule.format]}`];
      case "pattern":
        return [`is ${rule.description}`];
      case "length":
        return [`has ${lengthInWords(rule)}`];
      case "expiry":
        return [`is valid for ${rule.days} days or more`];
      case "distinct":
        return ["differs from every other environment's"];
      case "not-value-of":
        return [`is not the value of ${rule.names.join(" or ")}`];
      case "never-in":
        break;
    }
    return [];
  });
}

function lengthInWords({ min, max }: Pick<RuleDetails["length"], "min" | "max">): string {
  if (min !== undefined && max !== undefined)
    return min === max ? `exactly ${min} characters` : `${min} to ${max} characters`;
  return min !== undefined ? `at least ${min} characters` : `at most ${max} characters`;
}
