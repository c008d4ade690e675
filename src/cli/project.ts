import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Catalog } from "../catalog/index.js";
import { UsageError } from "../errors.js";
import { findCatalog, loadCatalog } from "../project/index.js";
import type { Io } from "./io.js";

/** The package's own root: where the program is that a checkout's `Pulumi.yaml` runs. */
export const packageDir = dirname(createRequire(import.meta.url).resolve("console-vault/package.json"));

/** What a command stands in. */
export interface Project {
  /** The directory that has `Pulumi.yaml`. */
  readonly dir: string;
  readonly catalog: Catalog;
}

/** `--cwd`, or the nearest directory above the current one. */
export function projectDirOf(io: Io, cwd: string | undefined): string {
  const start = cwd ? (isAbsolute(cwd) ? cwd : resolve(io.cwd, cwd)) : io.cwd;
  for (let dir = start; ; dir = dirname(dir)) {
    if (existsSync(join(dir, "Pulumi.yaml"))) return dir;
    if (dirname(dir) === dir) break;
  }
  throw new UsageError(
    `There is no Pulumi.yaml in ${start} or above it. Run the command in the project's directory, or name it with --cwd. To make a project:\n  console-vault init`,
  );
}

const catalogs = new WeakMap<Io, Map<string, Promise<Catalog>>>();

/** A command reads its catalog once, however many stacks it opens. */
export function catalogOf(io: Io, dir: string): Promise<Catalog> {
  const known = catalogs.get(io) ?? new Map<string, Promise<Catalog>>();
  catalogs.set(io, known);
  const catalog = known.get(dir) ?? loadOwn(io, dir);
  known.set(dir, catalog);
  return catalog;
}

async function loadOwn(io: Io, dir: string): Promise<Catalog> {
  const file = await findCatalog(dir);
  // The installed package's own is an example. A team whose catalog has another name would be surprised by its names.
  if (dir !== packageDir && dirname(file) === packageDir && packageDir.includes("node_modules"))
    io.err(
      `! ${dir} has no catalog.ts, so this is the example's, from ${file}. To make one of your own: console-vault init`,
    );
  return loadCatalog(file, () => createRequire(import.meta.url)("jiti"));
}

/**
 * The project that a command stands in.
 *
 * @param cwd `--cwd`
 * @throws UsageError without a Pulumi.yaml or a catalog; CatalogError
 */
export async function openProject(io: Io, cwd: string | undefined): Promise<Project> {
  const dir = projectDirOf(io, cwd);
  return { dir, catalog: await catalogOf(io, dir) };
}
