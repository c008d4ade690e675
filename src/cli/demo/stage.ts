// The demo's stage: local services, a project directory of its own, and a way to run a command in it.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { type Catalog, mayHold, wantedOf } from "../../catalog/index.js";
import { withConfigValue } from "../../config/index.js";
import { type Flavour, type LocalSeed, type LocalServices, startLocal } from "../../local/index.js";
import { localEnv } from "../commands/local.js";
import { colorsOf, type Io, type RunCommand } from "../io.js";
import { packageDir } from "../project.js";
import { table } from "../table.js";

/** Whose migration is told. */
export interface Company {
  readonly catalog: Catalog;
  /** The catalog's file. */
  readonly file: string;
  /** What its vault and its apps hold before the migration. */
  readonly seed: LocalSeed;
  readonly begins: "its own project" | "an empty folder";
}

interface StageOptions {
  readonly engine: string;
  readonly flavour: Flavour;
}

/** The package's own project. Not its stack files: a checkout's may be set to a real vault already. */
function writeProject(dir: string, { catalog, file }: Company, projectId: string): void {
  const project = readFileSync(join(packageDir, "Pulumi.yaml"), "utf8");
  const main = `main: ${relative(dir, join(packageDir, "program.mjs"))}`;
  writeFileSync(join(dir, "Pulumi.yaml"), project.replace(/^main: .*$/m, main));
  copyFileSync(file, join(dir, basename(file)));
  const config = `config:\n  console-vault:infisicalProjectId: ${projectId}\n  console-vault:vaultEnvAware: false\n`;
  for (const { name } of catalog.environments) writeFileSync(join(dir, `Pulumi.${name}.yaml`), config);
}

/** An empty folder in which the package is installed. */
function linkPackages(dir: string): void {
  const modules = join(dir, "node_modules");
  mkdirSync(modules);
  symlinkSync(packageDir, join(modules, "console-vault"), "junction");
  const sdk = createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json");
  symlinkSync(dirname(dirname(sdk)), join(modules, "@pulumi"), "junction");
}

export class Stage {
  readonly env: NodeJS.ProcessEnv;
  #step = 0;
  #requests = 0;

  private constructor(
    private readonly io: Io,
    readonly services: LocalServices,
    readonly dir: string,
    readonly company: Company,
    private readonly engine: string,
    private readonly command: RunCommand,
  ) {
    this.env = { ...io.env, ...localEnv(services, join(dir, "state")) };
  }

  static async open(io: Io, company: Company, { engine, flavour }: StageOptions, command: RunCommand): Promise<Stage> {
    const dir = mkdtempSync(join(tmpdir(), "console-vault-demo-"));
    mkdirSync(join(dir, "state"));
    const services = await startLocal({ seed: company.seed, flavour });
    if (company.begins === "an empty folder") linkPackages(dir);
    else writeProject(dir, company, services.infisical.vault.project.id);
    return new Stage(io, services, dir, company, engine, command);
  }

  async close(): Promise<void> {
    await this.services.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  get projectId(): string {
    return this.services.infisical.vault.project.id;
  }

  /** For everybody who asks the services. */
  hoursPass(hours: number): void {
    this.services.control.clock.advance(hours * 3_600_000);
  }

  /** A heading, and what is about to happen. */
  say(title: string, ...lines: string[]): void {
    const c = colorsOf(this.io);
    this.io.out(`\n${c.bold(c.cyan(`━━ ${++this.#step}. ${title} ${"━".repeat(Math.max(0, 76 - title.length))}`))}`);
    for (const line of lines) this.io.out(line);
  }

  note(text: string): void {
    this.io.out(text);
  }

  /** Folders and the names in them. */
  showVault(): void {
    const { vault } = this.services.infisical;
    const rows = table(this.io, ["folder", "names"]);
    for (const path of vault.folders("prod")) {
      const names = vault.secrets("prod", path).map(({ name }) => name);
      if (names.length > 0) rows.push([`${path}/`, names.join("\n")]);
    }
    this.io.out(rows.toString());
  }

  /** Runs a command as a person would type it, and tells the requests it made. */
  async run(argv: readonly string[], { input, expect = 0 }: { input?: string; expect?: number } = {}): Promise<void> {
    const c = colorsOf(this.io);
    this.io.out(`\n${c.bold(`$ ${input === undefined ? "" : "… | "}console-vault ${argv.join(" ")}`)}`);
    const needsEngine = ["up", "preview", "promote", "rollback", "rotate", "status"].includes(argv[0]!);
    const code = await this.command([...argv, ...(needsEngine ? ["--engine", this.engine] : [])], {
      ...this.io,
      env: this.env,
      cwd: this.dir,
      interactive: false,
      readStdin: async () => input,
    });
    const made = this.services.control.requests.slice(this.#requests);
    this.#requests = this.services.control.requests.length;
    const count = (service: string, write: boolean) =>
      made.filter((one) => one.service === service && one.write === write).length;
    if (made.length > 0)
      this.io.out(
        c.dim(
          `requests: Infisical ${count("infisical", false)} reads, ${count("infisical", true)} writes; Heroku ${count("heroku", false)} reads, ${count("heroku", true)} writes`,
        ),
      );
    if (code !== expect)
      throw new Error(`the demo expected exit code ${expect} of console-vault ${argv[0]}, and got ${code}`);
    if (code !== 0) this.io.out(c.dim(`exit code ${code}`));
  }

  /** Sets a key in a stack file, as an editor would: everything else stays. */
  set(stack: string, key: string, value: boolean): void {
    const file = join(this.dir, `Pulumi.${stack}.yaml`);
    writeFileSync(file, withConfigValue(readFileSync(file, "utf8"), key, value));
    this.io.out(
      `\n${colorsOf(this.io).dim(`# Pulumi.${stack}.yaml`)}\n  console-vault:${key}: ${JSON.stringify(value)}`,
    );
  }

  /** Puts the company's catalog in place of the one that `init` wrote, as an editor would. @param why said above it */
  takeCatalog(why: string): void {
    const { catalog, file } = this.company;
    copyFileSync(file, join(this.dir, basename(file)));
    const names = catalog.environments.map(({ name }) => name);
    const rows = table(this.io, ["rules", ...names]);
    for (const one of catalog.credentials.filter(({ scope }) => scope === "environment"))
      rows.push([
        one.name,
        ...names.map((name) => (mayHold(one, name) ? wantedOf(one.rules, name).join("\n") : "is never here")),
      ]);
    this.io.out(`\n${why}\n${colorsOf(this.io).dim(`# ${basename(file)}`)}\n${rows}`);
  }
}
