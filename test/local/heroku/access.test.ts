import { expect, test } from "vitest";
import { HerokuSeed } from "../../../src/local/heroku/index.js";
import { ask, basic, guest, heroku, narrow, ops, twoAccounts } from "./world.js";

test("a key works as Bearer, and as Basic with any or no user name", async () => {
  const local = await heroku();
  for (const headers of [{}, basic("", ops.key), basic(ops.email, ops.key)]) {
    expect(await ask(local, "GET", "/account", { headers })).toMatchObject({ status: 200, body: { email: ops.email } });
  }
});

test.each([
  ["a wrong key", { authorization: "Bearer nope" }],
  ["no credentials", { authorization: "" }],
  ["another scheme", { authorization: `Digest ${ops.key}` }],
  ["Basic with a wrong key", basic(ops.email, "nope")],
])("%s is answered with 401", async (_what, headers) => {
  const local = await heroku();
  expect(await ask(local, "GET", "/account", { headers })).toMatchObject({
    status: 401,
    body: { id: "unauthorized", message: "Invalid credentials provided." },
  });
});

test("each account lists its own apps, and is forbidden those of others", async () => {
  const local = await heroku();
  const names = async (key: string) =>
    (await ask(local, "GET", "/apps", { key })).body.map((app: { name: string }) => app.name).sort();
  expect(await names(ops.key)).toEqual(["raxx-api-staging", "raxx-console-staging"]);
  expect(await names(narrow)).toEqual(["raxx-api-staging"]);
  expect(await names(guest.key)).toEqual(["raxx-marketing"]);
  for (const key of [guest.key, narrow]) {
    const patch = await ask(local, "PATCH", "/apps/raxx-console-staging/config-vars", { key, body: { A: "1" } });
    expect(patch).toMatchObject({
      status: 403,
      body: { id: "forbidden", message: "You do not have access to the app raxx-console-staging." },
    });
  }
  expect(local.apps.vars("raxx-console-staging")).toEqual({ LOG_LEVEL: "info" });
});

test("an app that is not there, or was deleted, is 404", async () => {
  const local = await heroku();
  const notFound = { status: 404, body: { id: "not_found", message: "Couldn't find that app.", resource: "app" } };
  expect(await ask(local, "GET", "/apps/nope/config-vars")).toMatchObject(notFound);
  local.apps.remove("raxx-console-staging");
  expect(await ask(local, "GET", "/apps/raxx-console-staging")).toMatchObject(notFound);
});

test("an endpoint that is not there is 404, and a request for another version is 406", async () => {
  const local = await heroku();
  expect(await ask(local, "GET", "/spaces")).toMatchObject({ status: 404, body: { id: "not_found" } });
  expect(await ask(local, "GET", "/apps", { headers: { accept: "application/json" } })).toMatchObject({
    status: 406,
    body: { id: "not_acceptable" },
  });
});

test("a rotated key: both work until the old one is revoked", async () => {
  const local = await heroku();
  const fresh = local.keys.add();
  const status = async (key: string) => (await ask(local, "GET", "/account", { key })).status;
  expect([await status(ops.key), await status(fresh)]).toEqual([200, 200]);
  local.keys.revoke(ops.key);
  expect([await status(ops.key), await status(fresh)]).toEqual([401, 200]);
  expect(local.keys.valid()).toEqual([narrow, fresh]);
});

test("a key is made and ended over HTTP, as `heroku authorizations` does", async () => {
  const local = await heroku();
  const made = await ask(local, "POST", "/oauth/authorizations", { body: { description: "staging" } });
  expect(made).toMatchObject({ status: 201, body: { description: "staging" } });
  const key = made.body.access_token.token;
  expect((await ask(local, "GET", "/account", { key })).body.email).toBe(ops.email);
  expect((await ask(local, "GET", "/oauth/authorizations")).body).toHaveLength(3);
  expect((await ask(local, "DELETE", `/oauth/authorizations/${made.body.id}`)).status).toBe(200);
  expect((await ask(local, "GET", "/account", { key })).status).toBe(401);
});

test("made-up keys are taken only when the service is told so, and revoked ones never", async () => {
  const local = await heroku();
  const madeUp = "HRKU-11111111-0000-4000-8000-000000000009";
  const status = async (key: string) => (await ask(local, "GET", "/account", { key })).status;
  expect(await status(madeUp)).toBe(401);
  local.keys.check("any");
  expect([await status(madeUp), await status("nonsense")]).toEqual([200, 401]);
  local.keys.revoke(madeUp);
  expect(await status(madeUp)).toBe(401);
});

test("an account's request tokens are counted, run out with 429, and come back with time", async () => {
  const local = await heroku({ rateLimit: 2 });
  expect((await ask(local, "GET", "/account")).headers.get("ratelimit-remaining")).toBe("1");
  expect((await ask(local, "GET", "/account")).headers.get("ratelimit-remaining")).toBe("0");
  expect(await ask(local, "GET", "/account")).toMatchObject({ status: 429, body: { id: "rate_limit" } });
  expect((await ask(local, "GET", "/account", { key: guest.key })).status).toBe(200);
  local.control.clock.advance(60_000);
  expect((await ask(local, "GET", "/account")).status).toBe(200);
});

test("every answer has a request id and the clock's date", async () => {
  const local = await heroku();
  local.control.clock.set(new Date("2030-01-01T00:00:00Z"));
  const { headers } = await ask(local, "GET", "/apps/nope", { headers: { "request-id": "mine" } });
  expect(headers.get("request-id")).toMatch(/^mine,[0-9a-f-]{36}$/);
  expect(new Date(headers.get("date")!).getUTCFullYear()).toBe(2030);
});

test("faults and the record of requests come from the control", async () => {
  const local = await heroku();
  local.control.addFault({ service: "heroku", method: "PATCH", times: 1, do: { status: 503, body: { id: "x" } } });
  const body = { A: "1" };
  expect((await ask(local, "PATCH", "/apps/raxx-api-staging/config-vars", { body })).status).toBe(503);
  expect((await ask(local, "PATCH", "/apps/raxx-api-staging/config-vars", { body })).status).toBe(200);
  expect(local.control.requests).toMatchObject([
    { service: "heroku", method: "PATCH", status: 503, write: true },
    { service: "heroku", method: "PATCH", status: 200, path: "/apps/raxx-api-staging/config-vars" },
  ]);
});

test("a seed names its own mistakes", () => {
  const wrong = { ...twoAccounts, accounts: [{ email: ops.email, keys: [ops.key], apps: ["nope"] }] };
  expect(HerokuSeed.safeParse(wrong).error?.issues.map((issue) => issue.message)).toEqual(["no app is named nope"]);
});
