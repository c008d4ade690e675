// Names fail where they are typed: `npm run typecheck` runs this file's cases. A line that compiles against its comment is an error.
import { consoleCatalog, defineCatalog } from "console-vault/catalog";
import { resolve, secretPathFor } from "console-vault/resolver";

const credential = {
  name: "MAIL_TOKEN",
  vendor: "mail",
  scope: "environment",
  reason: "Staging sends to a test server.",
  rules: [{ rule: "distinct" }],
  consumers: ["shop"],
  assumed: [],
} as const;
const environments = [
  { name: "staging", apps: { shop: "acme-shop-staging" }, source: "provision" },
  { name: "prod", apps: { shop: "acme-shop" }, source: "copy" },
] as const;

export const catalog = defineCatalog({ root: "/Acme", environments, fallback: "prod", credentials: [credential] });
// @ts-expect-error No environment is called so.
defineCatalog({ root: "/Acme", environments, fallback: "prdo", credentials: [credential] });
defineCatalog({
  root: "/Acme",
  environments,
  fallback: "prod",
  // @ts-expect-error No environment is called so.
  credentials: [{ ...credential, rules: [{ rule: "never-in", environments: ["stagign"] }] }],
});
// @ts-expect-error There is no such scope.
defineCatalog({ root: "/Acme", environments, fallback: "prod", credentials: [{ ...credential, scope: "everywhere" }] });

secretPathFor("HEROKU_API_KEY", "staging", { flag: true });
// @ts-expect-error Not a credential of the built-in catalog.
secretPathFor("HEROKU_APIKEY");
// @ts-expect-error Not an environment of it.
resolve("HEROKU_API_KEY", "stagign");
resolve("HEROKU_API_KEY", "staging", { catalog: consoleCatalog });
resolve("MAIL_TOKEN", "staging", { catalog });
// @ts-expect-error Not a credential of Acme's.
resolve("HEROKU_API_KEY", "staging", { catalog });
// @ts-expect-error Not an environment of Acme's.
resolve("MAIL_TOKEN", "dev", { catalog });

/** What a request brings is looked up when the program runs. */
export const ofRequest = (name: string, environment: string | undefined) => [
  secretPathFor(name, environment),
  secretPathFor(name, environment, { catalog }),
];
