import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { input } from "@inquirer/prompts";
import type { Command } from "commander";
import { defineCatalog } from "../../catalog/index.js";
import { configShape, credentialsOf, servicesOf } from "../../config/index.js";
import { UsageError } from "../../errors.js";
import { HerokuClient, NoHeroku } from "../../heroku/index.js";
import {
  type AppsByEnvironment,
  type ProposedCredential,
  proposeApps,
  proposeFlagRole,
  proposeScope,
} from "../../migration/index.js";
import { createInfisicalClient, type InfisicalClient } from "../../vault/client/index.js";
import { askYes } from "../ask.js";
import { addTo, type Existing, readExisting } from "../init/existing.js";
import type { InitPlan } from "../init/files.js";
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
  /** False: `--no-app`. */
  readonly app?: readonly string[] | false;
  readonly scope?: readonly string[];
  /** False: `--no-flag`. */
  readonly flag?: string | false;
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

/** `staging:shop=acme-shop-staging`, in place of what is proposed. */
function withApps(
  proposed: AppsByEnvironment,
  given: readonly string[],
  visible: readonly string[],
): AppsByEnvironment {
  if (given.length === 0) return proposed;
  const apps: Record<string, Record<string, string>> = Object.fromEntries(
    Object.keys(proposed).map((name) => [name, {}]),
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

/** The apps of each environment: as options say, else asked for one environment after another. */
async function chooseApps(
  io: Io,
  options: InitOptions,
  proposed: AppsByEnvironment,
  visible: readonly string[],
): Promise<AppsByEnvironment> {
  if (options.app || !io.interactive || options.yes) return withApps(proposed, options.app || [], visible);
  if (visible.length > 0) io.err(`Apps that the Heroku account sees: ${visible.join(", ")}`);
  const typed: string[] = [];
  for (const [environment, byRole] of Object.entries(proposed)) {
    const known = Object.entries(byRole).map(([role, app]) => `${role}=${app}`);
    const message = `Heroku apps of ${environment}, as ROLE=APP, or none`;
    const text = await answer(io, options, undefined, "--app", message, known.join(" ") || "none");
    if (text !== "none") typed.push(...text.split(/[\s,]+/).map((one) => `${environment}:${one}`));
  }
  const none = Object.fromEntries(Object.keys(proposed).map((name) => [name, {}]));
  return withApps(none, typed, visible);
}

/** Undefined: folders and copies only. */
async function chooseFlag(io: Io, options: InitOptions, apps: AppsByEnvironment, visible: readonly string[]) {
  if (options.flag === false || options.app === false) return undefined;
  const role = options.flagRole ?? proposeFlagRole(apps);
  if (role === undefined && (options.yes || !io.interactive))
    throw new UsageError(
      `No app could be told of every environment: ${visible.join(", ") || "the account sees none"}. Name them: --app ${Object.keys(apps)[0]}:web=APP …\nFolders and copies alone need no app: --no-flag`,
    );
  if (role === undefined) return undefined;
  const message = "Config var that is the flag, or none";
  const variable = await answer(io, options, options.flag, "--flag", message, "FLAG_VAULT_ENV_AWARE");
  return variable === "none" ? undefined : { variable, role };
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
  const services = servicesOf(config, io.env, options.app !== false);
  const { infisical, heroku } = credentialsOf(io.env, undefined, options.app !== false);
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
    heroku: heroku
      ? new HerokuClient({ url: services.herokuUrl, auth: { kind: "bearer", key: heroku } })
      : new NoHeroku(),
    settings,
  };
}

/** Stacks that a project has already, in the usual order of promotion; else the usual two. */
function proposeEnvironments({ stacks }: Existing): string {
  const usual = ["dev", "development", "test", "qa", "staging", "stage", "uat", "prod", "production"];
  const place = (name: string) => (usual.includes(name) ? usual.indexOf(name) : usual.length);
  const known = stacks.toSorted((a, b) => place(a) - place(b));
  return known.length > 0 ? known.join(" ") : "staging prod";
}

async function chooseEnvironments(io: Io, options: InitOptions, existing: Existing) {
  const message = "Environments, in the order in which they are promoted";
  const asked = () => answer(io, options, undefined, "--env", message, proposeEnvironments(existing));
  const environments = options.env?.length ? options.env : (await asked()).split(/[\s,]+/);
  const last = environments.at(-1)!;
  const holder = "Environment whose values the flat folders hold";
  const fallback =
    environments.length > 1 ? await answer(io, options, options.fallback, "--fallback", holder, last) : last;
  if (!environments.includes(fallback))
    throw new UsageError(`--fallback: ${fallback} is none of ${environments.join(", ")}`);
  return { environments, fallback };
}

async function makePlan(io: Io, options: InitOptions, existing: Existing): Promise<InitPlan> {
  const { vault, heroku, settings } = await openPlace(io, options);
  const root = await chooseRoot(io, options, vault);
  const seen = await readVault(vault, root);
  if (seen.rows.length === 0)
    throw new UsageError(`There is no secret in the folders of ${root}: name another with --root.`);
  const { environments, fallback } = await chooseEnvironments(io, options, existing);
  const visible = options.app === false ? [] : (await heroku.apps()).map(({ name }) => name);
  const apps = await chooseApps(io, options, proposeApps(visible, environments, fallback), visible);
  const flag = await chooseFlag(io, options, apps, visible);
  const credentials = (await readApps(heroku, apps, seen)).map((one) => proposeScope(one, environments));
  for (const line of seen.leftOut) io.err(colorsOf(io).yellow(`! left out: ${line}`));
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as { version: string };
  const name = options.name ?? `${root.split("/").at(-1)!.toLowerCase()}-vault`;
  const scoped = await chooseScopes(io, options, credentials);
  return { name, root, environments, fallback, apps, credentials: scoped, flag, settings, version, esm: existing.esm };
}

/** Shows what is proposed, then asks for what is to be otherwise. */
async function chooseScopes(io: Io, options: InitOptions, proposed: readonly ProposedCredential[]) {
  const scoped = withScopes(proposed, options.scope ?? []);
  const rows = table(io, ["credential", "vendor", "scope", "why"]);
  for (const { name, vendor, scope, reason } of scoped) rows.push([name, vendor, scope, reason]);
  io.err(rows.toString());
  if (options.scope || options.yes || !io.interactive) return scoped;
  const text = await answer(io, options, undefined, "--scope", "Other scopes, as NAME=shared NAME=environment", "none");
  return text === "none" ? scoped : withScopes(proposed, text.split(/[\s,]+/));
}

async function init(io: Io, options: InitOptions): Promise<void> {
  const c = colorsOf(io);
  const dir = resolve(io.cwd, options.cwd ?? ".");
  const existing = readExisting(dir);
  const plan = await makePlan(io, options, existing);
  checkPlan(plan);
  const { files, byHand } = addTo(existing, plan);
  for (const [path, content] of files) io.err(`\n${c.bold(`+ ${join(dir, path)}`)}\n${content.trimEnd()}`);
  await askYes(io, options, `Write ${files.size === 1 ? "this file" : `these ${files.size} files`} to ${dir}?`);
  for (const [path, content] of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content, { flag: "wx" });
  }
  for (const { what, text } of byHand) io.out(`${c.bold(what)}\n${text.replace(/^(?=.)/gm, "  ")}\n`);
  const there = dir === io.cwd ? "" : `  cd ${options.cwd}\n`;
  io.out(
    `${there}${files.has("package.json") ? "  npm install\n" : ""}  console-vault up --stack ${plan.environments[0]}`,
  );
}

/** What does not fit together is said before anything is written. @throws CatalogError */
function checkPlan({ root, environments, fallback, apps, credentials, flag }: InitPlan): void {
  defineCatalog<string, string>({
    root,
    environments: environments.map((name) => ({ name, apps: apps[name] ?? {}, source: "provision" })),
    fallback,
    credentials: credentials.map((one) => ({ ...one, rules: [], assumed: [] })),
    ...(flag ? { flag: { ...flag, name: flag.variable, default: false, revision: "0001", description: "-" } } : {}),
  });
}

const repeated = (value: string, before: readonly string[] | false = []) => [...(before || []), value];

export function addInit(program: Command, io: Io): void {
  program
    .command("init")
    .description(
      "make a project, or add to an existing one: read the vault's folders and the Heroku account's apps, propose a scope for each credential, write the catalog, the stack files and the program",
    )
    .option("--url <url>", "Infisical's URL (default: INFISICAL_API_URL, else Infisical Cloud)")
    .option("--project <id>", "id of the Infisical project")
    .option("--slug <slug>", "Infisical's environment slug (default: prod)")
    .option("--root <path>", "folder that holds the vendors' folders, such as /Acme")
    .option("--env <name>", "an environment; once for each, in the order in which they are promoted", repeated)
    .option("--fallback <name>", "the environment whose values the flat folders hold (default: the last one)")
    .option(
      "--app <env:role=app>",
      "an app of an environment; once for each, instead of what the apps' names suggest",
      repeated,
    )
    .option("--no-app", "no environment has a Heroku app")
    .option("--scope <name=scope>", "environment or shared, for one credential; once for each", repeated)
    .option("--flag <variable>", "the flag's config var (default: FLAG_VAULT_ENV_AWARE)")
    .option("--no-flag", "no flag: folders and copies only")
    .option("--flag-role <role>", "role of the app that has the flag")
    .option("--name <name>", "name of the Pulumi project")
    .option("--yes", "accept the proposals and write")
    .option("--cwd <dir>", "where to write (default: here)")
    .action((options: InitOptions) => init(io, options));
}
