// A company of many credentials, all copied from flat folders to its one environment, and its stack on the in-process engine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Catalog, defineCatalog } from "../../src/catalog/index.js";
import type { EngineEvent } from "../../src/engine/index.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { type LocalOptions, startLocal } from "../../src/local/index.js";
import { consoleVault } from "../../src/program/index.js";
import { InProcessStacks } from "../support/inProcessEngine.js";

export const app = "acme-console";
const project = "4f1c2d3e-0000-4000-8000-00000000acme";

export interface CompanyOptions extends Pick<LocalOptions, "flavour" | "rateLimits"> {
  readonly count: number;
  readonly folders: number;
  readonly flagWanted?: boolean;
  /** Secrets at the root that no migration moves, by folder. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Steps at the same time. */
  readonly parallel?: number;
}

const vendorOf = (index: number, folders: number) => `vendor${index % folders}`;
const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);

const catalogOf = (count: number, folders: number): Catalog =>
  defineCatalog({
    root: "/Acme",
    environments: [{ name: "prod", apps: { console: app }, source: "copy" }],
    fallback: "prod",
    credentials: indexes(count).map((index) => ({
      name: `CREDENTIAL_${index}`,
      vendor: vendorOf(index, folders),
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

export async function openCompany(options: CompanyOptions) {
  const { count, folders, flagWanted = true, others = {}, flavour, rateLimits, parallel } = options;
  const secrets: Record<string, Record<string, string>> = {};
  for (const index of indexes(count)) {
    const path = `/Acme/${vendorOf(index, folders)}`;
    secrets[path] = { ...secrets[path], [`CREDENTIAL_${index}`]: `value of ${index}` };
  }
  for (const [name, rows] of Object.entries(others)) secrets[`/Acme/${name}`] = { ...rows };
  const local = await startLocal({
    ...(flavour === undefined ? {} : { flavour }),
    ...(rateLimits === undefined ? {} : { rateLimits }),
    seed: {
      infisical: {
        project: { id: project, slug: "acme", name: "Acme" },
        identities: [{ name: "tool", clientId: "tool", clientSecret: "tool-secret", role: "admin" }],
        secrets: { prod: secrets },
      },
      heroku: { accounts: [{ email: "ops@acme.example", keys: ["HRKU-acme"], apps: [app] }], apps: [{ name: app }] },
    },
  });
  const dir = mkdtempSync(join(tmpdir(), "console-vault-many-"));
  mkdirSync(join(dir, "state"));
  writeFileSync(join(dir, "Pulumi.yaml"), "name: acme\nruntime: nodejs\n");
  const settings = { infisicalProjectId: project, root: "/Acme", vaultEnvAware: flagWanted };
  const lines = Object.entries(settings).map(([key, value]) => `  console-vault:${key}: ${value}`);
  writeFileSync(join(dir, "Pulumi.prod.yaml"), `config:\n${lines.join("\n")}\n`);
  const stacks = new InProcessStacks({
    program: consoleVault(catalogOf(count, folders)),
    native: (env) => ({ heroku: herokuEngineProvider({ env, waits: { rateLimitMs: 1, pollMs: 1 } }) }),
    ...(parallel === undefined ? {} : { parallel }),
  });
  const env = { ...local.env, PULUMI_BACKEND_URL: `file://${dir}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
  const run =
    (operation: "preview" | "up") =>
    (onEvent: (event: EngineEvent) => void = () => {}) => {
      const engine = stacks.open({ projectDir: dir, stack: "prod", env });
      return engine[operation]({ refresh: true, onEvent, signal: new AbortController().signal });
    };
  const close = async () => {
    await local.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { local, preview: run("preview"), up: run("up"), close };
}

export type Company = Awaited<ReturnType<typeof openCompany>>;
