import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Catalog, consoleCatalog } from "../catalog/index.js";
import { UsageError } from "../errors.js";
import type { Io } from "./io.js";

/** The package's own root: where the program is that a checkout's `Pulumi.yaml` runs. */
export const packageDir = dirname(fileURLToPath(new URL("../../package.json", import.meta.url)));

export const catalog: Catalog = consoleCatalog;

/** The directory that has `Pulumi.yaml`: `--cwd`, or the nearest one above the current directory. */
export function projectDirOf(io: Io, cwd: string | undefined): string {
  const start = cwd ? (isAbsolute(cwd) ? cwd : resolve(io.cwd, cwd)) : io.cwd;
  for (let dir = start; ; dir = dirname(dir)) {
    if (existsSync(join(dir, "Pulumi.yaml"))) return dir;
    if (dirname(dir) === dir) break;
  }
  throw new UsageError(
    `There is no Pulumi.yaml in ${start} or above it. Run the command in the project's directory, or name it with --cwd.`,
  );
}
