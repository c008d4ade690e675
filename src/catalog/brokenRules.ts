import { SecretValue } from "../secret.js";
import { credentialOf, rulesOf } from "./lookup.js";
import { judge } from "./rules.js";
import { ruleWords } from "./ruleWords.js";
import type { Catalog } from "./types.js";

/**
 * Which rules a value would break in an environment, each in words that have nothing of the value in them. What compares it with other
 * values (`distinct`, `not-value-of`) is judged by the commands, which see those.
 *
 * @param value the plain text
 * @param now for rules about an expiry, which are not judged without it
 * @throws UnknownNameError
 * @example
 * ```ts
 * import { brokenRules, consoleCatalog } from "console-vault/catalog";
 * brokenRules(consoleCatalog, "staging", "STRIPE_RESTRICTED_KEY", "rk_live_…");
 * // ["the value does not begin with rk_test_, as in staging (prefix)"]
 * ```
 */
export function brokenRules(catalog: Catalog, environment: string, name: string, value: string, now?: Date): string[] {
  const rules = rulesOf(catalog, credentialOf(catalog, name));
  const subject = { name, environment, value: SecretValue.of(value), rules };
  const alone = { held: [], forbidden: [], fallback: catalog.fallback, ...(now ? { now } : {}) };
  return judge(subject, alone).findings.map((one) => `${ruleWords(one)} (${one.rule})`);
}
