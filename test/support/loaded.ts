// What a command line loads, of this package and of others.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @returns paths of modules, from `src/` or `node_modules/` on: those that are in the files which Node read, whether a file is one
 * module or many (scripts/bundle.mjs); and how many files that were
 */
export function loadedBy(argv: readonly string[]): { readonly modules: string[]; readonly files: number } {
  const dir = mkdtempSync(join(tmpdir(), "console-vault-loaded-"));
  try {
    // V8 writes every script that was run to the coverage directory.
    const env = { ...process.env, NODE_V8_COVERAGE: dir };
    execFileSync(process.execPath, ["bin/console-vault.mjs", ...argv], { cwd: root, env, stdio: "ignore" });
    const { result } = JSON.parse(readFileSync(join(dir, readdirSync(dir)[0]!), "utf8")) as {
      result: { url: string }[];
    };
    const files = result.map(({ url }) => url).filter((url) => url.startsWith("file:"));
    return { modules: files.flatMap((url) => modulesIn(fileURLToPath(url).slice(root.length))), files: files.length };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function modulesIn(file: string): readonly string[] {
  const [, build, inside] = /^(\.build-\w+)\/(.*)$/.exec(file) ?? [];
  if (!build) return [file];
  const files = JSON.parse(readFileSync(join(root, build, "files.json"), "utf8")) as Record<string, string[]>;
  return files[inside!]!;
}

const distinct = (modules: readonly string[], part: RegExp) =>
  [...new Set(modules.flatMap((module) => part.exec(module)?.[1] ?? []))].sort();

export const packagesIn = (modules: readonly string[]) => distinct(modules, /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/);

/** The rooms of `src`. */
export const roomsIn = (modules: readonly string[]) => distinct(modules, /^src\/(\w+)\//);
