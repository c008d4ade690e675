// A world for a scenario: both local services, a project directory of its own, and the command line to act on them.
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import type { Catalog } from "../../src/catalog/index.js";
import { localEnv } from "../../src/cli/commands/local.js";
import type { Io } from "../../src/cli/io.js";
import { run as runCommand } from "../../src/cli/program.js";
import { type OutputMap, openEngine } from "../../src/engine/index.js";
import {
  defaultSeed,
  type Flavour,
  type LocalSeed,
  type LocalServices,
  type RequestRecord,
  startLocal,
} from "../../src/local/index.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";
import { Canaries, type Places, withoutCiphertext } from "./canaries.js";
import { environmentScoped } from "./document.js";
import { usualFlavour } from "./flavour.js";
import { type Watched, watchProcesses } from "./processes.js";
import { deleteFromFiles } from "./stateDelete.js";
import { stagingValues } from "./values.js";

const checkout = fileURLToPath(new URL("../../", import.meta.url));

export type EnvironmentName = "staging" | "prod";

export interface WorldOptions {
  /** Default: the company of docs/console-vault-env-aware.md before its migration, with new values. */
  readonly seed?: LocalSeed;
  /** Config keys by stack, without their namespace. */
  readonly config?: Partial<Record<EnvironmentName, Record<string, unknown>>>;
  /** Another company's project: a directory with its catalog and stack files, which is copied. */
  readonly project?: string;
  /**
   * `processes`: the embedded engine as it ships, two Node processes per run and its state in files. Default `in-process`: the
   * same deployment, program and providers in this process, which takes a twentieth of the time.
   */
  readonly engine?: "in-process" | "processes";
  /** In place of this package's own program; of the in-process engine only. */
  readonly program?: () => Promise<object>;
  /** Default: `CONSOLE_VAULT_FLAVOUR`. */
  readonly flavour?: Flavour;
}

/** How a command ended, and what it asked the services. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Both. */
  readonly text: string;
  readonly requests: readonly RequestRecord[];
  /** Those that ask for a change: `PATCH /apps/…/config-vars`. */
  readonly writes: readonly string[];
}

export interface RunOptions {
  /** stdin. */
  readonly input?: string;
  /** Over the world's own; undefined takes a variable away. */
  readonly env?: Record<string, string | undefined>;
  readonly signal?: AbortSignal;
  /** The answer goes to a terminal that nobody else reads. */
  readonly ownTerminal?: boolean;
}

/** Loaded only where it is used: it changes the SDK for the whole process. */
async function inProcess(own: WorldOptions["program"]) {
  const { InProcessStacks } = await import("./inProcessEngine.js");
  const { herokuEngineProvider } = await import("../../src/heroku/index.js");
  const { default: program } = await import("../../src/index.js");
  return new InProcessStacks({
    program: own ?? program,
    native: (env, shared) => ({
      heroku: herokuEngineProvider({ env, ...(shared ? { seen: shared.seenVars } : {}) }),
    }),
  });
}

/** Where tests begin: staging on, and prod on after it. */
type Place = "staging on" | "prod on";

/**
 * By flavour and place: puts a world that nobody touched where another one came to. The way there is gone once in a process, by worlds
 * of the usual company and project, which have one seed there.
 */
const ways = new Map<string, (world: World) => void>();
let usualSeed: LocalSeed | undefined;
let usualCatalog: Promise<Catalog> | undefined;

const written = (requests: readonly RequestRecord[]) =>
  requests.filter(({ write }) => write).map(({ method, path }) => `${method} ${path}`);

export class World {
  /** Everything that any command printed, in order. */
  readonly printed: string[] = [];
  /** Of these, what only the operator's own terminal showed. */
  readonly #operators = new Set<number>();
  /** What could be seen of the processes that commands started. */
  readonly #processes: Watched[] = [];
  readonly canaries: Canaries;
  readonly #services: LocalServices;
  /** Of a world of the usual company and project, until somebody looks at its services or runs a command: its files. */
  #untouched: string | undefined;

  private constructor(
    services: LocalServices,
    readonly dir: string,
    readonly catalog: Catalog,
    private readonly stacks: Awaited<ReturnType<typeof inProcess>> | undefined,
    private readonly flavour: Flavour,
  ) {
    this.#services = services;
    this.canaries = new Canaries(services, catalog);
  }

  get services(): LocalServices {
    this.#untouched = undefined;
    return this.#services;
  }

  get environments(): string[] {
    return this.catalog.environments.map(({ name }) => name);
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const { config = {}, engine = "in-process", program, project = checkout, flavour = usualFlavour } = options;
    const usual = engine === "in-process" && !(options.seed || options.config || program || options.project);
    if (usual) usualSeed ??= defaultSeed();
    const seed = options.seed ?? (usual ? structuredClone(usualSeed!) : defaultSeed());
    const dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-test-"));
    mkdirSync(join(dir, "state"));
    const text = readFileSync(join(project, "Pulumi.yaml"), "utf8");
    const main = `main: ${relative(dir, join(checkout, "program.mjs"))}`;
    writeFileSync(join(dir, "Pulumi.yaml"), text.replace(/^main: .*$/m, main));
    const file = await findCatalog(project);
    if (project !== checkout) cpSync(file, join(dir, basename(file)));
    // The checkout's own does not change while tests run.
    if (project === checkout) usualCatalog ??= loadCatalog(file);
    const catalog = await (project === checkout ? usualCatalog! : loadCatalog(file));
    const stacks = engine === "in-process" ? await inProcess(program) : undefined;
    const world = new World(await startLocal({ seed, flavour }), dir, catalog, stacks, flavour);
    for (const stack of world.environments) {
      const text = readFileSync(join(project, `Pulumi.${stack}.yaml`), "utf8");
      writeFileSync(world.file(stack), text.replace(/^encryptionsalt: .*\n/m, ""));
      for (const [key, value] of Object.entries(config[stack as EnvironmentName] ?? {})) world.set(stack, key, value);
    }
    if (usual) world.#untouched = JSON.stringify(world.files());
    return world;
  }

  /** @throws Error where a value or a name outside the catalog shows in what this world's commands left, printed or passed on */
  async search(): Promise<void> {
    const found = this.canaries.found(await this.#everythingLeft());
    if (found.length > 0) throw new Error(`what may not be seen shows:\n  ${found.join("\n  ")}`);
  }

  /** @throws Error as {@link search} does */
  async close(): Promise<void> {
    try {
      await this.search();
    } finally {
      await this.services.close();
      for (const dir of [this.dir, this.#temporary]) rmSync(dir, { recursive: true, force: true });
    }
  }

  /** Arguments of all processes that were seen while commands ran in processes of their own. */
  processesSeen(): string[] {
    return this.#processes.flatMap((one) => [...one.arguments]);
  }

  async #everythingLeft(): Promise<Places> {
    const texts = this.printed.map((text, index) => [`output ${index}`, text] as const);
    // The operator gives these to the command, and the vault may hold the same ones.
    const given = Object.values(this.env);
    const environments = this.#processes
      .flatMap((one) => [...one.environments])
      .map((text) => given.reduce((rest, value) => rest.replaceAll(value, ""), text));
    const states = this.stacks ? await Promise.all(this.environments.map((stack) => this.exported(stack))) : [];
    return {
      shared: {
        ...Object.fromEntries(texts.filter((_, index) => !this.#operators.has(index))),
        ...this.files(),
        ...filesBelow(this.#temporary),
        "arguments of processes": this.processesSeen().join("\n"),
        "environments of processes": environments.join("\n"),
        states: withoutCiphertext(states),
      },
      operators: Object.fromEntries(texts.filter((_, index) => this.#operators.has(index))),
    };
  }

  /** Temporary files of the processes that commands start. */
  get #temporary(): string {
    return `${this.dir}-tmp`;
  }

  get control() {
    return this.services.control;
  }

  get apps() {
    return this.services.heroku.apps;
  }

  /** What a shell would have after the `export` lines of `local start`. */
  get env(): Record<string, string> {
    const state = join(this.dir, "state");
    return { ...localEnv(this.services, state), PULUMI_CONFIG_PASSPHRASE: "correct horse battery staple" };
  }

  /** Runs a command line in this process. */
  async run(argv: readonly string[], { input, env, signal, ownTerminal }: RunOptions = {}): Promise<Ran> {
    const out: string[] = [];
    const err: string[] = [];
    const io: Io = {
      env: this.#environment(env),
      cwd: this.dir,
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      readStdin: async () => input ?? "",
      interactive: false,
      ...(ownTerminal ? { ownTerminal } : {}),
      color: false,
      signal: signal ?? new AbortController().signal,
      ...(this.stacks ? { openEngine: this.stacks.open } : {}),
    };
    if (input !== undefined) this.canaries.value(input.trim(), `what ${argv[0]} was given`);
    if (ownTerminal) this.#operators.add(this.printed.length);
    return this.#observe(async () => {
      const code = await runCommand(argv, io);
      return { code, out: out.join("\n"), err: err.join("\n") };
    });
  }

  /**
   * Runs the command as a person does, in a process of its own.
   * @param command path of another program than the command line, such as the Pulumi CLI
   * @param killWhen ends it with SIGKILL, right before the request that it is true for is answered
   */
  async spawn(
    argv: readonly string[],
    options: Omit<RunOptions, "input"> & {
      input?: string | Buffer;
      killWhen?: (request: RequestRecord) => boolean;
      command?: string;
    } = {},
  ): Promise<Ran> {
    const { input, env, killWhen, command } = options;
    const bin = join(checkout, "bin", "console-vault.mjs");
    return this.#observe(async () => {
      if (input !== undefined) this.canaries.value(String(input).trim(), `what ${argv[0]} was given`);
      mkdirSync(this.#temporary, { recursive: true });
      const environment = { ...this.#environment(env), TMPDIR: this.#temporary };
      const program =
        command === undefined ? ([process.execPath, [bin, ...argv]] as const) : ([command, argv] as const);
      const child = spawn(...program, { cwd: this.dir, env: environment });
      const watched = watchProcesses(child.pid!);
      this.#processes.push(watched);
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.stdin.on("error", () => {});
      child.stdin.end(input ?? "");
      this.control.onRequest = (request) => {
        if (!killWhen?.(request)) return;
        this.control.onRequest = undefined;
        child.kill("SIGKILL");
      };
      const code = await new Promise<number>((ended) => child.on("close", (status) => ended(status ?? -1)));
      this.control.onRequest = undefined;
      watched.stop();
      return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
    });
  }

  async #observe(work: () => Promise<Pick<Ran, "code" | "out" | "err">>): Promise<Ran> {
    const before = this.control.requests.length;
    this.canaries.look();
    const { code, out, err } = await work();
    const requests = this.control.requests.slice(before);
    this.canaries.look();
    const text = `${out}\n${err}`;
    this.printed.push(text);
    return { code, out, err, text, requests, writes: written(requests) };
  }

  /** No setting of the machine's own reaches a command. */
  #environment(changes: RunOptions["env"] = {}): Record<string, string> {
    const env = { PATH: process.env.PATH, HOME: this.dir, ...this.env, ...changes };
    return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  up(stack: string, options?: RunOptions): Promise<Ran> {
    return this.run(["up", "--stack", stack, "--yes"], options);
  }

  provision(name: string, value: string, ...options: string[]): Promise<Ran> {
    return this.run(["provision", name, "--env", "staging", ...options], { input: value });
  }

  rotate(name: string, env: string, value: string, options: RunOptions = {}): Promise<Ran> {
    return this.run(["rotate", name, "--env", env, "--yes"], { ...options, input: value });
  }

  /** The stack's output `migration`, as another program gets it. */
  async migration(stack: string): Promise<Record<string, unknown>> {
    const { out } = await this.run(["up", "--stack", stack, "--yes", "--json"]);
    return (JSON.parse(out) as { migration: Record<string, unknown> }).migration;
  }

  /** The stack's state, as its engine gives it to another program. */
  async exported(stack: string): Promise<unknown> {
    const location = { projectDir: this.dir, stack, env: this.#environment() };
    return (this.stacks?.open(location) ?? openEngine("embedded", location, {})).export();
  }

  /**
   * `pulumi state delete <urn> --target-dependents --force`: takes a resource out of a stack's state, and all that depends on it.
   * @returns the URNs that went
   */
  async stateDelete(stack: string, urn: string): Promise<string[]> {
    return this.stacks?.delete(stack, urn) ?? deleteFromFiles(join(this.dir, "state"), stack, urn);
  }

  /** An editor at the stack's state. Of the in-process engine only. */
  editState(stack: string, change: (resources: Record<string, unknown>[]) => void): void {
    this.stacks!.edit(stack, change);
  }

  /** Outputs of a stack's last update. */
  outputs(stack: string): Promise<OutputMap> {
    const location = { projectDir: this.dir, stack, env: this.env };
    return (this.stacks?.open(location) ?? openEngine("embedded", location, {})).outputs();
  }

  /** All of staging's credentials written by an operator: in the vault itself, since eight updates take their time. */
  async provisionStaging(values: Readonly<Record<string, string>> = stagingValues()): Promise<void> {
    for (const [name, value] of Object.entries(values))
      this.write(`/MooseQuest/${environmentScoped[name as keyof typeof environmentScoped]}/staging`, name, value);
  }

  /** Staging provisioned, confirmed, and its flag on: the point from which prod's 48 hours count. */
  async stagingOn(values?: Readonly<Record<string, string>>): Promise<void> {
    const go = async () => {
      await this.provisionStaging(values);
      this.set("staging", "vaultEnvAware", true);
      done(await this.up("staging"));
    };
    return values ? go() : this.#go("staging on", go);
  }

  /** Staging on and soaked, prod promoted. */
  async prodOn(): Promise<void> {
    return this.#go("prod on", async () => {
      await this.stagingOn();
      this.hoursPass(48);
      done(await this.run(["promote", "--yes"]));
    });
  }

  /** A world that nobody touched takes over what another one came to on the same way. */
  async #go(place: Place, go: () => Promise<void>): Promise<void> {
    if (this.#untouched === undefined || this.#untouched !== JSON.stringify(this.files())) return go();
    const key = `${this.flavour}: ${place}`;
    const known = ways.get(key);
    if (known) return known(this);
    await go();
    ways.set(key, this.#asItIs());
  }

  #asItIs(): (world: World) => void {
    const { infisical, heroku } = this.services;
    const [services, clock, states] = [
      this.services.checkpoint(),
      this.control.clock.checkpoint(),
      this.stacks!.copies(),
    ];
    const [requests, printed] = [[...this.control.requests], [...this.printed]];
    const files = this.environments.map((stack) => [stack, readFileSync(this.file(stack))] as const);
    return (world) => {
      const there = world.services;
      const renamed = (text: string) =>
        text.replaceAll(infisical.url, there.infisical.url).replaceAll(heroku.url, there.heroku.url);
      services(there);
      clock(there.control.clock);
      states(world.stacks!, renamed);
      there.control.requests.push(...requests);
      world.printed.push(...printed.map(renamed));
      for (const [stack, bytes] of files) writeFileSync(world.file(stack), bytes);
      world.canaries.look();
    };
  }

  /** For everybody who asks the services: Heroku's `Date`, its releases, Infisical's times. */
  hoursPass(hours: number): void {
    this.control.clock.advance(hours * 3_600_000);
  }

  file(stack: string): string {
    return join(this.dir, `Pulumi.${stack}.yaml`);
  }

  /** A colleague's update of a stack, on another machine. @returns ends it */
  lock(stack: string): () => void {
    const locks = join(this.dir, "state/.pulumi/locks/organization/console-vault", stack);
    const file = join(locks, "1b4e28ba-2fa1-41d2-883f-0016d3cca427.json");
    mkdirSync(locks, { recursive: true });
    const holder = { pid: 7, username: "colleague", hostname: "elsewhere", timestamp: "2026-05-01T12:00:00Z" };
    writeFileSync(file, JSON.stringify(holder));
    return () => rmSync(file);
  }

  /** Another laptop, or a backend that was wiped: nothing is known of the stack's updates. Of the in-process engine only. */
  loseState(stack: string): void {
    this.stacks!.forget(stack);
  }

  /**
   * Of the in-process engine only.
   * @returns puts services, states and config files back as they are now, as often as it is called; the clock goes on
   */
  checkpoint(): () => void {
    const back = [this.services.checkpoint(), this.stacks!.checkpoint()];
    const files = this.environments.map((stack) => [this.file(stack), readFileSync(this.file(stack))] as const);
    return () => {
      for (const restore of back) restore();
      for (const [file, bytes] of files) writeFileSync(file, bytes);
    };
  }

  /** Sets a config key, as an editor would; undefined removes it. */
  set(stack: string, key: string, value: unknown): void {
    const document = parseDocument(readFileSync(this.file(stack), "utf8"));
    const path = ["config", `console-vault:${key}`];
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, value);
    writeFileSync(this.file(stack), document.toString());
  }

  /** A row of the vault; its path with or without a final slash. */
  row(path: string, name: string) {
    const rows = this.services.infisical.vault.secrets("prod", path.replace(/\/$/, ""));
    return rows.find((row) => row.name === name);
  }

  value(path: string, name: string): string | undefined {
    return this.row(path, name)?.value;
  }

  flat(name: keyof typeof environmentScoped): string | undefined {
    return this.value(`/MooseQuest/${environmentScoped[name]}`, name);
  }

  at(env: string, name: keyof typeof environmentScoped): string | undefined {
    return this.value(`/MooseQuest/${environmentScoped[name]}/${env}`, name);
  }

  /** Somebody else writes to the vault. */
  write(path: string, name: string, value: string): void {
    this.services.infisical.vault.write("prod", path, name, value);
  }

  flag(env: string): string | undefined {
    return this.apps.vars(`raxx-console-${env}`).FLAG_CONSOLE_VAULT_ENV_AWARE;
  }

  /** All that others can see of both services: every row with its token, every folder, every app's vars and releases. */
  snapshot() {
    const { vault } = this.services.infisical;
    return {
      secrets: vault.allSecrets("prod").map(({ id, version, path, name, value, comment }) => ({
        at: `${path}/${name}`,
        token: `${id}@${version}`,
        value,
        comment,
      })),
      folders: vault.folders("prod"),
      apps: Object.fromEntries(this.apps.names().map((name) => [name, this.apps.vars(name)])),
      releases: Object.fromEntries(this.apps.names().map((name) => [name, this.apps.releases(name).length])),
    };
  }

  /** Text of every file below the project's directory, by path: state, history, locks, config. */
  files(): Record<string, string> {
    return filesBelow(this.dir);
  }
}

/** Text of every file below a directory, by path; links are not followed. */
function filesBelow(dir: string): Record<string, string> {
  if (!existsSync(dir)) return {};
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(dir, path), readFileSync(path, "utf8")]));
}

/** @throws Error with everything the command printed, where it did not end well */
export function done(ran: Ran): Ran {
  if (ran.code !== 0) throw new Error(`exit code ${ran.code}\n${ran.text}`);
  return ran;
}
