import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { input } from "@inquirer/prompts";
import type { Command } from "commander";
import { defineCatalog } from "../../catalog/index.js";
import { configShape, credentialsOf, servicesOf } from "../../config/index.js";
import { UsageError } from "../../errors.js";
import { HerokuClient } from "../../heroku/index.js";
import {
  type AppsByEnvironment,
  type ProposedCredential,
  proposeApps,
  proposeFlagRole,
  proposeScope,
} from "../../migration/index.js";
import { createInfisicalClient, type InfisicalClient } from "../../vault/client/index.js";
import { askYes } from "../ask.js";
import { filesOf, type InitPlan } from "../init/files.js";
import { readApps, readVault } from "../init/look.js";
import { colorsOf, type Io } from "../io.js";
import { packageDir } from "../project.js";
import { table } from "../table.js";

interface InitOptions {
  readonly url?: string;
  readonly project?: string;
  readonly slug?: string;
  readonly root?: string;
  readonly env?: readonly string[];
  readonly fallback?: string;
  readonly app?: readonly string[];
  readonly scope?: readonly string[];
  readonly flag?: string;
  readonly flagRole?: string;
  readonly name?: string;
  readonly yes?: boolean;
  readonly cwd?: string;
}

const defaultUrl = "https://app.infisical.com";
const isSegment = (name: string) => /^[A-Za-z0-9_-]+$/.test(name);

/** An option, else an answer, else what is proposed. @param option as it is typed */
async function answer(
  io: Io,
  options: InitOptions,
  given: string | undefined,
  option: string,
  message: string,
  proposed: string | undefined,
): Promise<string> {
  if (given !== undefined) return given;
  if (io.interactive && !options.yes) {
    const typed = await input(
      { message, ...(proposed === undefined ? {} : { default: proposed }) },
      { output: process.stderr, signal: io.signal },
    );
    if (typed.trim() !== "") return typed.trim();
  }
  if (proposed !== undefined) return proposed;
  throw new UsageError(`${message}: pass ${option}`);
}

/** @throws UsageError (exit 2) where one of the files, or a Pulumi project, is there already */
function refuseExisting(dir: string, paths: Iterable<string>): void {
  const there = [...paths].filter((path) => path !== "package.json" && existsSync(join(dir, path)));
  if (there.length === 0) return;
  const project = there.includes("Pulumi.yaml")
    ? " A Pulumi project has one program; the vault's can have a folder of its own:\n  console-vault init --cwd vault"
    : " Take it away, or name another directory with --cwd.";
  throw new UsageError(`${dir} has ${there.join(", ")} already, and init overwrites nothing.${project}`);
}

/** The one folder of the project, or the one that is named. */
async function chooseRoot(io: Io, options: InitOptions, vault: InfisicalClient): Promise<string> {
  const names = options.root === undefined ? (await vault.listFolders("/")).map(({ name }) => name) : [];
  const proposed = names.length === 1 ? `/${names[0]}` : undefined;
  const choices = names.length > 0 ? ` (there are ${names.map((name) => `/${name}`).join(", ")})` : "";
  const root = await answer(
    io,
    options,
    options.root,
    "--root",
    `Folder that holds the vendors' folders${choices}`,
    proposed,
  );
  if (!/^(\/[A-Za-z0-9_-]+)+$/.test(root))
    throw new UsageError(`--root is a path such as /Acme, not ${JSON.stringify(root)}`);
  return root;
}

/** `staging:shop=acme-shop-staging`, over what is proposed. */
function withApps(
  proposed: AppsByEnvironment,
  given: readonly string[],
  visible: readonly string[],
): AppsByEnvironment {
  const apps = Object.fromEntries(
    Object.entries(proposed).map(([name, byRole]) => [name, given.length > 0 ? {} : { ...byRole }]),
  );
  for (const one of given) {
    const [, environment = "", role = "", app = ""] = /^([^:=]+):([^:=]+)=(.+)$/.exec(one) ?? [];
    if (!apps[environment] || !isSegment(role))
      throw new UsageError(`--app takes ENVIRONMENT:ROLE=APP, such as ${Object.keys(apps)[0]}:web=my-app; not ${one}`);
    if (!visible.includes(app)) throw new UsageError(`--app: the Heroku account does not see the app ${app}`);
    apps[environment][role] = app;
  }
  return apps;
}

function withScopes(proposed: readonly ProposedCredential[], given: readonly string[]): ProposedCredential[] {
  const scopes = new Map(
    given.map((one) => {
      const [, name = "", scope = ""] = /^(\w+)=(environment|shared)$/.exec(one) ?? [];
      if (!proposed.some((credential) => credential.name === name))
        throw new UsageError(`--scope takes NAME=environment or NAME=shared, with a name of the vault; not ${one}`);
      return [name, scope as ProposedCredential["scope"]] as const;
    }),
  );
  return proposed.map((credential) => {
    const scope = scopes.get(credential.name);
    return scope === undefined || scope === credential.scope
      ? credential
      : { ...credential, scope, reason: "As init was told." };
  });
}

/** Opens both services as a stack's commands do: the variables of the environment win. */
async function openPlace(io: Io, options: InitOptions) {
  const url = await answer(
    io,
    options,
    options.url ?? io.env.INFISICAL_API_URL,
    "--url",
    "Infisical's URL",
    defaultUrl,
  );
  const projectId = await answer(io, options, options.project, "--project", "Id of the Infisical project", undefined);
  const slug = await answer(io, options, options.slug, "--slug", "Infisical's environment slug", "prod");
  const shape = configShape.safeParse({ infisicalUrl: url, infisicalProjectId: projectId, infisicalEnvironment: slug });
  if (!shape.success)
    throw new UsageError(shape.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
  const config = { ...shape.data, environment: "" };
  const services = servicesOf(config, io.env);
  const { infisical, heroku } = credentialsOf(io.env, undefined);
  const vault = createInfisicalClient({
    url: services.infisicalUrl,
    projectId,
    environment: slug,
    auth: infisical,
    signal: io.signal,
  });
  await vault.checkAccess();
  // A service on this machine is where the variables say, and gone tomorrow.
  const settings = {
    ...(services.loopback || services.infisicalUrl === defaultUrl ? {} : { infisicalUrl: services.infisicalUrl }),
    infisicalProjectId: projectId,
    infisicalEnvironment: slug,
  };
  return {
    vault,
    heroku: new HerokuClient({ url: services.herokuUrl, auth: { kind: "bearer", key: heroku } }),
    settings,
  };
}

async function makePlan(io: Io, options: InitOptions): Promise<InitPlan> {
  const { vault, heroku, settings } = await openPlace(io, options);
  const root = await chooseRoot(io, options, vault);
  const seen = await readVault(vault, root);
  if (seen.rows.length === 0)
    throw new UsageError(`There is no secret in the folders of ${root}: name another with --root.`);
  const typed = options.env ?? [];
  const environments =
    typed.length > 0
      ? typed
      : (
          await answer(
            io,
            options,
            undefined,
            "--env",
            "Environments, in the order in which they are promoted",
            "staging prod",
          )
        ).split(/[\s,]+/);
  const fallback = options.fallback ?? environments.at(-1)!;
  if (!environments.includes(fallback))
    throw new UsageError(`--fallback: ${fallback} is none of ${environments.join(", ")}`);
  const visible = (await heroku.apps()).map(({ name }) => name);
  const apps = withApps(proposeApps(visible, environments, fallback), options.app ?? [], visible);
  const role = options.flagRole ?? proposeFlagRole(apps);
  if (role === undefined)
    throw new UsageError(
      `No app could be told of every environment: ${visible.join(", ") || "the account sees none"}. Name them: --app ${environments[0]}:web=APP …`,
    );
  const credentials = (await readApps(heroku, apps, seen)).map((one) => proposeScope(one, environments));
  for (const line of seen.leftOut) io.err(colorsOf(io).yellow(`! left out: ${line}`));
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as { version: string };
  return {
    name: options.name ?? `${root.split("/").at(-1)!.toLowerCase()}-vault`,
    root,
    environments,
    fallback,
    apps,
    credentials: withScopes(credentials, options.scope ?? []),
    flag: { variable: options.flag ?? "FLAG_VAULT_ENV_AWARE", role },
    settings,
    version,
  };
}

function show(io: Io, dir: string, plan: InitPlan, files: ReadonlyMap<string, string>): void {
  const c = colorsOf(io);
  const rows = table(io, ["credential", "vendor", "scope", "why"]);
  for (const { name, vendor, scope, reason } of plan.credentials) rows.push([name, vendor, scope, reason]);
  io.err(rows.toString());
  for (const [path, content] of files) io.err(`\n${c.bold(`+ ${join(dir, path)}`)}\n${content.trimEnd()}`);
}

async function init(io: Io, options: InitOptions): Promise<void> {
  const dir = resolve(io.cwd, options.cwd ?? ".");
  refuseExisting(dir, ["Pulumi.yaml", "catalog.ts", "index.cjs"]);
  const plan = await makePlan(io, options);
  const files = new Map(filesOf(plan));
  if (existsSync(join(dir, "package.json"))) files.delete("package.json");
  refuseExisting(dir, files.keys());
  checkPlan(plan);
  show(io, dir, plan, files);
  await askYes(io, options, `Write these ${files.size} files to ${dir}?`);
  for (const [path, content] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content, { flag: "wx" });
  }
  const here = basename(dir) === basename(io.cwd) && dir === io.cwd ? "" : `  cd ${options.cwd}\n`;
  io.out(
    `${here}${files.has("package.json") ? "  npm install\n" : ""}  console-vault up --stack ${plan.environments[0]}`,
  );
}

/** What does not fit together is said before anything is written. @throws CatalogError */
function checkPlan({ root, environments, fallback, apps, credentials, flag }: InitPlan): void {
  defineCatalog<string, string>({
    root,
    environments: environments.map((name) => ({ name, apps: apps[name] ?? {}, source: "provision" })),
    fallback,
    credentials: credentials.map((one) => ({ ...one, rules: [], assumed: [] })),
    flag: {
      name: flag.variable,
      variable: flag.variable,
      default: false,
      role: flag.role,
      revision: "0001",
      description: "-",
    },
  });
}

const repeated = (value: string, before: readonly string[] = []) => [...before, value];

export function addInit(program: Command, io: Io): void {
  program
    .command("init")
    .description(
      "make a project: reads the vault's folders and the Heroku account's apps, proposes a scope for each credential, writes catalog, stacks and program",
    )
    .option("--url <url>", "Infisical's URL (default: INFISICAL_API_URL, else Infisical Cloud)")
    .option("--project <id>", "id of the Infisical project")
    .option("--slug <slug>", "Infisical's environment slug (default: prod)")
    .option("--root <path>", "folder that holds the vendors' folders, such as /Acme")
    .option("--env <name>", "an environment; once for each, in the order in which they are promoted", repeated)
    .option("--fallback <name>", "the environment whose values the flat folders hold (default: the last one)")
    .option(
      "--app <env:role=app>",
      "an app of an environment; once for each, in place of what the apps' names say",
      repeated,
    )
    .option("--scope <name=scope>", "environment or shared, for one credential; once for each", repeated)
    .option("--flag <variable>", "the flag's config var (default: FLAG_VAULT_ENV_AWARE)")
    .option("--flag-role <role>", "role of the app that has the flag")
    .option("--name <name>", "name of the Pulumi project")
    .option("--yes", "take the proposals and write")
    .option("--cwd <dir>", "where to write (default: here)")
    .action((options: InitOptions) => init(io, options));
}
