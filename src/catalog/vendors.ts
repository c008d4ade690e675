// `console-vault/rules`: what vendors document of their credentials' form, as rules for a catalog. Each set names its source. What a
// vendor does not document is no rule here.
import type { Rule } from "./types.js";

/** Environments of a catalog that a rule holds for. */
type Of<Env extends string> = readonly Env[];

/**
 * Which environments work on a vendor's test mode and which on the live one.
 *
 * @example
 * ```ts
 * import { type Modes, stripe } from "console-vault/rules";
 * const modes: Modes<"staging" | "prod"> = { test: ["staging"], live: ["prod"] };
 * stripe.restrictedKey(modes);
 * ```
 */
export interface Modes<Env extends string> {
  readonly test: Of<Env>;
  readonly live: Of<Env>;
}

const pattern = <Env extends string>(source: string, description: string, environments: Of<Env>): Rule<Env> => ({
  rule: "pattern",
  pattern: source,
  description,
  environments,
});

/** A prefix per environment: one that is in neither list accepts nothing. */
function modal<Env extends string>(kind: string, { test, live }: Modes<Env>): Rule<Env> {
  const entries = [
    ...test.map((environment) => [environment, [`${kind}_test_`]] as const),
    ...live.map((environment) => [environment, [`${kind}_live_`]] as const),
  ];
  return { rule: "prefix", prefixes: Object.fromEntries(entries) as Partial<Record<Env, readonly string[]>> };
}

const apart: Rule<never> = { rule: "distinct" };

/**
 * Stripe: a key says its kind and its mode in its prefix.
 *
 * Source: https://docs.stripe.com/keys
 *
 * @example
 * ```ts
 * import { stripe } from "console-vault/rules";
 * const rules = stripe.restrictedKey({ test: ["dev", "staging"], live: ["prod"] });
 * ```
 */
export const stripe = {
  source: "https://docs.stripe.com/keys",
  secretKey: <Env extends string>(modes: Modes<Env>): Rule<Env>[] => [modal("sk", modes)],
  restrictedKey: <Env extends string>(modes: Modes<Env>): Rule<Env>[] => [modal("rk", modes)],
  publishableKey: <Env extends string>(modes: Modes<Env>): Rule<Env>[] => [modal("pk", modes)],
};

/**
 * Alpaca: paper and live trading have different credentials. Their form is not documented.
 *
 * Source: https://alpaca.markets/docs/api-references/trading-api/
 *
 * @example
 * ```ts
 * import { alpaca } from "console-vault/rules";
 * const rules = alpaca.paper("ALPACA_LIVE_API_KEY_ID");
 * ```
 */
export const alpaca = {
  source: "https://alpaca.markets/docs/api-references/trading-api/",
  /** @param live the name of the live credential, whose value it may not have */
  paper: (live: string): Rule<never>[] => [apart, { rule: "not-value-of", names: [live] }],
  /** @param paper the name of the paper credential, whose value it may not have @param never environments without live trading */
  live: <Env extends string>(paper: string, never: Of<Env>): Rule<Env>[] => [
    { rule: "not-value-of", names: [paper] },
    ...(never.length > 0 ? [{ rule: "never-in" as const, environments: never }] : []),
  ],
};

/**
 * Postmark: each server has a token of its own; `POSTMARK_API_TEST` (17 characters) is taken for one and sends nothing.
 *
 * Source: https://postmarkapp.com/developer/user-guide/sending-with-api
 *
 * @example
 * ```ts
 * import { postmark } from "console-vault/rules";
 * const rules = postmark.serverToken(["prod"]);
 * ```
 */
export const postmark = {
  source: "https://postmarkapp.com/developer/user-guide/sending-with-api",
  /** @param sending environments whose mail has to leave */
  serverToken: <Env extends string>(sending: Of<Env>): Rule<Env>[] => [
    apart,
    { rule: "length", min: "POSTMARK_API_TEST".length + 1, environments: sending },
  ],
};

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/**
 * Heroku: tokens of three generations are valid beside each other: a UUID, `HRKU-` with one (41 characters), and since April 2025
 * `HRKU-` with 60 characters.
 *
 * Source: https://devcenter.heroku.com/changelog-items/3175
 *
 * @example
 * ```ts
 * import { heroku } from "console-vault/rules";
 * const rules = heroku.apiKey(["staging", "prod"]);
 * ```
 */
export const heroku = {
  source: "https://devcenter.heroku.com/changelog-items/3175",
  apiKey: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern(`HRKU-[A-Za-z0-9_-]{60}|HRKU-${uuid}|${uuid}`, "a Heroku token (HRKU-…)", environments),
  ],
};

/**
 * Twilio: an identifier is two letters for its kind and 32 hexadecimal digits.
 *
 * Sources: https://www.twilio.com/docs/glossary/what-is-a-sid, https://www.twilio.com/docs/iam/api-keys/key-resource-v1
 *
 * @example
 * ```ts
 * import { twilio } from "console-vault/rules";
 * const rules = twilio.accountSid(["staging", "prod"]);
 * ```
 */
export const twilio = {
  source: "https://www.twilio.com/docs/glossary/what-is-a-sid",
  accountSid: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern("AC[0-9a-fA-F]{32}", "a Twilio account SID (AC and 32 hex digits)", environments),
  ],
  apiKeySid: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern("SK[0-9a-fA-F]{32}", "a Twilio API key SID (SK and 32 hex digits)", environments),
  ],
};

/**
 * GitHub: a token says its kind in its prefix, has letters, digits and `_`, and at most 255 characters.
 *
 * Source: https://github.blog/changelog/2021-03-31-authentication-token-format-updates-are-generally-available
 *
 * @example
 * ```ts
 * import { github } from "console-vault/rules";
 * const rules = github.personalToken(["staging", "prod"]);
 * ```
 */
export const github = {
  source: "https://github.blog/changelog/2021-03-31-authentication-token-format-updates-are-generally-available",
  /** A classic personal access token. */
  personalToken: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern("ghp_[A-Za-z0-9_]{1,251}", "a personal access token of GitHub (ghp_…)", environments),
  ],
  oauthToken: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern("gho_[A-Za-z0-9_]{1,251}", "an OAuth token of GitHub (gho_…)", environments),
  ],
  /** Of a GitHub App: user-to-server and server-to-server. */
  appToken: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern("ghu_[A-Za-z0-9_]{1,251}|ghs_[A-Za-z0-9_]{1,251}", "a GitHub App's token (ghu_…, ghs_…)", environments),
  ],
};

/**
 * Slack: a token says its kind in its prefix.
 *
 * Source: https://docs.slack.dev/authentication/tokens
 *
 * @example
 * ```ts
 * import { slack } from "console-vault/rules";
 * const rules = slack.botToken(["staging", "prod"]);
 * ```
 */
export const slack = {
  source: "https://docs.slack.dev/authentication/tokens",
  botToken: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern("xoxb-[A-Za-z0-9-]+", "a bot token of Slack (xoxb-…)", environments),
  ],
};

/**
 * AWS: the id of a long-term access key begins with `AKIA`, and has 16 to 128 letters, digits and `_`.
 *
 * Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html,
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html
 *
 * @example
 * ```ts
 * import { aws } from "console-vault/rules";
 * const rules = aws.accessKeyId(["staging", "prod"]);
 * ```
 */
export const aws = {
  source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
  accessKeyId: <Env extends string>(environments: Of<Env>): Rule<Env>[] => [
    pattern("AKIA\\w{12,124}", "the id of an AWS access key (AKIA…)", environments),
  ],
};
