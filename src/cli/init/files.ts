// What `init` writes, as text. What it decided on is in the plan; nothing here looks anywhere.
import { stringify } from "yaml";
import type { AppsByEnvironment, ProposedCredential } from "../../migration/index.js";
import type { Modules } from "./modules.js";

export interface InitPlan {
  /** Of the Pulumi project, e.g. `acme-vault`. */
  readonly name: string;
  readonly root: string;
  /** In promotion order. */
  readonly environments: readonly string[];
  readonly fallback: string;
  readonly apps: AppsByEnvironment;
  readonly credentials: readonly ProposedCredential[];
  /** Undefined for a team that wants folders and copies only. */
  readonly flag: { readonly variable: string; readonly role: string } | undefined;
  /** Keys of every stack's file, without their namespace. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of console-vault, for package.json. */
  readonly version: string;
  readonly modules: Modules;
}

const text = (value: string) => JSON.stringify(value);
const list = (values: readonly string[]) => `[${values.map(text).join(", ")}]`;
const object = (entries: readonly string[]) => (entries.length > 0 ? `{ ${entries.join(", ")} }` : "{}");
const key = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : text(name));

function flagLines(flag: InitPlan["flag"]): string[] {
  if (!flag) return [];
  const name = flag.variable.replace(/^FLAG_/, "").toLowerCase();
  return [
    "  flag: {",
    `    name: ${text(name)},`,
    `    variable: ${text(flag.variable)},`,
    "    default: false,",
    `    role: ${text(flag.role)},`,
    `    revision: ${text(`0001_${name}`)},`,
    '    description: "Credentials are read from a folder per environment.",',
    "  },",
  ];
}

function catalogText({ root, environments, fallback, apps, credentials, flag }: InitPlan): string {
  const environmentLines = environments.map((name) => {
    const own = Object.entries(apps[name] ?? {}).map(([role, app]) => `${key(role)}: ${text(app)}`);
    const source = name === fallback ? "copy" : "provision";
    return `    { name: ${text(name)}, apps: ${object(own)}, source: ${text(source)} },`;
  });
  const credentialLines = credentials.flatMap(({ name, vendor, scope, reason, consumers }) => [
    "    {",
    `      name: ${text(name)},`,
    `      vendor: ${text(vendor)},`,
    `      scope: ${text(scope)},`,
    `      reason: ${text(reason)},`,
    `      rules: [${scope === "environment" ? '{ rule: "distinct" }' : ""}],`,
    `      consumers: ${list(consumers)},`,
    "      assumed: [],",
    "    },",
  ]);
  return [
    "// The credentials, environments and apps that console-vault works on. Every command and the program use it.",
    "// Rules that vendors document for their keys: import from console-vault/rules.",
    'import { defineCatalog } from "console-vault/catalog";',
    "",
    "export default defineCatalog({",
    `  root: ${text(root)},`,
    "  // In the order in which the flag turns on.",
    "  environments: [",
    ...environmentLines,
    "  ],",
    "  // The environment whose values the flat folders hold.",
    `  fallback: ${text(fallback)},`,
    "  credentials: [",
    ...credentialLines,
    "  ],",
    ...flagLines(flag),
    "});",
    "",
  ].join("\n");
}

/** An ES module by its name, where TypeScript would compile no `catalog.ts` with an `import` in it. */
export const catalogFile = ({ imports }: Modules) => (imports ? "catalog.ts" : "catalog.mts");

/** What a stack's file needs. */
export function stackConfig(
  environment: string,
  { settings, flag, apps }: InitPlan,
): Readonly<Record<string, unknown>> {
  const keys = Object.entries(settings).map(([name, value]) => [`console-vault:${name}`, value]);
  // It turns on only when every credential is confirmed. An environment without the flag's app has none.
  const hasFlag = flag !== undefined && flag.role in (apps[environment] ?? {});
  return Object.fromEntries(hasFlag ? [...keys, ["console-vault:vaultEnvAware", false]] : keys);
}

const stackText = (environment: string, plan: InitPlan) =>
  `# The stack of the environment ${environment}. Keys: node_modules/console-vault/docs/configuration.md\n${stringify({ config: stackConfig(environment, plan) })}`;

const projectText = ({ name, modules }: InitPlan) => `name: ${name}
description: Credentials in Infisical, a stack per environment
main: ${programFile(modules.esm)}
runtime:
  name: nodejs
  options:
    typescript: false
# Every plan reads the apps again, so that it sees a flag that was set by hand.
options:
  refresh: always
`;

/** Pulumi imports the program of an ES module project, and requires every other. */
export const programFile = (esm: boolean) => (esm ? "index.mjs" : "index.cjs");

const programText = (
  modules: Modules,
) => `// The Pulumi program: what ./${catalogFile(modules)} says, an environment per stack.
${modules.esm ? 'export { default } from "console-vault/program";' : 'module.exports = require("console-vault/program");'}
`;

const packageText = ({ version, modules }: InitPlan) => {
  const type = modules.esm ? { type: "module" } : {};
  return `${JSON.stringify({ private: true, ...type, dependencies: { "console-vault": `^${version}` } }, null, 2)}\n`;
};

/** No secret is named here: a pull request's code is anybody's. */
const workflowText = (
  environments: readonly string[],
) => `# What a pull request changes in the plan, made without a network and without a token.
name: vault
on:
  pull_request:
permissions:
  contents: read
jobs:
  preview:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    strategy:
      matrix:
        stack: [${environments.join(", ")}]
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: npm install --ignore-scripts
      - run: npx console-vault preview --offline --stack \${{ matrix.stack }}
`;

/** Every file by its path in the project's directory. */
export function filesOf(plan: InitPlan): ReadonlyMap<string, string> {
  const { environments, modules } = plan;
  return new Map([
    [catalogFile(modules), catalogText(plan)],
    ["Pulumi.yaml", projectText(plan)],
    ...environments.map((one) => [`Pulumi.${one}.yaml`, stackText(one, plan)] as const),
    [programFile(modules.esm), programText(modules)],
    [".github/workflows/vault.yml", workflowText(environments)],
    ["package.json", packageText(plan)],
  ]);
}
