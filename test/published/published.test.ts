// What our clients send and what the local services answer, held against the published schemas.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HerokuClient } from "../../src/heroku/index.js";
import { type LocalHeroku, type LocalInfisical, startHeroku, startInfisical } from "../../src/local/index.js";
import { SecretValue } from "../../src/secret.js";
import { createInfisicalClient, type InfisicalClient, VaultProbe } from "../../src/vault/client/index.js";
import { type Front, startFront } from "../support/front.js";
import { done, World } from "../support/world.js";
import { Schemas } from "./schemas.js";

const value = (text: string) => SecretValue.of(text);
const failing = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it should have failed"),
    () => {},
  );

describe.each(["2024-10", "current"] as const)("an Infisical of flavour %s", (flavour) => {
  const schemas = new Schemas(`infisical/${flavour}`);
  let service: LocalInfisical;
  let front: Front;
  let client: InfisicalClient;
  let tagId: string;
  const at = (token?: string, environment = "prod") => {
    const { clientId, clientSecret } = service.vault.addIdentity();
    const auth = token
      ? ({ kind: "token", token: value(token) } as const)
      : ({ kind: "universal", clientId, clientSecret: value(clientSecret) } as const);
    return { url: front.url, projectId: service.vault.project.id, environment, auth };
  };

  beforeAll(async () => {
    service = await startInfisical({ flavour });
    front = await startFront(service.url);
    client = createInfisicalClient(at());
    tagId = service.vault.addTag("team");
  });
  afterAll(async () => {
    await front.close();
    await service.close();
  });

  it("reading, writing and deleting", async () => {
    await client.status();
    await client.checkAccess();
    await client.createFolder("/a/b");
    await client.createFolder("/a/b");
    await client.listFolders("/a");
    await client.listFolderTree("/a");
    // Nothing has metadata on a server of 2024, so that nothing is written with any there.
    const metadata = flavour === "current" ? [{ key: "k", value: value("m"), isEncrypted: false }] : [];
    const labels = { comment: "why", tagIds: [tagId], metadata };
    await client.createSecrets("/a/b", [
      { name: "ONE", value: value("1"), ...labels },
      { name: "TWO", value: value("2") },
    ]);
    await client.updateSecrets("/a/b", [{ name: "ONE", value: value("3"), ...labels }]);
    await client.listSecrets("/a", { recursive: true });
    await client.listSecrets("/a/missing");
    await client.getSecret("/a/b", "ONE");
    await client.getSecret("/a/b", "NONE");
    await client.deleteSecret("/a/b", "ONE");
    await client.deleteSecret("/a/b", "ONE");
    await client.deleteSecret("/a/b", "TWO");
    await client.createSecrets("/a/b", [{ name: "batch", value: value("4") }]);
    await client.deleteSecret("/a/b", "batch");
    await client.deleteFolder("/a/b");
  });

  it("approvals, in the answer of each kind of write", async () => {
    service.vault.write("prod", "/approved", "KEY", "v");
    service.vault.requireApproval("/approved");
    const results = [
      await client.createSecrets("/approved", [{ name: "NEW", value: value("1") }]),
      await client.updateSecrets("/approved", [{ name: "KEY", value: value("2") }]),
      await client.deleteSecret("/approved", "KEY"),
    ];
    expect(results).toEqual(results.map(() => ({ approval: true })));
    service.vault.requireApproval("/approved", false);
  });

  it("errors of each status", async () => {
    service.vault.write("prod", "/errors", "KEY", "v");
    const viewer = createInfisicalClient(at(service.vault.addIdentity({ role: "viewer" }).accessToken));
    await failing(client.createSecrets("/errors", [{ name: "KEY", value: value("1") }]));
    await failing(client.updateSecrets("/errors", [{ name: "NONE", value: value("1") }]));
    await failing(client.createSecrets("/missing", [{ name: "KEY", value: value("1") }]));
    await failing(viewer.createFolder("/errors/more"));
    await failing(viewer.createSecrets("/errors", [{ name: "MORE", value: value("1") }]));
    await failing(createInfisicalClient(at("garbage")).listSecrets("/"));
    await failing(createInfisicalClient(at(undefined, "nowhere")).checkAccess());
    await failing(createInfisicalClient({ ...at(), projectId: crypto.randomUUID() }).listSecrets("/errors"));
    const wrong = { ...at(), auth: { kind: "universal", clientId: "x", clientSecret: value("y") } as const };
    await failing(createInfisicalClient(wrong).checkAccess());
    await fetch(`${front.url}/api/v1/auth/universal-auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ clientId: "x" }),
    });
    expect(new Set(front.exchanges.map(({ status }) => status))).toEqual(
      new Set(flavour === "current" ? [200, 400, 401, 403, 404, 422] : [200, 400, 401, 403, 404]),
    );
  });

  it("doctor's questions, also of a service token", async () => {
    const scopes = [{ environment: "prod", secretPath: "/**" }];
    const token = service.vault.addServiceToken({ name: "service", scopes });
    for (const place of [at(), at(token)]) {
      const probe = new VaultProbe(place);
      await probe.missingRoutes();
      await probe.holder();
      await probe.folders("/");
      await probe.rights("/", true);
    }
  });

  it("each of these was as published, and every route was asked", () => {
    expect(front.exchanges.flatMap((exchange) => schemas.problems(exchange))).toEqual([]);
    const asked = schemas.routes.filter(({ matches }) => front.exchanges.some(matches));
    expect(asked.map(({ route }) => route)).toEqual(schemas.routes.map(({ route }) => route));
    for (const { source, date } of schemas.routes)
      expect([source, date]).toEqual([expect.any(String), expect.stringMatching(/^20\d\d-\d\d-\d\d$/)]);
  });

  it("a field too many, one too few and a route that is not there are found", () => {
    const exchange = front.exchanges.find(
      ({ method, path, status }) => method === "GET" && /folders$/.test(path) && status === 200,
    )!;
    const planted = [
      { ...exchange, query: { ...exchange.query, nonsense: "1" } },
      { ...exchange, query: {} },
      { ...exchange, answer: { folders: [], more: [] } },
      { ...exchange, path: "/api/v9/folders" },
      { ...exchange, status: 500, answer: { message: 1 } },
    ];
    for (const one of planted) expect(schemas.problems(one)).not.toEqual([]);
  });
});

describe("Heroku", () => {
  const schemas = new Schemas("heroku");
  let service: LocalHeroku;
  let front: Front;
  beforeAll(async () => {
    service = await startHeroku();
    front = await startFront(service.url);
  });
  afterAll(async () => {
    await front.close();
    await service.close();
  });

  it("answers as published, and every route is asked", async () => {
    const [app = ""] = service.apps.names();
    const heroku = new HerokuClient({
      auth: { kind: "bearer", key: value(service.keys.valid()[0] ?? "") },
      url: front.url,
    });
    await heroku.account();
    await heroku.apps();
    await heroku.app(app);
    await heroku.configVars(app);
    await heroku.patchConfigVars(app, new Map([["A", "1"]]));
    const { value: release } = await heroku.newestReleases(app).next();
    await fetch(`${front.url}/apps/${app}/releases/${release?.id}`, {
      headers: { accept: "application/vnd.heroku+json; version=3", authorization: `Bearer ${service.keys.valid()[0]}` },
    });
    await failing(heroku.app("no-such-app"));
    await failing(heroku.patchConfigVars(app, new Map([["A-B", "1"]])));
    expect(front.exchanges.flatMap((exchange) => schemas.problems(exchange))).toEqual([]);
    const asked = schemas.routes.filter(({ matches }) => front.exchanges.some(matches));
    expect(asked.map(({ route }) => route)).toEqual(schemas.routes.map(({ route }) => route));
  });
});

describe("a part of a migration", () => {
  it.each(["2024-10", "current"] as const)(
    "sends and gets what is published, on %s",
    { timeout: 300_000 },
    async (flavour) => {
      const world = await World.open({ flavour });
      const fronts = [
        await startFront(world.services.infisical.url),
        await startFront(world.services.heroku.url),
      ] as const;
      try {
        const env = { INFISICAL_API_URL: fronts[0].url, HEROKU_API_URL: fronts[1].url };
        done(await world.up("staging", { env }));
        await world.provisionStaging();
        world.set("staging", "vaultEnvAware", true);
        done(await world.up("staging", { env }));
        done(await world.rotate("HEROKU_API_KEY", "staging", world.services.heroku.keys.add(), { env }));
        const [infisical, heroku] = fronts.map(({ exchanges }) => exchanges);
        const published = { infisical: new Schemas(`infisical/${flavour}`), heroku: new Schemas("heroku") };
        expect(infisical!.flatMap((one) => published.infisical.problems(one))).toEqual([]);
        expect(heroku!.flatMap((one) => published.heroku.problems(one))).toEqual([]);
        expect(infisical!.length).toBeGreaterThan(10);
        expect(heroku!.length).toBeGreaterThan(5);
      } finally {
        await Promise.all(fronts.map((front) => front.close()));
        await world.close();
      }
    },
  );
});
