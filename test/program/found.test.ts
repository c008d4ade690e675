// What the model and readers found, each as a plain example.
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readProject } from "../../src/engine/project/project.js";
import { defaultSeed } from "../../src/local/index.js";
import { providers } from "../../src/provider/index.js";
import type { StatusReport } from "../../src/report/index.js";
import { authFromEnvironment, createInfisicalClient } from "../../src/vault/client/index.js";
import { usual } from "../support/flavour.js";
import { shortWaits } from "../support/shortWaits.js";
import { stagingValues, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

shortWaits();

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const stripe = "STRIPE_RESTRICTED_KEY";
const onApi = (env: "staging" | "prod") => world.apps.vars(`raxx-api-${env}`)[stripe];

it("a rotation of the flat path, which staging's apps read too, refuses the value of a live key under any name", async () => {
  const live = world.flat("ALPACA_LIVE_API_SECRET_KEY")!;
  for (const name of ["POSTMARK_SERVER_TOKEN", "ALPACA_PAPER_API_SECRET_KEY"] as const) {
    const { code, err, writes } = await world.rotate(name, "staging", live);
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/the value is that of ALPACA_LIVE_API_SECRET_KEY/);
  }
});

it("an app that keeps somebody's value because the vault's breaks a rule still needs a takeover once the vault's is right", async () => {
  world.apps.set("raxx-api-prod", { [stripe]: "rk_live_somebodys" });
  world.write("/MooseQuest/stripe", stripe, "nonsense");
  world.set("prod", "manage", { [stripe]: ["raxx-api-prod"] });
  await world.up("prod");
  expect(onApi("prod")).toBe("rk_live_somebodys");

  world.write("/MooseQuest/stripe", stripe, valueFor(stripe, "prod"));
  const { code, err } = await world.up("prod");
  expect(code).toBe(3);
  expect(err).toMatch(/raxx-api-prod has another value in STRIPE_RESTRICTED_KEY/);
  expect(onApi("prod")).toBe("rk_live_somebodys");

  // Nor is it deleted there with the setting.
  world.set("prod", "manage", undefined);
  expect((await world.up("prod")).code).toBe(3);
  expect(onApi("prod")).toBe("rk_live_somebodys");
});

it("a managed value that is gone while the flag is on is recorded and restarts the soak; the app keeps its own", async () => {
  world.set("staging", "manage", { [stripe]: ["raxx-api-staging"] });
  world.set("staging", "takeover", { "raxx-api-staging": { [stripe]: "staging gets its own key" } });
  await world.stagingOn();
  const value = onApi("staging");
  world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/staging", stripe);
  const { code, err } = await world.up("staging");
  expect(code).toBe(3);
  expect(err).toMatch(/STRIPE_RESTRICTED_KEY: missing/);
  expect(onApi("staging")).toBe(value);

  world.hoursPass(47);
  done(await world.rotate(stripe, "staging", valueFor(stripe, "staging")));
  done(await world.up("staging"));
  done(await world.up("prod"));
  world.hoursPass(47);
  const early = await world.run(["promote", "--yes"]);
  expect(early.code).toBe(3);
  expect(early.err).toMatch(/staging has soaked 47 h of 48 h/);
});

it("a value that was right when it was read back is judged again when the one that it may not equal changes", async () => {
  await world.stagingOn();
  world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "False" });
  world.write("/MooseQuest/stripe", stripe, world.at("staging", stripe)!);
  const { code, err } = await world.up("staging");
  expect([code, world.flag("staging")]).toEqual([3, "False"]);
  expect(err).toMatch(
    /STRIPE_RESTRICTED_KEY: the value is the same as prod's at \/MooseQuest\/stripe\/ \(distinct; token /,
  );

  world.write("/MooseQuest/stripe", stripe, valueFor(stripe, "prod"));
  done(await world.up("staging"));
  expect(world.flag("staging")).toBe("true");
});

it("prod does not follow while an app of staging's holds a live key, though staging's update came before it got it", async () => {
  await world.stagingOn();
  done(await world.up("prod"));
  world.hoursPass(48);
  world.apps.set("raxx-api-staging", { SOME_KEY: world.flat("ALPACA_LIVE_API_KEY_ID")! });
  const { code, err, writes } = await world.run(["promote", "--yes"]);
  expect([code, writes]).toEqual([3, []]);
  expect(err).toMatch(/ALPACA_LIVE_API_KEY_ID: raxx-api-staging has its value, in a var outside the catalog/);
});

it("an app that has its own environment's value keeps it when the flat path is rotated, after a rollback as well", async () => {
  world.set("staging", "manage", { [stripe]: ["raxx-api-staging"] });
  world.set("staging", "takeover", { "raxx-api-staging": { [stripe]: "staging gets its own key" } });
  await world.stagingOn();
  const own = world.at("staging", stripe);
  done(await world.run(["rollback", "--stack", "staging", "--yes", "--accept-stale"]));
  const { out } = done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
  expect(out).toContain("raxx-api-staging has its own environment's value, and keeps it");
  expect([onApi("staging"), onApi("prod")]).toEqual([own, world.flat(stripe)]);
});

it("a rotation with a key that does not see every app changes nothing at all", async () => {
  world.control.addFault({
    service: "heroku",
    path: "/apps/raxx-api-prod",
    do: { status: 403, body: { id: "forbidden", message: "no" } },
  });
  const { code, writes } = await world.rotate(
    "POSTMARK_SERVER_TOKEN",
    "prod",
    valueFor("POSTMARK_SERVER_TOKEN", "prod"),
  );
  expect([code, writes]).toEqual([1, []]);
});

it("status --check sees a live key on a staging app, though no update has run since", async () => {
  done(await world.up("staging"));
  world.apps.set("raxx-api-staging", { ALPACA_LIVE_API_KEY_ID: world.flat("ALPACA_LIVE_API_KEY_ID")! });
  const { code, err } = await world.run(["status", "--check"]);
  expect(code).toBe(4);
  expect(err).toMatch(/staging: ALPACA_LIVE_API_KEY_ID: staging must never hold it, and raxx-api-staging has it/);
});

it("status and up agree that nothing is confirmed while a live key stands on a staging app, or an app cannot get its value", async () => {
  const statusOf = async (env: string) => {
    const { environments } = JSON.parse(done(await world.run(["status", "--json"])).out) as StatusReport;
    return environments.find((one) => one.name === env)!;
  };
  done(await world.up("staging"));
  await world.provisionStaging(stagingValues());
  done(await world.up("staging"));
  expect((await statusOf("staging")).phase).toBe("confirmed");

  const live = world.flat("ALPACA_LIVE_API_KEY_ID")!;
  world.apps.set("raxx-api-staging", { ALPACA_LIVE_API_KEY_ID: live });
  const before = await statusOf("staging");
  expect((await world.up("staging")).out).toMatch(/phase {3}awaiting-provision/);
  expect(before).toEqual(await statusOf("staging"));
  expect(before).toMatchObject({ phase: "awaiting-provision", soak: { since: null } });

  done(await world.up("prod"));
  world.write("/MooseQuest/postmark", "POSTMARK_SERVER_TOKEN", "x".repeat(70_000));
  world.set("prod", "manage", { POSTMARK_SERVER_TOKEN: ["raxx-api-prod"] });
  await world.up("prod");
  expect((await statusOf("prod")).phase).toBe("awaiting-provision");
});

it("a foreign name that changes in a staging folder is no rotation", async () => {
  world.set("prod", "requireStagingRotation", true);
  await world.stagingOn();
  done(await world.up("prod"));
  for (const value of ["one", "two"]) world.write("/MooseQuest/heroku/staging", "SOMEBODYS_NOTE", value);
  world.hoursPass(48);
  const { code, err } = await world.run(["promote", "--yes"]);
  expect(code).toBe(3);
  expect(err).toMatch(/no rotation seen on staging/);
});

it("a stack whose flag an update has turned off can be destroyed", async () => {
  await world.stagingOn();
  world.set("staging", "vaultEnvAware", false);
  await world.run(["rollback", "--stack", "staging", "--yes", "--accept-stale"]);
  done(await world.run(["destroy", "--stack", "staging", "--yes"]));
});

async function toRetire(): Promise<void> {
  await world.prodOn();
  world.hoursPass(48);
  world.set("prod", "retireFlat", true);
}

it("a flat copy stays when the environment's value goes while the others are deleted", async () => {
  await toRetire();
  world.control.onRequest = ({ method, path }) => {
    if (method === "DELETE" && path.endsWith("/HEROKU_API_KEY"))
      world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/prod", stripe);
  };
  const { writes } = await world.up("prod");
  expect(writes.some((line) => line.includes("DELETE"))).toBe(true);
  expect(world.flat(stripe)).toMatch(/^rk_live_/);
});

it("what an interrupted retirement has deleted is written back as well, also where it was never copied", async () => {
  world.set("prod", "sources", { HEROKU_API_KEY: "provision" });
  world.write("/MooseQuest/heroku/prod", "HEROKU_API_KEY", world.flat("HEROKU_API_KEY")!);
  await toRetire();
  const before = world.flat("HEROKU_API_KEY");
  world.control.addFault({
    service: "infisical",
    method: "DELETE",
    path: "ALPACA",
    do: { status: 500, body: { message: "trouble" } },
  });
  expect((await world.up("prod")).code).toBe(1);
  expect(world.flat("HEROKU_API_KEY")).toBeUndefined();
  world.control.clearFaults();
  done(await world.up("prod"));
  world.set("prod", "retireFlat", false);
  done(await world.up("prod"));
  expect(world.flat("HEROKU_API_KEY")).toBe(before);
});

it("a folder that a stack made is not deleted with credentials in it that the token may not read", async () => {
  const { vault, url } = world.services.infisical;
  const path = "/MooseQuest/stripe/staging/";
  world.write("/MooseQuest/stripe/staging", stripe, valueFor(stripe, "staging"));
  const { id: project } = vault.project;
  const client = createInfisicalClient({
    url,
    projectId: project,
    environment: "prod",
    auth: authFromEnvironment(world.env),
  });
  const { id } = (await client.listFolders("/MooseQuest/stripe/")).find((one) => one.path === path)!;
  // Enough to make folders, and to delete them with all that is in them.
  const scopes = ["/MooseQuest", "/MooseQuest/*"].map((secretPath) => ({ environment: "prod", secretPath }));
  vi.stubEnv("INFISICAL_TOKEN", vault.addServiceToken({ name: "narrow", scopes, permissions: ["read", "write"] }));
  const props = { version: 1, vault: { url, project, slug: "prod" }, path, make: null, created: true, folderId: id };
  await expect(providers.folder.delete(path, props)).rejects.toThrow(/may not list the secrets/);
  vi.unstubAllEnvs();
  expect(world.at("staging", stripe)).toBeDefined();
});

describe("rollback looks again once nobody else can write", () => {
  /** Does something right after the command's first look at the vault. */
  const afterFirstLook = (work: () => void) => {
    let looked = false;
    world.control.onRequest = ({ service, path }) => {
      if (path.startsWith(usual("/api/v3/secrets/raw"))) looked = true;
      if (!looked || service !== "heroku") return;
      world.control.onRequest = undefined;
      setImmediate(work);
    };
  };

  it("and stays where the flat path was retired meanwhile", async () => {
    await world.prodOn();
    const file = readFileSync(world.file("staging"), "utf8");
    afterFirstLook(() => world.services.infisical.vault.delete("prod", "/MooseQuest/stripe", stripe));
    const { code, err, writes } = await world.run(["rollback", "--stack", "staging", "--yes"]);
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY would be read at the flat path, where it is not any more/);
    expect(err).toContain("Pulumi.staging.yaml is as it was");
    expect(readFileSync(world.file("staging"), "utf8")).toBe(file);
  });

  it("and restores the value that works now, not the one that it saw first", async () => {
    await world.prodOn();
    const [first, second] = [valueFor(stripe, "prod"), "rk_live_the_newest_of_all"];
    done(await world.rotate(stripe, "prod", first));
    afterFirstLook(() => world.write("/MooseQuest/stripe/prod", stripe, second));
    done(await world.run(["rollback", "--stack", "prod", "--yes", "--restore-flat"]));
    expect([world.flag("prod"), world.flat(stripe)]).toEqual(["false", second]);
  });

  it("and leaves its file as it was while a colleague updates the stack, or the one that owns the flat path", async () => {
    await world.stagingOn();
    const file = readFileSync(world.file("staging"), "utf8");
    for (const stack of ["staging", "prod"] as const) {
      const release = world.lock(stack);
      const { code, err, writes } = await world.run(["rollback", "--stack", "staging", "--yes"]);
      release();
      expect([code, writes]).toEqual([1, []]);
      expect(err).toMatch(new RegExp(`Stack ${stack} is being updated by colleague@elsewhere`));
      expect(err.includes("without waiting for it: --force")).toBe(stack === "prod");
      expect(err).toContain("Pulumi.staging.yaml is as it was");
      expect(readFileSync(world.file("staging"), "utf8")).toBe(file);
    }
  });
});

it("staging is rolled back without waiting for prod's update where it is forced", async () => {
  await world.stagingOn();
  const release = world.lock("prod");
  done(await world.run(["rollback", "--stack", "staging", "--yes", "--force"]));
  release();
  expect(world.flag("staging")).toBe("false");
});

it("a flag that turns on while a rollback believes it off is not turned off unlooked", async () => {
  await toRetire();
  done(await world.up("prod"));
  world.apps.set("raxx-console-prod", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
  world.control.addFault({ service: "infisical", do: { status: 503, body: {} } });
  let looks = 0;
  world.control.onRequest = ({ path }) => {
    if (path !== "/apps/raxx-console-prod/config-vars" || ++looks !== 1) return;
    setImmediate(() => world.apps.set("raxx-console-prod", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" }));
  };
  const { code, writes } = await world.run(["rollback", "--stack", "prod", "--yes"]);
  expect([code, writes, world.flag("prod")]).toEqual([3, [], "true"]);
});

it("another account's key does not let a managed var be deleted on a running app", async () => {
  const name = "POSTMARK_SERVER_TOKEN";
  const seed = defaultSeed();
  const apps = seed.heroku.apps.map((one) => one.name);
  const key = valueFor("HEROKU_API_KEY", "staging");
  seed.heroku.accounts.push({ email: "other@raxx.example", keys: [key], apps });
  const two = await World.open({ seed });
  two.set("prod", "manage", { [name]: ["raxx-console-prod"] });
  done(await two.up("prod"));
  const value = two.apps.vars("raxx-console-prod")[name];
  two.set("prod", "manage", undefined);
  const argv = ["up", "--stack", "prod", "--yes", "--rebind"];
  const { code, err } = await two.run(argv, { env: { HEROKU_API_KEY: key } });
  expect(code).toBe(3);
  expect(err).toMatch(/is managed by this stack and would be deleted there/);
  expect(two.apps.vars("raxx-console-prod")[name]).toBe(value);
  await two.close();
});

it("a stack is left though Heroku does not show its app any more", async () => {
  done(await world.up("prod"));
  world.control.addFault({ service: "heroku", path: "apps/[0-9a-f-]{36}", do: { status: 404, body: {} } });
  done(await world.run(["destroy", "--stack", "prod", "--yes"]));
});

it("with the vault down, a flat path that is known to be retired is not gone back to, --force or not", async () => {
  await toRetire();
  done(await world.up("prod"));
  world.control.addFault({ service: "infisical", do: { status: 503, body: {} } });
  for (const stack of ["staging", "prod"] as const) {
    const { code, err, writes } = await world.run(["rollback", "--stack", stack, "--yes", "--force"]);
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/would be read at the flat path, where it is not any more/);
    expect(world.flag(stack)).toBe("true");
  }
});

it("a rotation of the flat path with a token that cannot see staging's values does not bring prod's to staging's apps", async () => {
  const name = "POSTMARK_SERVER_TOKEN";
  await world.stagingOn();
  done(await world.rotate(name, "staging", valueFor(name, "staging")));
  done(await world.up("staging"));
  const own = world.apps.vars("raxx-api-staging")[name];
  done(await world.run(["rollback", "--stack", "staging", "--yes"]));
  const { vault } = world.services.infisical;
  const scopes = ["/MooseQuest/*", "/MooseQuest/*/prod"].map((secretPath) => ({ environment: "prod", secretPath }));
  const token = vault.addServiceToken({ name: "prod's", scopes, permissions: ["read", "write"] });
  const env = { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: undefined, INFISICAL_CLIENT_SECRET: undefined };
  const value = valueFor(name, "prod");
  const { code, out, err } = await world.rotate(name, "prod", value, { env });
  // The update that records it in staging's stack has to read staging's folders.
  expect([code, err]).toEqual([1, expect.stringMatching(/Nothing has to be written again.*up --stack staging/s)]);
  expect(out).toMatch(/could not be compared with \/MooseQuest\/postmark\/staging\/POSTMARK_SERVER_TOKEN/);
  expect([world.apps.vars("raxx-api-staging")[name], world.apps.vars("raxx-api-prod")[name]]).toEqual([own, value]);
});

it("a retired stack that misses a credential is not called retired", async () => {
  await toRetire();
  done(await world.up("prod"));
  world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/prod", stripe);
  const { code } = await world.up("prod");
  expect(code).toBe(3);
  expect(await world.migration("prod")).toMatchObject({ phase: "soaking", missing: [stripe], confirmedSince: null });
  const { out } = await world.run(["status", "--json"]);
  const { next } = JSON.parse(out) as { next: { command: string }[] };
  expect(next.map(({ command }) => command)).toEqual([
    `console-vault rotate ${stripe} --env prod`,
    "console-vault up --stack prod",
  ]);
});

it("nothing is pending after a credential was first managed on an app that did not have it", async () => {
  world.set("prod", "manage", { POSTMARK_SERVER_TOKEN: ["raxx-console-prod"] });
  done(await world.up("prod"));
  done(await world.run(["preview", "--stack", "prod", "--expect-no-changes"]));
});

describe("provision", () => {
  const name = "POSTMARK_SERVER_TOKEN";

  it("writes nothing while an update of the stack runs", async () => {
    const release = world.lock("staging");
    const { code, err, writes } = await world.provision(name, valueFor(name, "staging"));
    expect([code, writes]).toEqual([1, []]);
    expect(err).toMatch(/Stack staging is being updated by colleague@elsewhere/);
    release();
    done(await world.provision(name, valueFor(name, "staging")));
  });

  // Two that see each other's lock at the same moment both step back, as with the Pulumi CLI's file backend.
  it("of two at once at most one writes, and whoever did not is told who holds the lock", async () => {
    const both = await Promise.all([0, 1].map(() => world.provision(name, valueFor(name, "staging"))));
    const [wrote, refused] = [both.filter(({ code }) => code === 0), both.filter(({ code }) => code === 1)];
    expect([wrote.length, refused.length]).toEqual(wrote.length === 1 ? [1, 1] : [0, 2]);
    for (const { err } of refused) expect(err).toMatch(/locked|lock/);
    const rows = world.snapshot().secrets.filter(({ at }) => at === `/MooseQuest/postmark/staging/${name}`);
    expect(rows).toHaveLength(wrote.length);
    if (wrote.length === 0) done(await world.provision(name, valueFor(name, "staging")));
  });

  it("leaves a name that is missing under a running flag to rotate, which tells the apps and makes the folder", async () => {
    await world.stagingOn();
    world.services.infisical.vault.deleteFolder("prod", "/MooseQuest/postmark/staging");
    const value = valueFor(name, "staging");
    const { code, err, writes } = await world.provision(name, value);
    expect([code, writes]).toEqual([3, []]);
    expect(err).toContain(`console-vault rotate ${name} --env staging`);
    done(await world.rotate(name, "staging", value));
    expect([world.at("staging", name), world.apps.vars("raxx-api-staging")[name]]).toEqual([value, value]);
  });

  it("takes text only: what is no UTF-8, or has control characters in it, is another value than the one meant", async () => {
    for (const input of [Buffer.from([0x62, 0xff, 0xfe]), Buffer.from("a key", "utf16le")]) {
      const { code, err, writes } = await world.spawn(["provision", name, "--env", "staging"], { input });
      expect([code, writes]).toEqual([2, []]);
      expect(err).toMatch(/not UTF-8 text|control characters/);
    }
  });
});

it("a Heroku key in clear is seen by the check that runs on pull requests", async () => {
  const file = world.file("staging");
  writeFileSync(file, readFileSync(file, "utf8").replace("config:\n", "config:\n  heroku:apiKey: HRKU-in-clear\n"));
  const { code, err } = await world.run(["preview", "--offline", "--stack", "staging"]);
  expect(code).toBe(2);
  expect(err).toMatch(/heroku:apiKey: is there in clear/);
});

describe("--json", () => {
  it("answers a refusal and a failure with one document too", async () => {
    await world.stagingOn();
    const early = await world.run(["promote", "--yes", "--json"]);
    expect([early.code, JSON.parse(early.out)]).toMatchObject([
      3,
      { result: "refused", reasons: [expect.stringMatching(/^staging has soaked/)] },
    ]);
    world.control.addFault({ service: "infisical", do: { status: 403, body: {} } });
    const down = await world.run(["status", "--json"]);
    expect([down.code, JSON.parse(down.out)]).toMatchObject([1, { result: "failed" }]);
  });

  it("of cancel says who held the lock; and there is none of SQL", async () => {
    const { code, out } = await world.run(["cancel", "--stack", "staging", "--yes", "--json"]);
    expect([code, JSON.parse(out)]).toEqual([0, { freed: [], next: ["console-vault up --stack staging"] }]);
    expect((await world.run(["cancel", "--stack", "staging", "--yes"])).out).toBe(
      "staging is not locked; nothing was changed.",
    );
    expect((await world.run(["flags", "--sql", "up", "--json"])).code).toBe(2);
  });
});

it("staging's update does not name a promotion that has been made", async () => {
  await world.prodOn();
  world.hoursPass(48);
  const { out } = done(await world.up("staging"));
  expect(out).toMatch(/phase {3}soaked/);
  expect(out).not.toContain("promote");
});

it("the Pulumi CLI by itself looks before it plans, as console-vault does: a flag that was set by hand is seen", async () => {
  expect((await readProject({ projectDir: world.dir, stack: "staging", env: {} })).alwaysRefresh).toBe(true);
});
