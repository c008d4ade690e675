import { EngineError, type StackLocation } from "../port.js";
import type { NativeProviders } from "../provider.js";
import type { Redactor } from "../redact.js";
import { builtinPlugin, statesInFiles } from "./builtin.js";
import type { Deployment, DeploymentResult } from "./deploy/deployment.js";
import { nativeProvider } from "./deploy/native.js";
import type { Plugin } from "./deploy/plugin.js";
import { secretBlind } from "./deploy/secretBlind.js";
import { DynamicHost } from "./grpc/dynamicHost.js";
import { ProgramProcess } from "./grpc/program.js";
import { Services } from "./grpc/services.js";
import type { Session } from "./session.js";
import { type Properties, Secret } from "./values/values.js";

const dynamicPackage = "pulumi-nodejs";

export interface Serving {
  /** Run the program: `refresh` and `destroy` do without. */
  program: boolean;
  /** Dynamic providers are known to be needed. */
  dynamic: boolean;
  dryRun: boolean;
  parallel: number;
}

/** The packages a stack can use, and the processes behind them: the program's, and the one for dynamic providers. */
export class Packages {
  private host: DynamicHost | undefined;
  private services: Services | undefined;
  private address = "";
  private program: ProgramProcess | undefined;
  private deployment: Deployment | undefined;

  constructor(
    private readonly location: StackLocation,
    private readonly providers: NativeProviders,
    private readonly session: Session,
    private readonly redactor: Redactor,
  ) {}

  /** A new instance of a package's provider. Throws EngineError for a package that is not here. */
  plugin(pkg: string): Plugin {
    const { files, project, env } = this.session;
    if (pkg === "pulumi") {
      const inform = (message: string) => this.deployment?.log("info", message);
      return builtinPlugin(statesInFiles({ files, project: project.name, env, inform }));
    }
    if (pkg === dynamicPackage && this.host !== undefined) return secretBlind(this.host.provider());
    const native = this.providers[pkg];
    if (native !== undefined) return secretBlind(nativeProvider(native));
    const there = [dynamicPackage, ...Object.keys(this.providers)].join(", ");
    throw new EngineError(
      `The embedded engine has no provider for the package "${pkg}" (it has: ${there}): use --engine pulumi for this stack.`,
    );
  }

  /** What the stack's configuration says for a package; dynamic providers are given all of it, by full key. */
  config(pkg: string): Properties {
    const own = [...this.session.config].filter(([key]) => pkg === dynamicPackage || key.startsWith(`${pkg}:`));
    return Object.fromEntries(
      own.map(([key, { value, secret }]) => [
        pkg === dynamicPackage ? key : key.slice(pkg.length + 1),
        secret ? new Secret(value) : value,
      ]),
    );
  }

  /** Runs a deployment with the processes it needs. Those for dynamic providers stay for the next one. */
  async serving(deployment: Deployment, serving: Serving): Promise<DeploymentResult> {
    this.deployment = deployment;
    await this.start();
    if (serving.dynamic) this.host?.warmUp();
    this.program = serving.program ? this.newProgram(serving) : undefined;
    try {
      return await deployment.run(this.program);
    } finally {
      await this.program?.close();
      this.program = undefined;
      this.deployment = undefined;
    }
  }

  async close(): Promise<void> {
    await this.host?.close();
    this.services?.close();
  }

  private async start(): Promise<void> {
    if (this.services !== undefined) return;
    this.services = new Services({
      monitor: () => this.program?.monitor,
      root: this.location.projectDir,
      log: (severity, message, urn, streamID, ephemeral) =>
        this.deployment?.log(severity, message, urn, streamID, ephemeral),
      programDone: () => this.program?.done() ?? Promise.resolve(),
      find: (urn) => this.deployment?.find(urn),
    });
    this.address = await this.services.listen();
    const { project, env } = this.session;
    this.host = new DynamicHost({
      programDir: project.programDir,
      project: project.name,
      env,
      engineAddress: this.address,
      onLine: (stream, line) => this.print(stream, line),
    });
  }

  private newProgram({ dryRun, parallel }: Serving): ProgramProcess {
    const { project, env, config } = this.session;
    const typescript = project.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {};
    const tsconfig = project.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: project.tsconfig };
    return new ProgramProcess({
      organization: "organization",
      project: project.name,
      stack: this.location.stack,
      rootDir: this.location.projectDir,
      programDir: project.programDir,
      entryPoint: project.entryPoint,
      nodeArgs: project.nodeArgs,
      env: { ...env, ...typescript, ...tsconfig },
      dryRun,
      parallel,
      config,
      address: () => this.address,
      onLine: (stream, line) => this.print(stream, line),
    });
  }

  /** What code prints is passed on, stack frames left out: the SDK's host prints them for errors that are reported anyway. */
  private print(stream: "stdout" | "stderr", line: string): void {
    if (/^\s+at /.test(line)) return;
    this.deployment?.log(stream === "stdout" ? "info" : "info#err", this.redactor.text(line));
  }
}
