// Both files are made from the schema. When it changes: npx vitest run test/docs/configuration.test.ts --update
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse, parseDocument } from "yaml";
import { consoleCatalog } from "../../src/catalog/index.js";
import { parseStackConfig } from "../../src/config/index.js";
import { readProject } from "../../src/engine/project/project.js";
import { resolveConfig } from "../../src/engine/project/stackConfig.js";
import { blocksOf } from "./blocks.js";
import { configKeysDescribed } from "./keys.js";
import { withPart } from "./marked.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const keys = configKeysDescribed();
const required = keys.filter((key) => key.default === undefined).map(({ name }) => name);
const project = () => parse(read("Pulumi.yaml")) as { config: Record<string, Record<string, unknown>> };

describe("Pulumi.yaml", () => {
  test("declares every key of the schema, with its type, default and description", async () => {
    const document = parseDocument(read("Pulumi.yaml"));
    document.set(
      "config",
      document.createNode(
        Object.fromEntries(
          keys.map(({ name, type, description, default: value }) => [
            name,
            { type, ...(value === undefined ? {} : { default: value }), description },
          ]),
        ),
      ),
    );
    await expect(document.toString({ lineWidth: 0 })).toMatchFileSnapshot(`${root}Pulumi.yaml`);
  });

  test("asks a stack for nothing but what the schema asks for", () => {
    expect(required).toEqual(["console-vault:infisicalProjectId"]);
    const raw = Object.fromEntries(required.map((name) => [name, "some-project"]));
    expect(parseStackConfig(raw, "staging", consoleCatalog)).toMatchObject({ ok: true });
  });

  test("its defaults mean what the schema's do", () => {
    const written = Object.entries(project().config).map(([name, { default: value }]) => [name, value]);
    const ofProject = Object.fromEntries(written.map(([name, value]) => [name, value ?? "some-project"]));
    const ofSchema = Object.fromEntries(required.map((name) => [name, "some-project"]));
    expect(parseStackConfig(ofProject, "prod", consoleCatalog)).toEqual(
      parseStackConfig(ofSchema, "prod", consoleCatalog),
    );
  });

  test("the engine hands its defaults on to a program as the schema reads them", async () => {
    const { config } = await readProject({ projectDir: root, stack: "staging" });
    const file = {
      text: "",
      encryptionSalt: undefined,
      config: new Map(required.map((name) => [name, "some-project"])),
    };
    const resolved = resolveConfig(file, config, (text) => text, "staging");
    const handed = Object.fromEntries([...resolved].map(([name, { value }]) => [name, value]));
    expect(parseStackConfig(handed, "staging", consoleCatalog)).toEqual(
      parseStackConfig(Object.fromEntries(required.map((name) => [name, "some-project"])), "staging", consoleCatalog),
    );
  });
});

describe("docs/configuration.md", () => {
  const document = () => read("docs/configuration.md");

  test("has a row for every key of the schema", async () => {
    const table = [
      "| key | type | default | what it says |",
      "| --- | --- | --- | --- |",
      ...keys.map(({ name, type, description, default: value }) => {
        const shown = value === undefined ? "**required**" : value === "" ? "none" : `\`${JSON.stringify(value)}\``;
        return `| \`${name.split(":")[1]}\` | ${type} | ${shown.replaceAll('"', "")} | ${description} |`;
      }),
    ].join("\n");
    await expect(withPart(document(), "keys", table)).toMatchFileSnapshot(`${root}docs/configuration.md`);
  });

  test("shows an example of every key that holds a map, and each example is valid", () => {
    const examples = blocksOf(document()).filter(({ language }) => language === "yaml");
    const shown = new Set<string>();
    for (const { text } of examples) {
      if (text.startsWith("# Pulumi.yaml")) continue;
      const [, stack = ""] = /# Pulumi\.(\w+)\.yaml/.exec(text) ?? [];
      const { config } = parse(text) as { config: Record<string, unknown> };
      for (const key of Object.keys(config))
        if (key.startsWith("console-vault:")) shown.add(key.slice("console-vault:".length));
      const raw = { "console-vault:infisicalProjectId": "some-project", ...config };
      expect(parseStackConfig(raw, stack, consoleCatalog), text).toMatchObject({ ok: true });
    }
    const maps = keys.filter(({ type }) => type === "object").map(({ name }) => name.split(":")[1]);
    expect([...shown]).toEqual(expect.arrayContaining(maps));
  });

  test("names every environment variable that the code reads", () => {
    const table = document();
    for (const name of variablesRead()) expect(table, name).toContain(`\`${name}\``);
  });
});

/** Of the code and of the program's entry, but for those that say only how a terminal or a machine is. */
function variablesRead(): string[] {
  const found = new Set<string>();
  for (const path of sources()) {
    for (const [, name] of read(path).matchAll(/env\.([A-Z][A-Z0-9_]+)/g)) found.add(name!);
  }
  const machine = ["PATH", "FORCE_COLOR", "PULUMI_HOME", "HEROKU_EMAIL", "HEROKU_HEADERS"];
  return [...found].filter((name) => !machine.includes(name));
}

function sources(): string[] {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return [...files.map((path) => `src/${path}`), "program.mjs"];
}
