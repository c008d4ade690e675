import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalInfisical, Vault } from "../../../src/local/infisical/index.js";
import { type Ask, asking, startAsAdmin } from "./ask.js";

let service: LocalInfisical;
let vault: Vault;
let ask: Ask;
let v1: { workspaceId: string; environment: string };

beforeEach(async () => {
  ({ service, vault, ask, at: v1 } = await startAsAdmin({ flavour: "current" }));
});
afterEach(() => service.close());

const create = (name: unknown, path = "/") => ask("POST", "/api/v1/folders", { body: { ...v1, name, path } });

describe("the current server, as its source says", () => {
  it("answers invalid input with 422 and every error with a request id", async () => {
    const { status, body } = await ask("POST", "/api/v1/folders", { body: v1 });
    expect(status).toBe(422);
    expect(body).toEqual({
      reqId: expect.any(String),
      statusCode: 422,
      message: [expect.objectContaining({ path: ["name"], message: "Required" })],
      error: "ValidationFailure",
    });
  });

  it("makes folders with their path, refuses a second one", async () => {
    const { status, body } = await create("prod", "/MooseQuest/heroku");
    expect(status).toBe(200);
    expect(body.folder).toMatchObject({ path: "/MooseQuest/heroku/prod", description: null });
    expect(await create("prod", "/MooseQuest/heroku")).toMatchObject({
      status: 400,
      body: { message: "Folder with name 'prod' already exists in path '/MooseQuest/heroku'", error: "BadRequest" },
    });
  });

  it("makes one row of a folder, and of its parents, when asked at once", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => create(`leaf${index % 2}`, "/r1")));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 400, 400, 400, 400]);
    expect(vault.folders("prod")).toHaveLength(3);
  });

  it("checks names and paths", async () => {
    const refused = await create("with space");
    expect(refused.status).toBe(422);
    expect(refused.body.message).toMatchObject([
      { message: "Invalid folder name. Only alphanumeric characters, dashes, and underscores are allowed." },
    ]);
    expect((await create("")).status).toBe(422);
    expect(await create("ok", "/a b")).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("Invalid secret path") },
    });
  });

  it("heeds directory, lists recursively and by name", async () => {
    await ask("POST", "/api/v1/folders", { body: { ...v1, name: "z", directory: "/a" } });
    await create("b", "/a");
    const list = (query: object) => ask("GET", "/api/v1/folders", { query: { ...v1, path: "/a", ...query } });
    expect((await list({})).body.folders).toMatchObject([{ name: "b" }, { name: "z" }]);
    await create("c", "/a/z");
    expect((await list({ recursive: "true" })).body.folders).toMatchObject([
      { name: "b", relativePath: "/b" },
      { name: "c", relativePath: "/z/c" },
      { name: "z", relativePath: "/z" },
    ]);
  });

  it("deletes a folder with all that is below it", async () => {
    vault.write("prod", "/a", "KEY", "v");
    expect((await ask("DELETE", "/api/v1/folders/a", { body: { ...v1, path: "/" } })).status).toBe(200);
    expect(vault.count("prod")).toEqual({ folders: 0, secrets: 0 });
  });

  it("has a subject of its own for folders", async () => {
    const viewer = asking(service.url, vault.addIdentity({ role: "viewer" }).accessToken);
    const { body } = await viewer("POST", "/api/v1/folders", { body: { ...v1, name: "a" } });
    expect(body).toMatchObject({ message: "You are not allowed to create on secret-folders", details: [] });
  });

  it("keeps secrets", async () => {
    const path = "/api/v3/secrets/raw";
    const batch = "/api/v3/secrets/batch/raw";
    const at = v1;
    const one = `${path}/KEY`;
    const created = await ask("POST", one, { body: { ...at, secretValue: "v" } });
    // Only reads tell the folder, and a creation not even whether the value is shown.
    expect(Object.keys(created.body.secret)).not.toContain("secretPath");
    expect(Object.keys(created.body.secret)).not.toContain("secretValueHidden");
    expect((await ask("POST", one, { body: { ...at, secretValue: "v" } })).body.message).toBe("Secret already exists");
    expect((await ask("PATCH", one, { body: { ...at, secretComment: "c" } })).status).toBe(200);
    expect(vault.secrets("prod", "/")).toMatchObject([{ value: "v", comment: "c", version: 2 }]);
    const hidden = await ask("GET", one, { query: { ...at, viewSecretValue: "false" } });
    expect(hidden.body.secret).toMatchObject({ secretValueHidden: true, secretMetadata: [], secretPath: "/" });
    expect(JSON.stringify(hidden.body)).not.toContain('"v"');
    expect((await ask("POST", `${path}/A%3AB`, { body: { ...at, secretValue: "v" } })).status).toBe(422);

    const changes = (mode: string) =>
      ask("PATCH", batch, { body: { ...at, mode, secrets: [{ secretKey: "NEW", secretValue: "x" }] } });
    expect((await changes("failOnNotFound")).body.message).toBe("Secret does not exist: NEW");
    expect((await changes("upsert")).status).toBe(200);
    expect(vault.value("prod", "/", "NEW")).toBe("x");
    expect((await ask("GET", path, { query: at })).body.secrets).toHaveLength(2);
  });

  describe("by its own routes", () => {
    const secrets = "/api/v4/secrets";
    const folders = "/api/v2/folders";
    let at: { projectId: string; environment: string };
    beforeEach(() => {
      at = { projectId: vault.project.id, environment: "prod" };
    });

    it("wants the project by projectId, and a folder list by its path", async () => {
      const issue = async (method: string, path: string, question: object) =>
        (await ask(method, path, question)).body.message.map((one: { path: string[] }) => one.path[0]);
      expect(await issue("POST", `${secrets}/KEY`, { body: { ...v1, secretValue: "v" } })).toEqual(["projectId"]);
      expect(await issue("GET", folders, { query: at })).toEqual(["path"]);
      expect(await ask("GET", secrets, { query: { environment: "prod" } })).toMatchObject({
        status: 400,
        body: { message: "Missing project id or environment" },
      });
    });

    it("fills in references and takes imports along unless it is told not to", async () => {
      vault.write("prod", "/", "HOST", "h");
      vault.write("prod", "/", "URL", "https://${HOST}");
      const list = async (query: object) => (await ask("GET", secrets, { query: { ...at, ...query } })).body;
      expect(await list({})).toMatchObject({ secrets: [{}, { secretValue: "https://h" }], imports: [] });
      const stored = await list({ expandSecretReferences: "false", includeImports: "false" });
      expect(stored.secrets[1]).toMatchObject({ secretValue: "https://${HOST}", secretPath: "/" });
      expect(stored).not.toHaveProperty("imports");
    });

    it("keeps tags and metadata, also through a change that leaves them out", async () => {
      const tagIds = [vault.addTag("payments")];
      const secretMetadata = [{ key: "owner", value: "billing", isEncrypted: false }];
      const one = `${secrets}/KEY`;
      await ask("POST", one, { body: { ...at, secretValue: "v", tagIds, secretMetadata } });
      await ask("PATCH", one, { body: { ...at, secretValue: "w" } });
      const { secret } = (await ask("GET", one, { query: at })).body;
      expect(secret).toMatchObject({ secretValue: "w", secretMetadata, tags: [{ id: tagIds[0], slug: "payments" }] });
      const unknown = { body: { ...at, secretValue: "v", tagIds: ["nope"] } };
      expect((await ask("POST", `${secrets}/OTHER`, unknown)).body.message).toBe("One or more tags not found");
    });

    it("changes many in several folders at once, all or none", async () => {
      vault.write("prod", "/a", "A", "1");
      vault.write("prod", "/b", "B", "1");
      const change = (...names: string[]) =>
        ask("PATCH", `${secrets}/batch`, {
          body: {
            ...at,
            secretPath: "/a",
            secrets: names.map((name) => ({
              secretKey: name,
              secretValue: "2",
              ...(name === "A" ? {} : { secretPath: "/b" }),
            })),
          },
        });
      expect((await change("A", "MISSING")).status).toBe(404);
      expect(vault.value("prod", "/a", "A")).toBe("1");
      expect((await change("A", "B")).body.secrets).toMatchObject([{ secretKey: "A" }, { secretKey: "B" }]);
      expect([vault.value("prod", "/a", "A"), vault.value("prod", "/b", "B")]).toEqual(["2", "2"]);
    });

    it("deletes no folder with anything in it unless it is forced to", async () => {
      vault.write("prod", "/a", "KEY", "v");
      const del = (more: object) => ask("DELETE", `${folders}/a`, { body: { ...at, path: "/", ...more } });
      expect(await del({})).toMatchObject({
        status: 400,
        body: {
          message:
            'Cannot delete folder "a" because it contains resources. Use forceDelete=true to delete it forcefully.',
        },
      });
      expect(vault.value("prod", "/a", "KEY")).toBe("v");
      expect((await del({ forceDelete: true })).status).toBe(200);
      expect(vault.folders("prod")).toEqual([]);
    });

    it("does not know directory, and is not there on the server of 2024", async () => {
      await ask("POST", folders, { body: { ...at, name: "z", directory: "/a" } });
      expect(vault.folders("prod")).toEqual(["/z"]);
      const older = await startAsAdmin({ flavour: "2024-10" });
      expect(await older.ask("GET", folders, { query: { ...at, path: "/" } })).toMatchObject({
        status: 404,
        body: { message: expect.stringMatching(/^Route GET:\/api\/v2\/folders.* not found$/), error: "Not Found" },
      });
      await older.service.close();
    });
  });

  it("says in a 429 how many seconds are left", async () => {
    const limited = await startAsAdmin({ flavour: "current", rateLimits: { secrets: 1 } });
    const list = () => limited.ask("GET", "/api/v4/secrets", { query: { projectId: "x", environment: "prod" } });
    await list();
    expect(await list()).toMatchObject({
      status: 429,
      body: { message: expect.stringMatching(/^Rate limit exceeded\. Please try again in \d+ seconds$/) },
    });
    await limited.service.close();
  });

  it("does not tell an unknown client from a wrong secret, and locks after three", async () => {
    const { clientId, clientSecret } = vault.addIdentity();
    const login = (id: string, secret: string) =>
      asking(service.url)("POST", "/api/v1/auth/universal-auth/login", {
        body: { clientId: id, clientSecret: secret },
      });
    expect(await login("nobody", "x")).toMatchObject({ status: 401, body: { message: "Invalid credentials" } });
    for (let count = 0; count < 3; count += 1) await login(clientId, "wrong");
    expect((await login(clientId, clientSecret)).body.message).toMatch(/temporarily locked/);
    service.control.clock.advance(300_000);
    expect((await login(clientId, clientSecret)).status).toBe(200);
  });
});
