import { Refusal } from "../errors.js";
import type { Connection } from "./connection.js";
import { flagsTable, sqlState } from "./sql.js";

/** PostgreSQL was not reached, or it refused a statement. Nothing was changed: all of it is one transaction. */
export class DatabaseError extends Error {
  override readonly name: string = "DatabaseError";
}

const byHand = "`console-vault flags --sql up` prints the statements";

/** Why, and what mends it, by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) or Node's code. */
const causes: Readonly<Record<string, string>> = {
  "28P01": "it refused the user or password: check the database URL",
  "28000": "it refused the user: check the database URL, and that the server lets this host in",
  "3D000": "it has no such database: check the database URL",
  "42501": `the user lacks a right: it needs CREATE on the schema and INSERT on its tables. ${byHand} for the owner to run`,
  "25006": "it is read-only, a follower perhaps: give the primary's URL",
  "55P03": "another session holds a lock on the flags for more than 10 s: run this again when it is done",
  "57014": "a statement took more than 30 s and was cancelled: run this again when the server is less busy",
  "42P10": `its table ${flagsTable.name} has no unique index on name, so this is not the table that was assumed. ${byHand} to adapt`,
  "23502": `its table ${flagsTable.name} has a further column that needs a value, so this is not the table that was assumed. ${byHand} to adapt`,
  ECONNREFUSED: "nothing listens there: check host and port",
  ENOTFOUND: "no such host: check the database URL",
  EAI_AGAIN: "the host's name could not be looked up: check the network",
  ETIMEDOUT: "no answer: check host, port and firewall",
  ECONNRESET: "it closed the connection: run this again",
};

const untrusted = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT)/;

/**
 * One sentence for what `pg` threw. The error itself is not kept as a cause: drivers put what they were configured with
 * into theirs.
 */
export function explain(error: unknown, { target, hidden }: Connection): Error {
  const { code, message } = facts(error);
  const said = hidden.reduce((shown, part) => shown.replaceAll(part, "[secret]"), message);
  if (code === sqlState.flagIsOn)
    return new Refusal(`Nothing was changed in ${target}: ${said}, then run this again.`, { code: "flag-row-on" });
  if (code === sqlState.otherTable)
    return new Refusal(
      `Nothing was changed in ${target}: ${said}. If the console keeps its flags in another shape, adapt what \`console-vault flags --sql up\` prints.`,
      { code: "other-table" },
    );
  if (untrusted.test(code))
    return new DatabaseError(
      `PostgreSQL at ${target}: its certificate is not trusted (${code}). Add ?sslrootcert=FILE to the database URL, or ?sslmode=no-verify to encrypt without checking who answers.`,
    );
  if (/does not support SSL/i.test(message))
    return new DatabaseError(
      `PostgreSQL at ${target} offers no TLS, which is required off this machine. Turn it on there, or add ?sslmode=disable to the database URL if the network is yours.`,
    );
  return new DatabaseError(`PostgreSQL at ${target}: ${causes[code] ?? (said || code || "unknown error")}.`);
}

function facts(error: unknown): { code: string; message: string } {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const text = typeof message === "string" ? message : "";
  if (typeof code === "string") return { code, message: text };
  return { code: /timeout/i.test(text) ? "ETIMEDOUT" : "", message: text };
}
