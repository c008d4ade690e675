// What the other sentences take for granted: previews change nothing, Ctrl-C is clean, local services can be used from a shell.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stagingValues } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

describe("preview", () => {
  it("shows names, paths and actions, and writes nothing, to the services or to a file", async () => {
    const [there, files] = [world.snapshot(), world.files()];
    const { out, writes } = done(await world.run(["preview", "--stack", "prod"]));
    expect(out).toMatch(/\+ folder +\/MooseQuest\/heroku\/prod\/ +create/);
    expect(out).toMatch(/HEROKU_API_KEY +copy from \/MooseQuest\/heroku\//);
    expect(writes).toEqual([]);
    expect(world.snapshot()).toEqual(there);
    expect(world.files()).toEqual(files);
  });

  it("takes --yes, as every command of a stack does", async () => {
    const { writes } = done(await world.run(["preview", "--stack", "prod", "--yes"]));
    expect(writes).toEqual([]);
  });

  it("--expect-no-changes ends with 4 while there are some, and with 0 after the update", async () => {
    const pending = await world.run(["preview", "--stack", "prod", "--expect-no-changes"]);
    expect(pending.code).toBe(4);
    expect(pending.err).toMatch(/changes are pending on prod: console-vault up --stack prod/);
    done(await world.up("prod"));
    done(await world.run(["preview", "--stack", "prod", "--expect-no-changes"]));
  });
});

describe("up with nothing to do", () => {
  it("is refused while somebody else updates the stack, and names who", async () => {
    done(await world.up("prod"));
    const release = world.lock("prod");
    const { code, err } = await world.up("prod");
    release();
    expect(code).toBe(1);
    expect(err).toMatch(/Stack prod is being updated by colleague@elsewhere/);
    expect(err.split("\n")).toContain("  console-vault cancel --stack prod");
    expect(done(await world.up("prod")).writes).toEqual([]);
  });
});

describe("refresh", () => {
  it("a folder that somebody deleted with all that was in it is made again, and its copies too", async () => {
    done(await world.up("prod"));
    world.services.infisical.vault.deleteFolder("prod", "/MooseQuest/heroku/prod");
    done(await world.run(["refresh", "--stack", "prod", "--yes"]));
    done(await world.up("prod"));
    expect(world.at("prod", "HEROKU_API_KEY")).toBe(world.flat("HEROKU_API_KEY"));
    expect(done(await world.up("prod")).writes).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  it("finishes what is under way, says so, and the same command goes on", async () => {
    const interrupt = new AbortController();
    world.control.onRequest = ({ write }) => {
      if (write) interrupt.abort();
    };
    const { code, err } = await world.up("prod", { signal: interrupt.signal });
    world.control.onRequest = undefined;
    expect(code).toBe(1);
    expect(err).toMatch(/Interrupted.*goes on from here/);
    done(await world.up("prod"));
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed" });
  });

  it("during promote leaves the config file as it was, as long as the flag is off", async () => {
    await world.stagingOn();
    world.hoursPass(48);
    const file = readFileSync(world.file("prod"), "utf8");
    const interrupt = new AbortController();
    world.control.onRequest = ({ write }) => {
      if (write) interrupt.abort();
    };
    const { code } = await world.run(["promote", "--yes"], { signal: interrupt.signal });
    world.control.onRequest = undefined;
    expect([code, world.flag("prod")]).toEqual([1, undefined]);
    expect(readFileSync(world.file("prod"), "utf8")).toBe(file);
  });
});

it("local start refuses a fault plan that it does not understand, before anything is served", async () => {
  writeFileSync(join(world.dir, "faults.json"), '[{"nth": 0, "do": "drop"}]');
  const { code, out, err } = await world.run(["local", "start", "--faults", join(world.dir, "faults.json")]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain("at [0].nth");
  expect((await world.run(["local", "start", "--faults", "nowhere.json"])).err).toContain("cannot read nowhere.json");
});

describe("local start", () => {
  let services: ChildProcess | undefined;
  afterEach(() => {
    services?.kill("SIGKILL");
  });

  it("prints exports with which another shell takes staging from nothing to its flag, and ends with Ctrl-C", async () => {
    const bin = fileURLToPath(new URL("../../bin/console-vault.mjs", import.meta.url));
    services = spawn(process.execPath, [bin, "local", "start"], { cwd: world.dir });
    const env: Record<string, string> = {};
    for await (const line of createInterface({ input: services.stdout! })) {
      const [, name, value] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
      if (name) env[name] = value!;
      if (name === "PULUMI_CONFIG_PASSPHRASE") break;
    }
    expect(Object.keys(env).sort()).toEqual([
      "HEROKU_API_KEY",
      "HEROKU_API_URL",
      "INFISICAL_API_URL",
      "INFISICAL_CLIENT_ID",
      "INFISICAL_CLIENT_SECRET",
      "INFISICAL_TOKEN",
      "PULUMI_BACKEND_URL",
      "PULUMI_CONFIG_PASSPHRASE",
    ]);
    done(await world.up("staging", { env }));
    for (const [name, value] of Object.entries(stagingValues()))
      done(await world.run(["provision", name, "--env", "staging"], { input: value, env }));
    world.set("staging", "vaultEnvAware", true);
    expect(done(await world.up("staging", { env })).out).toMatch(/is on \(raxx-console-staging\)/);

    const clock = await fetch(`${env.HEROKU_API_URL}/_local/clock`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ advanceHours: 48 }),
    });
    expect(clock.status).toBe(200);
    done(await world.run(["promote", "--yes"], { env }));

    const state = env.PULUMI_BACKEND_URL!.replace("file://", "");
    expect(existsSync(state)).toBe(true);
    services.kill("SIGINT");
    const code = await new Promise((ended) => services!.on("close", ended));
    expect([code, existsSync(state)]).toEqual([0, false]);
  });
});
