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
    expect(created.body.secret).toMatchObject({ secretPath: "/", secretValueHidden: false });
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
