// What the commands load that a person or a script waits for most: nothing that their answer does not need.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** V8 writes every script that was run to the coverage directory. */
function loadedBy(argv: readonly string[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), "console-vault-loaded-"));
  try {
    const env = { ...process.env, NODE_V8_COVERAGE: dir };
    execFileSync(process.execPath, ["bin/console-vault.mjs", ...argv], { cwd: root, env, stdio: "ignore" });
    const { result } = JSON.parse(readFileSync(join(dir, readdirSync(dir)[0]!), "utf8")) as {
      result: { url: string }[];
    };
    return result.map(({ url }) => url).filter((url) => url.startsWith("file:"));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const packagesIn = (urls: readonly string[]) =>
  [...new Set(urls.flatMap((url) => url.match(/node_modules\/([^/]+)/)?.[1] ?? []))].sort();
const roomsIn = (urls: readonly string[]) =>
  [...new Set(urls.flatMap((url) => url.match(/\/\.build-\w+\/(\w+)\//)?.[1] ?? []))].sort();

const rooms = ["catalog", "cli", "config", "project", "resolver"];

it.each([
  { argv: ["--help"], packages: ["commander", "picocolors"], own: ["cli"] },
  { argv: ["resolve", "HEROKU_API_KEY"], packages: ["commander", "jiti", "picocolors"], own: rooms },
  { argv: ["paths", "--json"], packages: ["commander", "jiti", "picocolors"], own: rooms },
  { argv: ["paths"], packages: ["commander", "jiti", "picocolors"], own: rooms },
])("$argv loads what it uses and no more", ({ argv, packages, own }) => {
  // The first one makes jiti keep the catalog's text.
  loadedBy(argv);
  const urls = loadedBy(argv);
  expect(packagesIn(urls)).toEqual(packages);
  expect(roomsIn(urls)).toEqual(own);
  expect(urls.length).toBeLessThan(60);
  expect(urls.filter((url) => url.includes("babel"))).toEqual([]);
});
