import fc from "fast-check";
import { expect, it } from "vitest";
import { fuzzCase } from "./cases.js";
import { check } from "./check.js";
import { regressions } from "./regressions.js";

/** CONSOLE_VAULT_FUZZ=10000 for a long night. */
const runs = Number(process.env.CONSOLE_VAULT_FUZZ ?? 500);

it(`${runs} random lives of a stack leave it sound, complete and able to converge`, { timeout: 0 }, async () => {
  const property = fc.asyncProperty(fuzzCase, check);
  const result = await fc.check(property, { numRuns: runs, endOnFailure: false });
  if (!result.failed) return;
  const [counterexample] = result.counterexample ?? [];
  const reason = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  expect.fail(
    `${reason}\n\nPaste this into regressions.ts:\n  {\n    name: ${JSON.stringify(reason)},\n    data: ${JSON.stringify(counterexample, (_, value) => (value === undefined ? undefined : value), 2)},\n  },\n(seed ${result.seed}, path ${result.counterexamplePath})`,
  );
});

it.each(regressions)("never again: $name", async ({ data }) => {
  await check(data);
});
