// The catalog of the console vault: both tables of docs/console-vault-env-aware.md, its environments, apps and flag.
// What that document does not say is named in `assumed` of each entry and stands only here: the vendor folders of the shared
// credentials, and which apps read what.
import type { Catalog, Credential, Flag, Rule } from "./types.js";

/**
 * The environments of the built-in catalog.
 *
 * @example
 * ```ts
 * import type { EnvironmentName } from "console-vault/catalog";
 * const environment: EnvironmentName = "staging";
 * ```
 */
export type EnvironmentName = "staging" | "prod";
type Rules = readonly Rule<EnvironmentName>[];

/** Distinct for all of them: two environments with one value are what the migration is there to end. */
const perEnvironment = <const Name extends string>(
  name: Name,
  vendor: string,
  reason: string,
  consumers: readonly string[],
  rules: Rules = [],
): Credential<Name, EnvironmentName> => ({
  name,
  vendor,
  scope: "environment",
  reason,
  rules: [{ rule: "distinct" }, ...rules],
  consumers,
  assumed: ["consumers"],
});

const shared = <const Name extends string>(
  name: Name,
  vendor: string,
  reason: string,
): Credential<Name, EnvironmentName> => ({
  name,
  vendor,
  scope: "shared",
  reason,
  rules: [],
  consumers: [],
  assumed: ["vendor", "consumers"],
});

// Alpaca's key ids tell the account by their first letters: PK… for paper, AK… for live. Its secrets tell nothing, so a
// secret is known to be in the wrong place only by having the value of the other account's.
const paperId: Rules = [{ rule: "prefix", prefixes: { staging: ["PK"], prod: ["PK"] } }];
const liveId: Rules = [
  { rule: "never-in", environments: ["staging"] },
  { rule: "prefix", prefixes: { prod: ["AK"] } },
];
const stripeMode: Rules = [{ rule: "prefix", prefixes: { staging: ["rk_test_"], prod: ["rk_live_"] } }];

const cloudflare = "Single Cloudflare account; tokens are scoped by zone/resource, not by deployment env.";
const cfAccess = "Same CF Access application across deployments.";
const slack = "Single Slack workspace.";
const aws = "Single IAM user (per project_aws_iam_state.md).";

const credentials = [
  perEnvironment("HEROKU_API_KEY", "heroku", "Prod and staging are separate Heroku OAuth authorizations.", ["console"]),
  perEnvironment("HEROKU_PLATFORM_API_TOKEN", "heroku", "Same — separate platform tokens per Heroku account context.", [
    "console",
  ]),
  perEnvironment(
    "ALPACA_PAPER_API_KEY_ID",
    "alpaca",
    "Staging should always target paper; different paper account from prod.",
    ["api"],
    paperId,
  ),
  perEnvironment(
    "ALPACA_PAPER_API_SECRET_KEY",
    "alpaca",
    "As above.",
    ["api"],
    [{ rule: "not-value-of", names: ["ALPACA_LIVE_API_SECRET_KEY"] }],
  ),
  perEnvironment(
    "ALPACA_LIVE_API_KEY_ID",
    "alpaca",
    "Live account keys. Staging must never hold live keys.",
    ["api"],
    liveId,
  ),
  perEnvironment(
    "ALPACA_LIVE_API_SECRET_KEY",
    "alpaca",
    "Live account keys. Staging must never hold live keys.",
    ["api"],
    [
      { rule: "never-in", environments: ["staging"] },
      { rule: "not-value-of", names: ["ALPACA_PAPER_API_SECRET_KEY"] },
    ],
  ),
  perEnvironment(
    "STRIPE_RESTRICTED_KEY",
    "stripe",
    "Staging uses a test-mode key; prod uses live-mode.",
    ["api"],
    stripeMode,
  ),
  perEnvironment(
    "POSTMARK_SERVER_TOKEN",
    "postmark",
    "Staging uses a dedicated test server to avoid real email delivery.",
    ["api"],
  ),
  shared("CF_PAGES_DEPLOY", "cloudflare", cloudflare),
  shared("CF_ACCESS_MGMT", "cloudflare", cloudflare),
  shared("CF_PAGES_READ", "cloudflare", cloudflare),
  shared("CF_ACCESS_SVC_CONSOLE", "cloudflare", cfAccess),
  shared("CF_ACCESS_SVC_VAULT", "cloudflare", cfAccess),
  shared("CLOUDFLARE_RAXX_AUTOMATION_API_TOKEN", "cloudflare", "As above. (legacy)"),
  shared("ANTHROPIC_API_KEY", "anthropic", "Single Anthropic account; usage metered at org level, not per env."),
  shared("GITHUB_API_READONLY_TOKEN", "github", "Read-only GitHub PAT — same repo access from either env."),
  shared("GOOGLE_WORKSPACE_SA_KEY_JSON", "google", "Single Google Workspace tenant; SA key is org-scoped."),
  shared("DREAMHOST_API_KEY", "dreamhost", "Single DreamHost account."),
  shared("SLACK_BOT_TOKEN", "slack", slack),
  shared("BOT_USER_SLACK_TRADING_MASTER_API", "slack", slack),
  shared("AWS_ACCESS_KEY_ID", "aws", aws),
  shared("AWS_SECRET_ACCESS_KEY", "aws", aws),
  shared("INFISICAL_SERVICE_TOKEN", "infisical", "Vault itself is the credential store — single service token."),
] as const;

/**
 * The catalog of docs/console-vault-env-aware.md. A constant that is checked by the tests rather than at start-up, so that the
 * resolver loads nothing but this data.
 *
 * @example
 * ```ts
 * import { consoleCatalog } from "console-vault/catalog";
 * consoleCatalog.environments.map(({ name }) => name); // ["staging", "prod"]
 * ```
 */
export const consoleCatalog: Catalog<(typeof credentials)[number]["name"], EnvironmentName> & {
  readonly flag: Flag;
} = {
  root: "/MooseQuest",
  environments: [
    { name: "staging", apps: { api: "raxx-api-staging", console: "raxx-console-staging" }, source: "provision" },
    { name: "prod", apps: { api: "raxx-api-prod", console: "raxx-console-prod" }, source: "copy" },
  ],
  fallback: "prod",
  credentials,
  flag: {
    name: "console_vault_env_aware",
    variable: "FLAG_CONSOLE_VAULT_ENV_AWARE",
    default: false,
    role: "console",
    revision: "0018_promote_console_vault_env_aware",
    description: "Environment-scoped credentials are read from and written to /MooseQuest/<vendor>/<env>/.",
  },
};

/**
 * The credentials of the built-in catalog.
 *
 * @example
 * ```ts
 * import type { CredentialName } from "console-vault/catalog";
 * const name: CredentialName = "HEROKU_API_KEY";
 * ```
 */
export type CredentialName = (typeof credentials)[number]["name"];
