// The runner on Heroku: between two local services, and with one that is named by environment variables.
import { describe, expect, it } from "vitest";
import { scenarios } from "../../parity/heroku/scenarios.js";
import { openLocal } from "../../parity/heroku/targets.js";
import { parity } from "../../parity/parity.js";
import { describeReport, unknownOf } from "../../parity/report.js";
import { compareTargets } from "../../parity/run.js";
import { startHeroku } from "../../src/local/index.js";

describe("parity of two Herokus", () => {
  it("finds a planted difference and shows no value", async () => {
    const honest = await openLocal();
    const drifted = await openLocal(({ apps }) => apps.releaseUnchanged(true));
    try {
      const report = await compareTargets([honest, drifted], scenarios, []);
      const found = unknownOf(report).map(({ step, at }) => `${step}: ${at}`);
      expect(found).toContain("its releases: body[7]");
      expect(new Set(found.map((text) => text.split(":")[0]))).toEqual(
        new Set(["its releases", "its releases, from a version on"]),
      );
      const text = describeReport(report) + JSON.stringify(report);
      for (const { context } of [honest, drifted])
        for (const [, value] of context.values.entries()) expect(text).not.toContain(value);
    } finally {
      await honest.close();
      await drifted.close();
    }
  });

  it("with another one, makes an app there and deletes it", async () => {
    const other = await startHeroku();
    try {
      const before = other.apps.names();
      const env = { OTHER_URL: other.url, OTHER_API_KEY: other.keys.valid()[0] };
      const { code, report, text } = await parity(["heroku", "local", "env:OTHER"], env);
      expect(report.differences, text).toEqual([]);
      expect(code).toBe(0);
      expect(other.apps.names()).toEqual(before);
      expect(other.control.requests.filter(({ method }) => method === "POST")[0]).toMatchObject({ status: 201 });
    } finally {
      await other.close();
    }
  });

  it("needs a key", async () => {
    await expect(parity(["heroku", "local", "env:OTHER"], {})).rejects.toThrow("OTHER_API_KEY is not set.");
  });
});
