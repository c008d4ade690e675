// .github/decidePromotion.mjs: which of a company's environments the workflow "promote" waits for.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../.github/decidePromotion.mjs", import.meta.url));

function decide(...environments: readonly object[]): string {
  const dir = mkdtempSync(join(tmpdir(), "console-vault-decide-"));
  writeFileSync(join(dir, "status.json"), JSON.stringify({ environments }));
  const answer = execFileSync(process.execPath, [script, join(dir, "status.json")], { encoding: "utf8" });
  rmSync(dir, { recursive: true });
  return answer;
}
const environment = (phase: string, wanted: boolean, running: boolean, app = "web") => ({
  phase,
  flag: { app, wanted, running },
});
const soaked = environment("soaked", true, true);
const wanted = environment("confirmed", true, false);
const withoutFlag = environment("confirmed", false, false, "");

it.each([
  ["two, the first soaked", [soaked, wanted], true, true],
  ["two, the first soaking", [environment("soaking", true, true), wanted], true, false],
  ["two that are on", [soaked, soaked], false, false],
  ["five, the last but one soaked", [withoutFlag, soaked, soaked, soaked, wanted], true, true],
  ["five, the last but one off", [soaked, soaked, soaked, environment("confirmed", false, false), wanted], true, false],
  ["three, the last without a flag", [soaked, wanted, withoutFlag], true, true],
  ["none that has a flag", [withoutFlag, withoutFlag], false, false],
])("of %s", (_what, environments, promote, ready) => {
  expect(decide(...environments)).toBe(`promote=${promote}\nready=${ready}\n`);
});
