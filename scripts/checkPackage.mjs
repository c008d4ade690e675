// Packs the package and has publint and Are The Types Wrong look at it, as it would be published.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const dir = mkdtempSync(join(tmpdir(), "console-vault-package-"));
const run = (command, ...args) => execFileSync(command, args, { stdio: "inherit" });
try {
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", dir], { encoding: "utf8" });
  const tarball = join(dir, packed.trim());
  run("npx", "publint", "--strict", tarball);
  // Node 10's resolution knows no `exports`, and the oldest Node that runs this is 20.
  run("npx", "attw", "--profile", "node16", "--format", "table", tarball);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
