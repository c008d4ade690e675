import pg from "pg";
import { z } from "zod";
import type { Flag } from "../catalog/index.js";
import { SecretValue } from "../secret.js";
import { type Connection, connectionFor } from "./connection.js";
import { explain } from "./failure.js";
import { type Direction, flagsTable, guards, revisionsTable, statements } from "./sql.js";

/** What the database holds of a flag. */
interface FlagRecord {
  /** Its row in the console's table; null: no row, or no table yet. */
  readonly row: { readonly enabled: boolean; readonly description: string } | null;
  /** Its revision in our bookkeeping; null: not applied. `madeRow`: the row is ours, so `down` takes it away again. */
  readonly revision: { readonly appliedAt: string; readonly madeRow: boolean } | null;
}

export interface AppliedFlag {
  readonly flag: string;
  readonly direction: Direction;
  readonly changed: boolean;
  readonly before: FlagRecord;
  readonly after: FlagRecord;
}

export interface ApplyOptions {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`; off loopback TLS is required unless `sslmode` is given. */
  readonly databaseUrl: SecretValue | string;
  readonly direction: Direction;
  readonly flag: Flag;
  readonly signal?: AbortSignal;
}

/**
 * Promotes (`up`) or demotes (`down`) the flag's row in PostgreSQL, in one transaction under an advisory lock: all of it
 * or nothing, and the second of two that run at once finds it done. Waits are bounded: 10 s to connect and for locks, 30 s
 * per statement.
 *
 * @throws UsageError for a URL that is none
 * @throws Refusal when the table is not of the shape that is assumed, or `down` finds the flag enabled
 * @throws DatabaseError when the server is not reached or refuses; no message has the URL's password
 * @throws the signal's reason when aborted; the server then rolls back
 */
export async function applyFlags(options: ApplyOptions): Promise<AppliedFlag> {
  const { databaseUrl, direction, flag, signal } = options;
  signal?.throwIfAborted();
  const connection = connectionFor(SecretValue.is(databaseUrl) ? databaseUrl.reveal() : databaseUrl);
  return withClient(connection, signal, async (client) => {
    const run = async (statements: readonly string[]) => {
      for (const statement of statements) await client.query(statement);
    };
    await run(["begin", ...guards]);
    const before = await recordOf(client, flag);
    await run(statements(flag, direction));
    const after = await recordOf(client, flag);
    await run(["commit"]);
    return { flag: flag.name, direction, changed: JSON.stringify(before) !== JSON.stringify(after), before, after };
  });
}

/** Runs `work` on a connection of its own. Ending it early makes the server roll back. */
async function withClient<T>(
  connection: Connection,
  signal: AbortSignal | undefined,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  let client: pg.Client | undefined;
  const abort = () => void client?.end();
  try {
    client = new pg.Client(connection.config);
    // Without a listener a connection that breaks between two queries ends the process; the next query rejects anyway.
    client.on("error", () => {});
    signal?.addEventListener("abort", abort, { once: true });
    await client.connect();
    return await work(client);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error, connection);
  } finally {
    signal?.removeEventListener("abort", abort);
    await client?.end().catch(() => {});
  }
}

const flagRow = z.object({ enabled: z.boolean(), description: z.string() });

/** Looks without assuming that the tables, or their columns, are there. */
async function recordOf(client: pg.Client, flag: Flag): Promise<FlagRecord> {
  const rowOf = async (table: string, column: string, value: string): Promise<unknown> => {
    const found = await client.query<{ there: boolean }>("select to_regclass($1) is not null as there", [table]);
    if (!found.rows[0]?.there) return null;
    const rows = await client.query<{ row: unknown }>(
      `select to_jsonb(t) as row from ${table} t where to_jsonb(t) ->> $1 = $2`,
      [column, value],
    );
    return rows.rows[0]?.row ?? null;
  };
  const row = flagRow.safeParse(await rowOf(flagsTable.name, "name", flag.name));
  const revision = revisionRow.safeParse(await rowOf(revisionsTable, "revision", flag.revision));
  return {
    row: row.success ? row.data : null,
    revision: revision.success
      ? { appliedAt: new Date(revision.data.applied_at).toISOString(), madeRow: revision.data.made_row !== null }
      : null,
  };
}

const revisionRow = z.object({ applied_at: z.string(), made_row: z.unknown() });
