import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Control, LocalClock } from "../../src/local/control.js";
import type { Fault } from "../../src/local/faults.js";

describe("the local clock", () => {
  it("goes on with real time", () => {
    const clock = new LocalClock();
    expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(1000);
  });

  it("goes forward by what it is told and never back", () => {
    const clock = new LocalClock();
    const before = clock.now().getTime();
    clock.advance(48 * 3_600_000);
    expect(clock.now().getTime() - before).toBeGreaterThanOrEqual(48 * 3_600_000);
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.set(new Date(before))).toThrow(RangeError);
    expect(() => clock.set(new Date("nonsense"))).toThrow(RangeError);
    clock.set(new Date(before + 100 * 3_600_000));
    expect(clock.now().getTime() - before).toBeGreaterThanOrEqual(100 * 3_600_000);
  });
});

describe("a service under control", () => {
  let app: FastifyInstance;
  let control: Control;
  let url: string;
  let handled: number;

  beforeEach(async () => {
    control = new Control();
    handled = 0;
    app = fastify({ forceCloseConnections: true });
    control.install(app, "heroku");
    app.all("/apps/:name", async () => {
      handled += 1;
      return { ok: true };
    });
    app.post("/api/v1/auth/login", async () => ({ ok: true }));
    url = await app.listen({ host: "127.0.0.1", port: 0 });
  });
  afterEach(() => app.close());

  const send = (path: string, method = "GET", body?: unknown) =>
    fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });

  it("keeps a record of each request without its query, body or headers", async () => {
    const seen: string[] = [];
    control.onRequest = (record) => seen.push(record.path);
    await send("/apps/one?token=hunter2", "PATCH", { SECRET: "hunter2" });
    await send("/apps/one");
    await send("/nowhere");
    await send("/api/v1/auth/login", "POST", {});
    expect(control.requests).toEqual([
      { service: "heroku", method: "PATCH", path: "/apps/one", status: 200, at: expect.any(String), write: true },
      { service: "heroku", method: "GET", path: "/apps/one", status: 200, at: expect.any(String), write: false },
      { service: "heroku", method: "GET", path: "/nowhere", status: 404, at: expect.any(String), write: false },
      {
        service: "heroku",
        method: "POST",
        path: "/api/v1/auth/login",
        status: 200,
        at: expect.any(String),
        write: false,
      },
    ]);
    expect(JSON.stringify(control.requests)).not.toContain("hunter2");
    expect(seen).toEqual(["/apps/one", "/apps/one", "/nowhere", "/api/v1/auth/login"]);
  });

  it("tells its own time in the Date header, also of errors", async () => {
    control.clock.set(new Date("2099-01-02T03:04:05Z"));
    for (const path of ["/apps/one", "/nowhere"]) {
      const answer = await send(path);
      expect(answer.headers.get("date")).toMatch(/^Fri, 02 Jan 2099 03:04:0\d GMT$/);
    }
    expect(control.requests[0]?.at).toMatch(/^2099-01-02T03:04:0/);
  });

  it("answers a fault in place of the handler, as often as ordered", async () => {
    control.addFault({
      path: "/apps/",
      after: 1,
      times: 2,
      do: { status: 503, body: { id: "down" }, headers: { "retry-after": "7" } },
    });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await send("/apps/one")).status);
    expect(statuses).toEqual([200, 503, 503, 200]);
    expect(handled).toBe(2);
    control.addFault({ do: { status: 503, body: { id: "down" }, headers: { "retry-after": "7" } } });
    const answer = await send("/apps/one");
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(await answer.json()).toEqual({ id: "down" });
    control.clearFaults();
    expect((await send("/apps/one")).status).toBe(200);
  });

  it("matches faults by service, method, prefix and regular expression", async () => {
    const faults: Fault[] = [
      { service: "infisical", do: { status: 500 } },
      { method: "patch", path: "/apps", do: { status: 501 } },
      { path: "one$", do: { status: 502 } },
    ];
    for (const fault of faults) control.addFault(fault);
    expect((await send("/apps/one")).status).toBe(502);
    expect((await send("/apps/two")).status).toBe(200);
    expect((await send("/apps/two", "PATCH", {})).status).toBe(501);
  });

  it("refuses a fault it does not understand", () => {
    expect(() => control.addFault({ path: "(", do: "drop" })).toThrow(/neither a path prefix/);
    expect(() => control.addFault({ times: 0, do: "drop" })).toThrow();
  });

  it("drops the socket before or after the handler ran", async () => {
    control.addFault({ times: 1, do: "drop" });
    await expect(send("/apps/one")).rejects.toThrow();
    expect(handled).toBe(0);
    control.clearFaults();
    control.addFault({ times: 1, do: "drop-after" });
    await expect(send("/apps/one")).rejects.toThrow();
    expect(handled).toBe(1);
    expect(control.requests.map(({ status }) => status)).toEqual([0, 200]);
  });

  it("delays", async () => {
    control.addFault({ times: 1, do: { delayMs: 120 } });
    const start = performance.now();
    expect((await send("/apps/one")).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(100);
  });

  it("is turned over HTTP too, unrecorded and out of the faults' reach", async () => {
    await send("/apps/one");
    expect((await send("/_local/faults", "POST", { do: { status: 418 } })).status).toBe(200);
    expect((await send("/apps/one")).status).toBe(418);
    const { requests } = (await (await send("/_local/requests")).json()) as { requests: unknown[] };
    expect(requests).toHaveLength(2);
    expect((await send("/_local/faults", "DELETE")).status).toBe(204);
    expect((await send("/apps/one")).status).toBe(200);
    expect((await send("/_local/requests", "DELETE")).status).toBe(204);
    expect(control.requests).toEqual([]);
  });

  it("has its clock turned over HTTP", async () => {
    const read = async (answer: Response) => new Date(((await answer.json()) as { now: string }).now).getTime();
    const before = await read(await send("/_local/clock"));
    const after = await read(await send("/_local/clock", "POST", { advanceHours: 48 }));
    expect(after - before).toBeGreaterThanOrEqual(48 * 3_600_000);
    expect((await read(await send("/_local/clock", "POST", { advanceMs: 1000 }))) - after).toBeGreaterThanOrEqual(1000);
    expect(await read(await send("/_local/clock", "POST", { set: "2099-01-01T00:00:00Z" }))).toBe(Date.UTC(2099, 0, 1));
    const back = await send("/_local/clock", "POST", { set: "2001-01-01T00:00:00Z" });
    expect(back.status).toBe(400);
    expect(await back.json()).toEqual({ message: expect.stringContaining("only goes forward") });
    expect((await send("/_local/clock", "POST", { advance: 1 })).status).toBe(400);
  });
});

it("lets only callers on this machine reach /_local/", async () => {
  const app = fastify();
  new Control().install(app, "infisical");
  const from = (remoteAddress: string) => app.inject({ url: "/_local/requests", remoteAddress });
  expect((await from("10.1.2.3")).statusCode).toBe(403);
  expect((await from("::ffff:127.0.0.1")).statusCode).toBe(200);
  expect((await from("::1")).statusCode).toBe(200);
  await app.close();
});
