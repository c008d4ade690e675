// What the local Heroku starts with.
import { randomUUID } from "node:crypto";
import { z } from "zod";

const varName = z.string().regex(/^\w+$/, "a config var's name has letters, digits and _ only");

export const appName = /^[a-z][a-z0-9-]{1,28}[a-z0-9]$/;

const app = z.strictObject({
  name: z.string().regex(appName, "an app's name is 3 to 30 of a-z, 0-9 and -"),
  /** Default: always the same one for the same name, so that a restarted service has the apps that a stack's state knows. */
  id: z.uuid().optional(),
  vars: z.record(varName, z.string()).default({}),
});

const key = z.union([
  z.string().min(8),
  /** A key that sees only some of its account's apps. */
  z.strictObject({ key: z.string().min(8), apps: z.array(z.string()) }),
]);

const account = z.strictObject({
  email: z.email(),
  id: z.uuid().optional(),
  keys: z.array(key).min(1),
  /** Names of the apps it sees. The first account that names an app owns it. */
  apps: z.array(z.string()),
});

/** Accounts with their API keys, and apps with their config vars. */
export const HerokuSeed = z
  .strictObject({ accounts: z.array(account).min(1), apps: z.array(app) })
  .superRefine((seed, context) => {
    const names = seed.apps.map((one) => one.name);
    const problem = (message: string, path: PropertyKey[]) => context.addIssue({ code: "custom", message, path });
    for (const name of repeated(names)) problem(`two apps are named ${name}`, ["apps"]);
    for (const [index, one] of seed.accounts.entries()) {
      const named = [...one.apps, ...one.keys.flatMap((key) => (typeof key === "string" ? [] : key.apps))];
      for (const name of named.filter((name) => !names.includes(name)))
        problem(`no app is named ${name}`, ["accounts", index, "apps"]);
    }
    const keys = seed.accounts.flatMap((one) => one.keys.map((key) => (typeof key === "string" ? key : key.key)));
    if (repeated(keys).length > 0) problem("an API key stands twice", ["accounts"]);
  });
export type HerokuSeed = z.input<typeof HerokuSeed>;

const repeated = (names: readonly string[]) => [
  ...new Set(names.filter((name, index) => names.indexOf(name) !== index)),
];

/** A new API key in the form that Heroku's authorizations have. */
export const newKey = (): string => `HRKU-${randomUUID()}`;

const consumed = {
  api: ["ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY", "STRIPE_RESTRICTED_KEY", "POSTMARK_SERVER_TOKEN"],
  live: ["ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"],
  console: ["HEROKU_API_KEY", "HEROKU_PLATFORM_API_TOKEN"],
};

/**
 * The company of docs/console-vault-env-aware.md before its migration: both environments hold the flat values.
 * @param flat values of the flat vault by name; a name that is missing is missing on the apps too. Its `HEROKU_API_KEY` and
 *   `HEROKU_PLATFORM_API_TOKEN` are keys of the account, as they are in the real company.
 */
export function defaultHerokuSeed(flat: Readonly<Record<string, string>> = {}): HerokuSeed {
  const vars = (unrelated: Record<string, string>, ...names: string[]) => ({
    ...unrelated,
    ...Object.fromEntries(names.flatMap((name) => (flat[name] === undefined ? [] : [[name, flat[name]]]))),
  });
  const api = (environment: string) => ({
    APP_ENV: environment,
    LOG_LEVEL: environment === "prod" ? "info" : "debug",
    WEB_CONCURRENCY: "2",
  });
  const console = (environment: string) => ({ APP_ENV: environment, LOG_LEVEL: "info", SESSION_HOURS: "8" });
  const apps = [
    { name: "raxx-api-staging", vars: vars(api("staging"), ...consumed.api) },
    { name: "raxx-console-staging", vars: vars(console("staging"), ...consumed.console) },
    { name: "raxx-api-prod", vars: vars(api("prod"), ...consumed.api, ...consumed.live) },
    { name: "raxx-console-prod", vars: vars(console("prod"), ...consumed.console) },
    // Nothing of the project's: whoever touches it has gone too far.
    { name: "raxx-marketing", vars: { LOG_LEVEL: "warn", CAMPAIGN: "spring" } },
  ];
  const held = consumed.console.flatMap((name) => flat[name] ?? []);
  return {
    accounts: [{ email: "ops@raxx.example", keys: [newKey(), ...new Set(held)], apps: apps.map((one) => one.name) }],
    apps,
  };
}
