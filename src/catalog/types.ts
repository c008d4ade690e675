/**
 * Where a credential lives: `environment` means one value per environment (a sub-folder each), `shared` means one value
 * for all of them (the flat vendor folder, flag on or off).
 *
 * @example
 * ```ts
 * import type { Scope } from "console-vault/catalog";
 * const scope: Scope = "environment";
 * ```
 */
export type Scope = "environment" | "shared";

/**
 * What a credential's value must be. Rules are data, so that they travel in resource inputs and are judged by one function
 * (`judge` in `rules.ts`) wherever a value is at hand.
 *
 * - `prefix`: begins with one of the prefixes of its environment; anything else is an unknown shape and fails.
 * - `format`: is written in a format, in the environments that the rule names.
 * - `pattern`: is matched as a whole by a pattern, in the environments that the rule names. `patternProblem` in `pattern.ts` says
 *   what a pattern may have in it.
 * - `length`: has so many characters (UTF-16 code units), in the environments that the rule names.
 * - `expiry`: a JWT or a certificate that stays valid for so many days, in the environments that the rule names. Judged where a
 *   value is written, since only there a clock is at hand.
 * - `never-in`: the environment may not hold the credential at all, whatever its value.
 * - `distinct`: its value in one environment differs from its value in every other.
 * - `not-value-of`: its value is not the one that another credential has, at any path.
 *
 * @example
 * ```ts
 * import type { Rule } from "console-vault/catalog";
 * const stripeMode: Rule<"staging" | "prod"> = {
 *   rule: "prefix",
 *   prefixes: { staging: ["rk_test_"], prod: ["rk_live_"] },
 * };
 * const uuidOnProd: Rule<"staging" | "prod"> = { rule: "format", format: "uuid", environments: ["prod"] };
 * ```
 */
export type Rule<Environment extends string = string> =
  | { readonly rule: "prefix"; readonly prefixes: Readonly<Partial<Record<Environment, readonly string[]>>> }
  | { readonly rule: "format"; readonly format: Format; readonly environments: readonly Environment[] }
  | {
      readonly rule: "pattern";
      readonly pattern: string;
      /** What it accepts, in words that a finding shows: `a Twilio account SID (AC and 32 hex digits)`. */
      readonly description: string;
      readonly environments: readonly Environment[];
    }
  | {
      readonly rule: "length";
      readonly min?: number | undefined;
      readonly max?: number | undefined;
      readonly environments: readonly Environment[];
    }
  | {
      readonly rule: "expiry";
      readonly of: "jwt" | "certificate";
      /** Days that it has to be valid for from now on. */
      readonly days: number;
      readonly environments: readonly Environment[];
    }
  | { readonly rule: "never-in"; readonly environments: readonly Environment[] }
  | { readonly rule: "distinct" }
  | { readonly rule: "not-value-of"; readonly names: readonly string[] };

/**
 * The name of a rule, as findings and overrides have it.
 *
 * @example
 * ```ts
 * import type { RuleName } from "console-vault/catalog";
 * const rules: RuleName[] = ["prefix", "distinct"];
 * ```
 */
export type RuleName = Rule["rule"];

/**
 * A format that a value can be checked against; `formats` in `rules.ts` says what each accepts.
 *
 * @example
 * ```ts
 * import type { Format } from "console-vault/catalog";
 * const format: Format = "uuid";
 * ```
 */
export type Format = "uuid" | "json" | "pem" | "url";

/**
 * One credential: a secret name that is the same in every environment.
 *
 * @example
 * ```ts
 * import type { Credential } from "console-vault/catalog";
 * const stripe: Credential = {
 *   name: "STRIPE_RESTRICTED_KEY",
 *   vendor: "stripe",
 *   scope: "environment",
 *   reason: "Staging uses a test-mode key.",
 *   rules: [{ rule: "distinct" }],
 *   consumers: ["api"],
 *   assumed: [],
 * };
 * ```
 */
export interface Credential<
  Name extends string = string,
  Environment extends string = string,
  Role extends string = string,
> {
  readonly name: Name;
  /** Folder below the root. */
  readonly vendor: string;
  readonly scope: Scope;
  /** Why it has that scope, in the words of docs/console-vault-env-aware.md where that has it. */
  readonly reason: string;
  readonly rules: readonly Rule<Environment>[];
  /** Roles of the apps that read it, e.g. `api`. */
  readonly consumers: readonly Role[];
  /** What docs/console-vault-env-aware.md does not say about this entry, so that it was assumed. */
  readonly assumed: readonly ("vendor" | "consumers")[];
}

/**
 * An environment and its Heroku apps by role: `{ api: "raxx-api-prod", console: "raxx-console-prod" }`.
 *
 * @example
 * ```ts
 * import type { Environment } from "console-vault/catalog";
 * const staging: Environment = { name: "staging", apps: { console: "acme-console-staging" }, source: "provision" };
 * ```
 */
export interface Environment<Name extends string = string> {
  readonly name: Name;
  /** Without any, nothing of the environment is on Heroku, and it has no flag. */
  readonly apps: Readonly<Record<string, string>>;
  /** Where its credentials come from unless config says otherwise. */
  readonly source: "copy" | "provision";
}

/**
 * A feature flag kept as a Heroku config var.
 *
 * @example
 * ```ts
 * import { consoleCatalog, type Flag } from "console-vault/catalog";
 * const flag: Flag = consoleCatalog.flag;
 * flag.variable; // "FLAG_CONSOLE_VAULT_ENV_AWARE"
 * ```
 */
export interface Flag<Role extends string = string> {
  readonly name: string;
  readonly variable: string;
  readonly default: boolean;
  /**
   * Role of the app that has the var; several where more than one app of an environment reads it. It turns on in their order and
   * off in the reverse, and stands on those that an environment has.
   */
  readonly role: Role | readonly Role[];
  readonly revision: string;
  readonly description: string;
}

/**
 * The credentials, environments, apps and the flag of a company. Data, without behaviour.
 *
 * @example
 * ```ts
 * import { type Catalog, consoleCatalog } from "console-vault/catalog";
 * const namesOf = (catalog: Catalog) => catalog.credentials.map(({ name }) => name);
 * namesOf(consoleCatalog);
 * ```
 */
export interface Catalog<Name extends string = string, Env extends string = string> {
  /** Folder that holds the vendors' folders, e.g. `/MooseQuest`. */
  readonly root: string;
  readonly environments: readonly Environment<Env>[];
  /** The environment whose values the flat path holds, and the resolver's fallback. */
  readonly fallback: Env;
  readonly credentials: readonly Credential<Name, Env>[];
  /** Left out where nothing switches readers: folders and copies only. */
  readonly flag?: Flag | undefined;
}
