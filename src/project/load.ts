// A catalog is a module of the project's, in TypeScript or JavaScript, loaded without a build and in the same way by every Node:
// by jiti, which transforms a file once and keeps the result.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import * as catalogEntry from "../catalog/api.js";
import { CatalogError, defineCatalog } from "../catalog/define.js";
import type { Catalog } from "../catalog/types.js";
import { UsageError } from "../errors.js";

type Jiti = Pick<typeof import("jiti"), "createJiti">;

/**
 * Of the user's own, since whoever may write there decides what the next command runs: never the directory for temporary files, which
 * belongs to every user of the machine.
 */
function cacheDir(): string {
  const { XDG_CACHE_HOME: cache } = process.env;
  return join(cache && isAbsolute(cache) ? cache : join(homedir(), ".cache"), "console-vault", "catalogs");
}

/** This package as the catalog imports it: what runs already, whether or not the project has a copy installed. */
async function ownEntries(file: string): Promise<Record<string, unknown>> {
  const entries: Record<string, unknown> = { "console-vault/catalog": catalogEntry };
  // The whole package brings Pulumi's SDK, which takes its time to load: only for a catalog that asks for it.
  if (/["']console-vault["']/.test(readFileSync(file, "utf8"))) entries["console-vault"] = await import("../api.js");
  return entries;
}

/** `catalog.ts:12:5`, where the file shows in an error's stack. */
function placeIn(file: string, { stack = "" }: Error): string | undefined {
  const plain = stack.replaceAll("file://", "");
  const at = plain.indexOf(`${file}:`);
  return at < 0 ? undefined : plain.slice(at).match(/^.*?:\d+(?::\d+)?/)?.[0];
}

function explained(file: string, thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  // By its name: the project's own copy of this package throws a class of its own.
  if (error.name === "CatalogError") {
    const { problems } = error as CatalogError;
    return new CatalogError(problems, placeIn(file, error) ?? file);
  }
  // A parse error and a module that is not found come with more lines, of the file or of who required it.
  const [first = "", second = ""] = error.message.replace(/^ParseError: /, "").split("\n");
  const place = second.trim().startsWith(file) ? second.trim() : (placeIn(file, error) ?? file);
  return new UsageError(`${place}: ${first.trim()}`);
}

/**
 * A catalog's module, loaded and checked.
 *
 * @param file its path
 * @param loadJiti for callers that can `require` it, in a third of the time of an `import`, which parses all of it for names
 * @throws CatalogError that lists every problem of the catalog; UsageError with file and line for a module that does not load
 */
export async function loadCatalog(
  file: string,
  loadJiti: () => Jiti | Promise<Jiti> = () => import("jiti"),
): Promise<Catalog> {
  const { createJiti } = await loadJiti();
  const jiti = createJiti(file, {
    fsCache: cacheDir(),
    // A catalog that was edited is another one.
    moduleCache: false,
    virtualModules: await ownEntries(file),
  });
  let exported: unknown;
  try {
    const module = await jiti.import<{ readonly default?: unknown }>(file);
    exported = module.default ?? module;
  } catch (error) {
    throw explained(file, error);
  }
  if (typeof exported !== "object" || exported === null || !("credentials" in exported))
    throw new UsageError(
      `${file} does not export a catalog by default. It ends with\n  export default defineCatalog({ … });`,
    );
  try {
    return defineCatalog(exported as Catalog);
  } catch (error) {
    throw explained(file, error);
  }
}
