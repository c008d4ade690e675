import { describe, expect, it } from "vitest";
import { lastOf, resourceTypes } from "../../src/migration/index.js";

describe("what a state of the first version left", () => {
  it("keeps on its apps what they had, and owns what it owned", () => {
    const { apps } = lastOf([
      {
        type: resourceTypes.migration,
        outputs: {
          managed: { api: { STRIPE_RESTRICTED_KEY: "an-id@3" }, console: {} },
          kept: { worker: ["POSTMARK_SERVER_TOKEN"] },
          owned: { api: ["STRIPE_RESTRICTED_KEY"] },
        },
      },
    ]);
    expect(apps).toEqual({
      api: { credentials: { STRIPE_RESTRICTED_KEY: "kept" }, owned: ["STRIPE_RESTRICTED_KEY"] },
      console: { credentials: {}, owned: [] },
      worker: { credentials: { POSTMARK_SERVER_TOKEN: "kept" }, owned: [] },
    });
  });
});
