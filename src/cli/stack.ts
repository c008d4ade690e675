import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Catalog, consoleCatalog } from "../catalog/index.js";
import {
  credentialsOf,
  rawStackConfig,
  readStackConfig,
  type Services,
  type StackConfig,
  servicesOf,
} from "../config/index.js";
import { type Engine, openEngine } from "../engine/index.js";
import { UsageError } from "../errors.js";
import { HerokuClient, herokuEngineProvider } from "../heroku/index.js";
import { createInfisicalClient, type InfisicalClient } from "../vault/client/index.js";
import type { Io } from "./io.js";

/** The package's own root: where the program is that a checkout's `Pulumi.yaml` runs. */
export const packageDir = dirname(fileURLToPath(new URL("../../package.json", import.meta.url)));

export interface StackOptions {
  readonly stack: string;
  readonly engine?: string | undefined;
  readonly cwd?: string | undefined;
  readonly rebind?: boolean | undefined;
}

export const catalog: Catalog = consoleCatalog;

/** The directory that has `Pulumi.yaml`: `--cwd`, or the nearest one above the current directory. */
export function projectDirOf(io: Io, cwd: string | undefined): string {
  const start = cwd ? (isAbsolute(cwd) ? cwd : resolve(io.cwd, cwd)) : io.cwd;
  for (let dir = start; ; dir = dirname(dir)) {
    if (existsSync(join(dir, "Pulumi.yaml"))) return dir;
    if (dirname(dir) === dir) break;
  }
  throw new UsageError(
    `There is no Pulumi.yaml in ${start} or above it. Run the command in the project's directory, or name it with --cwd.`,
  );
}

export interface OpenServices {
  readonly config: StackConfig;
  readonly services: Services;
  readonly vault: InfisicalClient;
  readonly heroku: HerokuClient;
}

/** A stack's config, and clients of its two services. Makes no request. */
export function openServices(io: Io, projectDir: string, stack: string): OpenServices {
  const config = readStackConfig(projectDir, stack, catalog);
  const services = servicesOf(config, io.env);
  const configured = rawStackConfig(projectDir, stack)["heroku:apiKey"];
  // A secret config value is ciphertext here; only the program can read it, so the command itself uses the environment's.
  const credentials = credentialsOf(io.env, typeof configured === "string" ? configured : undefined);
  const vault = createInfisicalClient({
    url: services.infisicalUrl,
    projectId: config.infisicalProjectId,
    environment: config.infisicalEnvironment,
    auth: credentials.infisical,
    signal: io.signal,
    onWait: ({ because, waitMs }) => io.err(`  … Infisical: ${because}, waiting ${Math.ceil(waitMs / 1000)} s`),
  });
  const heroku = new HerokuClient({ url: services.herokuUrl, auth: { kind: "bearer", key: credentials.heroku } });
  return { config, services, vault, heroku };
}

export interface OpenStack extends OpenServices {
  readonly projectDir: string;
  readonly engine: Engine;
  /** Why this engine, in words. */
  readonly engineReason: string;
}

/** Everything that a stack command needs. */
export async function openStack(io: Io, options: StackOptions): Promise<OpenStack> {
  const projectDir = projectDirOf(io, options.cwd);
  const open = openServices(io, projectDir, options.stack);
  const { loopback } = open.services;
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(io.env)) if (value !== undefined) env[key] = value;
  if (options.rebind) env.CONSOLE_VAULT_REBIND = "1";
  if (!io.env.PULUMI_CONFIG_PASSPHRASE && !io.env.PULUMI_CONFIG_PASSPHRASE_FILE) {
    if (!loopback)
      throw new UsageError(
        "Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE): it encrypts the secrets in the stack's state, and may not be empty.",
      );
    env.PULUMI_CONFIG_PASSPHRASE = "";
  }
  const location = { projectDir, stack: options.stack, env };
  const chosen = { name: "embedded" as const, reason: "asked for" };
  const engine = openEngine(chosen.name, location, { heroku: herokuEngineProvider({ env }) });
  return { ...open, projectDir, engine, engineReason: chosen.reason };
}
