import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalHeroku, startHeroku } from "../../../src/local/heroku/index.js";
import { installClient } from "../install.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "heroku-cli-home-"));
const app = "raxx-console-staging";
const flag = "FLAG_CONSOLE_VAULT_ENV_AWARE";
let local: LocalHeroku;

beforeAll(async () => {
  await installClient(here);
  local = await startHeroku();
}, 600_000);
afterAll(async () => {
  await local?.close();
  rmSync(home, { recursive: true, force: true });
});

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  requests: string[];
}

/** The Heroku CLI as a person would run it, sent to the local service by HEROKU_HOST (its own variable for that). */
async function heroku(args: string[], key = local.keys.valid()[0] ?? ""): Promise<Ran> {
  local.control.requests.length = 0;
  const child = spawn(process.execPath, [join(here, "node_modules/heroku/bin/run.js"), ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: home,
      HEROKU_HOST: local.url,
      HEROKU_API_KEY: key,
      DISABLE_TELEMETRY: "true",
      HEROKU_SKIP_NEW_VERSION_CHECK: "true",
      HEROKU_DISABLE_AUTOUPDATE: "1",
    },
  });
  const ran: Ran = { code: null, stdout: "", stderr: "", requests: [] };
  child.stdout.on("data", (chunk) => {
    ran.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    ran.stderr += chunk;
  });
  ran.code = await new Promise((done) => child.on("close", done));
  ran.requests = local.control.requests.map(({ method, path, status }) => `${method} ${path} ${status}`);
  return ran;
}

test("heroku config:set sets the flag and tells the release", async () => {
  const ran = await heroku(["config:set", `${flag}=true`, "--app", app]);
  expect(ran).toMatchObject({ code: 0, stdout: `${flag}: true\n` });
  expect(ran.stderr).toContain(`Setting ${flag} and restarting ${app}... done, v5`);
  expect(ran.requests).toEqual([`PATCH /apps/${app}/config-vars 200`, `GET /apps/${app}/releases 206`]);
  expect(local.apps.vars(app)[flag]).toBe("true");
});

test("heroku config shows all vars of the app, and only reads", async () => {
  const ran = await heroku(["config", "--json", "--app", app]);
  expect(ran.code).toBe(0);
  expect(JSON.parse(ran.stdout)).toEqual(local.apps.vars(app));
  expect(ran.requests).toEqual([`GET /apps/${app}/config-vars 200`]);
});

test("heroku config:get shows one", async () => {
  expect(await heroku(["config:get", flag, "--app", app])).toMatchObject({ code: 0, stdout: "true\n" });
});

test("heroku config:unset removes it with a release of its own", async () => {
  const ran = await heroku(["config:unset", flag, "--app", app]);
  expect(ran.stderr).toContain(`Unsetting ${flag} and restarting ${app}... done, v6`);
  expect(ran.code).toBe(0);
  expect(local.apps.vars(app)).not.toHaveProperty(flag);
});

test("heroku releases tells what was set and removed, and by whom", async () => {
  const ran = await heroku(["releases", "--app", app]);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain("Current: v6");
  expect(ran.stdout).toMatch(new RegExp(`v6 +Remove ${flag} config vars +ops@raxx\\.example`));
  expect(ran.stdout).toMatch(new RegExp(`v5 +Set ${flag} config vars +ops@raxx\\.example`));
});

test("heroku authorizations makes a key that works, lists it and revokes it", async () => {
  const made = await heroku(["authorizations:create", "--short", "--description", "rotation"]);
  expect(made.code).toBe(0);
  const key = made.stdout.trim();
  expect(local.keys.valid()).toContain(key);
  expect(await heroku(["auth:whoami"], key)).toMatchObject({ code: 0, stdout: "ops@raxx.example\n" });

  const listed = JSON.parse((await heroku(["authorizations", "--json"])).stdout) as {
    id: string;
    description: string;
  }[];
  const { id } = listed.find(({ description }) => description === "rotation")!;
  expect((await heroku(["authorizations:revoke", id])).code).toBe(0);
  expect(local.keys.valid()).not.toContain(key);
});

test("what the service refuses, the CLI tells as it does with Heroku", async () => {
  const missing = await heroku(["config", "--app", "nope"]);
  expect(missing.stderr).toContain("Couldn't find that app.");
  const denied = await heroku(["config", "--app", app], "HRKU-11111111-0000-4000-8000-000000000000");
  expect(denied.stderr).toContain("The token provided to HEROKU_API_KEY is invalid.");
  expect([missing.code, denied.code]).not.toContain(0);
});
