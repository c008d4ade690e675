// Compiles src/ to what a checkout runs: .build-<hash of the sources>/, each file by itself (types are stripped, nothing is bundled).
// What stands in such a directory is never changed, so that it cannot be stale, nor be replaced under a process that runs from it.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");

/** @returns the directory's name. Several processes may do so at once: the directory appears in one step, and whole. */
export async function compile() {
  const read = (path) => readFileSync(path, "utf8");
  const files = readdirSync(source, { recursive: true })
    // Not what an editor keeps beside a file (.#name.ts).
    .filter((name) => /(^|[\\/])[^.\\/][^\\/]*\.ts$/.test(name) && !name.endsWith(".d.ts"))
    .sort()
    .map((name) => ({ name, text: read(join(source, name)) }));
  const compiler = createRequire(import.meta.url).resolve("esbuild/package.json");
  const hash = createHash("sha256").update(
    JSON.stringify([read(fileURLToPath(import.meta.url)), read(compiler), files]),
  );
  const name = `.build-${hash.digest("hex").slice(0, 16)}`;
  const build = join(root, name);
  if (existsSync(build)) return name;

  const { transform } = await import("esbuild");
  const beside = makeBeside(build);
  try {
    await Promise.all(
      files.map(async ({ name, text }) => {
        const path = join(beside, name.replace(/\.ts$/, ".js"));
        const { code, map } = await transform(text, {
          loader: "ts",
          format: "esm",
          target: "node20",
          sourcemap: "external",
          sourcefile: join(source, name),
          tsconfigRaw: { compilerOptions: { target: "ES2022", verbatimModuleSyntax: true } },
          logLevel: "silent",
        });
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(`${path}.map`, map);
        writeFileSync(path, `${code}//# sourceMappingURL=${path.split(/[\\/]/).at(-1)}.map\n`);
      }),
    );
    renameSync(beside, build);
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    // Another process was first, with the same.
    if (!existsSync(build)) throw error;
  }
  removeOld(name);
  return name;
}

function makeBeside(build) {
  try {
    return mkdtempSync(`${build}.`);
  } catch (error) {
    const why = `${root} cannot be written to (${error.code}), and a checkout compiles its sources there once`;
    throw new Error(`${why}: run  node load.mjs  there as its owner`);
  }
}

/** What was compiled before, or was begun and killed; a day later nothing runs from it any more. */
function removeOld(name) {
  const yesterday = Date.now() - 24 * 3_600_000;
  for (const other of readdirSync(root)) {
    if (!other.startsWith(".build-") || other === name) continue;
    const path = join(root, other);
    if (statSync(path, { throwIfNoEntry: false })?.mtimeMs < yesterday) rmSync(path, { recursive: true, force: true });
  }
}
