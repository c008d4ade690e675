/**
 * The vault of docs/console-vault-env-aware.md before its migration: every credential flat below its vendor, in the
 * environment `prod`.
 * Values have the shape of real ones, say that they are fake where the shape lets them, and are new at every start, so
 * that nothing here is, or looks like, a committed secret.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { InfisicalSeed } from "./seed.js";

type Values = Record<string, string | { value: string; comment: string }>;

const hex = (length: number): string => randomBytes(length).toString("hex").slice(0, length);
const upper = (length: number): string =>
  Array.from(randomBytes(length), (byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("");
const digits = (length: number): string => Array.from(randomBytes(length), (byte) => byte % 10).join("");
const mixed = (length: number): string =>
  randomBytes(length * 2)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .slice(0, length);

/** An admin that can log in, the service token of the vault itself, and the flat credentials. */
export function defaultInfisicalSeed(): InfisicalSeed {
  const serviceToken = `st.${randomUUID()}.${hex(32)}`;
  const flat = Object.entries(flatCredentials(serviceToken));
  return {
    project: { id: "7d5f9a52-1c0e-4a6b-9f60-0c5a6e1b2d34", slug: "moose-quest", name: "MooseQuest" },
    environments: [
      { slug: "dev", name: "Development" },
      { slug: "staging", name: "Staging" },
      { slug: "prod", name: "Production" },
    ],
    identities: [{ name: "console-vault", clientId: randomUUID(), clientSecret: hex(64), role: "admin" }],
    serviceTokens: [
      { name: "console", token: serviceToken, scopes: [{ environment: "prod", secretPath: "/MooseQuest/**" }] },
    ],
    secrets: { prod: Object.fromEntries(flat.map(([vendor, values]) => [`/MooseQuest/${vendor}`, values])) },
  };
}

/** By vendor. Names in neither table of docs/console-vault-env-aware.md are foreign: nobody here manages or may touch them. */
function flatCredentials(serviceToken: string): Record<string, Values> {
  return {
    heroku: {
      HEROKU_API_KEY: { value: randomUUID(), comment: "ops@ account, authorization 'console'. Rotate quarterly." },
      HEROKU_PLATFORM_API_TOKEN: randomUUID(),
      LEGACY_DYNO_TOKEN: { value: randomUUID(), comment: "Foreign: used by the old scaling job until it is retired." },
    },
    alpaca: {
      ALPACA_PAPER_API_KEY_ID: { value: `PKFAKE${upper(14)}`, comment: "Paper account of the trading desk." },
      ALPACA_PAPER_API_SECRET_KEY: `fake${mixed(36)}`,
      ALPACA_LIVE_API_KEY_ID: { value: `AKFAKE${upper(14)}`, comment: "LIVE account. Never on staging." },
      ALPACA_LIVE_API_SECRET_KEY: `fake${mixed(36)}`,
    },
    stripe: {
      STRIPE_RESTRICTED_KEY: { value: `rk_live_fake${mixed(92)}`, comment: "Charges: read. Refunds: write." },
      STRIPE_WEBHOOK_SECRET: `whsec_fake${mixed(28)}`,
    },
    postmark: { POSTMARK_SERVER_TOKEN: randomUUID() },
    cloudflare: {
      CF_PAGES_DEPLOY: `fake${mixed(36)}`,
      CF_ACCESS_MGMT: `fake${mixed(36)}`,
      CF_PAGES_READ: `fake${mixed(36)}`,
      CF_ACCESS_SVC_CONSOLE: `${hex(32)}.access:${hex(64)}`,
      CF_ACCESS_SVC_VAULT: `${hex(32)}.access:${hex(64)}`,
      CLOUDFLARE_RAXX_AUTOMATION_API_TOKEN: { value: `fake${mixed(36)}`, comment: "Legacy." },
    },
    anthropic: { ANTHROPIC_API_KEY: `sk-ant-api03-fake${mixed(89)}AA` },
    github: { GITHUB_API_READONLY_TOKEN: `github_pat_fake${mixed(78)}` },
    google: { GOOGLE_WORKSPACE_SA_KEY_JSON: { value: serviceAccountKey(), comment: "Workspace tenant, read only." } },
    dreamhost: { DREAMHOST_API_KEY: upper(16) },
    slack: {
      SLACK_BOT_TOKEN: `xoxb-${digits(12)}-${digits(13)}-fake${mixed(20)}`,
      BOT_USER_SLACK_TRADING_MASTER_API: `xoxb-${digits(12)}-${digits(13)}-fake${mixed(20)}`,
    },
    aws: {
      AWS_ACCESS_KEY_ID: `AKIAFAKE${upper(12)}`,
      AWS_SECRET_ACCESS_KEY: `fake${mixed(36)}`,
    },
    infisical: { INFISICAL_SERVICE_TOKEN: serviceToken },
    mailgun: { MAILGUN_KEY: `key-${hex(32)}` },
  };
}

/** Several lines with a newline at the end, as such a file is when it is pasted into a vault. */
function serviceAccountKey(): string {
  const key = {
    type: "service_account",
    project_id: "moose-quest-fake",
    private_key_id: hex(40),
    private_key: `-----BEGIN PRIVATE KEY-----\nfake${mixed(60)}\n-----END PRIVATE KEY-----\n`,
    client_email: "console@moose-quest-fake.iam.gserviceaccount.example",
  };
  return `${JSON.stringify(key, null, 2)}\n`;
}
