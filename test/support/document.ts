// The two tables of docs/console-vault-env-aware.md, word for word names, as the tests' own copy.
export const environmentScoped = {
  HEROKU_API_KEY: "heroku",
  HEROKU_PLATFORM_API_TOKEN: "heroku",
  ALPACA_PAPER_API_KEY_ID: "alpaca",
  ALPACA_PAPER_API_SECRET_KEY: "alpaca",
  ALPACA_LIVE_API_KEY_ID: "alpaca",
  ALPACA_LIVE_API_SECRET_KEY: "alpaca",
  STRIPE_RESTRICTED_KEY: "stripe",
  POSTMARK_SERVER_TOKEN: "postmark",
} as const;

export const shared = [
  "CF_PAGES_DEPLOY",
  "CF_ACCESS_MGMT",
  "CF_PAGES_READ",
  "CF_ACCESS_SVC_CONSOLE",
  "CF_ACCESS_SVC_VAULT",
  "CLOUDFLARE_RAXX_AUTOMATION_API_TOKEN",
  "ANTHROPIC_API_KEY",
  "GITHUB_API_READONLY_TOKEN",
  "GOOGLE_WORKSPACE_SA_KEY_JSON",
  "DREAMHOST_API_KEY",
  "SLACK_BOT_TOKEN",
  "BOT_USER_SLACK_TRADING_MASTER_API",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "INFISICAL_SERVICE_TOKEN",
] as const;

export const folders = ["heroku", "alpaca", "stripe", "postmark"].flatMap((vendor) =>
  ["prod", "staging"].map((env) => `/MooseQuest/${vendor}/${env}/`),
);
