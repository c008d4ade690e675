import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { siblingStacks } from "../../src/config/index.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "console-vault-siblings-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const write = (stack: string, text: string) => writeFileSync(join(dir, `Pulumi.${stack}.yaml`), text);
const siblings = (env: NodeJS.ProcessEnv = {}) =>
  siblingStacks(dir, "staging", consoleCatalog, env).map(({ config, services }) => [
    config.environment,
    config.root,
    services.infisicalUrl,
  ]);

it("the other stack's file is read, with what the environment says of the services", () => {
  write("staging", "config: {}");
  expect(siblings()).toEqual([]);
  write("prod", "config:\n  console-vault:infisicalProjectId: p\n  console-vault:root: /Other\n");
  expect(siblings()).toEqual([["prod", "/Other", "https://app.infisical.com"]]);
  expect(siblings({ INFISICAL_API_URL: "https://vault.example" })).toEqual([
    ["prod", "/Other", "https://vault.example"],
  ]);
});

it.each(["config:\n  console-vault:rout: 1\n", "config: [", "", "config:\n"])(
  "a file that is wrong (%j) says nothing: its own commands list its problems",
  (text) => {
    write("prod", text);
    expect(siblings()).toEqual([]);
  },
);
