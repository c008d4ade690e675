// Compiles src/ to what a checkout runs: .build-<hash of the sources>/, as bundle.mjs puts it together.
// What stands in such a directory is never changed, so that it cannot be stale, nor be replaced under a process that runs from it.
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");

/** @returns the directory's name. Several processes may do so at once: the directory appears in one step, and whole. */
export async function compile() {
  // Every command waits for this, so the files are hashed as they are and listed folder by folder: `recursive` takes ten times as long.
  const files = list(source)
    .sort()
    .map((name) => ({ name, text: readFileSync(join(source, name)) }));
  const { resolve } = createRequire(import.meta.url);
  const others = [
    fileURLToPath(import.meta.url),
    fileURLToPath(new URL("bundle.mjs", import.meta.url)),
    join(root, "package.json"),
    ...["axios", "esbuild", "yaml", "zod"].map((name) => resolve(`${name}/package.json`)),
    // What npm has installed: the libraries that those need come into the files as well.
    ...[join(root, "node_modules/.package-lock.json")].filter(existsSync),
  ].map((path) => ({ name: basename(path), text: readFileSync(path) }));
  const hash = createHash("sha256");
  for (const { name, text } of [...others, ...files]) hash.update(`${name} ${text.length}\n`).update(text);
  const name = `.build-${hash.digest("hex").slice(0, 16)}`;
  const build = join(root, name);
  if (existsSync(build)) {
    inUse(build);
    return name;
  }

  const { bundle } = await import("./bundle.mjs");
  const beside = makeBeside(build);
  try {
    const files = await bundle(root, beside, { sourcemap: true, sourcesContent: false });
    writeFileSync(join(beside, "files.json"), JSON.stringify(files));
    chmodSync(beside, 0o777 & ~process.umask());
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

/** Says so to {@link removeOld}, where this process may. */
function inUse(build) {
  const now = new Date();
  try {
    utimesSync(build, now, now);
  } catch {
    // Somebody else's checkout.
  }
}

/** What nobody began to use for a day, or was begun and killed. */
function removeOld(name) {
  const yesterday = Date.now() - 24 * 3_600_000;
  for (const other of readdirSync(root)) {
    if (!other.startsWith(".build-") || other === name) continue;
    const path = join(root, other);
    if (statSync(path, { throwIfNoEntry: false })?.mtimeMs < yesterday) rmSync(path, { recursive: true, force: true });
  }
}
