import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { refusalCodes } from "../../src/errors.js";
import { findingCodes } from "../../src/migration/wording.js";

it("docs/troubleshooting.md names every code of a finding and of a refusal, and no other", () => {
  const text = readFileSync(new URL("../../docs/troubleshooting.md", import.meta.url), "utf8");
  const lines = text.split("\n");
  const named = [
    ...lines.filter((line) => /^Codes?: /.test(line)),
    ...lines.slice(lines.indexOf("## Codes")).flatMap((line) => /^\| (`.*?`) \|/.exec(line)?.[1] ?? []),
  ].flatMap((line) => [...line.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code));
  expect([...new Set(named)].sort()).toEqual([...new Set([...findingCodes, ...refusalCodes])].sort());
});
