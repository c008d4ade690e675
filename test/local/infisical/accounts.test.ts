import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalInfisical, Vault } from "../../../src/local/infisical/index.js";
import { asking, required, startAsAdmin } from "./ask.js";

const month = 2_592_000;
const hour = 3_600;

let service: LocalInfisical;
let vault: Vault;
let url: string;
let at: { workspaceId: string; environment: string };

beforeEach(async () => {
  ({ service, vault, url, at } = await startAsAdmin());
});
afterEach(() => service.close());

const anyone = (method: string, path: string, body?: object) => asking(url)(method, path, { body });
const login = (clientId: string, clientSecret: string) =>
  anyone("POST", "/api/v1/auth/universal-auth/login", { clientId, clientSecret });
const renew = (accessToken: string) => anyone("POST", "/api/v1/auth/token/renew", { accessToken });
const look = (token: string | undefined) =>
  asking(url, token)("GET", "/api/v1/folders", { query: { ...at, path: "/" } });
const pass = (seconds: number) => service.control.clock.advance(seconds * 1000);
const failure = (status: number, error: string, message: unknown) => ({
  status,
  body: { statusCode: status, message, error },
});
const malformed = failure(
  403,
  "TokenError",
  "The provided access token is malformed. Please use a valid token or generate a new one and try again.",
);

describe("universal auth", () => {
  it("gives a token with the measured claims, from JSON and from a form", async () => {
    const { clientId, clientSecret } = vault.addIdentity();
    const { status, body } = await login(clientId, clientSecret);
    expect(status).toBe(200);
    expect(body).toEqual({
      accessToken: expect.any(String),
      expiresIn: month,
      accessTokenMaxTTL: month,
      tokenType: "Bearer",
    });
    const claims = JSON.parse(Buffer.from(body.accessToken.split(".")[1], "base64url").toString());
    expect(claims).toMatchObject({ authTokenType: "identityAccessToken", exp: claims.iat + month });
    expect(Object.keys(claims)).toEqual(
      expect.arrayContaining(["identityId", "clientSecretId", "identityAccessTokenId"]),
    );
    expect((await look(body.accessToken)).status).toBe(200);

    const form = await asking(url)("POST", "/api/v1/auth/universal-auth/login", {
      raw: String(new URLSearchParams({ clientId, clientSecret })),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(form.status).toBe(200);
  });

  it("tells a wrong secret from an unknown client", async () => {
    const { clientId } = vault.addIdentity();
    expect(await login(clientId, "wrong")).toMatchObject(failure(401, "UnauthorizedError", "Invalid credentials"));
    expect(await login("nobody", "wrong")).toMatchObject(
      failure(404, "NotFound", "No identity with specified client ID was found"),
    );
    expect((await anyone("POST", "/api/v1/auth/universal-auth/login", {})).body.message).toEqual([
      required("clientId"),
      required("clientSecret"),
    ]);
    expect((await anyone("POST", "/api/v1/auth/universal-auth/login")).body.message).toMatchObject([
      { received: "null" },
    ]);
  });

  it("ends a client secret by its uses and by its lifetime", async () => {
    const used = vault.addIdentity({ clientSecretNumUsesLimit: 1 });
    expect((await login(used.clientId, used.clientSecret)).status).toBe(200);
    expect((await login(used.clientId, used.clientSecret)).body.message).toBe(
      "Access denied due to client secret usage limit reached",
    );
    const old = vault.addIdentity({ clientSecretTTL: hour });
    pass(hour + 1);
    expect((await login(old.clientId, old.clientSecret)).body.message).toBe(
      "Access denied due to expired client secret",
    );
  });
});

describe("an access token", () => {
  it.each([
    ["nothing", undefined, failure(401, "UnauthorizedError", "Token missing")],
    ["another scheme", "Basic abc", malformed],
    ["garbage", "Bearer garbage", malformed],
    ["an empty bearer", "Bearer ", failure(403, "TokenError", "jwt must be provided")],
    ["three parts of nonsense", "Bearer a.b.c", failure(403, "TokenError", "invalid token")],
  ])("is refused when it is %s", async (_, header, expected) => {
    expect(await look(header)).toMatchObject(expected);
  });

  it("is cut by seven characters whatever they are", async () => {
    const { accessToken } = vault.addIdentity();
    expect((await look(`bearer ${accessToken}`)).status).toBe(200);
    const bare = await asking(url)("GET", "/api/v1/folders", { headers: { authorization: accessToken } });
    expect(bare).toMatchObject(failure(403, "TokenError", "invalid token"));
  });

  it("is refused when it was tampered with, and bad ones also where none is needed", async () => {
    const [header, , signature] = vault.addIdentity().accessToken.split(".");
    const forged = `${header}.${Buffer.from('{"exp":9999999999}').toString("base64url")}.${signature}`;
    expect(await look(forged)).toMatchObject(failure(403, "TokenError", "invalid signature"));
    expect((await asking(url, forged)("GET", "/api/status")).status).toBe(403);
    expect((await asking(url)("GET", "/api/status", { headers: { "x-api-key": "bad" } })).status).toBe(500);
  });

  it("expires at its longest lifetime", async () => {
    const { accessToken } = vault.addIdentity();
    pass(month);
    expect(await look(accessToken)).toMatchObject(
      failure(403, "TokenError", "Your token has expired. Please re-authenticate."),
    );
  });

  it("dies of idleness, and is unknown from then on", async () => {
    const { accessToken } = vault.addIdentity({ accessTokenTTL: hour, accessTokenMaxTTL: 24 * hour });
    pass(hour + 1);
    expect(await look(accessToken)).toMatchObject(
      failure(401, "UnauthorizedError", "Failed to renew MI access token due to TTL expiration"),
    );
    expect(await look(accessToken)).toMatchObject(failure(401, "UnauthorizedError", "No identity access token found"));
  });

  it("is renewed under the same text, up to its longest lifetime", async () => {
    const { accessToken } = vault.addIdentity({ accessTokenTTL: hour, accessTokenMaxTTL: 3 * hour });
    pass(hour - 60);
    expect((await renew(accessToken)).body).toEqual({
      accessToken,
      expiresIn: hour,
      accessTokenMaxTTL: 3 * hour,
      tokenType: "Bearer",
    });
    pass(hour - 60);
    expect((await look(accessToken)).status).toBe(200);
    expect((await renew(accessToken)).status).toBe(200);
    pass(hour - 60);
    expect((await renew(accessToken)).body.message).toBe("Failed to renew MI access token past its Max TTL expiration");
  });

  it("cannot be renewed when idle and longest lifetime are the same, nor when it is garbage", async () => {
    const { accessToken } = vault.addIdentity();
    pass(1);
    expect(await renew(accessToken)).toMatchObject(
      failure(401, "UnauthorizedError", "Failed to renew MI access token past its Max TTL expiration"),
    );
    expect(await renew("garbage")).toMatchObject(malformed);
  });
});

describe("a role", () => {
  it.each([
    ["admin", [200, 200]],
    ["member", [200, 200]],
    ["viewer", [403, 200]],
    ["no-access", [403, 403]],
    ["none", [403, 403]],
  ] as const)("%s answers a write and a read of secrets with %j", async (role, expected) => {
    const ask = asking(url, vault.addIdentity({ role }).accessToken);
    const write = await ask("POST", "/api/v3/secrets/raw/KEY", { body: { ...at, secretValue: "v" } });
    const read = await ask("GET", "/api/v3/secrets/raw", { query: at });
    expect([write.status, read.status]).toEqual(expected);
    const membership = { error: `Identity is not a member of the specified project with ID '${at.workspaceId}'` };
    const denied = { error: "PermissionDenied" };
    if (write.status === 403) expect(write.body).toMatchObject(role === "none" ? membership : denied);
  });
});

describe("a service token", () => {
  const scopes = [{ environment: "prod", secretPath: "/MooseQuest/**" }];
  const read = (token: string, secretPath: string, more: object = {}) =>
    asking(url, token)("GET", "/api/v3/secrets/raw/KEY", { query: { ...at, secretPath, ...more } });
  const denied = failure(403, "PermissionDenied", "You are not allowed to read on secrets");

  it.each(["st.unknown.secret", "st.unknown", "st.unknown.secret.extra"])("is not found as %s", async (token) => {
    expect(await look(token)).toMatchObject(failure(404, "NotFound", "Service token with ID 'unknown' not found"));
  });

  it("takes a fourth part and refuses another secret", async () => {
    const token = vault.addServiceToken({ scopes });
    expect((await look(`${token}.0123456789abcdef`)).status).toBe(200);
    const [st, id] = token.split(".");
    expect(await look(`${st}.${id}.${"0".repeat(32)}`)).toMatchObject(
      failure(401, "UnauthorizedError", "Invalid service token"),
    );
  });

  it("says once that it has expired and is not found afterwards", async () => {
    const token = vault.addServiceToken({ scopes, expiresIn: hour });
    expect((await look(token)).status).toBe(200);
    pass(hour + 1);
    expect(await look(token)).toMatchObject(failure(403, "ForbiddenError", "Service token has expired"));
    expect((await look(token)).status).toBe(404);
  });

  it("reads inside its scope only", async () => {
    vault.write("prod", "/MooseQuest", "KEY", "top");
    vault.write("prod", "/MooseQuest/heroku", "KEY", "below");
    vault.write("prod", "/MooseQuestions", "KEY", "beside");
    const token = vault.addServiceToken({ scopes });
    expect((await read(token, "/MooseQuest")).body.secret.secretValue).toBe("top");
    expect((await read(token, "/MooseQuest/heroku/")).body.secret.secretValue).toBe("below");
    expect(await read(token, "/MooseQuestions")).toMatchObject(denied);
    expect(await read(token, "/MooseQuest", { environment: "dev" })).toMatchObject(denied);
  });

  it("with one scope that is no glob reads that path, whatever is asked", async () => {
    vault.write("staging", "/only", "KEY", "mine");
    const token = vault.addServiceToken({ scopes: [{ environment: "staging", secretPath: "/only" }] });
    expect((await read(token, "/elsewhere", { workspaceId: "nonsense" })).body.secret.secretValue).toBe("mine");
    const { body } = await asking(url, token)("GET", "/api/v3/secrets/raw");
    expect(body.secrets).toMatchObject([{ secretKey: "KEY", environment: "staging", secretPath: "/only" }]);
    const write = { ...at, secretPath: "/elsewhere", secretValue: "v" };
    expect(await asking(url, token)("POST", "/api/v3/secrets/raw/KEY", { body: write })).toMatchObject(
      failure(403, "PermissionDenied", "You are not allowed to create on secrets"),
    );
  });

  it("is of one project", async () => {
    const token = vault.addServiceToken({ scopes });
    const other = randomUUID();
    const { status, body } = await asking(url, token)("GET", "/api/v1/folders", {
      query: { ...at, workspaceId: other },
    });
    expect({ status, body }).toMatchObject({ status: 403, body: { error: expect.stringContaining(other) } });
  });

  it("is told about itself", async () => {
    const token = vault.addServiceToken({ name: "console", scopes, permissions: ["read"] });
    const { body } = await asking(url, token)("GET", "/api/v2/service-token");
    expect(body).toMatchObject({ name: "console", scopes, permissions: ["read"], workspace: at.workspaceId });
    expect(JSON.stringify(body)).not.toContain(token.split(".")[2]);
  });
});

describe("the project", () => {
  it("is looked up with its environments by members and service tokens", async () => {
    const token = vault.addServiceToken({ scopes: [{ environment: "prod", secretPath: "/**" }] });
    for (const caller of [vault.addIdentity({ role: "viewer" }).accessToken, token]) {
      const { body } = await asking(url, caller)("GET", `/api/v1/workspace/${at.workspaceId}`);
      expect(body.workspace).toMatchObject({ ...vault.project, version: 3 });
      expect(body.workspace.environments).toMatchObject([
        { slug: "dev", name: "Development" },
        { slug: "staging", name: "Staging" },
        { slug: "prod", name: "Production" },
      ]);
    }
    const outsider = asking(url, vault.addIdentity({ role: "none" }).accessToken);
    expect((await outsider("GET", `/api/v1/workspace/${at.workspaceId}`)).status).toBe(403);
    expect((await outsider("GET", "/api/v1/workspace/nope")).status).toBe(404);
  });
});
