// Where a project's catalog is: named in Pulumi.yaml, else beside it, else beside the program that Pulumi.yaml names.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { catalogKey } from "../config/keys.js";
import { UsageError } from "../errors.js";

const fileNames = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((extension) => `catalog.${extension}`);

interface ProjectFile {
  readonly main?: unknown;
  readonly config?: Readonly<Record<string, unknown>> | null;
}

async function parsed(file: string, text: string): Promise<ProjectFile> {
  const { parse } = await import("./yaml.js");
  try {
    return (parse(text) ?? {}) as ProjectFile;
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

/** The catalog's file that a project names. Pulumi.yaml is parsed only where it may: YAML spells the key in one other way, with escapes. */
async function namedCatalog(file: string, text: string): Promise<string | undefined> {
  if (!text.includes(catalogKey) && !text.includes("\\")) return undefined;
  const named = namedIn(await parsed(file, text));
  if (named === undefined) return undefined;
  const path = typeof named === "string" && named !== "" ? resolve(dirname(file), named) : undefined;
  if (path && statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  throw new UsageError(
    `${catalogKey} in ${file} names no file: ${JSON.stringify(named)}. It is a path from there, such as ./catalog.ts.`,
  );
}

function catalogIn(dir: string): string | undefined {
  const found = fileNames.filter((name) => existsSync(join(dir, name)));
  if (found.length > 1)
    throw new UsageError(
      `${dir} has more than one catalog: ${found.join(", ")}. Name one as ${catalogKey} in Pulumi.yaml's config, or delete the others.`,
    );
  return found[0] && join(dir, found[0]);
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
export async function findCatalog(projectDir: string): Promise<string> {
  const file = join(projectDir, "Pulumi.yaml");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const found =
    (await namedCatalog(file, text)) ??
    catalogIn(projectDir) ??
    catalogIn(programDir(projectDir, await parsed(file, text)));
  if (found) return found;
  throw new UsageError(
    `There is no catalog.ts in ${projectDir}: it lists the company's credentials, environments and apps. To make one:\n  console-vault init`,
  );
}
