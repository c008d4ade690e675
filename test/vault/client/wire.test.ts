import { describe, expect, it, onTestFinished } from "vitest";
import { SecretValue } from "../../../src/secret.js";
import { Logins } from "../../../src/vault/client/index.js";
import { clientOf, failure, row, serve, TOKEN } from "./scripted-server.js";

const noRoute = { status: 404, body: { message: "Route GET:/api/… not found", error: "Not Found", statusCode: 404 } };

const queryOf = (url = "") => Object.fromEntries(new URL(url, "http://host").searchParams);

describe("what goes over the wire", () => {
  it("asks for values as they are stored, and for nothing imported, whatever the server's defaults are", async () => {
    const { url, received } = await serve(({ url }) => ({
      body: url.includes("/secrets?") ? { secrets: [row("A", "v")] } : { secret: row("A", "v") },
    }));
    await clientOf(url).listSecrets("/a/");
    await clientOf(url).listSecrets("/a/", { recursive: true });
    await clientOf(url).getSecret("/a/", "A");
    const place = { projectId: "7b8c3f0e-0000-4000-8000-000000000001", environment: "prod", secretPath: "/a" };
    const asStored = {
      ...place,
      viewSecretValue: "true",
      expandSecretReferences: "false",
      includeImports: "false",
      include_imports: "false",
    };
    const shared = { ...asStored, includePersonalOverrides: "false" };
    expect(received.slice(0, 2).map(({ url }) => queryOf(url))).toEqual([shared, { ...shared, recursive: "true" }]);
    expect(queryOf(received[2]?.url)).toEqual({ ...asStored, type: "shared" });
  });

  it("sends a folder as parent and name, which is the only way that every server understands", async () => {
    const { url, received } = await serve(() => ({ body: { folder: { id: "f", name: "prod" } } }));
    await clientOf(url).createFolder("/MooseQuest/heroku/prod/");
    const { projectId, ...rest } = JSON.parse(received[0]?.body ?? "");
    expect(rest).toEqual({ environment: "prod", name: "prod", path: "/MooseQuest/heroku" });
  });

  it("asks an older server by its own routes, after one request that tells", async () => {
    const { url, received } = await serve(({ url }) =>
      /v[24]/.test(url) ? noRoute : { body: url.includes("folders") ? { folders: [] } : { secrets: [row("A", "v")] } },
    );
    const client = clientOf(url);
    expect(client.apiVersion()).toBeUndefined();
    await Promise.all([client.listSecrets("/a/"), client.listFolders("/a"), client.listSecrets("/b/")]);
    expect(client.apiVersion()).toBe("v3");
    expect(received.map(({ url }) => url.split("?")[0])).toEqual([
      "/api/v4/secrets",
      "/api/v3/secrets/raw",
      "/api/v1/folders",
      "/api/v3/secrets/raw",
    ]);
    expect(queryOf(received[1]?.url)).toEqual({
      workspaceId: "7b8c3f0e-0000-4000-8000-000000000001",
      environment: "prod",
      secretPath: "/a",
      expandSecretReferences: "false",
      include_imports: "false",
    });
  });

  it("knows what a client with the same logins has found out, and asks nothing for that", async () => {
    const { url, received } = await serve(() => ({ body: { folders: [] } }));
    const logins = new Logins();
    const [asking, other, stranger] = [clientOf(url, { logins }), clientOf(url, { logins }), clientOf(url)];
    await asking.checkAccess();
    expect([other.apiVersion(), stranger.apiVersion()]).toEqual(["v4", undefined]);
    expect(received).toHaveLength(1);
  });

  it("writes by the older routes where the first request is a write", async () => {
    const { url, received } = await serve(({ url }) =>
      url.includes("v4") ? noRoute : { body: { secrets: [row("A", "v")] } },
    );
    await clientOf(url).createSecrets("/a", [{ name: "A", value: SecretValue.of("v") }]);
    expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST /api/v4/secrets/batch",
      "POST /api/v3/secrets/batch/raw",
    ]);
  });

  it("does not take a missing secret, a refusal or a proxy's page for an older server", async () => {
    for (const reply of [
      failure(404, "Secret with name 'A' not found", "NotFound"),
      failure(403, "You are not allowed to read on secrets", "PermissionDenied"),
      { status: 404, body: "<html>Not Found</html>" },
    ]) {
      const { url, received } = await serve(() => reply);
      await clientOf(url)
        .getSecret("/a", "A")
        .catch(() => undefined);
      expect(received[0]?.url).toContain("/api/v4/secrets/A");
      expect(received.filter(({ url }) => /v[13]/.test(url))).toEqual([]);
    }
  });

  it("sends tags and metadata with a secret that has them, and deletes no folder that is not empty", async () => {
    const { url, received } = await serve(({ method }) =>
      method === "GET"
        ? { body: { folders: [{ id: "f", name: "b" }] } }
        : { body: { secrets: [row("A", "v")], folder: { id: "f", name: "b" } } },
    );
    const metadata = [{ key: "owner", value: SecretValue.of("payments"), isEncrypted: true }];
    await clientOf(url).createSecrets("/a", [{ name: "A", value: SecretValue.of("v"), metadata, tagIds: ["t"] }]);
    expect(JSON.parse(received[0]?.body ?? "").secrets).toEqual([
      {
        secretKey: "A",
        secretValue: "v",
        secretMetadata: [{ key: "owner", value: "payments", isEncrypted: true }],
        tagIds: ["t"],
      },
    ]);
    await clientOf(url).deleteFolder("/a/b");
    expect(JSON.parse(received.at(-1)?.body ?? "")).toMatchObject({ path: "/a", forceDelete: false });
  });

  for (const suffix of ["", "/", "/api", "/api/"]) {
    it(`finds the API from a URL that ends in ${JSON.stringify(suffix)}`, async () => {
      const { url, received } = await serve(() => ({ body: { folders: [] } }));
      await clientOf(`${url}/infisical${suffix}`).checkAccess();
      expect(received[0]?.url).toMatch(/^\/infisical\/api\/v2\/folders\?/);
    });
  }

  it("does not carry the token to where a redirect points", async () => {
    const other = await serve(() => ({ body: { folders: [] } }));
    const { url } = await serve(({ url }) => ({ status: 307, headers: { location: `${other.url}${url}` } }));
    await expect(clientOf(url).checkAccess()).rejects.toMatchObject({ kind: "unreachable", status: 307 });
    expect(other.received).toEqual([]);
  });

  it("does not go through a proxy to this machine", async () => {
    const proxy = await serve(() => ({ body: { folders: [] } }));
    const { url, received } = await serve(() => ({ body: { folders: [] } }));
    process.env.http_proxy = proxy.url;
    onTestFinished(() => {
      delete process.env.http_proxy;
    });
    await clientOf(url).checkAccess();
    expect([received.length, proxy.received.length]).toEqual([1, 0]);
    expect(received[0]?.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it("is told to onRequest without the query, also when no answer came", async () => {
    const seen: unknown[][] = [];
    const { url } = await serve((_, index) => (index === 0 ? "drop" : { body: { folders: [] } }));
    await clientOf(url, { onRequest: (...request) => seen.push(request) }).checkAccess();
    expect(seen).toEqual([
      ["GET", "/api/v2/folders", undefined],
      ["GET", "/api/v2/folders", 200],
    ]);
  });
});

describe("what comes over the wire", () => {
  it("keeps duplicate rows apart and leaves personal overrides out", async () => {
    const rows = [row("A", "1"), row("A", "2", { id: "second" }), row("A", "mine", { id: "third", type: "personal" })];
    const { url } = await serve(() => ({ body: { secrets: rows } }));
    const entries = await clientOf(url).listSecrets("/a");
    expect(entries.map(({ revision, value }) => [revision, value.reveal()])).toEqual([
      ["id-of-A@1", "1"],
      ["second@1", "2"],
    ]);
  });

  it("is not taken for a value where the server hides it", async () => {
    const hidden = row("A", "<hidden-by-infisical>", { secretValueHidden: true, secretPath: "/a" });
    const { url } = await serve(({ url }) => ({
      body: url.includes("/secrets?") ? { secrets: [hidden] } : { secret: hidden },
    }));
    const refused = {
      kind: "forbidden",
      message: expect.stringContaining("secrets at or below /a/ whose values it may not read"),
    };
    await expect(clientOf(url).listSecrets("/a")).rejects.toMatchObject(refused);
    await expect(clientOf(url).getSecret("/a", "A")).rejects.toMatchObject(refused);
  });

  it("may hide what was just written: then it is what was sent", async () => {
    const hidden = row("A", "<hidden-by-infisical>", { secretValueHidden: true });
    const { url } = await serve(() => ({ body: { secrets: [hidden] } }));
    const result = await clientOf(url).createSecrets("/a", [{ name: "A", value: SecretValue.of(" sent ") }]);
    expect("written" in result && result.written.map(({ value }) => value.reveal())).toEqual(["sent"]);
  });

  it("has to name all that was written", async () => {
    const { url } = await serve(() => ({ body: { secrets: [row("A", "v")] } }));
    const both = ["A", "B"].map((name) => ({ name, value: SecretValue.of("v") }));
    await expect(clientOf(url).createSecrets("/a", both)).rejects.toMatchObject({
      kind: "unknown-outcome",
      message: expect.stringContaining("does not name B"),
    });
  });

  it("may show a folder twice: neither is deleted", async () => {
    const folders = [
      { id: "one", name: "b" },
      { id: "two", name: "b" },
    ];
    const { url, received } = await serve(() => ({ body: { folders } }));
    await expect(clientOf(url).deleteFolder("/a/b")).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("/a/b/ is there 2 times"),
    });
    expect(received.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("may say that someone else was faster to delete", async () => {
    const { url } = await serve(({ method }) =>
      method === "GET"
        ? { body: { folders: [{ id: "one", name: "b" }] } }
        : failure(404, "Failed to delete folder with ID 'one', not found", "NotFound"),
    );
    expect(await clientOf(url).deleteFolder("/a/b")).toBe(false);
  });

  it("may leave a comment null", async () => {
    const { url } = await serve(() => ({ body: { secrets: [row("A", "v", { secretComment: null })] } }));
    expect((await clientOf(url).listSecrets("/a"))[0]?.comment).toBe("");
  });
});
