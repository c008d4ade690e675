// doctor: each thing that can be missing, one at a time.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RunOptions, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
afterEach(() => world.control.clearFaults());

interface Line {
  readonly check: string;
  readonly subject: string | null;
  readonly state: string;
  readonly found: string;
  readonly fix: string | null;
}

async function doctor(options: RunOptions = {}, ...argv: string[]) {
  const ran = await world.run(["doctor", "--json", ...argv], options);
  const { result, checks } = JSON.parse(ran.out) as { result: string; checks: Line[] };
  // Nothing but the login is sent that is no GET, and no secret of the vault is asked for by its name.
  expect(ran.writes).toEqual([]);
  for (const { method, path } of ran.requests)
    expect(`${method} ${path}`).toMatch(/^(GET |POST \/api\/v1\/auth\/universal-auth\/login$)/);
  for (const { path } of ran.requests.filter((one) => /^\/api\/v[34]\/secrets/.test(one.path)))
    expect(path).toMatch(/\/(secrets|raw)(\/console-vault-doctor-[0-9a-f-]{36})?$/);
  for (const { path } of ran.requests) expect(path).not.toContain("config-vars");
  // Each line that is not right has its fix, and no other.
  for (const { state, fix } of checks) expect(fix === null).toBe(state === "ok");
  expect([ran.code, result]).toEqual(checks.some(({ state }) => state === "missing") ? [4, "missing"] : [0, "ok"]);
  return { ...ran, checks, missing: checks.filter(({ state }) => state === "missing") };
}

/** The one thing that is missing. */
async function onlyMissing(options: RunOptions = {}, ...argv: string[]): Promise<Line> {
  const { missing } = await doctor(options, ...argv);
  expect(missing, JSON.stringify(missing, null, 2)).toHaveLength(1);
  return missing[0]!;
}

const token = (secretPath: string, permissions: ("read" | "write")[] = ["read", "write"]) =>
  world.services.infisical.vault.addServiceToken({
    name: "the one in question",
    scopes: [{ environment: "prod", secretPath }],
    permissions,
  });
const withToken = (value: string): RunOptions => ({
  env: { INFISICAL_TOKEN: value, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined },
});

describe("with everything there", () => {
  it("misses nothing, and says what there is", async () => {
    const { checks, code } = await doctor();
    expect(code).toBe(0);
    const found = (check: string) => checks.filter((one) => one.check === check).map((one) => one.found);
    expect(found("catalog")).toEqual(["23 credentials, 2 environments"]);
    expect(found("heroku")[0]).toContain("ops@raxx.example");
    expect(found("heroku-apps")).toEqual([
      "raxx-api-staging, raxx-console-staging",
      "raxx-api-prod, raxx-console-prod",
    ]);
    expect(found("infisical-token")[0]).toMatch(/^machine identity [0-9a-f-]{36}; until \d{4}-/);
    expect(found("engine")).toHaveLength(2);
    expect(found("passphrase")).toEqual(Array(2).fill("passphrase set; the stack has nothing encrypted yet"));
    // What only a write could tell is not asked for.
    expect(checks.find(({ check }) => check === "rights")).toMatchObject({ state: "unknown" });
  });

  it("knows a service token's rights at every folder", async () => {
    const { checks } = await doctor(withToken(token("/MooseQuest/**")));
    const rights = checks.filter(({ check }) => check === "rights");
    expect(rights).toHaveLength(12);
    for (const { found } of rights) expect(found).toBe("read, write");
  });

  it("prints a table, and under it each fix once", async () => {
    const { out, code } = await world.run(["doctor"]);
    expect(code).toBe(0);
    expect(out).toMatch(/✓ +node +Node \d+/);
    expect(out.match(/Compare the identity's role with docs\/security\.md/g)).toHaveLength(1);
  });

  it("looks at one stack with --stack", async () => {
    const { checks } = await doctor({}, "--stack", "staging");
    expect(checks.filter(({ check }) => check === "config").map(({ subject }) => subject)).toEqual(["staging"]);
    expect(checks.filter(({ check }) => check === "heroku-apps")).toHaveLength(1);
  });
});

describe("misses", () => {
  it("a project, in a folder without one; the services are looked at all the same", async () => {
    mkdirSync(join(world.dir, "../empty-folder"), { recursive: true });
    const elsewhere = join(world.dir, "../empty-folder");
    const { missing, checks } = await doctor({}, "--cwd", elsewhere);
    rmSync(elsewhere, { recursive: true });
    expect(missing).toEqual([expect.objectContaining({ check: "project" })]);
    expect(checks.filter(({ state }) => state === "ok").map(({ check }) => check)).toEqual(
      expect.arrayContaining(["infisical", "infisical-token", "heroku"]),
    );
  });

  it("a project: credentials for Infisical go to no server that nobody named", async () => {
    const elsewhere = join(world.dir, "../unnamed");
    mkdirSync(elsewhere, { recursive: true });
    const services = { INFISICAL_API_URL: undefined, HEROKU_API_URL: undefined, HEROKU_API_KEY: undefined };
    // Nothing may be reached from here: a proxy that is not there stands before every host.
    const proxy = { HTTPS_PROXY: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" };
    const before = { ...process.env };
    Object.assign(process.env, proxy);
    const { checks } = await doctor({ env: services }, "--cwd", elsewhere);
    for (const name of Object.keys(proxy)) delete process.env[name];
    Object.assign(process.env, before);
    rmSync(elsewhere, { recursive: true });
    expect(checks.filter(({ check }) => check === "infisical-token").map(({ state }) => state)).not.toContain("ok");
  });

  it("a stack's file", async () => {
    renameSync(world.file("prod"), `${world.file("prod")}.away`);
    expect(await onlyMissing()).toMatchObject({
      check: "config",
      subject: "prod",
      found: "there is no Pulumi.prod.yaml",
    });
    renameSync(`${world.file("prod")}.away`, world.file("prod"));
  });

  it("each problem of a stack's file, a line each", async () => {
    world.set("prod", "soakHours", 12);
    world.set("prod", "vaultEnvAwar", true);
    const { missing } = await doctor();
    expect(missing.map(({ check, subject }) => [check, subject])).toEqual([
      ["config", "prod"],
      ["config", "prod"],
    ]);
    expect(missing.map(({ found }) => found).join("\n")).toMatch(/vaultEnvAwar.*\n?.*soakHours/s);
    world.set("prod", "soakHours", undefined);
    world.set("prod", "vaultEnvAwar", undefined);
  });

  it.each([
    [
      "Infisical's credentials",
      { INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined },
      "infisical-token",
    ],
    ["a right secret of them", { INFISICAL_CLIENT_SECRET: "wrong" }, "infisical-token"],
    ["Heroku's key", { HEROKU_API_KEY: undefined }, "heroku"],
    ["a right one", { HEROKU_API_KEY: "HRKU-00000000-0000-0000-0000-000000000000" }, "heroku"],
    ["Infisical", { INFISICAL_API_URL: "http://127.0.0.1:9" }, "infisical"],
    ["Heroku", { HEROKU_API_URL: "http://127.0.0.1:9" }, "heroku"],
    ["a Pulumi CLI that PULUMI_CLI names", { PULUMI_CLI: "/nowhere/pulumi" }, "pulumi-cli"],
  ])("%s", async (_, env, check) => {
    const { missing } = await doctor({ env });
    expect(missing.map((one) => one.check)).toContain(check);
    // An engine needs the CLI that was named.
    for (const one of missing) expect([check, "engine"]).toContain(one.check);
  });

  it("one service on loopback without the other", async () => {
    const { missing } = await doctor({ env: { HEROKU_API_URL: "https://api.heroku.com" } });
    expect(missing.map(({ check }) => check)).toEqual(["config", "config", "config"]);
    expect(missing[0]!.found).toContain("only Infisical is on loopback");
  });

  it("a project that the token belongs to, and an environment of it", async () => {
    for (const stack of ["staging", "prod"] as const) world.set(stack, "infisicalEnvironment", "live");
    expect(await onlyMissing()).toMatchObject({ check: "infisical-project", found: expect.stringContaining("live") });
    for (const stack of ["staging", "prod"] as const) {
      world.set(stack, "infisicalEnvironment", "prod");
      world.set(stack, "infisicalProjectId", "11111111-1111-1111-1111-111111111111");
    }
    expect(await onlyMissing()).toMatchObject({ check: "infisical-project" });
    for (const stack of ["staging", "prod"] as const)
      world.set(stack, "infisicalProjectId", "7d5f9a52-1c0e-4a6b-9f60-0c5a6e1b2d34");
  });

  it("rights, by folder and command", async () => {
    const { missing } = await doctor(withToken(token("/MooseQuest/heroku/**")));
    expect(new Set(missing.map(({ check }) => check))).toEqual(new Set(["rights"]));
    expect(missing.map(({ subject }) => subject)).not.toContain("/MooseQuest/heroku/prod/");
    const stripe = missing.find(({ subject }) => subject === "/MooseQuest/stripe/prod/")!;
    expect(stripe.found).toContain("provision --env prod");
    expect(stripe.fix).toContain("read and write at /MooseQuest/stripe/prod/");
  });

  it("the right to write", async () => {
    const { missing } = await doctor(withToken(token("/MooseQuest/**", ["read"])), "--stack", "prod");
    expect(missing).toHaveLength(8);
    for (const { found } of missing) expect(found).toMatch(/^the token may read; write is needed by /);
  });

  it("an identity's right to read", async () => {
    const { clientId, clientSecret } = world.services.infisical.vault.addIdentity({ role: "no-access" });
    const { missing } = await doctor({ env: { INFISICAL_CLIENT_ID: clientId, INFISICAL_CLIENT_SECRET: clientSecret } });
    expect(missing.map(({ check }) => check)).toContain("rights");
  });

  it("an app that the account does not see", async () => {
    const back = world.services.checkpoint();
    world.apps.remove("raxx-api-prod");
    expect(await onlyMissing()).toMatchObject({
      check: "heroku-apps",
      subject: "prod",
      fix: "heroku access:add ops@raxx.example --app raxx-api-prod",
    });
    back();
  });

  it("the passphrase that fits", async () => {
    const file = world.file("staging");
    const text = readFileSync(file, "utf8");
    const salt = "v1:ESS7+3RxE2o=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
    writeFileSync(file, `encryptionsalt: ${salt}\n${text}`);
    const line = await onlyMissing();
    writeFileSync(file, text);
    expect(line).toMatchObject({ check: "passphrase", subject: "staging" });
  });

  it("a server that is no Infisical", async () => {
    world.control.addFault({ service: "infisical", path: "/api/status", do: { status: 200, body: "<html></html>" } });
    expect(await onlyMissing()).toMatchObject({ check: "infisical" });
  });

  it("a server with the routes that are used", async () => {
    for (const path of ["/api/v4/secrets", "/api/v3/secrets/raw"])
      world.control.addFault({
        service: "infisical",
        path,
        do: { status: 404, body: { message: `Route GET:${path} not found`, error: "Not Found", statusCode: 404 } },
      });
    expect(await onlyMissing()).toMatchObject({ check: "infisical", found: "has no /api/v3/secrets/raw" });
  });
});

it("a clock that is elsewhere is told, and on the local services it is theirs to be", async () => {
  world.hoursPass(48);
  const { checks } = await doctor();
  expect(checks.filter(({ check }) => check === "clock").map(({ found }) => found)).toEqual(
    expect.arrayContaining([expect.stringContaining("48 h ahead of this machine's")]),
  );
});

it("asks nothing of a stack that is none", async () => {
  const ran = await world.run(["doctor", "--stack", "stagin"]);
  expect([ran.code, ran.requests]).toEqual([2, []]);
});
