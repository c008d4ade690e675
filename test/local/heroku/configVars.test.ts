import { expect, test } from "vitest";
import { ask, heroku, ops } from "./world.js";

const path = "/apps/raxx-api-staging/config-vars";

test("the config vars of an app are read by its name and by its id", async () => {
  const local = await heroku();
  const vars = { LOG_LEVEL: "debug", STRIPE_RESTRICTED_KEY: "rk_test_1" };
  expect((await ask(local, "GET", path)).body).toEqual(vars);
  const id = local.apps.id("raxx-api-staging");
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect((await ask(local, "GET", `/apps/${id}/config-vars`)).body).toEqual(vars);
});

test("one PATCH sets and removes, answers with all vars, and makes one release", async () => {
  const local = await heroku();
  const before = local.apps.releases("raxx-api-staging").length;
  const answer = await ask(local, "PATCH", path, { body: { A: "1", B: "", LOG_LEVEL: null } });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ STRIPE_RESTRICTED_KEY: "rk_test_1", A: "1", B: "" });
  expect(local.apps.vars("raxx-api-staging")).toEqual(answer.body);
  expect(local.apps.releases("raxx-api-staging")).toHaveLength(before + 1);
});

test("a release tells in Heroku's words which names were set or removed, when, and by whom", async () => {
  const local = await heroku();
  local.control.clock.set(new Date("2031-02-03T04:05:06.789Z"));
  await ask(local, "PATCH", path, { body: { B: "2", A: "1" } });
  await ask(local, "PATCH", path, { body: { A: null } });
  const [set, removed] = local.apps.releases("raxx-api-staging").slice(-2);
  expect(set).toMatchObject({
    description: "Set B, A config vars",
    created_at: "2031-02-03T04:05:06Z",
    user: { email: ops.email },
    status: "succeeded",
    current: false,
  });
  expect(removed).toMatchObject({ description: "Remove A config vars", version: set!.version + 1, current: true });
});

test("only names whose value changes are in the release", async () => {
  const local = await heroku();
  await ask(local, "PATCH", path, { body: { LOG_LEVEL: "debug", NEW: "1", GONE: null } });
  expect(local.apps.releases("raxx-api-staging").at(-1)?.description).toBe("Set NEW config vars");
});

test("a PATCH that changes nothing makes no release, unless the service is told so", async () => {
  const local = await heroku();
  const before = local.apps.releases("raxx-api-staging").length;
  for (const body of [{}, { LOG_LEVEL: "debug" }, { GONE: null }]) {
    expect((await ask(local, "PATCH", path, { body })).status).toBe(200);
  }
  expect(local.apps.releases("raxx-api-staging")).toHaveLength(before);
  local.apps.releaseUnchanged(true);
  await ask(local, "PATCH", path, { body: { LOG_LEVEL: "debug" } });
  expect(local.apps.releases("raxx-api-staging").slice(before)).toMatchObject([
    { description: "Set LOG_LEVEL config vars" },
  ]);
});

test.each([
  ["a number", { LOG_LEVEL: 1 }],
  ["a boolean", { LOG_LEVEL: true }],
  ["an object", { LOG_LEVEL: {} }],
  ["a name with a hyphen", { "LOG-LEVEL": "x" }],
  ["a list", ["LOG_LEVEL"]],
  ["more than 32 kB in all", { BIG: "x".repeat(33_000) }],
])("%s is refused with 422 and nothing changes", async (_what, body) => {
  const local = await heroku();
  const before = local.apps.vars("raxx-api-staging");
  const answer = await ask(local, "PATCH", path, { body });
  expect(answer).toMatchObject({ status: 422, body: { id: "invalid_params" } });
  expect(local.apps.vars("raxx-api-staging")).toEqual(before);
});

test("a body that is no JSON is refused with 400", async () => {
  const local = await heroku();
  expect(await ask(local, "PATCH", path, { body: "{" })).toMatchObject({ status: 400, body: { id: "bad_request" } });
});

test("an unchanged answer is 304 for its ETag, and a write for an older ETag is refused", async () => {
  const local = await heroku();
  const tag = (await ask(local, "GET", path)).headers.get("etag")!;
  const again = await ask(local, "GET", path, { headers: { "if-none-match": tag } });
  expect([again.status, again.body]).toEqual([304, undefined]);
  expect(local.control.requests.at(-1)?.status).toBe(304);
  local.apps.set("raxx-api-staging", { LOG_LEVEL: "warn" });
  expect((await ask(local, "GET", path, { headers: { "if-none-match": tag } })).status).toBe(200);
  const late = await ask(local, "PATCH", path, { headers: { "if-match": tag }, body: { LOG_LEVEL: "info" } });
  expect(late).toMatchObject({ status: 412, body: { id: "precondition_failed" } });
  expect(local.apps.vars("raxx-api-staging").LOG_LEVEL).toBe("warn");
});

test("another person's change has that person's address in its release", async () => {
  const local = await heroku();
  local.apps.set("raxx-console-staging", { FLAG: "true" }, "eve@elsewhere.example");
  expect(local.apps.releases("raxx-console-staging").at(-1)).toMatchObject({
    description: "Set FLAG config vars",
    user: { email: "eve@elsewhere.example" },
  });
});
