import { describe, expect, it } from "vitest";
import { consoleCatalog, credentialOf } from "../../src/catalog/index.js";
import { decideProvision, withoutVault } from "../../src/migration/index.js";
import { SecretValue } from "../../src/secret.js";

const name = "STRIPE_RESTRICTED_KEY";
const [root, path] = ["/MooseQuest", "/MooseQuest/stripe/staging/"];
const row = (text: string) => ({
  name,
  path,
  value: SecretValue.of(text),
  revision: `${text}@1`,
  comment: "",
  metadata: [],
  tagIds: [],
  updatedAt: new Date(0),
});

describe("a value that an operator gives", () => {
  it.each([
    ["new", [], {}, "write"],
    ["of the other environment", [], { value: "rk_live_1" }, "broken"],
    ["where the name has two rows", ["rk_test_1", "rk_test_2"], {}, "duplicate"],
    ["that is there", ["rk_test_1"], {}, "there"],
    ["that is there, with the flag on", ["rk_test_1"], { flag: "on" }, "there"],
    ["with the flag on", [], { flag: "on" }, "in-use"],
    ["with the flag on, though it may replace another", ["rk_test_2"], { flag: "on", replace: true }, "in-use"],
    ["with the flag on on some apps only", [], { flag: "partly" }, "flag-partly"],
    ["where another one is", ["rk_test_2"], {}, "has-value"],
    ["that may replace another", ["rk_test_2"], { replace: true }, "write"],
  ] as const)("%s", (_, there, { value = "rk_test_1", ...facts }: Record<string, unknown>, is) => {
    const { decision } = decideProvision(consoleCatalog, credentialOf(consoleCatalog, name), "staging", {
      root,
      path,
      value: SecretValue.of(value as string),
      rows: there.map(row),
      flag: "off",
      replace: false,
      now: new Date(0),
      ...facts,
    });
    expect(decision.is).toBe(is);
    if (decision.is === "write") expect(decision.over).toBe(there.length > 0);
  });
});

it.each([
  [true, false, true, "cannot-restore"],
  [true, true, false, "cannot-restore"],
  [false, false, false, "nothing-to-ask"],
  [false, true, true, "forced"],
  [false, false, true, "ask"],
] as const)("a rollback without the vault: restore %s, force %s, flag on %s: %s", (restoreFlat, force, on, what) => {
  expect(withoutVault({ restoreFlat, force }, on)).toBe(what);
});
