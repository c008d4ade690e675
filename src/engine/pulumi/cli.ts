import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { EngineError, type StackLocation } from "../port.js";
import { runEnvironment } from "../project/backend.js";

/** A Pulumi CLI, and where it was found. */
export interface Cli {
  command: string;
  found: string;
}

/** What to do when there is none. */
export const howToInstall =
  "Install the Pulumi CLI (https://www.pulumi.com/docs/install/) so that `pulumi` is on PATH, or set PULUMI_CLI to its path, or ask for --engine embedded.";

/**
 * The CLI that PULUMI_CLI names — a path, or `npm` for the one of the npm package `pulumi` — else the one on PATH.
 * @returns undefined when there is none
 * @throws EngineError when PULUMI_CLI names one that is not there
 */
export async function findCli(location: StackLocation): Promise<Cli | undefined> {
  const env = runEnvironment(location);
  const asked = env.PULUMI_CLI;
  if (asked === "npm")
    return { command: await npmCli(location.projectDir), found: "the npm package pulumi (PULUMI_CLI=npm)" };
  if (asked !== undefined && asked !== "") {
    if (await isExecutable(asked)) return { command: asked, found: `PULUMI_CLI (${asked})` };
    throw new EngineError(`PULUMI_CLI is ${asked}, which cannot be executed. ${howToInstall}`);
  }
  const names = process.platform === "win32" ? ["pulumi.exe", "pulumi.cmd"] : ["pulumi"];
  for (const directory of (env.PATH ?? "").split(delimiter).filter((entry) => entry !== "")) {
    for (const name of names) {
      const command = join(directory, name);
      if (await isExecutable(command)) return { command, found: `PATH (${command})` };
    }
  }
  return undefined;
}

async function npmCli(projectDir: string): Promise<string> {
  try {
    const manifest = createRequire(join(projectDir, "noop.js")).resolve("pulumi/package.json");
    const { bin } = createRequire(manifest)(manifest) as { bin?: string | Record<string, string> };
    const path = typeof bin === "string" ? bin : bin?.pulumi;
    if (path !== undefined) return join(dirname(manifest), path);
  } catch {
    // Not installed: said below.
  }
  throw new EngineError(
    `PULUMI_CLI is npm, but the package is not there: run npm install --save-dev pulumi in ${projectDir}.`,
  );
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** `v3.260.0`, as the CLI prints it. */
export async function cliVersion({ command }: Cli, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, ["version"], {
      env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return stdout.trim();
  } catch {
    throw new EngineError(`${command} does not answer to \`pulumi version\`. ${howToInstall}`);
  }
}
