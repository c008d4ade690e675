import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { input } from "@inquirer/prompts";
import type { Command } from "commander";
import { defineCatalog } from "../../catalog/index.js";
import { configShape, credentialsOf, servicesOf } from "../../config/index.js";
import { UsageError } from "../../errors.js";
import { HerokuClient, NoHeroku } from "../../heroku/index.js";
import { urlProblem } from "../../http/index.js";
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

interface Question {
  readonly message: string;
  readonly proposed?: string | undefined;
  /** The option that answers it, as it is typed. */
  readonly option: string;
  readonly given?: string | undefined;
  /** What is wrong with an answer, in words. */
  readonly problem?: (answer: string) => string | undefined;
}

/** An option, else an answer, else what is proposed. A wrong answer is asked for again. @throws UsageError for a wrong option */
async function answer(io: Io, options: InitOptions, question: Question): Promise<string> {
  const { message, proposed, option, problem = () => undefined } = question;
  const wrongIn = (text: string) => (text === "" ? "It has no default" : problem(text));
  let text = question.given ?? proposed;
  if (question.given === undefined && io.interactive && !options.yes) {
    const typed = await input(
      {
        message,
        ...(proposed === undefined ? {} : { default: proposed }),
        validate: (one) => wrongIn(one.trim()) ?? true,
      },
      { output: process.stderr, signal: io.signal },
    );
    text = typed.trim();
  }
  if (text === undefined) throw new UsageError(`${message}: pass ${option}`);
  const wrong = wrongIn(text);
  if (wrong) throw new UsageError(`${option}: ${wrong}`);
  return text;
}

/** What `check` throws as wrong use, in words. */
function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** The one folder of the project, or the one that is named. */
async function chooseRoot(io: Io, options: InitOptions, vault: InfisicalClient): Promise<string> {
  const names = options.root === undefined ? (await vault.listFolders("/")).map(({ name }) => name) : [];
  const proposed = names.length === 1 ? `/${names[0]}` : undefined;
  const choices = names.length > 0 ? ` (there are ${names.map((name) => `/${name}`).join(", ")})` : "";
  return answer(io, options, {
    message: `Folder that holds the vendors' folders${choices}`,
    proposed,
    option: "--root",
    given: options.root,
    problem: (root) =>
      /^(\/[A-Za-z0-9_-]+)+$/.test(root) ? undefined : `a path such as /Acme, not ${JSON.stringify(root)}`,
  });
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
    if (apps[environment][role]) throw new UsageError(`--app: ${environment} has two apps with the role ${role}`);
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
  const none = Object.fromEntries(Object.keys(proposed).map((name) => [name, {}]));
  const typed: string[] = [];
  const listed = (environment: string, answered: string) =>
    answered === "none" ? [] : listOf(answered).map((one) => `${environment}:${one}`);
  for (const [environment, byRole] of Object.entries(proposed)) {
    const known = Object.entries(byRole).map(([role, app]) => `${role}=${app}`);
    const text = await answer(io, options, {
      message: `Heroku apps of ${environment}, as ROLE=APP, or none`,
      proposed: known.join(" ") || "none",
      option: "--app",
      problem: (one) => problemOf(() => withApps(none, listed(environment, one), visible)),
    });
    typed.push(...listed(environment, text));
  }
  return withApps(none, typed, visible);
}

/** Undefined: folders and copies only. */
async function chooseFlag(io: Io, options: InitOptions, apps: AppsByEnvironment, visible: readonly string[]) {
  if (options.flag === false || options.app === false) return undefined;
  const role = options.flagRole ?? proposeFlagRole(apps);
  if (role === undefined && (options.yes || !io.interactive))
    throw new UsageError(
      `No role has an app in every environment, going by the names of the apps that the account sees (${visible.join(", ") || "none"}). Name them: --app ${Object.keys(apps)[0]}:web=APP …\nWithout a flag, folders and copies need no app: --no-flag`,
    );
  if (role === undefined) return undefined;
  const variable = await answer(io, options, {
    message: "Config var that is the flag, or none",
    proposed: "FLAG_VAULT_ENV_AWARE",
    option: "--flag",
    given: options.flag,
    problem: (name) =>
      /^[A-Za-z_]\w{0,99}$/.test(name) ? undefined : `${JSON.stringify(name)} cannot be a config var`,
  });
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
  const { INFISICAL_API_URL: known } = io.env;
  const url = await answer(io, options, {
    message: "Infisical's URL",
    proposed: defaultUrl,
    option: known && options.url === undefined ? "INFISICAL_API_URL" : "--url",
    given: options.url ?? (known || undefined),
    problem: (one) => urlProblem(one),
  });
  const projectId = await answer(io, options, {
    message: "Id of the Infisical project",
    option: "--project",
    given: options.project,
  });
  const slug = await answer(io, options, {
    message: "Infisical's environment slug",
    proposed: "prod",
    option: "--slug",
    given: options.slug,
  });
  const shape = configShape.safeParse({ infisicalUrl: url, infisicalProjectId: projectId, infisicalEnvironment: slug });
  if (!shape.success)
    throw new UsageError(shape.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
  const config = { ...shape.data, environment: "" };
  const services = servicesOf(config, io.env, options.app !== false);
  if (config.infisicalUrl !== services.infisicalUrl)
    throw new UsageError(
      `--url is ${config.infisicalUrl}, and INFISICAL_API_URL, which every command uses, is ${services.infisicalUrl}. Leave --url out, or unset INFISICAL_API_URL.`,
    );
  const { infisical, heroku } = credentialsOf(io.env, undefined, false);
  if (!heroku && options.app !== false)
    throw new UsageError(
      "Heroku: set HEROKU_API_KEY to a key whose account sees the apps. A company that has none on Heroku: --no-app",
    );
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

const listOf = (typed: string) => typed.split(/[\s,]+/);

function environmentsProblem(names: readonly string[]): string | undefined {
  const wrong = names.find((name) => !isSegment(name));
  if (wrong !== undefined) return `${JSON.stringify(wrong)}: use only letters, digits, - and _`;
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `${twice} is there twice`;
  return names.length > 5 ? "at most five environments" : undefined;
}

async function chooseEnvironments(io: Io, options: InitOptions, existing: Existing) {
  const text = await answer(io, options, {
    message: "Environments, in the order in which they are promoted",
    proposed: proposeEnvironments(existing),
    option: "--env",
    given: options.env?.join(" "),
    problem: (names) => environmentsProblem(listOf(names)),
  });
  const environments = listOf(text);
  const last = environments.at(-1)!;
  const fallback = await answer(io, options, {
    message: "Environment whose values the flat folders hold",
    proposed: last,
    option: "--fallback",
    given: environments.length === 1 ? (options.fallback ?? last) : options.fallback,
    problem: (name) => (environments.includes(name) ? undefined : `${name} is none of ${environments.join(", ")}`),
  });
  return { environments, fallback };
}

/** Pulumi's own rule: https://www.pulumi.com/docs/iac/concepts/projects/project-file/ */
function checkName({ name }: InitOptions): void {
  if (name !== undefined && !/^[A-Za-z0-9_.-]{1,100}$/.test(name))
    throw new UsageError(
      `--name: ${JSON.stringify(name)}: the name of a Pulumi project has only letters, digits, -, _ and ., at most 100`,
    );
}

async function makePlan(io: Io, options: InitOptions, existing: Existing): Promise<InitPlan> {
  checkName(options);
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
  const scoped = await chooseScopes(io, options, credentials);
  const name = options.name ?? `${root.split("/").at(-1)!.toLowerCase()}-vault`;
  const { modules } = existing;
  return { name, root, environments, fallback, apps, credentials: scoped, flag, settings, version, modules };
}

/** Shows what is proposed, then asks for what is to be otherwise. */
async function chooseScopes(io: Io, options: InitOptions, proposed: readonly ProposedCredential[]) {
  const scoped = withScopes(proposed, options.scope ?? []);
  const rows = table(io, ["credential", "vendor", "scope", "why"]);
  for (const { name, vendor, scope, reason } of scoped) rows.push([name, vendor, scope, reason]);
  io.err(rows.toString());
  if (options.scope || options.yes || !io.interactive) return scoped;
  const changed = (text: string) => (text === "none" ? scoped : withScopes(proposed, listOf(text)));
  const text = await answer(io, options, {
    message: "Other scopes, as NAME=shared NAME=environment",
    proposed: "none",
    option: "--scope",
    problem: (one) => problemOf(() => changed(one)),
  });
  return changed(text);
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
  const install = files.has("package.json") ? "  npm install\n" : "";
  // A package that is installed in a project alone is on nobody's PATH.
  const command = io.env.npm_command === "exec" ? "npx console-vault" : "console-vault";
  io.out(`${there}${install}  ${command} up --stack ${plan.environments[0]}`);
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
