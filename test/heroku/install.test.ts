// `sdks/heroku` is committed in a form of its own: nothing that a user types may generate it anew.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findCli } from "../../src/engine/pulumi/index.js";
import { noCli, without } from "../support/without.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const cli = await findCli({ projectDir: root, stack: "staging" });

test("Pulumi.yaml lists no packages, which `pulumi install` would generate", () => {
  expect(parse(readFileSync(join(root, "Pulumi.yaml"), "utf8"))).not.toHaveProperty("packages");
});

describe.skipIf(without("pulumi install", cli ? undefined : noCli))("pulumi install", () => {
  test("leaves the committed SDK and package.json as they are", async () => {
    const dir = mkdtempSync(join(tmpdir(), "console-vault-install-"));
    for (const path of ["Pulumi.yaml", "package.json", "package-lock.json", "program.mjs", "sdks"])
      cpSync(join(root, path), join(dir, path), { recursive: true });
    const before = content(dir);
    await promisify(execFile)(cli!.command, ["install", "--no-dependencies"], { cwd: dir });
    expect(content(dir)).toEqual(before);
    rmSync(dir, { recursive: true });
  }, 120_000);
});

function content(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, "utf8")]));
}
