import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { openSession } from "./embedded/session.js";
import { EngineError, type StackLocation } from "./port.js";
import { runEnvironment } from "./project/backend.js";
import { findCli } from "./pulumi/index.js";

/**
 * A stack's configuration value in clear, for work that is no update: `pulumi config get KEY`. What is encrypted with the
 * passphrase is read here; everything else is asked of the Pulumi CLI, which knows the other secrets providers.
 *
 * @param key with its namespace, e.g. `heroku:apiKey`
 * @throws EngineError where neither can read it
 */
export async function configValue(location: StackLocation, key: string): Promise<string | undefined> {
  try {
    return (await openSession(location)).config.get(key)?.value;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const cli = await findCli(location);
    if (!cli) throw error;
    const args = ["config", "get", key, "--stack", location.stack, "--cwd", location.projectDir, "--non-interactive"];
    try {
      const { stdout } = await promisify(execFile)(cli.command, args, { env: runEnvironment(location) });
      return stdout.replace(/\r?\n$/, "");
    } catch {
      // What the CLI printed may have the value in it.
      throw new EngineError(`The configuration value ${key} of ${location.stack} cannot be read: ${error.message}`);
    }
  }
}
