// What the stacks say of a rotation: whether the flag is agreed on, and what each manages.
import { describe, expect, it } from "vitest";
import { type Catalog, consoleCatalog } from "../../src/catalog/index.js";
import type { KeptFlag } from "../../src/migration/index.js";
import { flagDisagreement, settingsOf } from "../../src/rotation/index.js";

const catalog: Catalog = consoleCatalog;
const kept = (running: boolean): KeptFlag => ({ app: "raxx-console-staging", running });
const partly: KeptFlag = {
  app: "a and b",
  running: false,
  apps: [
    { app: "a", running: true },
    { app: "b", running: false },
  ],
};

describe("the flag that a rotation goes by", () => {
  const apart = (wanted: boolean, recorded: KeptFlag | undefined, running: boolean, of = catalog) =>
    flagDisagreement(of, { environment: "staging", vaultEnvAware: wanted }, recorded, running);

  it("is agreed on by config, state and apps", () => {
    expect(apart(true, kept(true), true)).toBeUndefined();
    expect(apart(false, kept(false), false)).toBeUndefined();
  });

  it("is off where the stack was never updated", () => {
    expect(apart(false, undefined, false)).toBeUndefined();
    expect(apart(true, undefined, true)).toEqual({ wanted: true, recorded: "off", running: true });
  });

  it.each<[string, boolean, KeptFlag, boolean, string]>([
    ["config", false, kept(true), true, "on"],
    ["state", true, kept(false), true, "off"],
    ["the apps", true, kept(true), false, "on"],
    ["an update that reached some of the apps", false, partly, false, "partly"],
  ])("is not agreed on where %s differs", (_, wanted, record, running, recorded) => {
    expect(apart(wanted, record, running)).toEqual({ wanted, recorded, running });
  });

  it("of a catalog that has none any more is what the last update left", () => {
    const without = { ...catalog, flag: undefined };
    expect(apart(false, kept(false), true, without)).toBeUndefined();
    expect(apart(false, kept(true), true, without)).toEqual({ wanted: false, recorded: "on", running: true });
  });
});

describe("what the stacks manage", () => {
  const name = "STRIPE_RESTRICTED_KEY";
  const override = { rule: "prefix", token: "id@1", reason: "an old key" } as const;
  const stacks = [
    { environment: "staging", manage: { [name]: ["raxx-api-staging"] }, overrides: {} },
    { environment: "prod", manage: { [name]: ["raxx-api-prod"] }, overrides: { [name]: override } },
  ];

  it("is the flat path's owner's at any time, another environment's while its flag is on", () => {
    const managed = (staging: boolean) => settingsOf(catalog, name, stacks, { staging, prod: false }).managed;
    expect(managed(false)).toEqual(["raxx-api-prod"]);
    expect(managed(true)).toEqual(["raxx-api-staging", "raxx-api-prod"]);
  });

  it("comes with each environment's overrides of the name", () => {
    expect(settingsOf(catalog, name, stacks, {}).overrides).toEqual({ staging: [], prod: [{ name, ...override }] });
    expect(settingsOf(catalog, "ALPACA_LIVE_KEY_ID", stacks, {})).toMatchObject({
      managed: [],
      overrides: { staging: [], prod: [] },
    });
  });
});
