// The catalog's rules as policies. Pulumi gives a policy the values of a resource's inputs, secret ones as well: they are judged here,
// and a violation has the rule's words and nothing of the value.
import { brokenRules } from "console-vault/catalog";

const association = "heroku:index/appConfigAssociation:AppConfigAssociation";
/** console-vault's own resources hold names and revisions of secrets, never values. */
const isOwn = ({ type }) => type.startsWith("pulumi-nodejs:dynamic/console-vault:");
/** A stack is an environment: `urn:pulumi:staging::acme-vault::…`. */
const environmentOf = ({ urn }) => urn.split("::")[0].split(":")[2];

/** Every text that has a name, at any depth: `{ NAME: "…" }`, and `{ name: "NAME", value: "…" }` as containers have it. */
function* namedTexts(value) {
  if (typeof value !== "object" || value === null) return;
  if (typeof value.name === "string" && typeof value.value === "string") yield [value.name, value.value];
  for (const [name, inner] of Object.entries(value))
    if (typeof inner === "string") yield [name, inner];
    else yield* namedTexts(inner);
}

/** @param catalog as `defineCatalog` returns it */
export function policiesOf(catalog) {
  const names = new Set(catalog.credentials.map(({ name }) => name));
  const environments = new Set(catalog.environments.map(({ name }) => name));
  return [
    {
      name: "catalog-rules",
      description: "A credential that a resource is given keeps the catalog's rules for its environment.",
      validateResource: (resource, report) => {
        const environment = environmentOf(resource);
        if (isOwn(resource) || !environments.has(environment)) return;
        for (const [name, text] of namedTexts(resource.props)) {
          if (!names.has(name)) continue;
          for (const why of brokenRules(catalog, environment, name, text, new Date())) report(`${name}: ${why}`);
        }
      },
    },
    {
      name: "credentials-are-secret",
      description: "A credential on a Heroku app is among its sensitive vars: the others stay readable in the state.",
      validateResource: ({ type, props }, report) => {
        if (!type.startsWith("heroku:")) return;
        for (const key of ["vars", "configVars"])
          for (const name of Object.keys(props[key] ?? {}))
            if (names.has(name)) report(`${name} is in ${key}, which Pulumi does not encrypt`);
      },
    },
    {
      name: "one-writer",
      description: "What console-vault writes on an app, no other resource writes there.",
      validateStack: ({ resources }, report) => {
        const ours = resources.filter((one) => one.type === association && dependsOnMigration(one));
        for (const other of resources.filter(({ type }) => type in varKeys)) {
          if (ours.includes(other)) continue;
          for (const { props, urn } of ours) {
            // The association of an app is called as the app is.
            if (!appsOf(other).some((app) => app === props.appId || app === urn.split("::").at(-1))) continue;
            // The flag's var by the catalog: its value is an output, which a preview does not know.
            const managed = [catalog.flag?.variable, ...Object.keys(props.sensitiveVars ?? {})];
            for (const name of varsOf(other))
              if (managed.includes(name)) report(`${name} on this app is console-vault's`, other.urn);
          }
        }
      },
    },
  ];
}

/** What sets config vars on a Heroku app, and in which of its properties. */
const varKeys = {
  [association]: ["vars", "sensitiveVars"],
  "heroku:index/app:App": ["configVars", "sensitiveConfigVars"],
};
const varsOf = ({ type, props }) => varKeys[type].flatMap((key) => Object.keys(props[key] ?? {}));

/** Name or UUID of the app that a resource sets vars on. A new app's UUID is not known yet, and reading it throws. */
function appsOf({ type, props }) {
  if (type === association) return [props.appId];
  try {
    return [props.name, props.uuid];
  } catch {
    return [props.name];
  }
}

/** As the associations that console-vault declares. */
const dependsOnMigration = ({ dependencies }) =>
  dependencies.some(({ type }) => type === "pulumi-nodejs:dynamic/console-vault:Migration");
