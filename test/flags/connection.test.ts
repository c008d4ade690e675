import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { UsageError } from "../../src/errors.js";
import { connectionFor } from "../../src/flags/connection.js";
import { applyFlags, DatabaseError } from "../../src/flags/index.js";

const { flag } = consoleCatalog;
const up = (databaseUrl: string) => applyFlags({ databaseUrl, direction: "up", flag }).catch((error: unknown) => error);

describe("the database URL", () => {
  test.each([
    ["postgres://u:p@db.example.com/app", { rejectUnauthorized: true }],
    ["postgres://u:p@192.168.1.9/app", { rejectUnauthorized: true }],
    ["postgres://u:p@127.example.com/app", { rejectUnauthorized: true }],
    ["postgres://u:p@db.example.com/app?sslmode=disable", undefined],
    ["postgres://u:p@db.example.com/app?sslmode=no-verify", undefined],
    ["postgres://u:p@localhost/app", undefined],
    ["postgres://u:p@127.0.0.1:5433/app", undefined],
    ["postgres://u:p@[::1]/app", undefined],
    ["postgres://u:p@%2Fvar%2Frun%2Fpostgresql/app", undefined],
    ["postgres://u:p@localhost/app?host=db.example.com", { rejectUnauthorized: true }],
  ])("%s gets TLS from us: %j", (url, ssl) => {
    expect(connectionFor(url).config.ssl).toEqual(ssl);
  });

  test("sslmode=require means what pg makes of it, without its warning", () => {
    expect(connectionFor("postgres://u:p@db.example.com/app?sslmode=require").config.connectionString).toContain(
      "sslmode=verify-full",
    );
  });

  test.each([
    ["not a URL", "hunter2 is my password", "is not a PostgreSQL URL"],
    ["another protocol", "mysql://u:hunter2@h/d", "is not a PostgreSQL URL"],
    ["no host", "postgres:///hunter2", "names no host"],
    ["a password with a slash", "postgres://u:12/hunter2@h/d", "percent-encoding"],
    ["a password with a hash", "postgres://u:12#hunter2@h/d", "percent-encoding"],
    ["a password with a bare %", "postgres://u:hunter2%zz@h/d", "a literal one is %25"],
  ])("%s is wrong use, and the message does not repeat it", async (_, url, why) => {
    const error = await up(url);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(why);
    expect(String(error)).not.toContain("hunter2");
  });
});

describe("a server that cannot be used", () => {
  test("nothing listens: says where, and what to check", async () => {
    const probe = createServer();
    const port = await new Promise<number>((resolve) =>
      probe.listen(0, "127.0.0.1", () => resolve((probe.address() as { port: number }).port)),
    );
    await new Promise((resolve) => probe.close(resolve));
    const error = await up(`postgres://u:hunter2@127.0.0.1:${port}/app`);
    expect(error).toBeInstanceOf(DatabaseError);
    expect((error as Error).message).toBe(
      `PostgreSQL at 127.0.0.1:${port}/app: nothing listens there: check host and port.`,
    );
  });

  test("it offers no TLS where TLS is asked for: says both ways out", async () => {
    // PostgreSQL's answer to an SSLRequest that it declines is the one letter N.
    const plain = createServer((socket) => {
      socket.once("data", () => socket.write("N"));
      socket.on("error", () => {});
    });
    const port = await new Promise<number>((resolve) =>
      plain.listen(0, "127.0.0.1", () => resolve((plain.address() as { port: number }).port)),
    );
    const error = await up(`postgres://u:hunter2@127.0.0.1:${port}/app?sslmode=require`);
    await new Promise((resolve) => plain.close(resolve));
    expect((error as Error).message).toContain("offers no TLS");
    expect((error as Error).message).toContain("?sslmode=disable");
  });

  test("what the server says is repeated without the password", async () => {
    // ErrorResponse: severity, SQLSTATE, message, in the format of the frontend/backend protocol, version 3.
    const body = Buffer.from("SFATAL\0CXX000\0Mno: hunter2 and hunter%32\0\0");
    const size = Buffer.alloc(4);
    size.writeInt32BE(body.length + 4);
    const rude = createServer((socket) => {
      socket.once("data", () => socket.end(Buffer.concat([Buffer.from("E"), size, body])));
      socket.on("error", () => {});
    });
    const port = await new Promise<number>((resolve) =>
      rude.listen(0, "127.0.0.1", () => resolve((rude.address() as { port: number }).port)),
    );
    const error = await up(`postgres://u:hunter%32@127.0.0.1:${port}/app`);
    await new Promise((resolve) => rude.close(resolve));
    expect((error as Error).message).toBe(`PostgreSQL at 127.0.0.1:${port}/app: no: [secret] and [secret].`);
  });
});
