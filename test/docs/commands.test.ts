// Every command of the documents, in the order in which a reader would type them, and what the documents say that one sees.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { World } from "../support/world.js";
import { notShown, type Typed, typeDocument } from "./commands.js";

const document = (name: string) => readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), "utf8");

describe.each(["runbook.md", "configuration.md"])("docs/%s", (name) => {
  let world: World;
  let typed: Typed[];
  beforeAll(async () => {
    world = await World.open();
    typed = await typeDocument(world, document(name));
  });
  afterAll(() => world?.close());

  test("every command ends as it says", () => {
    expect(typed.length).toBeGreaterThan(1);
    for (const { command, line, code, expectedCode, output } of typed)
      expect(code, `line ${line}: ${command}\n${output}`).toBe(expectedCode);
  });

  test("what it shows is what one sees", () => {
    for (const one of typed) expect(notShown(one), `line ${one.line}: ${one.command}\n${one.output}`).toEqual([]);
  });
});
