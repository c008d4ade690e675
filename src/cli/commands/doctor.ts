import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Catalog, environmentOf, usesHeroku } from "../../catalog/index.js";
import {
  configShape,
  parseStackConfig,
  rawStackConfig,
  type Services,
  type StackConfig,
  servicesOf,
  stackFile,
} from "../../config/index.js";
import { SecretValue } from "../../secret.js";
import { type Check, missing, missingFor, ok } from "../doctor/check.js";
import { checkHeroku, type HerokuPlace } from "../doctor/heroku.js";
import { checkCli, checkStackMachine, judgeNode } from "../doctor/machine.js";
import { checkVault, type VaultPlace } from "../doctor/vault.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io } from "../io.js";
import { catalogOf, packageDir, projectDirOf } from "../project.js";
import { configuredKey, definedOnly } from "../stack.js";
import { table } from "../table.js";

interface DoctorOptions {
  readonly stack?: string;
  readonly json?: boolean;
  readonly cwd?: string;
}

/** A stack whose file is right, and where its services are. */
interface SeenStack {
  readonly config: StackConfig;
  readonly services: Services;
}

/** Looks at everything that the commands need. Reads names only, and writes nothing. */
async function examine(io: Io, options: DoctorOptions): Promise<Check[]> {
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as { version: string };
  const checks: Check[] = [judgeNode(process.versions.node, version)];
  const projectDir = findProject(io, options.cwd, checks);
  checks.push(await checkCli({ projectDir: projectDir ?? io.cwd, stack: "", env: definedOnly(io.env) }));
  if (projectDir === undefined) return [...checks, ...(await checkServices(io, undefined, undefined, []))];
  const catalog = await findCatalog(io, projectDir, checks);
  if (catalog === undefined) return [...checks, ...(await checkServices(io, projectDir, undefined, []))];
  const names =
    options.stack === undefined
      ? catalog.environments.map(({ name }) => name)
      : [environmentOf(catalog, options.stack).name];
  const stacks: SeenStack[] = [];
  for (const name of names) {
    const seen = readStack(io, projectDir, name, catalog, checks);
    if (!seen) continue;
    stacks.push(seen);
    checks.push(...(await checkStackMachine(locationOf(io, projectDir, name, seen.services), seen.services.loopback)));
  }
  return [...checks, ...(await checkServices(io, projectDir, catalog, stacks))];
}

function findProject(io: Io, cwd: string | undefined, checks: Check[]): string | undefined {
  try {
    const dir = projectDirOf(io, cwd);
    checks.push(ok("project", "", dir));
    return dir;
  } catch (error) {
    checks.push(missingFor("project", "", error));
    return undefined;
  }
}

async function findCatalog(io: Io, projectDir: string, checks: Check[]): Promise<Catalog | undefined> {
  try {
    const catalog = await catalogOf(io, projectDir);
    const counted = `${catalog.credentials.length} credentials, ${catalog.environments.length} environments`;
    checks.push(ok("catalog", "", counted));
    return catalog;
  } catch (error) {
    checks.push(missingFor("catalog", "", error));
    return undefined;
  }
}

/** As a command gives it to an engine: on loopback a passphrase may be left out. */
function locationOf(io: Io, projectDir: string, stack: string, { loopback, herokuUrl }: Services) {
  const env = definedOnly(io.env);
  env.HEROKU_API_URL = herokuUrl;
  if (loopback && !env.PULUMI_CONFIG_PASSPHRASE_FILE) env.PULUMI_CONFIG_PASSPHRASE ??= "";
  return { projectDir, stack, env };
}

function readStack(
  io: Io,
  projectDir: string,
  stack: string,
  catalog: Catalog,
  checks: Check[],
): SeenStack | undefined {
  const file = `Pulumi.${stack}.yaml`;
  if (!existsSync(stackFile(projectDir, stack))) {
    checks.push(missing("config", stack, `there is no ${file}`, `Write it: docs/configuration.md lists its keys.`));
    return undefined;
  }
  try {
    const parsed = parseStackConfig(rawStackConfig(projectDir, stack), stack, catalog);
    if (!parsed.ok) {
      checks.push(...parsed.problems.map((problem) => missing("config", stack, problem, `Edit ${file}.`)));
      return undefined;
    }
    const services = servicesOf(parsed.config, io.env, usesHeroku(catalog));
    checks.push(ok("config", stack, file));
    return { config: parsed.config, services };
  } catch (error) {
    checks.push(missingFor("config", stack, error));
    return undefined;
  }
}

/** Without a catalog nobody knows yet. */
const mayUseHeroku = (catalog: Catalog | undefined): boolean => !catalog || usesHeroku(catalog);

/** Each server is asked once for all stacks that are there. */
async function checkServices(
  io: Io,
  projectDir: string | undefined,
  catalog: Catalog | undefined,
  stacks: readonly SeenStack[],
): Promise<Check[]> {
  const checks: Check[] = [];
  const seen = stacks.length > 0 ? stacks : [defaultPlace(io, catalog, checks)].filter((one) => one !== undefined);
  const vaults = new Map<string, VaultPlace>();
  const herokus: HerokuPlace[] = [];
  for (const { config, services } of seen) {
    const place = JSON.stringify([services.infisicalUrl, config.infisicalProjectId, config.infisicalEnvironment]);
    const configs = config.environment === "" ? [] : [...(vaults.get(place)?.configs ?? []), config];
    const named = configs.length > 0 || Boolean(io.env.INFISICAL_API_URL);
    vaults.set(place, { url: services.infisicalUrl, loopback: services.loopback, named, configs });
    if (!mayUseHeroku(catalog)) continue;
    const key = await herokuKey(io, projectDir, config.environment, checks);
    if (!key) continue;
    const known = herokus.findIndex((one) => one.url === services.herokuUrl && one.key.equals(key));
    const environments = [...(herokus[known]?.environments ?? []), ...configs.slice(-1).map((one) => one.environment)];
    herokus.splice(known < 0 ? herokus.length : known, 1, {
      url: services.herokuUrl,
      loopback: services.loopback,
      key,
      environments,
    });
  }
  for (const place of vaults.values()) checks.push(...(await checkVault(io.env, catalog, place, io.signal)));
  for (const place of herokus) checks.push(...(await checkHeroku(catalog, place)));
  return checks;
}

/** Without a stack: where the variables or the defaults point. */
function defaultPlace(io: Io, catalog: Catalog | undefined, checks: Check[]): SeenStack | undefined {
  const config = { ...configShape.parse({ infisicalProjectId: "none" }), environment: "" };
  try {
    return { config, services: servicesOf(config, io.env, mayUseHeroku(catalog)) };
  } catch (error) {
    checks.push(missingFor("config", "", error));
    return undefined;
  }
}

async function herokuKey(
  io: Io,
  projectDir: string | undefined,
  stack: string,
  checks: Check[],
): Promise<SecretValue | undefined> {
  try {
    const configured = projectDir && stack ? await configuredKey(io, projectDir, stack) : undefined;
    const key = configured || io.env.HEROKU_API_KEY;
    if (key) return SecretValue.of(key);
  } catch (error) {
    checks.push(missingFor("heroku", stack, error));
    return undefined;
  }
  if (!checks.some(({ check }) => check === "heroku"))
    checks.push(
      missing(
        "heroku",
        stack,
        "there is no API key",
        "Set HEROKU_API_KEY (heroku authorizations:create makes one), or pulumi config set --secret heroku:apiKey.",
      ),
    );
  return undefined;
}

const signs = { ok: "✓", missing: "✗", note: "!", unknown: "?" } as const;

function print(io: Io, checks: readonly Check[]): void {
  const c = colorsOf(io);
  const paint = { ok: c.green, missing: c.red, note: c.yellow, unknown: c.yellow } as const;
  const rows = table(io, ["", "check", "of", "found"]);
  for (const { check, subject, state, found } of checks) rows.push([paint[state](signs[state]), check, subject, found]);
  io.out(rows.toString());
  // One fix may mend several lines.
  const fixes = new Map<string, Check[]>();
  for (const one of checks) if (one.fix) fixes.set(one.fix, [...(fixes.get(one.fix) ?? []), one]);
  if (fixes.size > 0) io.out("");
  for (const [fix, ofIt] of fixes) {
    const [{ check, subject, state }] = ofIt as [Check, ...Check[]];
    const what = ofIt.length > 1 ? `${check} (${ofIt.length} lines)` : [check, subject].filter(Boolean).join(" ");
    io.out(`${paint[state](signs[state])} ${what}: ${fix}`);
  }
}

async function doctor(io: Io, options: DoctorOptions): Promise<void> {
  const checks = await examine(io, options);
  const lacking = checks.filter(({ state }) => state === "missing");
  if (options.json)
    io.out(
      JSON.stringify(
        {
          result: lacking.length === 0 ? "ok" : "missing",
          checks: checks.map((one) => ({ ...one, subject: one.subject || null, fix: one.fix ?? null })),
        },
        null,
        2,
      ),
    );
  else print(io, checks);
  if (lacking.length > 0)
    throw new Ended(
      exitCodes.pending,
      lacking.length === 1 ? "one thing is missing" : `${lacking.length} things are missing`,
    );
}

export function addDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .description(
      "find what this machine, project, vault and Heroku account lack, and say how to fix it; writes nothing",
    )
    .option("--stack <stack>", "only this environment")
    .option("--json", "as JSON: per check its state, what was found, and the fix")
    .option("--cwd <dir>", "the project's directory")
    .action((options: DoctorOptions) => doctor(io, options));
}
