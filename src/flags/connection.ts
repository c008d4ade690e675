import { isIP } from "node:net";
import type { ClientConfig } from "pg";
import { UsageError } from "../errors.js";

export interface Connection {
  readonly config: ClientConfig;
  /** For messages: host, port and database, nothing that lets anyone in. */
  readonly target: string;
  /** Everything of the URL that a message may not repeat. */
  readonly hidden: readonly string[];
}

/**
 * What `pg` needs to connect, from `postgres://user:password@host:port/database?sslmode=…`.
 *
 * Off loopback the connection is encrypted and the server's certificate checked, unless the URL says otherwise with an
 * `ssl…` parameter. A host is asked for, so that `PGHOST` in the environment cannot send the connection elsewhere.
 * @throws UsageError for a URL that is none; the message does not repeat it
 */
export function connectionFor(databaseUrl: string): Connection {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  const example = "Give postgres://USER:PASSWORD@HOST:5432/DATABASE";
  if (!url || !["postgres:", "postgresql:"].includes(url.protocol))
    throw new UsageError(`The database URL is not a PostgreSQL URL. ${example}.`);
  // `u:12/3@host` parses, as host `u` and port 12: the rest of a password would then be a database name in messages.
  if (`${url.pathname}${url.search}`.includes("@") || url.hash)
    throw new UsageError(
      "The password in the database URL has a character that needs percent-encoding: / is %2F, ? %3F, # %23, @ %40.",
    );
  const parameter = (name: string) => url.searchParams.get(name);
  const decoded = decodeParts(url);
  const host = parameter("host") ?? decoded.host;
  if (!host) throw new UsageError(`The database URL names no host. ${example}.`);

  strictTls(url);
  const ruled = [...url.searchParams.keys()].some((name) => name.startsWith("ssl"));
  const port = parameter("port") ?? (url.port || "5432");
  return {
    config: {
      connectionString: url.href,
      ...(ruled || isLocal(host) ? {} : { ssl: { rejectUnauthorized: true } }),
      connectionTimeoutMillis: 10_000,
      query_timeout: 60_000,
      application_name: "console-vault",
    },
    target: `${host}:${port}${decoded.pathname}`,
    hidden: [url.password, decoded.password, parameter("password") ?? ""].filter((part) => part !== ""),
  };
}

function decodeParts(url: URL): { host: string; password: string; pathname: string } {
  try {
    return {
      host: decodeURIComponent(url.hostname),
      password: decodeURIComponent(url.password),
      pathname: decodeURI(url.pathname),
    };
  } catch {
    throw new UsageError("The database URL has a % that begins no percent-encoding: a literal one is %25.");
  }
}

/** `pg` treats these modes as `verify-full` already, and warns on every use; `uselibpqcompat` asks for libpq's meaning. */
function strictTls(url: URL): void {
  const mode = url.searchParams.get("sslmode");
  if (mode && ["prefer", "require", "verify-ca"].includes(mode) && url.searchParams.get("uselibpqcompat") !== "true")
    url.searchParams.set("sslmode", "verify-full");
}

/** This machine: its loopback addresses, and the directory of a Unix socket. */
function isLocal(host: string): boolean {
  const name = host.replace(/^\[(.+)\]$/, "$1");
  return (
    host.startsWith("/") || name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."))
  );
}
