// What Node and TypeScript make of a module in a project: what `init` writes there has to run and to compile.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Modules {
  /** The project's package.json says `"type": "module"`. */
  readonly esm: boolean;
  readonly typescript: boolean;
  /** A `.ts` file may have `import … from` and `export`: with `verbatimModuleSyntax`, a CommonJS module may not. */
  readonly imports: boolean;
}

/** The nearest file of a name, in a directory or above it. */
export function nearest(dir: string, name: string): string | undefined {
  const file = join(dir, name);
  if (existsSync(file)) return file;
  return dirname(dir) === dir ? undefined : nearest(dirname(dir), name);
}

/** @param manifest path of the project's package.json; without one, `init` writes one */
export function modulesOf(dir: string, manifest: string | undefined): Modules {
  const config = nearest(dir, "tsconfig.json");
  const esm = manifest === undefined || read(manifest).type === "module";
  const verbatim = config !== undefined && optionIn(config, "verbatimModuleSyntax") === true;
  // Written as ES modules whatever package.json says, for a bundler.
  const bundled = config !== undefined && /^es/i.test(String(optionIn(config, "module")));
  return { esm, typescript: config !== undefined, imports: esm || bundled || !verbatim };
}

/** JSON as TypeScript reads its own: with comments, and with a comma after the last element. */
function read(file: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(file, "utf8").replace(
    /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=\s*[}\]])/g,
    (_all, string: string | undefined) => string ?? "",
  );
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

/** A compiler option of a tsconfig.json or of what it extends, the last of them first. */
function optionIn(file: string, name: string): unknown {
  const { compilerOptions, extends: bases = [] } = read(file);
  const own = (compilerOptions as Readonly<Record<string, unknown>> | undefined)?.[name];
  if (own !== undefined) return own;
  const found = ([bases].flat() as string[]).map((base) => {
    const path = resolved(file, base);
    return path && path !== file ? optionIn(path, name) : undefined;
  });
  return found.findLast((one) => one !== undefined);
}

function resolved(file: string, base: string): string | undefined {
  const { resolve } = createRequire(file);
  for (const path of [base, `${base}.json`, `${base}/tsconfig.json`])
    try {
      return resolve(path);
    } catch {} // Another spelling, or not installed: then TypeScript does not compile anything either.
  return undefined;
}
