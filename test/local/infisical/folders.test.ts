import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalInfisical, Vault } from "../../../src/local/infisical/index.js";
import { type Ask, asking, required, startAsAdmin } from "./ask.js";

let service: LocalInfisical;
let vault: Vault;
let ask: Ask;
let at: { workspaceId: string; environment: string };

beforeEach(async () => {
  ({ service, vault, ask, at } = await startAsAdmin());
});
afterEach(() => service.close());

const create = (name: string, path?: string, more: object = {}) =>
  ask("POST", "/api/v1/folders", { body: { ...at, name, ...(path === undefined ? {} : { path }), ...more } });
const list = (path: string, more: Record<string, string> = {}) =>
  ask("GET", "/api/v1/folders", { query: { ...at, path, ...more } });
const failure = (status: number, error: string, message: unknown) => ({
  status,
  body: { statusCode: status, message, error },
});

describe("creating a folder", () => {
  it("needs project, environment and name, and says so of all three at once", async () => {
    const issues = ["workspaceId", "environment", "name"].map(required);
    expect(await ask("POST", "/api/v1/folders", { body: {} })).toMatchObject(failure(401, "ValidationFailure", issues));
    const byProjectId = { projectId: at.workspaceId, environment: "prod", name: "a" };
    expect(await ask("POST", "/api/v1/folders", { body: byProjectId })).toMatchObject(
      failure(401, "ValidationFailure", [required("workspaceId")]),
    );
  });

  it("makes missing parents at any depth and answers without a path", async () => {
    const { body } = await create("j", "/a/b/c/d/e/f/g/h/i");
    expect(body.folder).not.toHaveProperty("path");
    expect(body.folder).not.toHaveProperty("description");
    expect(vault.folders("prod")).toHaveLength(10);
    expect(vault.folders("prod").at(-1)).toBe("/a/b/c/d/e/f/g/h/i/j");
  });

  it("answers with the folder that is there, unchanged", async () => {
    const first = await create("top");
    const again = await create("top", "/");
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(vault.folders("prod")).toEqual(["/top"]);
  });

  it.each([
    ["an empty path", ""],
    ["no leading and one trailing slash", "MooseQuest/heroku/"],
  ])("normalises %s", async (_, path) => {
    await create("x", path);
    expect(vault.folders("prod").at(-1)).toBe(path === "" ? "/x" : "/MooseQuest/heroku/x");
  });

  it("ignores the key directory, also when listing", async () => {
    await create("x", undefined, { directory: "/MooseQuest", description: "dropped", colour: "too" });
    expect(vault.folders("prod")).toEqual(["/x"]);
    await create("y", "/x");
    const listed = await ask("GET", "/api/v1/folders", { query: { ...at, directory: "/x" } });
    expect(listed.body.folders).toMatchObject([{ name: "x" }]);
  });

  it("goes wrong on doubled slashes as the real server does: by counting characters", async () => {
    await create("heroku", "/MooseQuest");
    expect((await create("x", "//MooseQuest//heroku//")).status).toBe(200);
    expect(vault.folders("prod")).toEqual([
      "/MooseQuest",
      "/MooseQuest/heroku",
      "/MooseQuest/heroku/ku",
      "/MooseQuest/heroku/ku/x",
    ]);
  });

  it("makes something odd of .. in a path", async () => {
    expect((await create("z", "/ok/../y")).status).toBe(200);
    expect(vault.folders("prod")).toContain("/ok");
  });

  it("takes a name with a slash literally, out of reach by path", async () => {
    const { body } = await create("a/b");
    expect(body.folder.name).toBe("a/b");
    expect((await list("/a/b")).body).toEqual({ folders: [] });
  });

  it("makes a second root folder for a name that climbs out of its parent", async () => {
    await create("MooseQuest");
    expect((await create("../esc", "/MooseQuest")).status).toBe(200);
    const { body } = await list("/");
    expect(body.folders.map((folder: { name: string }) => folder.name)).toEqual(["MooseQuest", "MooseQuest"]);
  });

  it.each(["", "   "])("answers a blank name (%j) with the root folder", async (name) => {
    expect((await create(name)).body.folder).toMatchObject({ name: "root", parentId: null });
  });

  it.each([
    ["with.dot", "/"],
    ["ümlaut", "/"],
    ["fine", "/with space"],
  ])("fails in the database on %s in %s", async (name, path) => {
    expect(await create(name, path)).toMatchObject(failure(500, "Find by secret path", "Something went wrong"));
  });

  it("takes 255 characters and fails on 256", async () => {
    expect((await create("n".repeat(255))).status).toBe(200);
    expect(await create("n".repeat(256))).toMatchObject(failure(500, "Create", "Something went wrong"));
  });

  it("tells letters' cases apart", async () => {
    await create("top");
    await create("TOP");
    expect(vault.folders("prod")).toEqual(["/top", "/TOP"]);
  });

  it.each(["11111111-2222-4333-8444-555555555555", "not-a-uuid", "local"])(
    "knows no project %s, not even by its slug",
    async (workspaceId) => {
      const error = `Identity is not a member of the specified project with ID '${workspaceId}'`;
      const message = "You are not allowed to access this resource";
      expect(await create("a", "/", { workspaceId })).toMatchObject(failure(403, error, message));
    },
  );

  it("makes duplicate rows when asked at once", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create("leaf", "/r1")));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map(({ body }) => body.folder.id)).size).toBeGreaterThan(1);
    expect(vault.folders("prod").filter((path) => path === "/r1").length).toBeGreaterThan(1);
  });
});

describe("listing and finding folders", () => {
  it("gives direct children only, whatever is asked", async () => {
    await create("b", "/a");
    for (const recursive of ["true", "perhaps"]) {
      expect((await list("/", { recursive })).body.folders).toMatchObject([{ name: "a" }]);
    }
    expect((await list("a/")).body.folders).toMatchObject([{ name: "b" }]);
    expect((await list("/A")).body.folders).toEqual([]);
    expect(await list("/not ok")).toMatchObject(failure(500, "Find by secret path", "Something went wrong"));
  });

  it("is not limited by a service token's paths", async () => {
    await create("a");
    const token = vault.addServiceToken({ scopes: [{ environment: "prod", secretPath: "/b/**" }] });
    const { body } = await asking(service.url, token)("GET", "/api/v1/folders", { query: { ...at, path: "/" } });
    expect(body.folders).toMatchObject([{ name: "a" }]);
  });
});

describe("deleting a folder", () => {
  const remove = (idOrName: string, body: object = {}, query = {}) =>
    ask("DELETE", `/api/v1/folders/${idOrName}`, { body: { ...at, ...body }, query });

  it("takes all that is below it along, and a new one is empty and another", async () => {
    vault.write("prod", "/a/b/c", "KEY", "v");
    const { folder } = (await remove("a")).body;
    expect(vault.count("prod")).toEqual({ folders: 0, secrets: 0 });
    expect((await create("a")).body.folder.id).not.toBe(folder.id);
  });

  it("reads its body only, not the query", async () => {
    vault.createFolder("prod", "/a/b");
    expect(await remove("b", {}, { path: "/a" })).toMatchObject(
      failure(404, "NotFound", "Failed to delete folder with ID 'b', not found"),
    );
    expect((await remove("b", { path: "/a" })).status).toBe(200);
  });

  it("says what it did not find", async () => {
    expect(await remove("x", { path: "/nope" })).toMatchObject(
      failure(404, "NotFound", "Folder with path '/nope' in environment with slug 'prod' not found"),
    );
    const { parentId } = (await create("a")).body.folder;
    expect((await remove(parentId)).body.message).toBe(`Failed to delete folder with ID '${parentId}', not found`);
  });

  it("cannot delete a folder named like a UUID by that name", async () => {
    const name = "11111111-2222-4333-8444-555555555555";
    const { folder } = (await create(name)).body;
    expect((await remove(name)).status).toBe(404);
    expect((await remove(folder.id)).status).toBe(200);
  });
});

describe("a service token and folders", () => {
  it("is judged by the parent, and may make a parent that it could not make by itself", async () => {
    const token = vault.addServiceToken({ scopes: [{ environment: "prod", secretPath: "/MooseQuest/**" }] });
    const asToken = asking(service.url, token);
    const denied = failure(403, "PermissionDenied", "You are not allowed to create on secrets");
    expect(await asToken("POST", "/api/v1/folders", { body: { ...at, name: "MooseQuest", path: "/" } })).toMatchObject(
      denied,
    );
    const inside = { ...at, name: "x", path: "/MooseQuest" };
    expect((await asToken("POST", "/api/v1/folders", { body: inside })).status).toBe(200);
    expect(vault.folders("prod")).toEqual(["/MooseQuest", "/MooseQuest/x"]);
    expect(await asToken("POST", "/api/v1/folders", { body: { ...inside, environment: "dev" } })).toMatchObject(denied);
    const remove = { body: { ...at, path: "/" } };
    expect((await asToken("DELETE", "/api/v1/folders/MooseQuest", remove)).body.message).toBe(
      "You are not allowed to delete on secrets",
    );
  });
});
