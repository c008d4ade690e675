import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { HerokuClient, type HerokuClientOptions, HerokuError, type HerokuErrorKind } from "../../src/heroku/index.js";
import type { LocalHeroku } from "../../src/local/heroku/index.js";
import { SecretValue } from "../../src/secret.js";
import type { Wait } from "../../src/waits.js";
import { guest, heroku, ops } from "../local/heroku/world.js";

const bearer = (key: string) => ({ kind: "bearer" as const, key: SecretValue.of(key) });
const quick = { retry: { retries: 3, firstWaitMs: 1 }, timeoutMs: 2000 };

function clientOf(local: { url: string }, options: Partial<HerokuClientOptions> = {}): HerokuClient {
  return new HerokuClient({ auth: bearer(ops.key), url: local.url, ...quick, ...options });
}

async function world(options?: Partial<HerokuClientOptions>): Promise<{ local: LocalHeroku; client: HerokuClient }> {
  const local = await heroku();
  return { local, client: clientOf(local, options) };
}

const failure = (promise: Promise<unknown>): Promise<HerokuError> =>
  promise.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: HerokuError) => error,
  );

const revealed = (vars: Map<string, SecretValue>) => Object.fromEntries([...vars].map(([k, v]) => [k, v.reveal()]));
const asked = (local: LocalHeroku) =>
  local.control.requests.map(({ method, path, status }) => `${method} ${path} ${status}`);

describe("reading", () => {
  test("account, apps and one app", async () => {
    const { local, client } = await world();
    expect((await client.account()).email).toBe(ops.email);
    expect((await client.apps()).map((app) => app.name)).toEqual(["raxx-api-staging", "raxx-console-staging"]);
    const app = { id: local.apps.id("raxx-api-staging"), name: "raxx-api-staging", owner: ops.email };
    expect(await client.app("raxx-api-staging")).toEqual(app);
    expect(await client.app(app.id)).toEqual(app);
  });

  test("basic authentication works with and without an e-mail address", async () => {
    const local = await heroku();
    for (const email of [ops.email, undefined]) {
      const auth = { kind: "basic" as const, key: SecretValue.of(ops.key), email };
      expect((await clientOf(local, { auth }).account()).email).toBe(ops.email);
    }
  });

  test("config vars come as values that do not print", async () => {
    const { client } = await world();
    const vars = await client.configVars("raxx-api-staging");
    expect(revealed(vars)).toEqual({ LOG_LEVEL: "debug", STRIPE_RESTRICTED_KEY: "rk_test_1" });
    expect(inspect(vars) + JSON.stringify([...vars])).not.toContain("rk_test_1");
  });

  test("releases are followed over all pages, newest first", async () => {
    const { local, client } = await world();
    for (let n = 0; n < 120; n++) local.apps.set("raxx-api-staging", { N: String(n) });
    const all = [];
    for await (const release of client.newestReleases("raxx-api-staging")) all.push(release);
    expect(all.map((one) => one.version)).toEqual(Array.from({ length: 124 }, (_, index) => 124 - index));
    expect(all[0]).toMatchObject({ description: "Set N config vars", user: ops.email, current: true });
    expect(all[0]?.createdAt).toBeInstanceOf(Date);
  });

  test("looking for a release from the newest on asks for no more pages than needed", async () => {
    const { local, client } = await world();
    for (let n = 0; n < 120; n++) local.apps.set("raxx-api-staging", { N: String(n) });
    for await (const release of client.newestReleases("raxx-api-staging")) if (release.version === 60) break;
    expect(local.control.requests.map((request) => request.status)).toEqual([206, 206]);
  });

  test("the time is that of Heroku's answers, never this machine's", async () => {
    const { local, client } = await world();
    expect(() => client.now()).toThrow("ask it something first");
    local.control.clock.set(new Date("2031-05-06T07:08:09Z"));
    await client.account();
    expect(client.now().toISOString()).toBe("2031-05-06T07:08:09.000Z");
    local.control.clock.advance(3_600_000);
    await failure(client.app("nope"));
    expect(client.now().toISOString()).toBe("2031-05-06T08:08:09.000Z");
  });
});

describe("changing", () => {
  test("one PATCH sets and removes, and answers with all vars", async () => {
    const { local, client } = await world();
    const changes = new Map([
      ["A", SecretValue.of("1")],
      ["LOG_LEVEL", null],
    ] as [string, SecretValue | null][]);
    const vars = await client.patchConfigVars("raxx-api-staging", changes);
    expect(revealed(vars)).toEqual({ STRIPE_RESTRICTED_KEY: "rk_test_1", A: "1" });
    expect(local.apps.vars("raxx-api-staging")).toEqual(revealed(vars));
    expect(asked(local)).toEqual(["PATCH /apps/raxx-api-staging/config-vars 200"]);
  });

  test("a change whose answer is lost is looked at, and counts when it was made", async () => {
    const { local, client } = await world();
    local.control.addFault({ method: "PATCH", do: "drop-after" });
    const changes = new Map<string, string | null>([
      ["A", "1"],
      ["LOG_LEVEL", null],
    ]);
    expect(revealed(await client.patchConfigVars("raxx-api-staging", changes))).toEqual({
      STRIPE_RESTRICTED_KEY: "rk_test_1",
      A: "1",
    });
    expect(local.control.requests.map((request) => request.method)).toEqual(["PATCH", "GET"]);
  });

  test.each([
    ["a dropped connection", "drop"],
    ["a server's failure", { status: 503, body: { id: "unavailable" } }],
    ["a gateway's page", { status: 502, body: "<html>" }],
  ] as const)("after %s a change is sent once, and said not to be made", async (_what, fault) => {
    const { local, client } = await world();
    local.control.addFault({ method: "PATCH", do: fault });
    const error = await failure(client.patchConfigVars("raxx-api-staging", new Map([["A", "s3cret"]])));
    expect(error.message).toContain("was lost; it was not made");
    expect(local.control.requests.map((request) => request.method)).toEqual(["PATCH", "GET", "GET"]);
  });

  test.each(["truncate", "hang"] as const)("a change whose answer is lost (%s) was made, and counts", async (fault) => {
    const { local, client } = await world({ timeoutMs: 300 });
    local.control.addFault({ method: "PATCH", do: fault });
    expect(revealed(await client.patchConfigVars("raxx-api-staging", new Map([["A", "1"]]))).A).toBe("1");
    expect(local.control.requests.map((request) => request.method)).toEqual(["PATCH", "GET"]);
  });

  test("a change that Heroku is still at work on is seen with a second look", async () => {
    const { local, client } = await world();
    local.control.addFault({ method: "PATCH", do: "drop" });
    local.control.onRequest = ({ method }) => {
      if (method === "GET") local.apps.set("raxx-api-staging", { A: "1" });
    };
    expect(revealed(await client.patchConfigVars("raxx-api-staging", new Map([["A", "1"]]))).A).toBe("1");
  });

  test("when looking fails as well, nothing is claimed", async () => {
    const { local, client } = await world({ retry: { retries: 0 } });
    local.control.addFault({ do: "drop-after" });
    const error = await failure(client.patchConfigVars("raxx-api-staging", new Map([["A", "1"]])));
    expect(error.kind).toBe("unreachable");
    expect(error.message).toContain("is not known");
    expect(local.apps.vars("raxx-api-staging").A).toBe("1");
  });

  test("a change that is refused for the rate limit was not made, and is sent again", async () => {
    const waits: Wait[] = [];
    const { local, client } = await world({ onWait: (wait) => waits.push(wait) });
    local.control.addFault({ method: "PATCH", times: 1, do: "429-retry-after" });
    const { length } = local.apps.releases("raxx-api-staging");
    expect(revealed(await client.patchConfigVars("raxx-api-staging", new Map([["A", "1"]]))).A).toBe("1");
    expect(local.apps.releases("raxx-api-staging")).toHaveLength(length + 1);
    expect(waits).toMatchObject([{ service: "Heroku", method: "PATCH", because: "rate-limited", waitMs: 1000 }]);
  });

  test("a change that is refused for anything else is not sent again", async () => {
    const { local, client } = await world();
    local.control.addFault({ method: "PATCH", do: { status: 403, body: { id: "forbidden" } } });
    const error = await failure(client.patchConfigVars("raxx-api-staging", new Map([["A", "1"]])));
    expect([error.kind, local.control.requests.length]).toEqual(["forbidden", 1]);
  });
});

describe("trying again", () => {
  test.each([
    ["a server's failure", { status: 503, body: { id: "unavailable" } }],
    ["a rate limit", { status: 429, body: { id: "rate_limit" } }],
    ["a dropped connection", "drop"],
    ["half an answer", "truncate"],
    ["a page to sign in", "html-page"],
  ] as const)("a read goes on after %s", async (_what, fault) => {
    const { local, client } = await world();
    local.control.addFault({ times: 2, do: fault });
    expect((await client.account()).email).toBe(ops.email);
    expect(local.control.requests).toHaveLength(3);
  });

  test("a read waits as long as Heroku says", async () => {
    const { local, client } = await world();
    local.control.addFault({ times: 1, do: { status: 429, body: {}, headers: { "retry-after": "1" } } });
    const began = Date.now();
    await client.account();
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  test("a wait of more than a minute is left to the person", async () => {
    const { local, client } = await world();
    local.control.addFault({ times: 1, do: { status: 429, body: {}, headers: { "retry-after": "3600" } } });
    expect((await failure(client.account())).kind).toBe("rate-limited");
    expect(local.control.requests).toHaveLength(1);
  });

  test("a read gives up in the end, and never repeats what is refused", async () => {
    const { local, client } = await world();
    local.control.addFault({ path: "/account", do: { status: 500, body: {} } });
    expect((await failure(client.account())).kind).toBe("unavailable");
    expect(local.control.requests).toHaveLength(4);
    await failure(client.app("nope"));
    expect(local.control.requests).toHaveLength(5);
  });
});

describe("errors", () => {
  const revokedFirst = (client: HerokuClient, local: LocalHeroku) => {
    local.keys.revoke(ops.key);
    return client.account();
  };
  const closedFirst = async (client: HerokuClient, local: LocalHeroku) => {
    await local.close();
    return client.account();
  };
  const cases: [
    HerokuErrorKind,
    number | undefined,
    (client: HerokuClient, local: LocalHeroku) => Promise<unknown>,
    string,
  ][] = [
    ["unauthorized", 401, revokedFirst, "HEROKU_API_KEY"],
    ["forbidden", 403, (client) => client.configVars("raxx-marketing"), "heroku access:add"],
    ["not-found", 404, (client) => client.configVars("nope"), "no app nope"],
    [
      "invalid",
      422,
      (client) => client.patchConfigVars("raxx-api-staging", new Map([["A-B", "s3cret"]])),
      "(invalid_params)",
    ],
    ["unreachable", undefined, closedFirst, "ECONNREFUSED"],
  ];
  test.each(cases)("%s (%s) is told with what mends it", async (kind, status, ask, tells) => {
    const { local, client } = await world();
    const error = await failure(ask(client, local));
    expect(error).toBeInstanceOf(HerokuError);
    expect(error).toMatchObject({ kind, status });
    expect(error.message).toContain(tells);
    expect(error.message).toContain(`[${error.method} ${error.path}`);
  });

  test("neither key nor value is in an error, whatever the server says", async () => {
    const { local, client } = await world({ retry: { retries: 0 } });
    const value = "s3cret-value-1234";
    for (const status of [400, 401, 403, 404, 422, 429, 500, 200]) {
      local.control.clearFaults();
      const body = { id: `${value}`, message: `${value} ${ops.key}`, [value]: 1 };
      local.control.addFault({ do: { status, body, headers: { "x-echo": ops.key } } });
      const error = await failure(client.patchConfigVars("raxx-api-staging", new Map([["A", SecretValue.of(value)]])));
      expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/s3cret|HRKU/);
    }
  });

  test("a server that is not Heroku is told apart, and a redirect is not followed", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? "");
      response.writeHead(request.url === "/account" ? 302 : 200, { location: "/elsewhere" }).end("<html>hello</html>");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const client = clientOf(
        { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
        { retry: { retries: 0 } },
      );
      expect((await failure(client.account())).kind).toBe("unreachable");
      expect((await failure(client.app("x"))).message).toContain("Check HEROKU_API_URL");
      expect(seen).toEqual(["/account", "/apps/x"]);
    } finally {
      server.close();
    }
  });

  test("a server that does not answer in time is unreachable", async () => {
    const { local, client } = await world({ timeoutMs: 100, retry: { retries: 0 } });
    local.control.addFault({ do: { delayMs: 1000 } });
    const error = await failure(client.account());
    expect([error.kind, error.message]).toEqual(["unreachable", expect.stringContaining("did not answer in time")]);
  });

  test.each(["http://api.heroku.com", "ftp://127.0.0.1", "nonsense", "https://user:hunter22@api.heroku.com"])(
    "the URL %s is refused before anything is sent",
    (url) => {
      const made = () => new HerokuClient({ auth: bearer("k"), url });
      expect(made).toThrow("HEROKU_API_URL");
      expect(made).not.toThrow("hunter22");
    },
  );

  test("keys of other accounts see other apps", async () => {
    const local = await heroku();
    const client = clientOf(local, { auth: bearer(guest.key) });
    expect((await client.apps()).map((app) => app.name)).toEqual(["raxx-marketing"]);
  });
});
