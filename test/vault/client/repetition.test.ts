import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { SecretValue } from "../../../src/secret.js";
import type { InfisicalError } from "../../../src/vault/client/index.js";
import type { Wait } from "../../../src/waits.js";
import { clientOf, failure, type Received, type Reply, row, serve } from "./scripted-server.js";

const noFolders = { body: { folders: [] } };
const limited = (seconds: string): Reply => ({
  ...failure(429, "Rate limit exceeded. Please try again in 1 minute", "RateLimitExceeded"),
  headers: { "retry-after": seconds },
});
const broken = failure(500, "Something went wrong", "InternalServerError");
const secrets = [
  { name: "A", value: SecretValue.of(" value of A ") },
  { name: "B", value: SecretValue.of("value of B") },
];
const rows = (...list: object[]): Reply => ({ body: { secrets: list } });
const isWrite = ({ method }: Received) => method !== "GET";

describe("a read", () => {
  it("is repeated after a rate limit, when the server says, and tells so", async () => {
    const waits: Wait[] = [];
    const { url, received } = await serve((_, index) => (index === 0 ? limited("1") : noFolders));
    const start = performance.now();
    await clientOf(url, { onWait: (wait) => waits.push(wait) }).checkAccess();
    expect(received).toHaveLength(2);
    expect(performance.now() - start).toBeGreaterThanOrEqual(950);
    expect(waits).toEqual([
      { service: "Infisical", method: "GET", path: "/api/v2/folders", because: "rate-limited", waitMs: 1000 },
    ]);
  });

  it("does not wait longer than allowed: it says how long it would be", async () => {
    const { url, received } = await serve(() => limited("3600"));
    await expect(clientOf(url).checkAccess()).rejects.toMatchObject({
      kind: "rate-limited",
      message: expect.stringContaining("3600 s"),
    });
    expect(received).toHaveLength(1);
  });

  for (const [name, trouble] of [
    ["a failure of the server", broken],
    ["a lost answer", "drop"],
    ["half an answer", { body: '{"folders": [' }],
    ["a page in place of an answer", { body: "<html>Sign in</html>" }],
  ] as const) {
    it(`is repeated after ${name}`, async () => {
      const { url, received } = await serve((_, index) => (index < 3 ? trouble : noFolders));
      await clientOf(url).checkAccess();
      expect(received).toHaveLength(4);
    });
  }

  it("that never gets JSON ends with its request and what to look at", async () => {
    const { url, received } = await serve(() => ({ body: "<html>Sign in</html>" }));
    const read = clientOf(url, { retry: { retries: 2, firstWaitMs: 1 } }).listSecrets("/a");
    await expect(read).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(
        /could not list the secrets of \/a\/: .*page to sign in.*run the same command again\. \[GET \/api\/v4\/secrets: 200\]/,
      ),
    });
    expect(received).toHaveLength(3);
  });

  it("of a server that answers other JSON is not repeated", async () => {
    const { url, received } = await serve(() => ({ body: { unexpected: true } }));
    await expect(clientOf(url).checkAccess()).rejects.toMatchObject({ kind: "server" });
    expect(received).toHaveLength(1);
  });

  it("is given up after the last repetition", async () => {
    const { url, received } = await serve(() => broken);
    await expect(clientOf(url, { retry: { retries: 2, firstWaitMs: 1 } }).checkAccess()).rejects.toMatchObject({
      kind: "server",
      status: 500,
    });
    expect(received).toHaveLength(3);
  });

  for (const label of ["Find by secret path", "Find by id", "Create"]) {
    it(`is not repeated after the 500 "${label}", which means bad input`, async () => {
      const { url, received } = await serve(() => failure(500, "Something went wrong", label));
      await expect(clientOf(url).checkAccess()).rejects.toMatchObject({ kind: "invalid" });
      expect(received).toHaveLength(1);
    });
  }

  it("is not repeated when it is refused", async () => {
    const { url, received } = await serve(() =>
      failure(403, "You are not allowed to read on secrets", "PermissionDenied"),
    );
    await expect(clientOf(url).listSecrets("/a")).rejects.toMatchObject({ kind: "forbidden" });
    expect(received).toHaveLength(1);
  });

  for (const trouble of ["hang", "trickle"] as const) {
    it(`ends at its deadline, even if the answer ${trouble === "hang" ? "does not begin" : "only trickles"}`, async () => {
      const { url } = await serve(() => trouble);
      await expect(clientOf(url, { timeoutMs: 100, retry: { retries: 0 } }).checkAccess()).rejects.toMatchObject({
        kind: "unreachable",
        message: expect.stringContaining("did not answer in time"),
      });
    });
  }

  it("is cancelled by the signal, also while it waits", async () => {
    const cancelled = new Error("enough");
    const waiting = new AbortController();
    const { url } = await serve(() => limited("60"));
    const client = clientOf(url, { signal: waiting.signal, onWait: () => waiting.abort(cancelled) });
    await expect(client.checkAccess()).rejects.toBe(cancelled);
    await expect(client.checkAccess()).rejects.toBe(cancelled);
  });
});

describe("a write", () => {
  it("is sent again after a rate limit, because it was refused before it was carried out", async () => {
    const { url, received } = await serve((_, index) =>
      index === 0 ? limited("0") : rows(row("A", "value of A"), row("B", "value of B")),
    );
    await clientOf(url).createSecrets("/a", secrets);
    expect(received.filter(isWrite)).toHaveLength(2);
  });

  const lostAnswers: [string, Reply | "drop" | "hang"][] = [
    ["the connection breaks", "drop"],
    ["no answer comes in time", "hang"],
    ["the server answers 500", broken],
    ["a gateway answers 504", { status: 504, body: "<html>" }],
    ["the answer is not understood", { body: { unexpected: true } }],
  ];
  for (const [name, lost] of lostAnswers) {
    it(`is not sent again when ${name}: it is looked at, and what is there counts`, async () => {
      const there = rows(row("A", "value of A", { version: 4 }), row("B", "value of B"), row("FOREIGN", "x"));
      const { url, received } = await serve((request) => (isWrite(request) ? lost : there));
      const result = await clientOf(url, { timeoutMs: 300 }).createSecrets("/a", secrets);
      expect(result).toMatchObject({
        written: [
          { name: "A", revision: "id-of-A@4" },
          { name: "B", revision: "id-of-B@1" },
        ],
      });
      expect(received.map(({ method }) => method)).toEqual(["POST", "GET"]);
    });

    it(`ends as unknown when ${name} and it can not be seen`, async () => {
      const { url, received } = await serve((request) => (isWrite(request) ? lost : rows(row("A", "value of A"))));
      await expect(clientOf(url, { timeoutMs: 300 }).updateSecrets("/a", secrets)).rejects.toMatchObject({
        kind: "unknown-outcome",
        method: "PATCH",
        message: expect.stringContaining("console-vault status"),
      });
      expect(received.filter(isWrite)).toHaveLength(1);
    });
  }

  it("is seen late if the server was still at work on it", async () => {
    let looks = 0;
    const { url } = await serve((request) => {
      if (isWrite(request)) return "drop";
      looks += 1;
      return looks === 1 ? rows(row("X", "x")) : rows(row("A", "value of A"), row("B", "value of B"));
    });
    expect(await clientOf(url).createSecrets("/a", secrets)).toMatchObject({ written: [{ name: "A" }, { name: "B" }] });
  });

  const notDone: [string, object[]][] = [
    ["another value", [row("A", "value of A"), row("B", "another value")]],
    ["a name twice", [row("A", "value of A"), row("A", "value of A", { id: "second" }), row("B", "value of B")]],
  ];
  for (const [name, list] of notDone) {
    it(`is not taken for done when the folder shows ${name}`, async () => {
      const { url } = await serve((request) => (isWrite(request) ? "drop" : rows(...list)));
      await expect(clientOf(url).createSecrets("/a", secrets)).rejects.toMatchObject({ kind: "unknown-outcome" });
    });
  }

  it("ends as unknown if looking fails too, and says that it did", async () => {
    const { url } = await serve(() => "drop");
    await expect(
      clientOf(url, { retry: { retries: 1, firstWaitMs: 1 } }).createSecrets("/a", secrets),
    ).rejects.toMatchObject({
      kind: "unknown-outcome",
      message: expect.stringContaining("looking failed as well (unreachable)"),
    });
  });

  it("that was cancelled under way ends as unknown, and nothing more is sent", async () => {
    const user = new AbortController();
    const { url, received } = await serve(() => {
      setTimeout(() => user.abort(), 20);
      return "hang";
    });
    await expect(clientOf(url, { signal: user.signal }).createSecrets("/a", secrets)).rejects.toMatchObject({
      kind: "unknown-outcome",
    });
    expect(received).toHaveLength(1);
  });

  it("that never reached the server is simply unreachable", async () => {
    const { url } = await serve(() => "drop");
    const nobody = clientOf(url.replace(/:\d+$/, ":1"), { retry: { retries: 1, firstWaitMs: 1 } });
    await expect(nobody.createSecrets("/a", secrets)).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("is one at a time, whichever client of this process asks", async () => {
    let underWay = 0;
    let most = 0;
    const { url } = await serve(async ({ body }) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await sleep(20);
      underWay -= 1;
      const { name } = JSON.parse(body);
      return { body: { folder: { id: `id-of-${name}`, name } } };
    });
    const ids = await Promise.all(["one", "two", "three"].map((name) => clientOf(url).createFolder(`/a/${name}`)));
    expect(ids).toEqual(["id-of-one", "id-of-two", "id-of-three"]);
    expect(most).toBe(1);
  });

  it("does not wait for one in another environment, nor fail with the one before it", async () => {
    const { url } = await serve(({ method, body }) => {
      if (method === "GET") return "hang";
      const { name, environment } = JSON.parse(body);
      if (environment === "staging") return "hang";
      return name === "bad" ? failure(400, "no") : { body: { folder: { id: name, name } } };
    });
    const slow = clientOf(url, { environment: "staging", timeoutMs: 400, retry: { retries: 0, firstWaitMs: 1 } });
    const hanging = slow.createFolder("/a/slow").catch((error: InfisicalError) => error.kind);
    const bad = clientOf(url)
      .createFolder("/a/bad")
      .catch((error: InfisicalError) => error.kind);
    const good = clientOf(url).createFolder("/a/good");
    expect(await Promise.race([hanging, good])).toBe("good");
    expect(await Promise.all([bad, hanging])).toEqual(["invalid", "unknown-outcome"]);
  });
});
