import { defineCatalog } from "console-vault/catalog";

export default defineCatalog({
  root: "/Acme",
  environments: [
    { name: "staging", apps: { shop: "acme-shop-staging" }, source: "provision" },
    { name: "prod", apps: { shop: "acme-shop" }, source: "copy" },
  ],
  fallback: "prod",
  credentials: [
    {
      name: "MAIL_TOKEN",
      vendor: "mail",
      scope: "environment",
      reason: "Staging sends to a test server.",
      rules: [{ rule: "distinct" }, { rule: "format", format: "uuid", environments: ["prod"] }],
      consumers: ["shop"],
      assumed: [],
    },
    {
      name: "PAYMENT_KEY",
      vendor: "payment",
      scope: "environment",
      reason: "Staging uses a test key.",
      rules: [{ rule: "distinct" }, { rule: "prefix", prefixes: { staging: ["test_"], prod: ["live_"] } }],
      consumers: ["shop"],
      assumed: [],
    },
    {
      name: "GITHUB_TOKEN",
      vendor: "github",
      scope: "shared",
      reason: "One account, read only.",
      rules: [],
      consumers: ["shop"],
      assumed: [],
    },
  ],
  flag: {
    name: "vault_env_aware",
    variable: "FLAG_VAULT_ENV_AWARE",
    default: false,
    role: "shop",
    revision: "0001_vault_env_aware",
    description: "Credentials are read from a folder per environment.",
  },
});
