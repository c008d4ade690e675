import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { installClient } from "../clients/install.js";

export interface Database {
  readonly url: string;
  close(): Promise<void>;
}

/** Every row that a statement answers, on a connection of its own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

/** PostgreSQL in WebAssembly, over its socket, in a process of its own. */
export async function embeddedDatabase(): Promise<Database> {
  const folder = fileURLToPath(new URL("../clients/postgres", import.meta.url));
  await installClient(folder);
  const child = spawn(process.execPath, ["server.mjs"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<never>((_, reject) =>
    child.once("exit", (code) => reject(new Error(`the embedded PostgreSQL ended with ${code}`))),
  );
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout });
  const address = await Promise.race([new Promise<string>((resolve) => lines.once("line", resolve)), ended]);
  return {
    url: `postgres://postgres:not-checked@${address}/postgres`,
    close: async () => {
      child.stdin.end();
      await ended.catch(() => {});
    },
  };
}

/** A database of its own on the server that `DATABASE_URL_TEST` names, dropped afterwards. */
export async function databaseOnServer(serverUrl: string): Promise<Database> {
  const name = `console_vault_test_${randomBytes(6).toString("hex")}`;
  await query(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    close: async () => void (await query(serverUrl, `drop database ${name} with (force)`)),
  };
}
