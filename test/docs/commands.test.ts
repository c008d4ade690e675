// Every command of the documents, in the order in which a reader would type them, and what the documents say that one sees.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { shortWaits } from "../support/shortWaits.js";
import { notShown, type Typed, typeDocument } from "./commands.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const document = (name: string) => readFileSync(`${root}docs/${name}`, "utf8");

shortWaits();

describe.each(["runbook.md", "configuration.md", "troubleshooting.md"])("docs/%s", (name) => {
  let typed: Typed[];
  beforeAll(async () => {
    typed = await typeDocument(document(name));
  });

  test("every command ends as it says", () => {
    expect(typed.length).toBeGreaterThan(1);
    for (const { command, line, code, expectedCode, output } of typed)
      expect(code, `line ${line}: ${command}\n${output}`).toBe(expectedCode);
  });

  test("what it shows is what one sees", () => {
    for (const one of typed) expect(notShown(one), `line ${one.line}: ${one.command}\n${one.output}`).toEqual([]);
  });
});

test("every message of docs/troubleshooting.md is one that the code says", () => {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  // What a template fills in is an ellipsis, as in the document.
  const written = files.map((path) => readFileSync(`${root}src/${path}`, "utf8")).join("\n");
  const filledIn = written.replace(/\\`/g, "'").replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…");
  const code = `${written}\n${filledIn}`;
  const headings = document("troubleshooting.md").match(/^### `.*$/gm) ?? [];
  const messages = headings.flatMap((heading) => [...heading.matchAll(/`([^`]+)`/g)].map(([, message]) => message!));
  expect(messages.length).toBeGreaterThan(50);
  for (const message of messages)
    for (const part of message.split("…").map((one) => one.trim().replace(/^: /, "")))
      if (part.length > 3) expect(code.includes(part), `${message}: nothing says "${part}"`).toBe(true);
});
