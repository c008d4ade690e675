import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * A directory with all the programs that a step finds beside the system's own: this Node, and an `npm ci` that puts the
 * project's installed packages in place, and what its sources compile to. That is named by them: a commit with other sources
 * compiles its own.
 */
export function programs(dir: string): string {
  mkdirSync(dir, { recursive: true });
  symlinkSync(process.execPath, join(dir, "node"));
  const npm = join(dir, "npm");
  const compile = 'process.stdout.write(await (await import("./scripts/compile.mjs")).compile())';
  const node = ["--input-type=module", "--eval", compile];
  const compiled = execFileSync(process.execPath, node, { cwd: checkout, encoding: "utf8" });
  writeFileSync(
    npm,
    `#!/bin/sh
[ "$1" = ci ] || { echo "npm $* is not for the sandbox" >&2; exit 1; }
[ -e node_modules ] || ln -s '${join(checkout, "node_modules")}' node_modules
[ -e '${compiled}' ] || cp -r '${join(checkout, compiled)}' .
`,
  );
  chmodSync(npm, 0o755);
  return dir;
}

export interface ShellStep {
  readonly script: string;
  readonly cwd: string;
  /** All of it: nothing of this process's own reaches the step. */
  readonly env: Readonly<Record<string, string>>;
  /** Directory for the files through which a step answers. */
  readonly temp: string;
}

export interface ShellResult {
  readonly code: number;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a step as the runner does: `bash -e`, with files for its outputs and its summary. */
export async function runShell({ script, cwd, env, temp }: ShellStep): Promise<ShellResult> {
  mkdirSync(temp, { recursive: true });
  const file = (name: string, content = "") => {
    const path = join(temp, name);
    writeFileSync(path, content);
    return path;
  };
  const own = {
    ...env,
    GITHUB_OUTPUT: file("output"),
    GITHUB_STEP_SUMMARY: file("summary"),
    GITHUB_ENV: file("env"),
    GITHUB_PATH: file("path"),
  };
  const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", file("script.sh", script)], {
    cwd,
    env: own,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number>((ended, failed) => {
    child.on("error", failed);
    child.on("close", (status) => ended(status ?? -1));
  });
  const said = (path: string) => readFileSync(path, "utf8");
  const outputs = said(own.GITHUB_OUTPUT)
    .split("\n")
    .filter((line) => line.includes("="))
    .map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  return {
    code,
    log: Buffer.concat(chunks).toString(),
    outputs: Object.fromEntries(outputs),
    summary: said(own.GITHUB_STEP_SUMMARY),
    env: own,
  };
}
