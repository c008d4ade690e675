import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EngineError } from "../../port.js";
import { loadPartsLater } from "../../sdkParts.js";

/** A file of the project's own `@pulumi/pulumi`, as the CLI finds it: from the program's directory. */
export function sdkScript(programDir: string, script: "run" | "dynamic-provider"): string {
  try {
    return createRequire(join(programDir, "noop.js")).resolve(`@pulumi/pulumi/cmd/${script}`);
  } catch {
    throw new EngineError(`@pulumi/pulumi is not installed for the program in ${programDir}: run npm install there.`);
  }
}

export interface NodeProcess {
  child: ChildProcess;
  /** Resolves with the exit code; with -1 after a signal. */
  exited: Promise<number>;
}

/**
 * Ends a process with the engine that started it: when the engine is killed, its end of a pipe closes. Without this a program and
 * a host would live on, and a provider might go on writing beside the next run. The pipe itself keeps nobody alive.
 */
const endWithEngine =
  "import{Socket}from'node:net';const s=new Socket({fd:3,readable:true,writable:false});s.on('close',()=>process.exit(1));s.on('error',()=>{});s.resume();s.unref();";

const partsLater = `import Module from'node:module';(${loadPartsLater})(Module);`;

const first = `--import=data:text/javascript,${encodeURIComponent(endWithEngine + partsLater)}`;

/** How long the output of a process that is gone may still arrive: a child of its own may hold the pipe open. */
const drainMs = 500;

/**
 * Starts Node as the CLI does: without this process's own options, in the program's directory, and out of reach of the
 * terminal's Ctrl-C, so that steps under way can be finished. Every line it prints is handed on.
 */
export function startNode(
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  onLine: (stream: "stdout" | "stderr", line: string) => void,
): NodeProcess {
  const child = spawn(process.execPath, [first, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  for (const stream of ["stdout", "stderr"] as const) {
    const output = child[stream];
    if (output !== null) createInterface({ input: output }).on("line", (line) => onLine(stream, line));
  }
  const exited = new Promise<number>((resolve) => {
    child.on("error", () => resolve(-1));
    // `close` comes after the last line was read.
    child.on("close", (code) => resolve(code ?? -1));
    child.on("exit", (code) => setTimeout(() => resolve(code ?? -1), drainMs).unref());
  });
  return { child, exited };
}

/** Lets a process end by itself, asks it to, and then ends it; all in all within a few seconds. */
export async function endProcess({ child, exited }: NodeProcess, patienceMs: number): Promise<void> {
  const within = (ms: number) =>
    Promise.race([
      exited.then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), ms).unref()),
    ]);
  if (await within(patienceMs)) return;
  child.kill("SIGTERM");
  if (await within(1000)) return;
  child.kill("SIGKILL");
  await exited;
}
