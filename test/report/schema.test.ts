import { expect, test } from "vitest";
import { z } from "zod";
import { statusReport } from "../../src/report/index.js";
import { worlds } from "./worlds.js";

test("docs/status.schema.json is what the code says (npx vitest run test/report/schema.test.ts --update writes it)", async () => {
  const schema = `${JSON.stringify(z.toJSONSchema(statusReport), null, 2)}\n`;
  await expect(schema).toMatchFileSnapshot("../../docs/status.schema.json");
});

test.each(Object.entries(worlds))("the world %s is a status report", (_, world) => {
  expect(statusReport.parse(world)).toEqual(world);
});
