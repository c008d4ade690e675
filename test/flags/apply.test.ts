import { execFile } from "node:child_process";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { Refusal } from "../../src/errors.js";
import { applyFlags, DatabaseError, type Flag, flagSql } from "../../src/flags/index.js";
import { SecretValue } from "../../src/secret.js";
import { without } from "../support/without.js";
import { type Database, databaseOnServer, embeddedDatabase, query } from "./databases.js";

const server = process.env.DATABASE_URL_TEST;
const vaultEnvAware = consoleCatalog.flag;
const off = { enabled: false, description: vaultEnvAware.description };
const nothing = { row: null, revision: null };

const servers = [
  { kind: "an embedded PostgreSQL", open: embeddedDatabase, missing: false },
  { kind: "a PostgreSQL server", open: () => databaseOnServer(server!), missing: server === undefined },
];

for (const { kind, open, missing } of servers) {
  describe.skipIf(without(`flags apply on ${kind}`, missing ? "DATABASE_URL_TEST is not set" : undefined))(kind, () => {
    let database: Database;
    const sql = (text: string) => query(database.url, text);
    const apply = (direction: "up" | "down", flag: Flag = vaultEnvAware) =>
      applyFlags({ databaseUrl: SecretValue.of(database.url), direction, flag });
    const tables = async () =>
      (await sql("select tablename from pg_tables where schemaname = 'public' order by 1")).map(
        ({ tablename }) => tablename,
      );

    beforeAll(async () => {
      database = await open();
    });
    afterAll(() => database?.close());
    beforeEach(() => sql("drop schema public cascade; create schema public"));

    test("up makes the table, the row with its default, and records the revision", async () => {
      const done = await apply("up");
      expect(done).toEqual({
        flag: "console_vault_env_aware",
        direction: "up",
        changed: true,
        before: nothing,
        after: { row: off, revision: { appliedAt: expect.stringMatching(/^\d{4}-.*Z$/), madeRow: true } },
      });
      expect(await sql("select * from feature_flags")).toEqual([{ name: "console_vault_env_aware", ...off }]);
      expect(await sql("select revision, flag from console_vault_revisions")).toEqual([
        { revision: "0018_promote_console_vault_env_aware", flag: "console_vault_env_aware" },
      ]);
    });

    test("up again changes nothing, not even the time of the first", async () => {
      const { after } = await apply("up");
      expect(await apply("up")).toMatchObject({ changed: false, before: after, after });
    });

    test("down after up takes the row and the revision away, and down again changes nothing", async () => {
      await apply("up");
      expect(await apply("down")).toMatchObject({ changed: true, after: nothing });
      expect(await sql("select * from feature_flags")).toEqual([]);
      expect(await apply("down")).toMatchObject({ changed: false, before: nothing, after: nothing });
    });

    test("down on a database that never saw up makes nothing", async () => {
      expect(await apply("down")).toMatchObject({ changed: false });
      expect(await tables()).toEqual([]);
    });

    test("up keeps the value that an operator has chosen", async () => {
      await apply("up");
      await sql("update feature_flags set enabled = true");
      expect(await apply("up")).toMatchObject({ changed: false, after: { row: { enabled: true } } });
    });

    test("up adopts a row that was there before, and down leaves it", async () => {
      await sql(
        "create table feature_flags (id serial, name varchar(80) unique, enabled boolean not null, description text, note text default 'x')",
      );
      await sql(
        "insert into feature_flags (name, enabled, description) values ('console_vault_env_aware', true, 'ours')",
      );
      const theirs = { enabled: true, description: "ours" };
      expect(await apply("up")).toMatchObject({ changed: true, after: { row: theirs, revision: { madeRow: false } } });
      expect(await apply("down")).toMatchObject({ changed: true, after: { row: theirs, revision: null } });
    });

    test("down refuses while an operator has the flag enabled, and changes nothing", async () => {
      await apply("up");
      await sql("update feature_flags set enabled = true");
      const refusal = await apply("down").catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(Refusal);
      expect(String(refusal)).toContain(
        "console_vault_env_aware is enabled in feature_flags: turn it off there first, then run this again.",
      );
      expect(await apply("up")).toMatchObject({ changed: false, after: { row: { enabled: true } } });
    });

    test("down leaves a row of ours that someone edited", async () => {
      await apply("up");
      await sql("update feature_flags set description = 'see the runbook'");
      expect(await apply("down")).toMatchObject({
        changed: true,
        after: { row: { enabled: false, description: "see the runbook" }, revision: null },
      });
    });

    test("up puts back a row that vanished, and down then takes it away", async () => {
      await apply("up");
      await sql("delete from feature_flags");
      expect(await apply("up")).toMatchObject({ changed: true, after: { row: off, revision: { madeRow: true } } });
      expect(await apply("down")).toMatchObject({ changed: true, after: nothing });
    });

    test("other flags of the table stay as they are", async () => {
      await apply("up");
      await sql("insert into feature_flags (name, enabled) values ('dark_mode', true)");
      await apply("down");
      expect(await sql("select name, enabled from feature_flags")).toEqual([{ name: "dark_mode", enabled: true }]);
    });

    test("a failure in the middle leaves nothing behind", async () => {
      // The bookkeeping refuses the row that comes after the console's table and row have been made.
      await sql(
        "create table console_vault_revisions (revision text primary key check (length(revision) < 5), flag text, made_row jsonb, applied_at timestamptz default now())",
      );
      await expect(apply("up")).rejects.toThrow(DatabaseError);
      expect(await tables()).toEqual(["console_vault_revisions"]);
    });

    test("of five that run at once one does it and the others find it done", async () => {
      const runs = await Promise.all(Array.from({ length: 5 }, () => apply("up")));
      expect(runs.map(({ changed }) => changed).sort()).toEqual([false, false, false, false, true]);
      expect(new Set(runs.map(({ after }) => JSON.stringify(after))).size).toBe(1);
    });

    test("a table of that name with other columns is refused, naming what it lacks", async () => {
      await sql("create table feature_flags (name text primary key, enabled integer not null)");
      const refusal = await apply("up").catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(Refusal);
      expect(String(refusal)).toContain(
        "the table feature_flags is there but has no column description (text or character varying), enabled (boolean)",
      );
      expect(await tables()).toEqual(["feature_flags"]);
    });

    test.each([
      ["no unique index on name", "name text, enabled boolean, description text", "no unique index on name"],
      [
        "a further column that needs a value",
        "name text primary key, enabled boolean, description text, owner text not null",
        "a further column that needs a value",
      ],
    ])("a table with %s is explained in one sentence", async (_, columns, why) => {
      await sql(`create table feature_flags (${columns})`);
      await expect(apply("up")).rejects.toThrow(why);
      expect(await sql("select * from feature_flags")).toEqual([]);
    });

    test("a name or description with quotes, backslashes and dollar quotes arrives as it is", async () => {
      const odd = String.raw`it's \ "odd" $console_vault$ --;`;
      const flag: Flag = { ...vaultEnvAware, name: "own_flag", revision: odd, description: odd };
      expect(await apply("up", flag)).toMatchObject({ after: { row: { enabled: false, description: odd } } });
      expect(await apply("down", flag)).toMatchObject({ changed: true, after: nothing });
    });

    test("a run that is aborted before it begins connects to nothing", async () => {
      const reason = new Error("stopped by the operator");
      const stopped = applyFlags({
        databaseUrl: database.url,
        direction: "up",
        flag: vaultEnvAware,
        signal: AbortSignal.abort(reason),
      });
      await expect(stopped).rejects.toBe(reason);
      expect(await tables()).toEqual([]);
    });

    test("the printed scripts do what apply does", async () => {
      await sql(flagSql(vaultEnvAware, "up"));
      expect(await apply("up")).toMatchObject({ changed: false, after: { row: off, revision: { madeRow: true } } });
      await sql(flagSql(vaultEnvAware, "down"));
      expect(await apply("down")).toMatchObject({ changed: false, after: nothing });
    });

    if (kind === "a PostgreSQL server") {
      test("a run that is aborted while it waits for the lock ends at once and leaves nothing", async () => {
        const holder = new pg.Client({ connectionString: database.url });
        await holder.connect();
        try {
          await holder.query("begin");
          await holder.query("select pg_advisory_xact_lock(hashtextextended('console_vault_revisions', 0))");
          const stop = new AbortController();
          const waiting = applyFlags({
            databaseUrl: database.url,
            direction: "up",
            flag: vaultEnvAware,
            signal: stop.signal,
          });
          setTimeout(() => stop.abort(new Error("stopped by the operator")), 300);
          await expect(waiting).rejects.toThrow("stopped by the operator");
        } finally {
          await holder.end();
        }
        expect(await tables()).toEqual([]);
      });

      test("a wrong password is one sentence that does not repeat it", async () => {
        const url = new URL(database.url);
        url.password = "hunter2-wrong";
        const failure = await applyFlags({ databaseUrl: url.href, direction: "up", flag: vaultEnvAware }).catch(
          (error: unknown) => error,
        );
        expect(failure).toBeInstanceOf(DatabaseError);
        expect(String(failure)).toContain("it refused the user or password: check the database URL.");
        expect(String((failure as Error).stack)).not.toContain("hunter2");
      });

      test("psql runs the printed scripts", async ({ skip }) => {
        const psql = (text: string) => promisify(execFile)("psql", [database.url, "-v", "ON_ERROR_STOP=1", "-c", text]);
        const here = await promisify(execFile)("psql", ["--version"]).then(
          () => true,
          () => false,
        );
        if (!here) skip("psql is not installed");
        await psql(flagSql(vaultEnvAware, "up"));
        expect(await apply("up")).toMatchObject({ changed: false });
      });
    }
  });
}
