import type { Command } from "commander";
import type { Catalog, Flag } from "../../catalog/index.js";
import { UsageError } from "../../errors.js";
import { environmentPath, flatPath, readFlag, resolve } from "../../resolver/index.js";
import { colorsOf, type Io } from "../io.js";
import { openProject } from "../project.js";

function flagOption(text: string | undefined, flag: Flag | undefined, env: NodeJS.ProcessEnv): boolean {
  if (text === undefined) {
    if (!flag) return false;
    const { variable } = flag;
    const reading = readFlag(env[variable]);
    if (reading === "unclear")
      throw new UsageError(`${variable} in this shell is neither true, 1, false, 0 nor empty: set it, or pass --flag`);
    return reading === "on";
  }
  if (text !== "on" && text !== "off") throw new UsageError(`--flag takes on or off, not ${JSON.stringify(text)}`);
  return text === "on";
}

export function addResolve(program: Command, io: Io): void {
  program
    .command("resolve")
    .argument("<name>", "credential of the catalog")
    .description("show where a credential lives, and why")
    .option("--env <environment>", "environment (default: the catalog's fallback, as in the resolver)")
    .option("--flag <on|off>", "the flag (default: this shell's variable; absent = off)")
    .option("--cwd <dir>", "the project's directory")
    .option("--json", "as JSON: name, vendor, scope, environment, path, flag")
    .action(async (name: string, options: { env?: string; flag?: string; cwd?: string; json?: boolean }) => {
      const { catalog } = await openProject(io, options.cwd);
      const found = resolve(name, options.env, { flag: flagOption(options.flag, catalog.flag, io.env), catalog });
      if (options.json) {
        const { why: _, ...answer } = found;
        io.out(JSON.stringify(answer, null, 2));
      } else io.out(`${found.path}\n  ${found.why}`);
    });
}

async function rootOf(dir: string, stack: string, catalog: Catalog): Promise<string> {
  const { readStackConfig } = await import("../../config/index.js");
  return readStackConfig(dir, stack, catalog).root;
}

export function addPaths(program: Command, io: Io): void {
  program
    .command("paths")
    .description("show the whole resolution table: every credential, with the flag off and on")
    .option("--stack <stack>", "only this environment, with its root")
    .option("--cwd <dir>", "the project's directory")
    .option("--json", "answer as JSON")
    .option("--vectors", "as JSON for resolvers in other languages: the table, and the right answer to each question")
    .action(async (options: { stack?: string; cwd?: string; json?: boolean; vectors?: boolean }) => {
      const { dir, catalog } = await openProject(io, options.cwd);
      const root = options.stack === undefined ? catalog.root : await rootOf(dir, options.stack, catalog);
      if (options.vectors) {
        const { vectorsOf } = await import("../../report/vectors.js");
        io.out(JSON.stringify(vectorsOf({ ...catalog, root }), null, 1));
        return;
      }
      const environments = catalog.environments
        .map(({ name }) => name)
        .filter((name) => options.stack === undefined || name === options.stack);
      const rows = catalog.credentials.map(({ name, vendor, scope }) => ({
        name,
        vendor,
        scope,
        off: flatPath(root, vendor),
        on: Object.fromEntries(
          environments.map((env) => [
            env,
            scope === "shared" ? flatPath(root, vendor) : environmentPath(root, vendor, env),
          ]),
        ),
      }));
      if (options.json) {
        io.out(JSON.stringify(rows, null, 2));
        return;
      }
      const head = ["credential", "scope", "flag off", ...environments.map((env) => `flag on, ${env}`)];
      const cells = rows.map(({ name, scope, off, on }) => [name, scope, off, ...environments.map((env) => on[env]!)]);
      io.out(inColumns(io, head, cells));
    });
}

/** Names and paths have plain letters only. For anything else there is table.ts; loading it takes as long as all the rest. */
function inColumns(io: Io, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)));
  const aligned = (cells: readonly string[]) => cells.map((cell, at) => cell.padEnd(widths[at]!));
  const { cyan } = colorsOf(io);
  return [aligned(head).map(cyan), ...rows.map(aligned)].map((cells) => `  ${cells.join("  ")}`).join("\n");
}
