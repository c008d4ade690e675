import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalInfisical, Vault } from "../../../src/local/infisical/index.js";
import { type Ask, asking, required, startAsAdmin } from "./ask.js";

let service: LocalInfisical;
let vault: Vault;
let ask: Ask;
let at: { workspaceId: string; environment: string };
let here: { workspaceId: string; environment: string; secretPath: string };

beforeEach(async () => {
  ({ service, vault, ask, at } = await startAsAdmin());
  here = { ...at, secretPath: "/a" };
  vault.createFolder("prod", "/a");
});
afterEach(() => service.close());

const one = (name: string) => `/api/v3/secrets/raw/${encodeURIComponent(name)}`;
const create = (name: string, secretValue: unknown, more: object = {}) =>
  ask("POST", one(name), { body: { ...here, secretValue, ...more } });
const get = (name: string, more: Record<string, string> = {}) => ask("GET", one(name), { query: { ...here, ...more } });
const patch = (name: string, more: object) => ask("PATCH", one(name), { body: { ...here, ...more } });
const list = (more: Record<string, string> = {}) => ask("GET", "/api/v3/secrets/raw", { query: { ...here, ...more } });
const failure = (status: number, error: string, message: unknown) => ({
  status,
  body: { statusCode: status, message, error },
});

describe("creating a secret", () => {
  it.each([
    ["  a b  ", "a b"],
    ["\tabc\t", "abc"],
    ["\nabc", "abc"],
    ["\u00a0\ufeffabc\ufeff", "abc"],
    ["abc\n", "abc\n"],
    ["\n", "\n"],
    ["abc\n\n", "abc\n"],
    ["abc\r\n", "abc\n"],
    ["   ", ""],
    ["", ""],
    ['in\r\nner\t\u0000 \'q\' "q" $x \\ ü 🗝 {"j":1}', 'in\r\nner\t\u0000 \'q\' "q" $x \\ ü 🗝 {"j":1}'],
  ])("stores %j as %j", async (sent, stored) => {
    expect((await create("KEY", sent)).body.secret.secretValue).toBe(stored);
    expect((await get("KEY")).body.secret.secretValue).toBe(stored);
  });

  it.each(["lower_case", "dash-ed", "dot.ted", "a b", "a:b", "a/b", "a=b", "50%", "#?", "'\"", "🗝", "raw", "batch"])(
    "takes the name %s",
    async (name) => {
      expect((await create(name, "v")).body.secret.secretKey).toBe(name);
      expect((await get(name)).body.secret.secretKey).toBe(name);
    },
  );

  it("trims a name, tells cases apart, and has no route for more than 100 characters", async () => {
    expect((await create(" KEY ", "v")).body.secret.secretKey).toBe("KEY");
    expect((await create("key", "v")).status).toBe(200);
    expect((await create("N".repeat(100), "v")).status).toBe(200);
    const url = one("N".repeat(101));
    expect((await create("N".repeat(101), "v")).body).toEqual({
      message: `Route POST:${url} not found`,
      error: "Not Found",
      statusCode: 404,
    });
    expect(vault.secrets("prod", "/a").map(({ name }) => name.length)).toEqual([3, 3, 100]);
    expect(service.control.requests.at(-1)).toMatchObject({ path: url, status: 404 });
  });

  it("keeps what comes with it", async () => {
    const more = {
      secretComment: " why ",
      skipMultilineEncoding: true,
      secretReminderNote: "n",
      secretReminderRepeatDays: 3,
    };
    const { body } = await create("KEY", "v", more);
    expect(body.secret).toMatchObject({ ...more, secretComment: "why" });
    expect((await get("KEY")).body.secret).toEqual({ ...body.secret, tags: [] });
  });

  it("refuses values that are not texts, personal secrets and tags", async () => {
    expect((await create("KEY", 5)).body.message).toMatchObject([{ expected: "string", received: "number" }]);
    expect((await create("KEY", null)).body.message).toMatchObject([{ expected: "string", received: "null" }]);
    const personal = failure(400, "BadRequest", "Must be user to create personal secret");
    expect(await create("KEY", "v", { type: "personal" })).toMatchObject(personal);
    expect(await create("KEY", "v", { tagIds: ["x"] })).toMatchObject(
      failure(404, "NotFound", "One or more tags not found"),
    );
    expect((await create("KEY", "v", { type: "other" })).body.message).toMatchObject([
      { code: "invalid_enum_value", options: ["shared", "personal"], received: "other" },
    ]);
    expect(vault.secrets("prod", "/a")).toEqual([]);
  });

  it("makes no folders, and calls an unknown environment a missing folder", async () => {
    expect(await create("KEY", "v", { secretPath: "/missing/folder", environment: "dev" })).toMatchObject(
      failure(404, "CreateSecret", "Folder with path '/missing/folder' in environment with slug 'dev' not found"),
    );
    expect(await create("KEY", "v", { secretPath: "/", environment: "nope" })).toMatchObject(
      failure(404, "CreateSecret", "Folder with path '/' in environment with slug 'nope' not found"),
    );
    expect(await create("KEY", "v", { secretPath: "/no good" })).toMatchObject(
      failure(500, "Find by secret path", "Something went wrong"),
    );
  });

  it("calls an unknown project not found, where the folder routes say forbidden", async () => {
    const message =
      "Project with ID 'nope' not found during bot lookup. Are you sure you are using the correct project ID?";
    expect(await create("KEY", "v", { workspaceId: "nope" })).toMatchObject(failure(404, "NotFound", message));
  });

  it("makes several rows of one key when asked at once", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create("KEY", "v")));
    const made = answers.filter(({ status }) => status === 200).length;
    expect(made).toBeGreaterThan(1);
    expect(vault.secrets("prod", "/a")).toHaveLength(made);
  });

  it("falls through to the endpoint of encrypted secrets without a name", async () => {
    for (const path of ["/api/v3/secrets/raw", "/api/v3/secrets/raw/"]) {
      const { status, body } = await ask("POST", path, { body: { ...here, secretValue: "v" } });
      expect(status).toBe(401);
      expect(body.message[0]).toEqual(required("secretKeyCiphertext"));
    }
  });
});

describe("reading a secret", () => {
  it("ignores version and viewSecretValue", async () => {
    await create("KEY", "one");
    await patch("KEY", { secretValue: "two" });
    const { body } = await get("KEY", { version: "1", viewSecretValue: "false" });
    expect(body.secret).toMatchObject({ secretValue: "two", version: 2 });
    expect(body.secret).not.toHaveProperty("secretPath");
  });

  it("goes by workspaceSlug too, and asks for what is missing", async () => {
    await create("KEY", "v");
    const bySlug = { workspaceSlug: vault.project.slug, environment: "prod", secretPath: "/a" };
    expect((await ask("GET", one("KEY"), { query: bySlug })).body.secret.secretValue).toBe("v");
    expect(await ask("GET", one("KEY"), { query: { workspaceId: at.workspaceId } })).toMatchObject(
      failure(400, "BadRequest", "Missing environment"),
    );
    expect(await ask("GET", one("KEY"), { query: { environment: "prod" } })).toMatchObject(
      failure(400, "BadRequest", "You must provide workspaceSlug or workspaceId"),
    );
  });

  it("takes booleans only as true and false", async () => {
    const { status, body } = await get("KEY", { include_imports: "1" });
    expect(status).toBe(401);
    expect(body.message).toMatchObject([{ code: "invalid_enum_value", path: ["include_imports"] }]);
  });
});

describe("references", () => {
  beforeEach(() => {
    vault.write("prod", "/a", "HOST", "example.test");
    vault.write("dev", "/x/y", "DEEP", "deep-${TAIL}");
    vault.write("dev", "/x/y", "TAIL", "tail");
  });
  const expanded = async (value: string) => {
    vault.write("prod", "/a", "REF", value);
    return (await get("REF", { expandSecretReferences: "true" })).body.secret.secretValue;
  };

  it("are expanded only when asked, across folders and environments", async () => {
    expect(await expanded("https://${HOST}/${dev.x.y.DEEP}")).toBe("https://example.test/deep-tail");
    expect((await get("REF")).body.secret.secretValue).toBe("https://${HOST}/${dev.x.y.DEEP}");
    const { body } = await list({ expandSecretReferences: "true" });
    const ref = body.secrets.find((secret: { secretKey: string }) => secret.secretKey === "REF");
    expect(ref.secretValue).toBe("https://example.test/deep-tail");
  });

  it.each(["${NOPE}", "${nope.x.KEY}", "${prod.no good.KEY}", "${REF}", "x${"])("leave %s as it is", async (value) => {
    expect(await expanded(value)).toBe(value);
  });

  it("end after ten levels when they go in circles", async () => {
    vault.write("prod", "/a", "BACK", "${REF}");
    expect(await expanded("${BACK}")).toMatch(/^\$\{(BACK|REF)\}$/);
  });
});

describe("changing a secret", () => {
  it("raises the version each time, keeps a comment that is left out, but answers as if there were none", async () => {
    await create("KEY", "v", { secretComment: "kept" });
    expect((await patch("KEY", { secretValue: "v" })).body.secret).toMatchObject({ version: 2, secretComment: "" });
    expect((await get("KEY")).body.secret).toMatchObject({ version: 2, secretComment: "kept" });
    expect((await patch("KEY", { secretValue: "w", secretComment: " c " })).body.secret.secretComment).toBe(" c ");
    await patch("KEY", { secretValue: "w", secretComment: "" });
    expect(vault.secrets("prod", "/a")).toMatchObject([{ value: "w", comment: "", version: 4 }]);
  });

  it("renames, keeping id and creation, unless the name is taken", async () => {
    const { secret } = (await create("KEY", "v")).body;
    await create("OTHER", "v");
    expect(await patch("KEY", { secretValue: "v", newSecretName: "OTHER" })).toMatchObject(
      failure(400, "BadRequest", "Secret with the new name already exist"),
    );
    const renamed = (await patch("KEY", { secretValue: "v", newSecretName: "NEW" })).body.secret;
    expect(renamed).toMatchObject({ id: secret.id, createdAt: secret.createdAt, secretKey: "NEW" });
  });

  it("says what is missing", async () => {
    expect(await patch("KEY", { secretValue: "v", secretPath: "/nope" })).toMatchObject(
      failure(404, "UpdateSecret", "Folder with path '/nope' in environment with slug 'prod' not found"),
    );
    const remove = (body: object) => ask("DELETE", one("KEY"), { body: { ...here, ...body } });
    expect(await remove({ secretPath: "/nope" })).toMatchObject(
      failure(404, "DeleteSecret", "Folder with path '/nope' in environment with slug 'prod' not found"),
    );
  });

  it("deletes every row of a name", async () => {
    vault.writeDuplicate("prod", "/a", "KEY", "first");
    vault.writeDuplicate("prod", "/a", "KEY", "second");
    expect((await ask("DELETE", one("KEY"), { body: here })).body.secret.secretValue).toBe("first");
    expect(vault.secrets("prod", "/a")).toEqual([]);
  });
});

describe("listing secrets", () => {
  it("gives all in one answer, duplicates as well", async () => {
    for (let index = 0; index < 204; index += 1) vault.write("prod", "/a", `KEY_${index}`, "v");
    vault.writeDuplicate("prod", "/a", "KEY_0", "again");
    expect((await list()).body.secrets).toHaveLength(205);
  });

  it.each([
    ["an unknown environment", { environment: "nope" }],
    ["a path without a slash in front", { secretPath: "a" }],
    ["a path in another case", { secretPath: "/A" }],
    ["doubled slashes", { secretPath: "//a" }],
  ])("is empty for %s, which only the key imports tells", async (_, query) => {
    vault.write("prod", "/a", "KEY", "v");
    const { status, body } = await list(query);
    expect({ status, body }).toEqual({ status: 200, body: { secrets: [], imports: [] } });
  });

  it("has imports when asked for, and takes trailing slashes and the slug", async () => {
    vault.write("prod", "/a", "KEY", "v");
    expect(Object.keys((await list({ include_imports: "true" })).body)).toEqual(["secrets", "imports"]);
    expect((await list({ secretPath: "/a/" })).body.secrets).toMatchObject([{ secretPath: "/a" }]);
    const bySlug = { workspaceSlug: vault.project.slug, environment: "prod", secretPath: "/a" };
    expect((await ask("GET", "/api/v3/secrets/raw", { query: bySlug })).body.secrets).toHaveLength(1);
  });

  it("fails on characters that no path has, and asks for the environment", async () => {
    expect((await list({ secretPath: "/ä" })).status).toBe(500);
    expect(await ask("GET", "/api/v3/secrets/raw", { query: { workspaceId: at.workspaceId } })).toMatchObject(
      failure(400, "BadRequest", "Missing workspace id or environment"),
    );
  });

  it("goes all the way down when recursive, as far as a token may read", async () => {
    vault.write("prod", "/", "TOP", "v");
    vault.write("prod", "/a/b/c", "DEEP", "v");
    vault.write("prod", "/other", "OTHER", "v");
    const paths = (body: { secrets: { secretPath: string }[] }) => body.secrets.map(({ secretPath }) => secretPath);
    expect(paths((await list({ secretPath: "/", recursive: "true" })).body)).toEqual(["/", "/a/b/c", "/other"]);
    expect(paths((await list({ recursive: "true" })).body)).toEqual(["/a/b/c"]);
    const token = vault.addServiceToken({ scopes: [{ environment: "prod", secretPath: "/a/**" }] });
    const query = { ...at, secretPath: "/", recursive: "true" };
    expect(paths((await asking(service.url, token)("GET", "/api/v3/secrets/raw", { query })).body)).toEqual(["/a/b/c"]);
  });
});

describe("a folder whose changes need approval", () => {
  it("answers with an approval and changes nothing, until it needs none", async () => {
    vault.write("prod", "/a", "KEY", "v");
    vault.requireApproval("/a");
    const batch = { ...here, secrets: [{ secretKey: "MORE", secretValue: "x" }] };
    const answers = [
      await create("NEW", "v"),
      await patch("KEY", { secretValue: "w" }),
      await ask("DELETE", one("KEY"), { body: here }),
      await ask("POST", "/api/v3/secrets/batch/raw", { body: batch }),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toEqual({ approval: expect.objectContaining({ status: "open", hasMerged: false }) });
    }
    expect(vault.secrets("prod", "/a")).toMatchObject([{ name: "KEY", value: "v", version: 1 }]);
    vault.requireApproval("/a", false);
    expect((await patch("KEY", { secretValue: "w" })).body).toHaveProperty("secret");
  });
});
