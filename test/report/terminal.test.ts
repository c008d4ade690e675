import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { renderTerminal } from "../../src/report/index.js";
import { drifted, fresh, soaking, worlds } from "./worlds.js";

describe("the terminal rendering", () => {
  test.each(Object.entries(worlds))("of %s fits 90 columns beside what is said in prose", (_, world) => {
    const lines = renderTerminal(world, { color: false }).split("\n");
    const table = lines.filter((line) => /^ (staging|prod|[A-Z_]+) {2}/.test(line));
    expect(table.length).toBe(world.environments.length + world.credentials.length);
    for (const line of table) expect(line.trimEnd().length).toBeLessThanOrEqual(90);
  });

  test("tells a flag that was never recorded from one that could not be read", () => {
    const [staging, prod] = fresh.environments;
    const unread = { ...prod!, flag: { ...prod!.flag, running: null } };
    const text = renderTerminal({ ...fresh, environments: [staging!, unread] }, { color: false });
    expect(text).toMatch(/^ staging +empty +off +not yet +off /m);
    expect(text).toMatch(/^ prod +empty +off +not yet +unknown /m);
  });

  test("without color has no escape sequence, and with color says the same", () => {
    const without = renderTerminal(drifted, { color: false });
    const colored = renderTerminal(drifted, { color: true });
    expect(without).not.toContain("\u001b");
    expect(colored).toContain("\u001b[31m");
    expect(stripVTControlCharacters(colored)).toBe(without);
  });

  test("has a row per credential with both environments, flat and whether they are distinct", () => {
    const row = renderTerminal(soaking, { color: false })
      .split("\n")
      .find((line) => line.includes("POSTMARK_SERVER_TOKEN"));
    expect(row?.trim().split(/ {2,}/)).toEqual([
      "POSTMARK_SERVER_TOKEN",
      "present",
      "✓ confirmed ≠",
      "↻ stale ≠",
      "different",
    ]);
  });

  test("says drift, what blocks, overrides and the commands to type", () => {
    const text = renderTerminal(drifted, { color: false });
    for (const part of [
      "FLAG_CONSOLE_VAULT_ENV_AWARE on raxx-console-staging: expected on, found off",
      "blocked prod: HEROKU_API_KEY: conflict",
      "STRIPE_RESTRICTED_KEY on prod (prefix): an older key shape",
      "  console-vault up --stack staging",
    ])
      expect(text).toContain(part);
  });

  test("a name from elsewhere cannot command the terminal", () => {
    const hostile = "\u001b]0;owned\u0007\u001b[2Jx\r\ny\u202ez";
    const text = renderTerminal({ ...soaking, warnings: [hostile] }, { color: false });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(text).toContain("x y z");
  });
});
