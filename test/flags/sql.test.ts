import { describe, expect, test } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { flagSql, flagsOf } from "../../src/flags/index.js";

const vaultEnvAware = consoleCatalog.flag;

describe("the registry", () => {
  test("has console_vault_env_aware, default off, with the revision of docs/console-vault-env-aware.md and config var", () => {
    expect(flagsOf(consoleCatalog)).toEqual([
      expect.objectContaining({
        name: "console_vault_env_aware",
        variable: "FLAG_CONSOLE_VAULT_ENV_AWARE",
        default: false,
        revision: "0018_promote_console_vault_env_aware",
      }),
    ]);
  });
});

describe("flags --sql", () => {
  test.each(["up", "down"] as const)("%s is one transaction under a lock, with bounded waits", (direction) => {
    const lines = flagSql(vaultEnvAware, direction).split("\n");
    expect(lines[0]).toBe(
      `-- 0018_promote_console_vault_env_aware, ${direction}: console_vault_env_aware, default off`,
    );
    expect(lines.filter((line) => line === "begin;" || line === "commit;")).toEqual(["begin;", "commit;"]);
    expect(lines[1]).toBe("begin;");
    expect(lines.slice(-2)).toEqual(["commit;", ""]);
    expect(lines[2]).toMatch(/^set local lock_timeout/);
    expect(lines[3]).toMatch(/^set local statement_timeout/);
    expect(lines[4]).toMatch(/^select pg_advisory_xact_lock/);
  });

  test("up writes the flag's default and never updates a row of the console's table", () => {
    const sql = flagSql(vaultEnvAware, "up");
    expect(sql).toContain("values ('console_vault_env_aware', false,");
    expect(sql).toContain("on conflict (name) do nothing");
    expect(sql).not.toMatch(/update feature_flags/);
  });

  test.each(["up", "down"] as const)("%s leaves alembic_version alone", (direction) => {
    expect(flagSql(vaultEnvAware, direction)).not.toContain("alembic_version");
  });
});
