import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SecretValue } from "../../../src/secret.js";
import { InfisicalError } from "../../../src/vault/client/index.js";
import { clientOf, type Received, type Reply, row, type Script, serve, TOKEN } from "./scripted-server.js";

const VALUE = "marked-value-7c1f-postgres://user:pw@host";
const CLIENT_SECRET = "marked-client-secret-88ab";
const SESSION = "marked-session-token-31cd";
const MARKS = [VALUE, TOKEN, CLIENT_SECRET, SESSION];

/** Any 10 characters in a row of a mark count as the mark. */
const pieces = MARKS.flatMap((mark) => Array.from({ length: mark.length - 9 }, (_, at) => mark.slice(at, at + 10)));

function everythingSaid(error: unknown): string {
  const said: string[] = [];
  for (let link = error; link !== undefined && link !== null; link = (link as Error).cause) {
    const own = link instanceof Error ? [link.message, link.stack, String(link), JSON.stringify(link)] : [];
    const fields = Reflect.ownKeys(Object(link)).map((key) => String(Reflect.get(Object(link), key)));
    said.push(...own.map(String), ...fields, inspect(link, { depth: null, showHidden: true, getters: true }));
  }
  return said.join("\n");
}

/** The worst server: whatever it is sent, it says it again, everywhere an error has room. */
const parrot =
  (status: number, shape: (heard: string) => object | string): Script =>
  (request) => ({ status, body: shape(JSON.stringify(request)) });

const issuesOf = (heard: string) => [
  {
    code: "invalid_enum_value",
    path: ["secrets", 0, "secretValue"],
    message: `Invalid. Expected 'a', received '${heard}'`,
  },
  { code: "custom", path: ["x"], message: `not allowed: ${heard}` },
];
const hostile: Record<string, Script> = {};
for (const status of [302, 400, 401, 403, 404, 409, 413, 418, 422, 429, 500, 502, 503]) {
  hostile[`${status} with it as message`] = parrot(status, (heard) => ({
    statusCode: status,
    message: heard,
    error: "x",
  }));
  hostile[`${status} with it as label`] = parrot(status, (heard) => ({
    statusCode: status,
    message: "no",
    error: heard,
  }));
  hostile[`${status} with it as issues`] = parrot(status, (heard) => ({
    statusCode: status,
    message: issuesOf(heard),
    error: "ValidationFailure",
  }));
  hostile[`${status} with it as text`] = parrot(status, (heard) => `<html>${heard}</html>`);
}
hostile["200 with it where it does not belong"] = parrot(200, (heard) => ({
  secrets: [row("A", "v", { version: heard, createdAt: heard })],
  folders: [{ id: 7, name: heard }],
  folder: heard,
  secret: heard,
}));
hostile["200 with it as text"] = parrot(200, (heard) => heard.slice(0, 40));
hostile["a closed connection"] = () => "drop";

const logsIn =
  (script: Script): Script =>
  (request, index): ReturnType<Script> =>
    request.url.endsWith("/login") ? { body: { accessToken: SESSION } } : script(request, index);

const universal = { kind: "universal", clientId: "client-id", clientSecret: SecretValue.of(CLIENT_SECRET) } as const;
const secrets = [{ name: "A", value: SecretValue.of(VALUE), comment: "c" }];

/** A list that holds the value, and then something that is not understood. */
const halfGood = (): Reply => ({ body: { secrets: [row("A", VALUE), row("B", VALUE, { version: "x" })] } });

describe("no error says a value, a token or a client secret", () => {
  for (const [name, script] of [...Object.entries(hostile), ["a list that is half good", halfGood] as const]) {
    it(`from ${name}`, async () => {
      const { url } = await serve(script);
      const behindLogin = await serve(logsIn(script));
      const heard: string[] = [];
      const quick = {
        retry: { retries: 1, firstWaitMs: 1 },
        onRequest: (...event: unknown[]) => heard.push(event.join(" ")),
        onWait: (wait: object) => heard.push(JSON.stringify(wait)),
      };
      const clients = [
        clientOf(url, quick),
        clientOf(url, { ...quick, auth: universal }),
        clientOf(behindLogin.url, { ...quick, auth: universal }),
      ];
      const calls = clients.flatMap((client) => [
        client.checkAccess(),
        client.listSecrets("/a"),
        client.getSecret("/a", "A"),
        client.createSecrets("/a", secrets),
        client.updateSecrets("/a", secrets),
        client.deleteSecret("/a", "A"),
        client.createFolder("/a/b"),
        client.deleteFolder("/a/b"),
      ]);
      const outcomes = await Promise.allSettled(calls);
      const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) expect(error).toBeInstanceOf(InfisicalError);
      const said = [...errors.map(everythingSaid), ...heard].join("\n");
      expect(pieces.filter((piece) => said.includes(piece))).toEqual([]);
    });
  }

  it("and the server did hear them, so that there was something to say", async () => {
    const heard: Received[] = [];
    const { url } = await serve((request) => {
      heard.push(request);
      return { body: { secrets: [row("A", VALUE)] } };
    });
    const result = await clientOf(url).createSecrets("/a", secrets);
    expect(heard[0]).toMatchObject({ authorization: `Bearer ${TOKEN}`, body: expect.stringContaining(VALUE) });
    expect(inspect(result, { depth: null, showHidden: true }) + JSON.stringify(result)).not.toContain("marked");
  });

  it("whatever the value is", async () => {
    const { url } = await serve(
      parrot(400, (heard) => ({ message: `refused: ${JSON.parse(heard).body.slice(0, 150)}` })),
    );
    const value = fc.stringMatching(/^[a-z0-9 ]{8,40}$/).filter((text) => text.trim().length >= 8);
    await fc.assert(
      fc.asyncProperty(value, async (text) => {
        const sent = [{ name: "A", value: SecretValue.of(text) }];
        const error = await clientOf(url)
          .createSecrets("/a", sent)
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(InfisicalError);
        expect(everythingSaid(error)).not.toContain(text.trim());
      }),
      { numRuns: 30 },
    );
  });
});

describe("what is harmless is passed on", () => {
  it("such as the server's own sentence", async () => {
    const { url } = await serve(() => ({
      status: 400,
      body: { message: "The folder is locked by an import.", error: "BadRequest" },
    }));
    await expect(clientOf(url).createSecrets("/a", secrets)).rejects.toThrowError(
      "Infisical could not create A in /a/: The folder is locked by an import. [POST /api/v4/secrets/batch: 400]",
    );
  });
});
