// Acme sells tickets: three environments in the order in which they are promoted, and six apps. Developers' machines have no Heroku
// app, so dev is folders and values only, and no flag waits for it.
import { type Credential, defineCatalog, type Rule } from "console-vault/catalog";

type EnvironmentName = "dev" | "staging" | "prod";
type Role = "shop" | "tickets" | "mailer";
type Own<Name extends string> = Pick<
  Credential<Name, EnvironmentName, Role>,
  "name" | "vendor" | "reason" | "consumers"
>;

const perEnvironment = <const Name extends string>(
  one: Own<Name>,
  rules: readonly Rule<EnvironmentName>[] = [],
): Credential<Name, EnvironmentName, Role> => ({
  ...one,
  scope: "environment",
  rules: [{ rule: "distinct" }, ...rules],
  assumed: [],
});

const shared = <const Name extends string>(one: Own<Name>): Credential<Name, EnvironmentName, Role> => ({
  ...one,
  scope: "shared",
  rules: [],
  assumed: [],
});

export default defineCatalog({
  root: "/Acme",
  environments: [
    { name: "dev", apps: {}, source: "provision" },
    {
      name: "staging",
      apps: { shop: "acme-shop-staging", tickets: "acme-tickets-staging", mailer: "acme-mailer-staging" },
      source: "provision",
    },
    { name: "prod", apps: { shop: "acme-shop", tickets: "acme-tickets", mailer: "acme-mailer" }, source: "copy" },
  ],
  fallback: "prod",
  credentials: [
    perEnvironment({
      name: "TWILIO_TOKEN",
      vendor: "twilio",
      reason: "Each environment sends from a number of its own.",
      consumers: ["mailer"],
    }),
    perEnvironment(
      {
        name: "ADYEN_API_KEY",
        vendor: "adyen",
        reason: "Only prod may charge a card.",
        consumers: ["shop", "tickets"],
      },
      [{ rule: "prefix", prefixes: { dev: ["test_"], staging: ["test_"], prod: ["live_"] } }],
    ),
    perEnvironment(
      {
        name: "ADYEN_PAYOUT_KEY",
        vendor: "adyen",
        reason: "Pays organisers. No other environment may have it.",
        consumers: ["tickets"],
      },
      [{ rule: "never-in", environments: ["dev", "staging"] }],
    ),
    perEnvironment(
      { name: "SENDGRID_KEY", vendor: "sendgrid", reason: "dev and staging send to a sandbox.", consumers: ["mailer"] },
      [{ rule: "format", format: "uuid", environments: ["prod"] }],
    ),
    shared({ name: "MAPS_KEY", vendor: "maps", reason: "One account; its limits are per site.", consumers: ["shop"] }),
    shared({
      name: "SENTRY_TOKEN",
      vendor: "sentry",
      reason: "One organisation.",
      consumers: ["shop", "tickets", "mailer"],
    }),
  ],
  flag: {
    name: "acme_vault",
    variable: "FLAG_ACME_VAULT",
    default: false,
    role: "shop",
    revision: "0007_acme_vault",
    description: "Credentials are read from a folder per environment.",
  },
});
