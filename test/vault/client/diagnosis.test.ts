import { describe, expect, it } from "vitest";
import { SecretValue } from "../../../src/secret.js";
import { InfisicalError, type InfisicalErrorKind } from "../../../src/vault/client/index.js";
import { clientOf, failure, type Reply, serve } from "./scripted-server.js";

async function errorOf(reply: Reply | "drop", options: Parameters<typeof clientOf>[1] = {}): Promise<InfisicalError> {
  const { url } = await serve(() => reply);
  const outcome = await clientOf(url, { retry: { retries: 0 }, ...options })
    .checkAccess()
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  if (!(outcome instanceof InfisicalError)) throw new Error(`expected an InfisicalError, got ${outcome}`);
  return outcome;
}

const issues = [
  { code: "invalid_type", expected: "string", received: "undefined", path: ["name"], message: "Required" },
];
const notAllowed = "You are not allowed to access this resource";

/** The answers are those of a server of October 2024, unless another source is given. */
const answers: [string, Reply, InfisicalErrorKind, RegExp][] = [
  ["no token", failure(401, "Token missing", "UnauthorizedError"), "unauthorized", /none arrived.*INFISICAL_TOKEN/],
  ["a damaged token", failure(403, "invalid signature", "TokenError"), "unauthorized", /damaged/],
  [
    "an expired token",
    failure(403, "Your token has expired. Please re-authenticate.", "TokenError"),
    "unauthorized",
    /expired/,
  ],
  [
    "a revoked token",
    failure(401, "No identity access token found", "UnauthorizedError"),
    "unauthorized",
    /unknown or revoked/,
  ],
  [
    "an unknown service token",
    failure(404, "Service token with ID '0a1b' not found", "NotFound"),
    "unauthorized",
    /unknown or revoked/,
  ],
  ["an expired service token", failure(403, "Service token has expired", "ForbiddenError"), "unauthorized", /expired/],
  [
    "a wrong service token",
    failure(401, "Invalid service token", "UnauthorizedError"),
    "unauthorized",
    /INFISICAL_TOKEN/,
  ],
  [
    "an unknown project",
    failure(403, notAllowed, "Identity is not a member of the specified project with ID 'p'"),
    "unknown-project",
    /console-vault:infisicalProjectId/,
  ],
  [
    "an unknown project on a route for secrets",
    failure(404, "Project with ID 'p' not found during bot lookup. Are you sure you are using the correct project ID?"),
    "unknown-project",
    /infisicalProjectId/,
  ],
  [
    "a first-generation project",
    failure(404, "Project bot not found for project with ID 'p'."),
    "forbidden",
    /end-to-end encrypted/,
  ],
  [
    "an unknown environment",
    failure(404, "Environment with slug 'prod' not found", "NotFound"),
    "unknown-environment",
    /no environment with the slug prod.*console-vault:infisicalEnvironment/,
  ],
  [
    "an unknown environment on folder creation",
    failure(404, "Environment with slug 'prod' in project with ID 'p' not found"),
    "unknown-environment",
    /slug prod/,
  ],
  [
    "an unknown environment on a route for secrets",
    failure(404, "Folder with path '/' in environment with slug 'prod' not found", "CreateSecret"),
    "unknown-environment",
    /slug prod/,
  ],
  [
    "a missing folder",
    failure(404, "Folder with path '/a' in environment with slug 'prod' not found", "CreateSecret"),
    "not-found",
    /the folder does not exist/,
  ],
  [
    "a role that is not enough",
    failure(403, "You are not allowed to create on secrets", "PermissionDenied"),
    "forbidden",
    /"You are not allowed to create on secrets"/,
  ],
  ["a failed validation", failure(401, issues, "ValidationFailure"), "invalid", /: name: Required\./],
  [
    "a failed validation on current servers",
    failure(422, issues, "ValidationFailure"),
    "invalid",
    /: name: Required\./,
  ],
  [
    "a name that is taken",
    failure(400, "Secret already exist: B", "BadRequest"),
    "conflict",
    /Secret already exist: B\. Nothing was changed/,
  ],
  [
    "a name that is taken on current servers",
    failure(400, "Secret already exists: B", "BadRequest"),
    "conflict",
    /Secret already exists: B/,
  ],
  [
    "a rate limit",
    {
      ...failure(429, "Rate limit exceeded. Please try again in 1 minute", "RateLimitExceeded"),
      headers: { "retry-after": "38" },
    },
    "rate-limited",
    /again in 38 s/,
  ],
  [
    "a path that the database refuses",
    failure(500, "Something went wrong", "Find by secret path"),
    "invalid",
    /Something went wrong/,
  ],
  ["a server's failure", failure(500, "Something went wrong", "InternalServerError"), "server", /the server's logs/],
  ["a gateway's failure", { status: 502, body: "<html>Bad Gateway</html>" }, "server", /the server's logs/],
  ["a body too large for a gateway", { status: 413, body: "<html>" }, "invalid", /does not take the request/],
  [
    "a login page before the server",
    { status: 302, headers: { location: "https://login.example.com/?token=x" } },
    "unreachable",
    /redirect/,
  ],
  [
    "an access gate before the server",
    { status: 403, body: "<html>Forbidden</html>" },
    "forbidden",
    /proxy or access gate/,
  ],
  [
    "another server's route table",
    { status: 404, body: { message: "Route GET:/api/v2/folders not found", error: "Not Found", statusCode: 404 } },
    "unreachable",
    /is it an Infisical server\?/,
  ],
  ["a web page", { body: "<html>Welcome</html>" }, "unreachable", /not with Infisical's JSON.*INFISICAL_API_URL/],
  ["another JSON", { body: { folders: [{ id: 7 }] } }, "server", /not understood \(folders\.0\.id: invalid_type/],
];

describe("an answer is diagnosed", () => {
  for (const [name, reply, kind, message] of answers) {
    it(`${name} is ${kind}`, async () => {
      const error = await errorOf(reply);
      expect(error).toMatchObject({
        kind,
        method: "GET",
        path: expect.stringMatching(/^\/api\/v[12]\/folders$/),
        status: reply.status ?? 200,
      });
      expect(error.message).toMatch(message);
      expect(error.message).not.toMatch(/[\n<]|login\.example/);
    });
  }

  it("no answer is unreachable, and names the setting", async () => {
    expect(await errorOf("drop")).toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("INFISICAL_API_URL"),
    });
  });

  it("a server that is not there is unreachable", async () => {
    const { url } = await serve(() => "drop");
    const nobody = url.replace(/:\d+$/, ":1");
    await expect(clientOf(nobody, { retry: { retries: 0 } }).status()).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("the issues of a failed validation", () => {
  it("are one line, without what the server received", async () => {
    const error = await errorOf(
      failure(
        422,
        [
          {
            path: ["secrets", 0, "type"],
            message: "Invalid enum value. Expected 'shared' | 'personal', received 'something'",
          },
          { path: [], message: "Expected object, received null" },
          { path: ["x"] },
        ],
        "ValidationFailure",
      ),
    );
    expect(error.message).toBe(
      "Infisical could not look at the project's root folder: secrets.0.type: Invalid enum value. Expected 'shared' | 'personal'; the request: Expected object; x: invalid. [GET /api/v2/folders: 422]",
    );
  });
});

describe("the server's own name of a request", () => {
  const refused = (reqId: unknown) => ({
    status: 403,
    body: { reqId, statusCode: 403, message: notAllowed, error: "PermissionDenied", details: [] },
  });

  it("is data of the error, and stands in its message once", async () => {
    const error = await errorOf(refused("req-4fQx_9aB-2"));
    expect(error.requestId).toBe("req-4fQx_9aB-2");
    expect(error.message).toMatch(/\[GET \/api\/v2\/folders: 403, request req-4fQx_9aB-2\]$/);
    expect(error.message.match(/req-/g)).toHaveLength(1);
  });

  it("is left out where it has another form, as it has nothing to do there", async () => {
    for (const reqId of ["req-a b", "hunter2", 7, `req-${"x".repeat(100)}`]) {
      const error = await errorOf(refused(reqId));
      expect(error.requestId).toBeUndefined();
      expect(error.message).toMatch(/: 403\]$/);
    }
  });

  it("is kept where a write's answer was lost", async () => {
    const { url } = await serve(() => ({
      status: 502,
      body: { reqId: "req-lost", statusCode: 502, message: "", error: "" },
    }));
    const client = clientOf(url, { retry: { retries: 0, firstWaitMs: 1 } });
    await expect(client.createFolder("/a")).rejects.toMatchObject({ kind: "unknown-outcome", requestId: "req-lost" });
  });
});

describe("a refused login is diagnosed", () => {
  const refusals: [Reply, RegExp][] = [
    [failure(401, "Invalid credentials", "UnauthorizedError"), /do not go together/],
    [failure(404, "No identity with specified client ID was found", "NotFound"), /no such client id/],
    [failure(401, "Access denied due to client secret usage limit reached", "UnauthorizedError"), /used up/],
    [failure(401, "Access denied due to expired client secret", "UnauthorizedError"), /client secret has expired/],
    [
      failure(401, "This identity auth method is temporarily locked, please try again later", "UnauthorizedError"),
      /locked/,
    ],
  ];
  for (const [reply, message] of refusals) {
    it(`${message.source}`, async () => {
      const auth = { kind: "universal", clientId: "c", clientSecret: SecretValue.of("s") } as const;
      const error = await errorOf(reply, { auth });
      expect(error).toMatchObject({ kind: "unauthorized", path: "/api/v1/auth/universal-auth/login" });
      expect(error.message).toMatch(message);
      expect(error.message).toContain("INFISICAL_CLIENT_ID");
    });
  }
});
