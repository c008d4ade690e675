import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fault, Faults, namedFaults, parseFaults } from "../../src/local/faults.js";
import { type LocalServices, startLocal } from "../../src/local/index.js";
import { type Ask, asking } from "./infisical/ask.js";

/** Which of twelve requests a fault acts on. */
function actsOn(fault: Omit<Fault, "do">): number[] {
  const faults = new Faults();
  faults.add({ ...fault, do: "drop" });
  const asked = { service: "heroku", method: "GET", path: "/apps" } as const;
  return Array.from({ length: 12 }, (_, index) => index + 1).filter(() => faults.next(asked) !== undefined);
}

describe("a fault acts on", () => {
  it("the nth request that matches", () => expect(actsOn({ nth: 3 })).toEqual([3]));
  it("the nth after those that are let through", () => expect(actsOn({ after: 2, nth: 3 })).toEqual([5]));
  it("every nth, at most so often", () => expect(actsOn({ every: 4, times: 2 })).toEqual([4, 8]));
  it("a part of them, the same for the same seed", () => {
    const some = actsOn({ probability: 0.4, seed: 7 });
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(12);
    expect(actsOn({ probability: 0.4, seed: 7 })).toEqual(some);
    expect(actsOn({ probability: 0.4, seed: 8 })).not.toEqual(some);
  });
});

describe("a fault plan", () => {
  it("is refused with every problem at once, by its place", () => {
    const plan = [
      { do: "explode" },
      { nth: 0, do: "drop" },
      { nth: 1, every: 2, do: "drop" },
      { seed: 3, do: "drop" },
      { do: { change: "folder-vanishes", path: "MooseQuest" } },
      { path: "(", do: "drop" },
      { do: "drop", when: "always" },
    ];
    const problem = (() => {
      try {
        parseFaults(JSON.stringify(plan));
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    })();
    for (const place of ["[0].do", "[1].nth", "[2].nth", "[3].seed", "[4].do", "[5].path", "[6]"])
      expect(problem).toContain(`at ${place}`);
    expect(problem).toContain("one of 429, 500, 503, 429-retry-after");
    expect(() => parseFaults("[{")).toThrow("The fault plan is not JSON");
  });

  it("may say all that the documentation's example says", () => {
    const text = readFileSync(new URL("../../docs/reliability.md", import.meta.url), "utf8");
    const [, example] = /```json\n([\s\S]*?)```/.exec(text)!;
    expect(parseFaults(example!).length).toBeGreaterThan(3);
    for (const name of Object.keys(namedFaults)) expect(text).toContain(`\`${name}\``);
  });
});

describe("with faults ordered", () => {
  let services: LocalServices;
  let ask: Ask;
  const heroku = (init: RequestInit = {}) =>
    fetch(`${services.heroku.url}/account`, {
      ...init,
      headers: {
        accept: "application/vnd.heroku+json; version=3",
        authorization: `Bearer ${services.env.HEROKU_API_KEY}`,
      },
    });
  const at = () => ({ workspaceId: services.infisical.vault.project.id, environment: "prod" });
  const list = (secretPath: string) => ask("GET", "/api/v3/secrets/raw", { query: { ...at(), secretPath } });

  beforeEach(async () => {
    services = await startLocal();
    ask = asking(services.infisical.url, services.infisical.vault.addIdentity().accessToken);
  });
  afterEach(() => services.close());

  it("each service says the usual ones in its own words", async () => {
    services.control.addFault({ do: "429-retry-after" });
    const limited = await list("/MooseQuest/heroku");
    expect([limited.status, limited.body.error, limited.headers.get("retry-after")]).toEqual([
      429,
      "RateLimitExceeded",
      "1",
    ]);
    expect(await (await heroku()).json()).toMatchObject({ id: "rate_limit" });
  });

  it("a body is cut, or called something else, and the request was handled all the same", async () => {
    services.control.addFault({ nth: 1, do: "truncate" });
    services.control.addFault({ nth: 2, do: "wrong-content-type" });
    const cut = await heroku();
    expect(cut.status).toBe(200);
    await expect(cut.json()).rejects.toThrow();
    const called = await heroku();
    expect(called.headers.get("content-type")).toBe("text/plain");
    expect(await called.json()).toMatchObject({ email: expect.any(String) });
  });

  it("an answer that never comes leaves the request handled", async () => {
    const { vault } = services.infisical;
    services.control.addFault({ method: "POST", do: "hang" });
    const body = JSON.stringify({ ...at(), name: "made", path: "/" });
    const sent = fetch(`${services.infisical.url}/api/v1/folders`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", authorization: `Bearer ${vault.addIdentity().accessToken}` },
      signal: AbortSignal.timeout(3000),
    });
    await expect(sent).rejects.toThrow(/timeout/);
    expect(vault.folders("prod")).toContain("/made");
  });

  it("a list lags behind a create: it answers what it answered before", async () => {
    services.control.addFault({ path: "/api/v3/secrets/raw", method: "GET", nth: 2, do: "stale" });
    const before = await list("/MooseQuest/heroku");
    services.infisical.vault.write("prod", "/MooseQuest/heroku", "NEW", "value");
    expect((await list("/MooseQuest/heroku")).body).toEqual(before.body);
    expect((await list("/MooseQuest/heroku")).body.secrets).toHaveLength(before.body.secrets.length + 1);
  });

  it("access tokens end half-way: as expired, or as gone", async () => {
    services.control.addFault({ nth: 2, do: "tokens-expire" });
    expect((await list("/")).status).toBe(200);
    for (const _ of [2, 3]) expect(await list("/")).toMatchObject({ status: 403, body: { error: "TokenError" } });
    services.control.clearFaults();
    ask = asking(services.infisical.url, services.infisical.vault.addIdentity().accessToken);
    services.control.addFault({ nth: 1, do: { change: "tokens-expire", as: "idle" } });
    expect(await list("/")).toMatchObject({ status: 401, body: { message: "No identity access token found" } });
  });

  it("the vault changes under way, whichever service is asked", async () => {
    const { vault } = services.infisical;
    const path = "/MooseQuest/heroku";
    services.control.addFault({ nth: 1, do: { change: "row-duplicated", path, name: "HEROKU_API_KEY" } });
    services.control.addFault({ nth: 2, do: { change: "approval-needed", path: "/MooseQuest/**" } });
    services.control.addFault({ nth: 3, do: { change: "folder-vanishes", path } });
    await heroku();
    expect(vault.secrets("prod", path).filter(({ name }) => name === "HEROKU_API_KEY")).toHaveLength(2);
    const made = await ask("POST", "/api/v3/secrets/raw/NEW", {
      body: { ...at(), secretPath: path, secretValue: "x" },
    });
    expect(made.body).toHaveProperty("approval");
    await heroku();
    expect(vault.folders("prod")).not.toContain(path);
  });

  it("a checkpoint brings both services back to where they were", async () => {
    const { vault } = services.infisical;
    const app = "raxx-console-staging";
    const before = [vault.allSecrets("prod"), vault.folders("prod"), services.heroku.apps.releases(app)];
    const back = services.checkpoint();
    for (const _ of [1, 2]) {
      vault.write("prod", "/MooseQuest/heroku", "HEROKU_API_KEY", "another");
      vault.deleteFolder("prod", "/MooseQuest/stripe");
      services.heroku.apps.set(app, { FLAG: "true" });
      back();
      expect([vault.allSecrets("prod"), vault.folders("prod"), services.heroku.apps.releases(app)]).toEqual(before);
    }
  });
});
