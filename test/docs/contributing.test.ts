// What CONTRIBUTING.md points at is there: files, npm scripts, anchors of its own.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(`${root}CONTRIBUTING.md`, "utf8");
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: Record<string, string> };

it("names files and folders that exist", () => {
  const named = [...text.matchAll(/`((?:src|test|docs|\.dep)[\w./-]*)`|\]\(([\w./-]+\.md)\)/g)].map(
    (one) => one[1] ?? one[2]!,
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(root + path))).toEqual([]);
});

it("names functions and tables where they are", () => {
  const named = [...text.matchAll(/`(\w+)`(?: \([^)]*\))? in\s+`(src\/[\w./-]+\.ts)`/g)];
  expect(named.length).toBeGreaterThan(7);
  for (const [, name, path] of named)
    expect(readFileSync(root + path!, "utf8"), path!).toMatch(new RegExp(`(function|const|type|interface) ${name}\\b`));
});

it("names npm scripts that exist", () => {
  const named = [...text.matchAll(/npm (?:run ([\w:]+)|(test|start))/g)].map((one) => one[1] ?? one[2]!);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

it("links to its own headings", () => {
  const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!.toLowerCase().replaceAll(" ", "-"));
  for (const [, anchor] of text.matchAll(/\]\(#([\w-]+)\)/g)) expect(anchors).toContain(anchor);
});
