import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { ConfigFile } from "../../src/cli/configFile.js";

const text = readFileSync(new URL("../../Pulumi.staging.yaml", import.meta.url), "utf8");
const directory = () => mkdtempSync(join(tmpdir(), "config-file-"));

describe.skipIf(process.platform === "win32")("a stack file that a command edits", () => {
  it("stays where a symbolic link says that it is, with its mode", () => {
    const [projectDir, elsewhere] = [directory(), directory()];
    const [link, target] = [join(projectDir, "Pulumi.staging.yaml"), join(elsewhere, "staging.yaml")];
    writeFileSync(target, text);
    chmodSync(target, 0o640);
    symlinkSync(target, link);
    const file = new ConfigFile(projectDir, "staging", consoleCatalog);
    file.set({ vaultEnvAware: true });
    expect(readFileSync(target, "utf8")).toMatch(/console-vault:vaultEnvAware: true/);
    file.putBack();
    expect(readFileSync(target, "utf8")).toBe(text);
    expect([readlinkSync(link), statSync(target).mode & 0o777]).toEqual([target, 0o640]);
    expect(readdirSync(elsewhere)).toEqual(["staging.yaml"]);
  });
});
