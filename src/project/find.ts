// Where a project's catalog is: named in Pulumi.yaml, else beside it, else beside the program that Pulumi.yaml names.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { catalogKey } from "../config/index.js";
import { UsageError } from "../errors.js";

const fileNames = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((extension) => `catalog.${extension}`);

interface ProjectFile {
  readonly main?: unknown;
  readonly config?: Readonly<Record<string, unknown>> | null;
}

function readProject(projectDir: string): ProjectFile {
  const file = join(projectDir, "Pulumi.yaml");
  if (!existsSync(file)) return {};
  try {
    return (parse(readFileSync(file, "utf8")) ?? {}) as ProjectFile;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new UsageError(`${file}: not valid YAML: ${why}`);
  }
}

/** Pulumi allows `key: text`, `key: { value: text }`, and for the project's own namespace `key: { default: text }`. */
function namedIn({ config }: ProjectFile): unknown {
  const given = config?.[catalogKey];
  if (typeof given !== "object" || given === null) return given;
  const { value, default: byDefault } = given as { readonly value?: unknown; readonly default?: unknown };
  return value ?? byDefault;
}

/** `main` names a module or its directory; without it the program is beside `Pulumi.yaml`. */
function programDir(projectDir: string, { main }: ProjectFile): string {
  if (typeof main !== "string") return projectDir;
  const path = resolve(projectDir, main);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
}

/**
 * The file that has a project's catalog.
 *
 * @param projectDir the directory that has `Pulumi.yaml`
 * @throws UsageError where there is none, or more than one in a directory
 */
export function findCatalog(projectDir: string): string {
  const project = readProject(projectDir);
  const named = namedIn(project);
  if (named !== undefined) {
    const path = typeof named === "string" && named !== "" ? resolve(projectDir, named) : undefined;
    if (path && statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
    throw new UsageError(
      `${catalogKey} in ${join(projectDir, "Pulumi.yaml")} names no file: ${JSON.stringify(named)}. It is a path from there, such as ./catalog.ts.`,
    );
  }
  for (const dir of new Set([projectDir, programDir(projectDir, project)])) {
    const found = fileNames.filter((name) => existsSync(join(dir, name)));
    if (found.length > 1)
      throw new UsageError(
        `${dir} has more than one catalog: ${found.join(", ")}. Name one as ${catalogKey} in Pulumi.yaml's config, or delete the others.`,
      );
    if (found[0]) return join(dir, found[0]);
  }
  throw new UsageError(
    `There is no catalog.ts in ${projectDir}: it lists the company's credentials, environments and apps. To make one:\n  console-vault init`,
  );
}
