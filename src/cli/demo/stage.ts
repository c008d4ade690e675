// The demo's stage: local services, a project directory with stack files of its own, and a way to run a command in it.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { consoleCatalog } from "../../catalog/index.js";
import { withConfigValue } from "../../config/index.js";
import { type Flavour, type LocalServices, startLocal } from "../../local/index.js";
import { localEnv } from "../commands/local.js";
import { colorsOf, type Io, type RunCommand } from "../io.js";
import { packageDir } from "../project.js";

export class Stage {
  readonly env: NodeJS.ProcessEnv;
  #step = 0;
  #requests = 0;

  private constructor(
    private readonly io: Io,
    readonly services: LocalServices,
    readonly dir: string,
    private readonly engine: string,
    private readonly command: RunCommand,
  ) {
    this.env = { ...io.env, ...localEnv(services, join(dir, "state")) };
  }

  static async open(io: Io, engine: string, command: RunCommand, flavour: Flavour): Promise<Stage> {
    const dir = mkdtempSync(join(tmpdir(), "console-vault-demo-"));
    mkdirSync(join(dir, "state"));
    const project = readFileSync(join(packageDir, "Pulumi.yaml"), "utf8");
    writeFileSync(
      join(dir, "Pulumi.yaml"),
      project.replace(/^main: .*$/m, `main: ${relative(dir, join(packageDir, "program.mjs"))}`),
    );
    copyFileSync(join(packageDir, "catalog.ts"), join(dir, "catalog.ts"));
    const services = await startLocal({ flavour });
    // Not the checkout's own stack files: those may be set to a real vault already, or not be there in an installed package.
    const config = `config:\n  console-vault:infisicalProjectId: ${services.infisical.vault.project.id}\n  console-vault:vaultEnvAware: false\n`;
    for (const { name } of consoleCatalog.environments) writeFileSync(join(dir, `Pulumi.${name}.yaml`), config);
    return new Stage(io, services, dir, engine, command);
  }

  async close(): Promise<void> {
    await this.services.close();
    rmSync(this.dir, { recursive: true, force: true });
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
}
