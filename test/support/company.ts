// A made-up company of any size: its project in a directory, and what its vault and apps hold before its migration. For tests and
// for the bench.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalSeed } from "../../src/local/index.js";

const program = fileURLToPath(new URL("../../program.mjs", import.meta.url));
export const projectId = "4f1c2d3e-0000-4000-8000-00000000acme";

export interface CompanySize {
  readonly count: number;
  readonly folders: number;
}

export interface CompanyOptions extends CompanySize {
  /** Whether its stacks want the flag; default true. */
  readonly flagWanted?: boolean;
  /** In the order of promotion, all of them copying from the flat folders; default: prod alone. */
  readonly environments?: readonly string[];
  /** Secrets at the root that no migration moves, by folder. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
export const vendorOf = (index: number, { folders }: CompanySize) => `vendor${index % folders}`;
export const nameOf = (index: number) => `CREDENTIAL_${index}`;
export const appOf = (environment: string) => `acme-console-${environment}`;

/** Short, however many credentials there are. */
const catalogText = ({ count, folders, environments = ["prod"] }: CompanyOptions) => `
import { defineCatalog } from "console-vault/catalog";

const app = (name) => ({ name, apps: { console: "acme-console-" + name }, source: "copy" });

export default defineCatalog({
  root: "/Acme",
  environments: ${JSON.stringify(environments)}.map(app),
  fallback: ${JSON.stringify(environments.at(-1))},
  credentials: Array.from({ length: ${count} }, (_, index) => ({
    name: "CREDENTIAL_" + index,
    vendor: "vendor" + (index % ${folders}),
    scope: "environment",
    reason: "One for each environment.",
    rules: [],
    consumers: ["console"],
    assumed: [],
  })),
  flag: {
    name: "aware",
    variable: "FLAG_AWARE",
    default: false,
    role: "console",
    revision: "0001_aware",
    description: "Reads the environment's folder.",
  },
});
`;

/** Writes the project's files, and the directory `state` for a backend. */
export function writeCompany(dir: string, options: CompanyOptions): void {
  const { flagWanted = true, environments = ["prod"] } = options;
  mkdirSync(join(dir, "state"), { recursive: true });
  writeFileSync(join(dir, "catalog.mjs"), catalogText(options));
  writeFileSync(join(dir, "Pulumi.yaml"), `name: acme\nruntime: nodejs\nmain: ${relative(dir, program)}\n`);
  const settings = { infisicalProjectId: projectId, root: "/Acme", vaultEnvAware: flagWanted };
  const lines = Object.entries(settings).map(([key, value]) => `  console-vault:${key}: ${value}`);
  for (const name of environments) writeFileSync(join(dir, `Pulumi.${name}.yaml`), `config:\n${lines.join("\n")}\n`);
}

/** @param made the value of the credential with an index */
export function companySeed(
  { count, folders, environments = ["prod"], others = {} }: CompanyOptions,
  made = (index: number) => `value of ${index}`,
): LocalSeed {
  const secrets: Record<string, Record<string, string>> = {};
  for (const index of indexes(count)) {
    const path = `/Acme/${vendorOf(index, { count, folders })}`;
    secrets[path] ??= {};
    secrets[path][nameOf(index)] = made(index);
  }
  for (const [name, rows] of Object.entries(others)) secrets[`/Acme/${name}`] = { ...rows };
  const apps = environments.map(appOf);
  return {
    infisical: {
      project: { id: projectId, slug: "acme", name: "Acme" },
      identities: [{ name: "tool", clientId: "tool", clientSecret: "tool-secret", role: "admin" }],
      secrets: { prod: secrets },
    },
    heroku: {
      accounts: [{ email: "ops@acme.example", keys: ["HRKU-acme"], apps }],
      apps: apps.map((name) => ({ name })),
    },
  };
}
