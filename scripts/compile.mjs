// Compiles src/ to .build/, which is what a checkout runs. Each file by itself (types are stripped, nothing is bundled), and only
// where a source is another one than it was, so that .build/ cannot be stale.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");
const build = join(root, ".build");
const stampFile = join(build, "stamp");

/** Brings .build/ up to date. Several processes may do so at once: a file is replaced in one step, and the stamp is written last. */
export async function compile() {
  const sources = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".ts"));
  // The build depends on nothing but the sources, this file and the compiler.
  const inputs = [
    ...sources.map((name) => join(source, name)),
    fileURLToPath(import.meta.url),
    join(root, "package.json"),
  ];
  const stamp = inputs
    .map((file) => `${file} ${statSync(file, { bigint: true }).mtimeNs} ${statSync(file).size}`)
    .join("\n");
  if (read(stampFile) === stamp) return;

  const esbuild = await import("esbuild");
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: sources.map((name) => join("src", name)),
    outbase: "src",
    outdir: ".build",
    format: "esm",
    target: "node20",
    sourcemap: "linked",
    write: false,
    logLevel: "silent",
  });
  for (const { path, text } of outputFiles) if (read(path) !== text) replace(path, text);
  const made = new Set(outputFiles.map(({ path }) => path));
  for (const name of readdirSync(build, { recursive: true })) {
    const path = join(build, name);
    if (/\.js(\.map)?$/.test(name) && !made.has(path)) rmSync(path, { force: true });
  }
  replace(stampFile, stamp);
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function replace(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}
