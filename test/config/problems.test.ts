import { describe, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { parseStackConfig } from "../../src/config/index.js";

const mine = { "console-vault:infisicalProjectId": "7d5f9a52-1c0e-4a6b-9f60-0c5a6e1b2d34" };
const problems = (config: Record<string, unknown>, stack = "staging") => {
  const parsed = parseStackConfig({ ...mine, ...config }, stack, consoleCatalog);
  return parsed.ok ? [] : parsed.problems;
};
const keys = (lines: readonly string[]) => lines.map((line) => line.replace(/: .*/, "")).sort();

describe("the Heroku provider's own config of a stack", () => {
  it("may have an API key that is encrypted, or none", () => {
    expect(problems({})).toEqual([]);
    expect(problems({ "heroku:apiKey": { secure: "v1:…" }, "console-vault:root": "/MooseQuest" })).toEqual([]);
  });

  it("may have nothing else, encrypted or not, and all of it is named at once without its values", () => {
    const config = { "heroku:apiKey": "value-1", "heroku:url": { secure: "value-2" }, "heroku:headers": "value-3" };
    expect(problems(config)).toEqual([
      expect.stringMatching(/^heroku:apiKey: is there in clear/),
      expect.stringMatching(/^heroku:url: /),
      expect.stringMatching(/^heroku:headers: /),
    ]);
    expect(problems(config).join()).not.toContain("value-");
  });
});

describe("a stack's config", () => {
  it("has all of its problems told at once: of a key, between keys, with the catalog, and the Heroku provider's", () => {
    const found = problems({
      "console-vault:infisicalProjectId": 12,
      "console-vault:soakHours": "x",
      "console-vault:vaultEnvAwar": true,
      "console-vault:herokuApiUrl": "http://heroku.example",
      "console-vault:sources": { NOPE: "copy", SLACK_BOT_TOKEN: "copy" },
      "console-vault:manage": {
        STRIPE_RESTRICTED_KEY: ["raxx-api-prod"],
        ALPACA_LIVE_API_KEY_ID: ["raxx-api-staging"],
      },
      "console-vault:takeover": { nope: { STRIPE_RESTRICTED_KEY: "a reason in words" } },
      "console-vault:retireFlat": true,
      "heroku:apiKey": "in clear",
    });
    expect(keys(found)).toEqual([
      "console-vault:herokuApiUrl",
      "console-vault:infisicalProjectId",
      "console-vault:manage.ALPACA_LIVE_API_KEY_ID",
      "console-vault:manage.STRIPE_RESTRICTED_KEY",
      "console-vault:retireFlat",
      "console-vault:soakHours",
      "console-vault:sources.NOPE",
      "console-vault:sources.SLACK_BOT_TOKEN",
      "console-vault:takeover",
      "console-vault:vaultEnvAwar",
      "heroku:apiKey",
    ]);
    expect(found).toContain("console-vault:infisicalProjectId: a text: put the id in quotes");
    expect(found).toContainEqual(expect.stringMatching(/herokuApiUrl: must be https/));
  });

  it("names the nearest key for a mistyped one, and all keys where none is near", () => {
    expect(problems({ "console-vault:vaultEnvAwre": true, "console-vault:soakhours": 48 })).toEqual([
      "console-vault:vaultEnvAwre: unknown key. Did you mean console-vault:vaultEnvAware?",
      "console-vault:soakhours: unknown key. Did you mean console-vault:soakHours?",
    ]);
    expect(problems({ "console-vault:x": 1 })).toEqual([
      expect.stringMatching(/^console-vault:x: unknown key\. The keys are infisicalUrl, .*, herokuApiUrl\.$/),
    ]);
  });

  it("has its keys with their namespace: an engine adds it to a bare one, and a command would not see the key", () => {
    expect(problems({ vaultEnvAware: true, somebodyElses: 1 })).toEqual([
      "vaultEnvAware: has no namespace. Write console-vault:vaultEnvAware",
    ]);
  });

  it.each(["vaultEnvAware", "requireStagingRotation", "retireFlat"])(
    "has %s as a YAML boolean or as the text that `pulumi config set` writes",
    (key) => {
      const parsed = (text: unknown) =>
        parseStackConfig(
          { ...mine, "console-vault:vaultEnvAware": true, [`console-vault:${key}`]: text },
          "prod",
          consoleCatalog,
        );
      for (const value of [true, false]) {
        expect(parsed(value)).toMatchObject({ ok: true, config: { [key]: value } });
        expect(parsed(String(value))).toMatchObject({ ok: true, config: { [key]: value } });
      }
      for (const wrong of ["yes", "on", "True", "1", 1, ""])
        expect(parsed(wrong)).toEqual({ ok: false, problems: [`console-vault:${key}: true or false`] });
    },
  );

  it("that is wrong in one key is not told to be wrong in another one for it", () => {
    expect(keys(problems({ "console-vault:soakHours": 1, "console-vault:promoteOverride": 7 }, "prod"))).toEqual([
      "console-vault:promoteOverride",
    ]);
    expect(keys(problems({ "console-vault:retireFlat": true, "console-vault:vaultEnvAware": "yes" }, "prod"))).toEqual([
      "console-vault:vaultEnvAware",
    ]);
  });

  it("means one vault by every spelling of its URL", () => {
    for (const text of ["https://vault.example", "HTTPS://Vault.Example:443/api/", " https://vault.example/ "])
      expect(parseStackConfig({ ...mine, "console-vault:infisicalUrl": text }, "prod", consoleCatalog)).toMatchObject({
        config: { infisicalUrl: "https://vault.example" },
      });
  });
});
