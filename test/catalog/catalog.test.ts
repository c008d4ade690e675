import { describe, expect, it } from "vitest";
import {
  type Catalog,
  CatalogError,
  consoleCatalog,
  credentialOf,
  defineCatalog,
  flagApps,
  heldBy,
  scopedVendors,
} from "../../src/catalog/index.js";
import { environmentScoped, shared } from "../support/document.js";

describe("the catalog of docs/console-vault-env-aware.md", () => {
  it("is a valid catalog", () => {
    expect(defineCatalog(consoleCatalog)).toBe(consoleCatalog);
  });

  it("has every credential of both tables and no other", () => {
    const names = consoleCatalog.credentials.map(({ name }) => name);
    expect([...names].sort()).toEqual([...Object.keys(environmentScoped), ...shared].sort());
    for (const [name, vendor] of Object.entries(environmentScoped))
      expect(credentialOf(consoleCatalog, name)).toMatchObject({ scope: "environment", vendor });
    for (const name of shared) expect(credentialOf(consoleCatalog, name).scope).toBe("shared");
  });

  it("gives every credential a reason and says what it assumed", () => {
    for (const { name, reason, assumed, scope } of consoleCatalog.credentials) {
      expect(reason, name).not.toBe("");
      expect(assumed, name).toContain("consumers");
      expect(assumed.includes("vendor"), name).toBe(scope === "shared");
    }
  });

  it("lets staging hold six names and prod all eight", () => {
    expect(heldBy(consoleCatalog, "prod").map(({ name }) => name)).toEqual(Object.keys(environmentScoped));
    expect(heldBy(consoleCatalog, "staging").map(({ name }) => name)).toEqual(
      Object.keys(environmentScoped).filter((name) => !name.startsWith("ALPACA_LIVE_")),
    );
  });

  it("asks of all eight that staging's value differs from prod's", () => {
    for (const { name, rules } of heldBy(consoleCatalog, "prod"))
      expect(
        rules.some(({ rule }) => rule === "distinct"),
        name,
      ).toBe(true);
  });

  it("has the flag on the console apps, off by default", () => {
    expect(consoleCatalog.flag).toMatchObject({
      name: "console_vault_env_aware",
      variable: "FLAG_CONSOLE_VAULT_ENV_AWARE",
      default: false,
      revision: "0018_promote_console_vault_env_aware",
    });
    expect(["staging", "prod"].map((env) => flagApps(consoleCatalog, env)[0])).toEqual([
      "raxx-console-staging",
      "raxx-console-prod",
    ]);
    expect(scopedVendors(consoleCatalog)).toEqual(["heroku", "alpaca", "stripe", "postmark"]);
  });
});

describe("an own catalog", () => {
  it("is refused with every problem at once, by key", () => {
    const broken: Catalog = {
      ...consoleCatalog,
      root: "MooseQuest",
      fallback: "production",
      environments: [
        { name: "staging", apps: { api: "acme-api" }, source: "provision" },
        { name: "staging", apps: { console: "acme console" }, source: "copy" },
      ],
      credentials: [
        { ...consoleCatalog.credentials[0]!, vendor: "a b" },
        { ...consoleCatalog.credentials[0]!, reason: " " },
        {
          ...consoleCatalog.credentials[8]!,
          rules: [{ rule: "distinct" }, { rule: "never-in", environments: ["stagin"] }],
        },
      ],
    };
    let message = "";
    try {
      defineCatalog(broken);
    } catch (error) {
      expect(error).toBeInstanceOf(CatalogError);
      message = (error as Error).message;
    }
    for (const key of ["root:", "credentials.0.vendor:", "credentials.1.reason:", "environments.1.apps.console:"])
      expect(message).toContain(key);
  });

  it("is refused for what does not fit together", () => {
    const odd = {
      ...consoleCatalog,
      fallback: "production",
      environments: [{ name: "staging", apps: { api: "acme-api" }, source: "provision" as const }],
      credentials: [
        {
          ...consoleCatalog.credentials[8]!,
          rules: [
            { rule: "distinct" as const },
            { rule: "not-value-of" as const, names: ["NOPE"] },
            { rule: "format" as const, format: "uuid" as const, environments: ["nowhere"] },
          ],
        },
      ],
    };
    expect(() => defineCatalog<string, string>(odd)).toThrow(
      /fallback: unknown environment production[\s\S]*no console app[\s\S]*cannot be distinct[\s\S]*unknown credential NOPE[\s\S]*unknown environment nowhere/,
    );
  });
});
