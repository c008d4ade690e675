import { afterEach, describe, expect, it } from "vitest";
import { Control } from "../../../src/local/control.js";
import { type LocalInfisical, startInfisical } from "../../../src/local/infisical/index.js";
import { asking, startAsAdmin } from "./ask.js";

let service: LocalInfisical;
afterEach(() => service.close());

const failed = { statusCode: 500, message: "Something went wrong", error: "InternalServerError" };

describe("the server", () => {
  it("tells its status to anyone, by the local clock", async () => {
    const control = new Control();
    control.clock.set(new Date("2099-01-02T03:04:05Z"));
    service = await startInfisical({ control });
    const { body } = await asking(service.url)("GET", "/api/status");
    expect(body).toEqual({
      date: expect.stringMatching(/^2099-01-02T03:04:0/),
      message: "Ok",
      emailConfigured: false,
      inviteOnlySignup: true,
      redisConfigured: true,
      secretScanningConfigured: false,
    });
  });

  it("listens on loopback at the port it is given", async () => {
    const first = await startInfisical();
    const { port } = first;
    await first.close();
    service = await startInfisical({ port });
    expect(service.url).toBe(`http://127.0.0.1:${port}`);
  });

  it("takes bodies up to 1 MiB, and fails on larger, malformed and empty ones", async () => {
    const { ask, at, vault, ...started } = await startAsAdmin();
    service = started.service;
    const path = "/api/v3/secrets/raw/BIG";
    const empty = JSON.stringify({ ...at, secretValue: "" }).length;
    const sized = (bytes: number) => JSON.stringify({ ...at, secretValue: "x".repeat(bytes - empty) });
    expect((await ask("POST", path, { raw: sized(1_048_576) })).status).toBe(200);
    expect((await ask("PATCH", path, { raw: sized(1_048_577) })).body).toEqual(failed);
    expect((await ask("POST", path, { raw: "", headers: { "content-type": "application/json" } })).body).toEqual(
      failed,
    );
    expect((await ask("POST", path, { raw: "{" })).body).toEqual(failed);
    expect(vault.secrets("prod", "/")).toHaveLength(1);
  });

  it("takes a slash at the end of a route, and answers HEAD", async () => {
    const { ask, at, ...started } = await startAsAdmin();
    service = started.service;
    expect((await ask("GET", "/api/v1/folders/", { query: at })).status).toBe(200);
    const head = await ask("HEAD", "/api/v3/secrets/raw", { query: at });
    expect({ status: head.status, body: head.body }).toEqual({ status: 200, body: undefined });
  });

  it("tags reads, so that an unchanged answer need not be sent again", async () => {
    const { ask, at, vault, ...started } = await startAsAdmin();
    service = started.service;
    vault.write("prod", "/", "KEY", "v");
    const list = (headers: Record<string, string> = {}) => ask("GET", "/api/v3/secrets/raw", { query: at, headers });
    const etag = (await list()).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(await list({ "if-none-match": etag })).toMatchObject({ status: 304, body: undefined });
    vault.write("prod", "/", "KEY", "w");
    expect((await list({ "if-none-match": etag })).status).toBe(200);
  });

  it("records requests and obeys faults", async () => {
    const { ask, at, ...started } = await startAsAdmin();
    service = started.service;
    service.control.addFault({ method: "POST", path: "/api/v3/", times: 1, do: "drop-after" });
    const create = () => ask("POST", "/api/v3/secrets/raw/KEY", { body: { ...at, secretValue: "hunter2" } });
    await expect(create()).rejects.toThrow();
    expect((await create()).body.message).toBe("Secret already exist");
    expect(service.control.requests).toMatchObject([
      { service: "infisical", method: "POST", path: "/api/v3/secrets/raw/KEY", status: 200, write: true },
      { service: "infisical", method: "POST", path: "/api/v3/secrets/raw/KEY", status: 400, write: true },
    ]);
    expect(JSON.stringify(service.control.requests)).not.toContain("hunter2");
  });

  it("stamps rows with the local clock", async () => {
    const { at, vault, ...started } = await startAsAdmin();
    service = started.service;
    service.control.clock.set(new Date("2099-01-02T03:04:05Z"));
    const ask = asking(service.url, vault.addIdentity().accessToken);
    const { body } = await ask("POST", "/api/v3/secrets/raw/KEY", { body: { ...at, secretValue: "v" } });
    expect(body.secret.createdAt).toMatch(/^2099-01-02T03:04:0/);
  });
});

describe("rate limits", () => {
  it("are off by default", async () => {
    const { ask, at, ...started } = await startAsAdmin();
    service = started.service;
    const { headers } = await ask("GET", "/api/v3/secrets/raw", { query: at });
    expect(headers.get("x-ratelimit-limit")).toBeNull();
  });

  it("allow 40 secrets requests a minute per route and verb, and say when to come back", async () => {
    const { ask, at, ...started } = await startAsAdmin({ rateLimits: true });
    service = started.service;
    const get = (name: string, headers = {}) => ask("GET", `/api/v3/secrets/raw/${name}`, { query: at, headers });
    const first = await get("ONE");
    expect(Object.fromEntries(first.headers)).toMatchObject({
      "x-ratelimit-limit": "40",
      "x-ratelimit-remaining": "39",
      "x-ratelimit-reset": "60",
    });
    for (let count = 1; count < 40; count += 1) await get(`KEY_${count}`);
    service.control.clock.advance(20_000);
    const limited = await get("ONE");
    expect(limited).toMatchObject({
      status: 429,
      body: {
        statusCode: 429,
        message: "Rate limit exceeded. Please try again in 1 minute",
        error: "RateLimitExceeded",
      },
    });
    const wait = Number(limited.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(20);
    expect(wait).toBeLessThanOrEqual(40);
    expect((await ask("GET", "/api/v3/secrets/raw", { query: at })).status).toBe(200);
    expect((await get("ONE", { "x-forwarded-for": "203.0.113.9" })).status).toBe(404);
    service.control.clock.advance(wait * 1000);
    expect((await get("ONE")).status).toBe(404);
  });

  it("can be set, and do not count those who are not signed in", async () => {
    const { ask, at, ...started } = await startAsAdmin({ rateLimits: { read: 2, windowMs: 1000 } });
    service = started.service;
    for (let count = 0; count < 3; count += 1) {
      const { status, headers } = await asking(service.url)("GET", "/api/v1/folders", { query: at });
      expect([status, headers.get("x-ratelimit-limit")]).toEqual([401, null]);
    }
    const statuses = [];
    for (let count = 0; count < 3; count += 1) {
      statuses.push((await ask("GET", "/api/v1/folders", { query: at })).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });
});
