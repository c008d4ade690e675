// Compiles src/ to what a checkout runs: .build-<hash of the sources>/, each file by itself: types are stripped,
// and nothing is bundled but the part of zod that every command needs (bundle.mjs).
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
const tsconfigRaw = { compilerOptions: { target: "ES2022", verbatimModuleSyntax: true } };

/** @returns the directory's name. Several processes may do so at once: the directory appears in one step, and whole. */
export async function compile() {
  // Every command waits for this, so the files are hashed as they are and listed folder by folder: `recursive` takes ten times as long.
  const files = list(source)
    .sort()
    .map((name) => ({ name, text: readFileSync(join(source, name)) }));
  const { resolve } = createRequire(import.meta.url);
  const compilers = [
    fileURLToPath(import.meta.url),
    fileURLToPath(new URL("bundle.mjs", import.meta.url)),
    resolve("esbuild/package.json"),
    resolve("zod/package.json"),
  ].map((name) => ({ name, text: readFileSync(name) }));
  const hash = createHash("sha256");
  for (const { name, text } of [...compilers, ...files]) hash.update(`${name} ${text.length}\n`).update(text);
  const name = `.build-${hash.digest("hex").slice(0, 16)}`;
  const build = join(root, name);
  if (existsSync(build)) return name;

  const { transform } = await import("esbuild");
  const { bundled, withZod } = await import("./bundle.mjs");
  const beside = makeBeside(build);
  try {
    await Promise.all(
      files.map(async ({ name, text }) => {
        const path = join(beside, name.replace(/\.ts$/, ".js"));
        const options = { sourcemap: "external", tsconfigRaw };
        const { code, map } =
          name === join(`${bundled}.ts`)
            ? await withZod(join(source, name), text, options)
            : await transform(text, {
                loader: "ts",
                format: "esm",
                target: "node20",
                sourcefile: join(source, name),
                logLevel: "silent",
                ...options,
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

/** The sources below a folder, and not what an editor keeps beside a file (.#name.ts). */
function list(folder, below = "") {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    if (one.isDirectory()) return list(join(folder, one.name), join(below, one.name));
    return /^[^.].*\.ts$/.test(one.name) && !one.name.endsWith(".d.ts") ? join(below, one.name) : [];
  });
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
