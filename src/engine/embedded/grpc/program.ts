import type { Program, ProgramEnd } from "../deploy/deployment.js";
import type { Monitor } from "../deploy/monitor.js";
import { endProcess, type NodeProcess, sdkScript, startNode } from "./processes.js";

export interface ProgramOptions {
  organization: string;
  project: string;
  stack: string;
  /** Directory of Pulumi.yaml. */
  rootDir: string;
  programDir: string;
  entryPoint: string;
  nodeArgs: string[];
  env: NodeJS.ProcessEnv;
  dryRun: boolean;
  parallel: number;
  /** Values in clear, by `namespace:key`. */
  config: ReadonlyMap<string, { value: string; secret: boolean }>;
  address(): string;
  onLine(stream: "stdout" | "stderr", line: string): void;
}

/** The exit code by which the SDK says that it has reported its errors itself. */
const reportedExitCode = 32;
/** How long a program may take to end by itself once the deployment is over. */
const patienceMs = 5000;

/** A program in a process of its own, run by the SDK's `cmd/run`. */
export class ProgramProcess implements Program {
  private process: NodeProcess | undefined;
  private current: Monitor | undefined;
  private signalDone: () => void = () => {};
  private allowEnd: () => void = () => {};
  private readonly mayEnd: Promise<void>;
  private readonly said: Promise<void>;

  constructor(private readonly options: ProgramOptions) {
    this.said = new Promise((resolve) => {
      this.signalDone = resolve;
    });
    this.mayEnd = new Promise((resolve) => {
      this.allowEnd = resolve;
    });
  }

  get monitor(): Monitor | undefined {
    return this.current;
  }

  /** The program has signalled that it is done; it waits until {@link close}. */
  done(): Promise<void> {
    this.signalDone();
    return this.mayEnd;
  }

  async run(monitor: Monitor): Promise<ProgramEnd> {
    this.current = monitor;
    const { programDir, env, onLine } = this.options;
    this.process = startNode(this.arguments(), programDir, { ...env, ...this.environment() }, onLine);
    const ended: Promise<ProgramEnd> = this.process.exited.then((code) => {
      if (code === 0) return { ok: true };
      if (code === reportedExitCode) return { ok: false, message: undefined };
      return { ok: false, message: `Program exited with non-zero exit code: ${code}` };
    });
    return Promise.race([ended, this.said.then((): ProgramEnd => ({ ok: true }))]);
  }

  /** Lets the program go, and waits until it is gone. */
  async close(): Promise<void> {
    this.current = undefined;
    this.allowEnd();
    if (this.process !== undefined) await endProcess(this.process, patienceMs);
  }

  private arguments(): string[] {
    const { organization, project, stack, rootDir, programDir, entryPoint, nodeArgs, dryRun, parallel, address } =
      this.options;
    const script = sdkScript(programDir, "run");
    const flags = [
      ["monitor", address()],
      ["engine", address()],
      ["organization", organization],
      ["project", project],
      ["root-directory", rootDir],
      ["stack", stack],
      ["pwd", programDir],
    ].flatMap(([name, value]) => [`--${name}`, String(value)]);
    return [
      ...nodeArgs,
      script,
      ...flags,
      ...(dryRun ? ["--dry-run"] : []),
      "--parallel",
      String(parallel),
      entryPoint,
    ];
  }

  private environment(): NodeJS.ProcessEnv {
    const entries = [...this.options.config];
    // The older form of keys, `namespace:config:name`, which every version of the SDK reads.
    const legacy = entries.map(([key, { value }]) => [key.replace(":", ":config:"), value]);
    return {
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(legacy)),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(entries.filter(([, { secret }]) => secret).map(([key]) => key)),
    };
  }
}
