import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { NativeProvider, Properties } from "../../src/engine/index.js";
import { unknown } from "../../src/engine/index.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import type { LocalHeroku } from "../../src/local/heroku/index.js";
import { heroku } from "../local/heroku/world.js";
import { world } from "./recorded/world.js";

const type = "heroku:index/appConfigAssociation:AppConfigAssociation";
const key = "HRKU-00000000-0000-4000-8000-000000000001";
const quick = { rateLimitMs: 1, pollMs: 1, releaseMs: 300 };

function providerOf(local: { url: string }, env: Record<string, string> = {}, waits = quick): NativeProvider {
  const provider = herokuEngineProvider({
    env: { HEROKU_API_KEY: key, HEROKU_API_URL: local.url, ...env },
    waits,
  });
  provider.configure({});
  return provider;
}

async function start(): Promise<{ local: LocalHeroku; provider: NativeProvider; one: string; two: string }> {
  const local = await heroku({ seed: world });
  return { local, provider: providerOf(local), one: local.apps.id("app-one"), two: local.apps.id("app-two") };
}

const create = (provider: NativeProvider, inputs: Properties) =>
  provider.create(type, "urn:pulumi:dev::p::t::vars", inputs);
const asked = (local: LocalHeroku) =>
  local.control.requests
    .splice(0)
    .map(({ method, path, status }) => `${method} ${path.replace(/releases\/.*/, "releases/ID")} ${status}`);

interface Step {
  op: "check" | "create" | "update" | "read" | "delete" | "other";
  title: string;
  inputs: Properties;
  reasons: string[];
  app: string;
  changes: Record<string, string | null>;
  diffs: string[];
  requests: string[];
  error?: string;
  id?: string;
  outputs?: Properties;
  readInputs?: Properties;
  vars: Record<string, Record<string, string>>;
}

test("it does and keeps what the bridged provider did and kept (recorded: terraform-provider-heroku 5.3.2, bridge 1.1.3)", async () => {
  const { local, provider } = await start();
  const steps: Step[] = JSON.parse(readFileSync(new URL("recorded/association.json", import.meta.url), "utf8"));
  let state = { id: "", outputs: {} as Properties, inputs: {} as Properties };
  // What the engine does with an output that it keeps encrypted and gives back in clear.
  const bare = (outputs: Properties): Properties =>
    JSON.parse(JSON.stringify(outputs), (_, value) =>
      value?.["4dabf18193072939515e22adb298388d"] ? value.value : value,
    );
  const run = async (step: Step): Promise<{ id?: string; outputs?: Properties; inputs?: Properties }> => {
    const { id, outputs, inputs } = state;
    if (step.op === "create") return create(provider, step.inputs);
    if (step.op === "update") return { id, ...(await provider.update(type, id, outputs, inputs, step.inputs, [])) };
    if (step.op === "read") return (await provider.read(type, id, outputs, inputs)) ?? {};
    await provider.delete(type, id, outputs, inputs);
    return {};
  };
  for (const [index, step] of steps.entries()) {
    const at = `step ${index}, ${step.title}`;
    if (step.op === "other") {
      local.apps.set(step.app, step.changes);
      continue;
    }
    if (step.op === "check") {
      const { failures } = await provider.check(type, null, step.inputs);
      expect(
        failures.map((failure) => failure.reason),
        at,
      ).toEqual(step.reasons);
      continue;
    }
    if (step.op === "update") {
      const diff = await provider.diff(type, state.id, state.outputs, state.inputs, step.inputs, []);
      expect(diff, at).toEqual({ changes: step.diffs.length > 0, diffs: step.diffs });
    }
    let error: string | undefined;
    const result = await run(step).catch((thrown: Error) => {
      error = thrown.message.replace(local.url, "URL");
      return undefined;
    });
    expect(error, at).toBe(step.error);
    expect(asked(local), at).toEqual(step.requests);
    expect({ "app-one": local.apps.vars("app-one"), "app-two": local.apps.vars("app-two") }, at).toEqual(step.vars);
    if (!result) continue;
    expect(result.outputs, at).toEqual(step.outputs);
    if (step.id) expect(result.id, at).toBe(step.id);
    if (step.op === "read") expect(result.inputs, at).toEqual(step.readInputs);
    state = { id: result.id ?? "", outputs: bare(result.outputs ?? {}), inputs: result.inputs ?? step.inputs };
  }
  expect(steps).toHaveLength(40);
});

describe("requests", () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  /** Passes everything on, and keeps bodies and headers. */
  async function listenIn(
    local: LocalHeroku,
  ): Promise<{ url: string; seen: { body: string; headers: Record<string, unknown> }[] }> {
    const seen: { body: string; headers: Record<string, unknown> }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      seen.push({ body, headers: request.headers });
      const { accept, authorization, range } = request.headers;
      const answer = await fetch(`${local.url}${request.url}`, {
        method: request.method ?? "GET",
        headers: {
          accept: accept ?? "",
          authorization: authorization ?? "",
          ...(range && { range }),
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body }),
      });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    closers.push(() => server.close());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
  }

  test("a changed map is sent whole, an unchanged one not at all, and names that go as null", async () => {
    const { local, one } = await start();
    const wire = await listenIn(local);
    const provider = providerOf(wire);
    const inputs = { appId: one, vars: { B: "2", A: "1" }, sensitiveVars: { S: "s" } };
    const { id, outputs } = await create(provider, inputs);
    await provider.update(type, id, outputs, inputs, { ...inputs, vars: { A: "1x" } }, []);
    await provider.delete(type, id, { ...outputs, vars: { A: "1x" } }, inputs);
    expect(wire.seen.filter(({ body }) => body).map(({ body }) => body)).toEqual([
      '{"A":"1","B":"2","S":"s"}',
      '{"A":"1x","B":null}',
      '{"A":null,"S":null}',
    ]);
  });

  test("they go out with Basic authentication, the address of config or environment, and its headers", async () => {
    const { local, one } = await start();
    const wire = await listenIn(local);
    const provider = herokuEngineProvider({ env: { HEROKU_EMAIL: "env@raxx.example", HEROKU_API_KEY: "nope" } });
    provider.configure({ apiKey: key, url: wire.url, headers: '{"X-Team":"raxx"}' });
    await create(provider, { appId: one, vars: { A: "1" } });
    expect(wire.seen[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`env@raxx.example:${key}`).toString("base64")}`,
      accept: "application/vnd.heroku+json; version=3",
      "x-team": "raxx",
    });
    expect(wire.seen[1]?.headers.range).toBe("version ..; max=1,order=desc");
  });
});

describe("waiting", () => {
  test("a pending release is waited for", async () => {
    const { local, one } = await start();
    const provider = providerOf(local, {}, { ...quick, releaseMs: 60_000 });
    local.apps.nextReleases("pending");
    const looks = () => local.control.requests.filter(({ path }) => /releases\/./.test(path)).length;
    const created = create(provider, { appId: one, vars: { A: "1" } });
    // However slow the machine is: it is pending when it is first looked at.
    await vi.waitUntil(() => looks() > 0, { timeout: 60_000, interval: 5 });
    local.apps.finishRelease("app-one");
    await created;
    expect(looks()).toBeGreaterThan(1);
  });

  test.each([
    ["failed" as const, "unexpected state 'failed', wanted target 'succeeded'"],
    ["pending" as const, "timeout while waiting for state to become 'succeeded'"],
  ])("a release that stays %s fails the update", async (status, message) => {
    const { local, provider, one } = await start();
    local.apps.nextReleases(status);
    await expect(create(provider, { appId: one, vars: { A: "1" } })).rejects.toThrow(message);
  });

  test("a rate limit is waited for with a read, and fails a change at once", async () => {
    const { local, provider, one } = await start();
    const limit = { status: 429, body: { id: "rate_limit", message: "Your account reached the API rate limit" } };
    local.control.addFault({ method: "GET", times: 2, do: limit });
    const { id, outputs } = await create(provider, { appId: one, vars: { A: "1" } });
    local.control.requests.length = 0;
    local.control.addFault({ method: "PATCH", do: limit });
    await expect(provider.delete(type, id, outputs, {})).rejects.toThrow("Your account reached the API rate limit");
    expect(asked(local)).toEqual([`PATCH /apps/${one}/config-vars 429`]);
  });
});

describe("failing", () => {
  test.each([
    [
      "releases cannot be listed",
      { path: "releases$", status: 503, body: { message: "API is down" } },
      /^Get ".*\/releases": API is down$/,
    ],
    ["no release is there", { path: "releases$", status: 200, body: [] }, /^no release found$/],
    [
      "a release cannot be read",
      { path: "releases/", status: 503, body: "<html>" },
      /^error waiting for new release \(.*\) to succeed: Get ".*": encountered an error : 503 Service Unavailable$/,
    ],
    [
      "vars cannot be read",
      { path: "config-vars$", status: 500, body: { message: "boom" } },
      /^Get ".*\/config-vars": boom$/,
    ],
  ])("%s, after the vars were set", async (_what, { path, status, body }, message) => {
    const { local, provider, one } = await start();
    local.control.addFault({ method: "GET", path, do: { status, body } });
    await expect(create(provider, { appId: one, vars: { A: "1" } })).rejects.toThrow(message);
    expect(local.apps.vars("app-one").A).toBe("1");
  });

  test("a change whose answer is lost is sent once and fails", async () => {
    const { local, provider, one } = await start();
    local.control.addFault({ method: "PATCH", do: "drop-after" });
    await expect(create(provider, { appId: one, vars: { A: "1" } })).rejects.toThrow(
      /^error updating config vars: Patch/,
    );
    expect(local.control.requests).toHaveLength(1);
  });

  test("an app that is gone fails read and delete instead of dropping out of the state", async () => {
    const { local, provider, one } = await start();
    const { id, outputs } = await create(provider, { appId: one, vars: { A: "1" } });
    local.apps.remove("app-one");
    await expect(provider.read(type, id, outputs, {})).rejects.toThrow("Couldn't find that app.");
    await expect(provider.delete(type, id, outputs, {})).rejects.toThrow("Couldn't find that app.");
  });

  test("it cannot be imported", async () => {
    const { provider, one } = await start();
    await expect(provider.read(type, `config:${one}`, {}, {})).rejects.toThrow("not possible to import this resource");
  });

  test("words of Heroku that repeat a value are withheld", async () => {
    const { local, provider, one } = await start();
    const value = "s3cret-value";
    local.control.addFault({
      method: "PATCH",
      do: { status: 422, body: { id: "invalid_params", message: `bad ${value}` } },
    });
    const failed = create(provider, { appId: one, sensitiveVars: { A: value } });
    await expect(failed).rejects.toThrow("422 Unprocessable Entity");
    await expect(failed).rejects.not.toThrow(value);
  });

  test("without a key nothing is asked, and the message says what to set", async () => {
    const { local, one } = await start();
    const provider = providerOf(local, { HEROKU_API_KEY: "" });
    await expect(create(provider, { appId: one })).rejects.toThrow("set HEROKU_API_KEY");
    expect(local.control.requests).toEqual([]);
  });

  test("plain http off loopback is refused, as are other resources of the package", async () => {
    const { provider, one } = await start();
    await expect(create(providerOf({ url: "http://api.heroku.com" }), { appId: one })).rejects.toThrow("must be https");
    await expect(provider.create("heroku:index/app:App", "urn", {})).rejects.toThrow("heroku:index/app:App");
  });
});

describe("checking", () => {
  test("what is not known yet passes", async () => {
    const { provider, one } = await start();
    for (const inputs of [{ appId: unknown }, { appId: one, vars: unknown }, { appId: one, vars: { A: unknown } }]) {
      expect(await provider.check(type, null, inputs)).toEqual({ inputs, failures: [] });
    }
    const known = { appId: one, vars: { A: "1" } };
    const { id, outputs } = await create(provider, known);
    const diff = (news: Properties) => provider.diff(type, id, outputs, known, news, []);
    expect(await diff({ ...known, sensitiveVars: unknown })).toEqual({ changes: true, diffs: ["sensitiveVars"] });
    expect(await diff({ appId: unknown, vars: { A: unknown } })).toEqual({ changes: true, diffs: ["appId", "vars"] });
  });

  test("maps must be maps of strings, and a reason does not repeat a value", async () => {
    const { provider, one } = await start();
    for (const vars of [["s3cret"], "s3cret", { A: { B: "s3cret" } }]) {
      const { failures } = await provider.check(type, null, { appId: one, vars });
      expect(failures).toEqual([{ property: "vars", reason: "expected a map of strings" }]);
    }
  });

  test("checking and comparing ask nothing", async () => {
    const { local, provider, one } = await start();
    await provider.check(type, null, { appId: one, vars: { A: "1" } });
    await provider.diff(type, "config:x", { appId: one }, {}, { appId: one, vars: { A: "1" } }, []);
    expect(local.control.requests).toEqual([]);
    expect(provider.additionalSecretOutputs?.(type)).toEqual(["sensitiveVars"]);
  });
});
