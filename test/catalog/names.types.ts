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

const flag = { name: "v", variable: "FLAG_V", default: false, revision: "1", description: "-" } as const;
const acme = { root: "/Acme", environments, fallback: "prod" } as const;
defineCatalog({ ...acme, credentials: [credential], flag: { ...flag, role: "shop" } });
defineCatalog({ ...acme, credentials: [credential], flag: { ...flag, role: ["shop"] } });
// @ts-expect-error No environment has an app with this role.
defineCatalog({ ...acme, credentials: [credential], flag: { ...flag, role: "shp" } });
// @ts-expect-error Neither has one the second of these.
defineCatalog({ ...acme, credentials: [credential], flag: { ...flag, role: ["shop", "api"] } });
// @ts-expect-error Nor does a credential have such a reader.
defineCatalog({ ...acme, credentials: [{ ...credential, consumers: ["shp"] }] });
defineCatalog({
  ...acme,
  // Roles of every environment count, and an environment may have no app.
  environments: [
    { name: "dev", apps: {}, source: "provision" },
    { name: "qa", apps: { api: "a" }, source: "provision" },
    ...environments,
  ],
  credentials: [{ ...credential, consumers: ["shop", "api"] }],
});
defineCatalog({
  ...acme,
  environments: [{ name: "prod", apps: {}, source: "copy" }],
  // @ts-expect-error Without an app there is no role.
  credentials: [credential],
});

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
