import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { InlineContext, InlineProgram } from "../inline.js";
import { EngineError, type StackLocation } from "../port.js";
import type { Project } from "../project/project.js";
import type { NativeProviders } from "../provider.js";
import type { Redactor } from "../redact.js";
import { builtinPlugin, statesInFiles } from "./builtin.js";
import type { Deployment, DeploymentResult } from "./deploy/deployment.js";
import { nativeProvider } from "./deploy/native.js";
import type { Plugin } from "./deploy/plugin.js";
import { type BareProvider, secretBlind } from "./deploy/secretBlind.js";
import type { DynamicHost } from "./grpc/dynamicHost.js";
import type { ProgramProcess } from "./grpc/program.js";
import type { Services } from "./grpc/services.js";
import type { InlineRun } from "./inline/program.js";
import { inlineProviders } from "./inline/providers.js";
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

/** The SDK comes with it, loaded by the program: a command that only reads a stack does without. */
export async function loadInline(inline: InlineProgram): Promise<typeof import("./inline/program.js")> {
  await inline.load();
  return import("./inline/program.js");
}

/** Whether a project's program is one that runs in this process. */
export const standsFor = (inline: InlineProgram, { programDir, entryPoint, nodeArgs }: Project): boolean =>
  nodeArgs.length === 0 && inline.isEntryPoint(realpathSync(join(programDir, entryPoint)));

/** The packages a stack can use, and the processes behind them: the program's, and the one for dynamic providers. */
export class Packages {
  private host: DynamicHost | undefined;
  private services: Services | undefined;
  private address = "";
  private program: ProgramProcess | undefined;
  private deployment: Deployment | undefined;
  /** The stack's program, where it runs in this process. */
  private readonly inline: InlineProgram | undefined;
  private readonly context: InlineContext;

  constructor(
    private readonly location: StackLocation,
    private readonly providers: NativeProviders,
    inline: InlineProgram | undefined,
    private readonly session: Session,
    private readonly redactor: Redactor,
  ) {
    this.inline = inline && standsFor(inline, session.project) ? inline : undefined;
    this.context = { env: session.env, print: (line) => this.print("stderr", line) };
  }

  /** A new instance of a package's provider. Throws EngineError for a package that is not here. */
  plugin(pkg: string): Plugin {
    const { files, project, env } = this.session;
    if (pkg === "pulumi") {
      const inform = (message: string) => this.deployment?.log("info", message);
      return builtinPlugin(statesInFiles({ files, project: project.name, env, inform }));
    }
    if (pkg === dynamicPackage) return secretBlind(this.dynamic());
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
    if (serving.dynamic && this.inline === undefined) this.host?.warmUp();
    const program = serving.program ? await this.newProgram(serving) : undefined;
    try {
      return await deployment.run(program);
    } finally {
      await program?.close();
      this.program = undefined;
      this.deployment = undefined;
    }
  }

  async close(): Promise<void> {
    await this.host?.close();
    this.services?.close();
  }

  private dynamic(): BareProvider {
    const host = () => {
      if (this.host === undefined) throw new EngineError("A dynamic provider was asked for outside of a deployment.");
      return this.host.provider();
    };
    return this.inline === undefined ? host() : inlineProviders(this.inline, this.context, host);
  }

  private async start(): Promise<void> {
    if (this.services !== undefined) return;
    // gRPC takes long to load: a command that only reads a stack does without.
    const { Services } = await import("./grpc/services.js");
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
    const { DynamicHost } = await import("./grpc/dynamicHost.js");
    this.host = new DynamicHost({
      programDir: project.programDir,
      project: project.name,
      env,
      engineAddress: this.address,
      onLine: (stream, line) => this.print(stream, line),
    });
  }

  private async newProgram({ dryRun, parallel }: Serving): Promise<ProgramProcess | InlineRun> {
    const { project, env, config } = this.session;
    const run = {
      organization: "organization",
      project: project.name,
      stack: this.location.stack,
      rootDir: this.location.projectDir,
      dryRun,
      parallel,
      config,
    };
    if (this.inline !== undefined) {
      const { InlineRun } = await loadInline(this.inline);
      return new InlineRun({
        ...run,
        inline: this.inline,
        context: this.context,
        log: (...said) => this.deployment?.log(...said),
        find: (urn) => this.deployment?.find(urn),
      });
    }
    const typescript = project.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {};
    const tsconfig = project.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: project.tsconfig };
    const { ProgramProcess } = await import("./grpc/program.js");
    this.program = new ProgramProcess({
      ...run,
      programDir: project.programDir,
      entryPoint: project.entryPoint,
      nodeArgs: project.nodeArgs,
      env: { ...env, ...typescript, ...tsconfig },
      address: () => this.address,
      onLine: (stream, line) => this.print(stream, line),
    });
    return this.program;
  }

  /** What code prints is passed on, stack frames left out: the SDK's host prints them for errors that are reported anyway. */
  private print(stream: "stdout" | "stderr", line: string): void {
    if (/^\s+at /.test(line)) return;
    this.deployment?.log(stream === "stdout" ? "info" : "info#err", this.redactor.text(line));
  }
}
