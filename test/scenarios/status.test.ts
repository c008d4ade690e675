// What status says at each stage: where it stands, what is wrong, and the next command to type.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StatusReport, statusReport } from "../../src/report/index.js";
import { usual } from "../support/flavour.js";
import { leaks } from "../support/leaks.js";
import { stagingNames, stagingValues, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

const status = async (): Promise<StatusReport> =>
  statusReport.parse(JSON.parse(done(await world.run(["status", "--json"])).out));
const commands = ({ next }: StatusReport) => next.map(({ command }) => command);
const phases = ({ environments }: StatusReport) => environments.map(({ phase }) => phase);
const check = async () => {
  const { code, err, writes } = await world.run(["status", "--check"]);
  expect(writes).toEqual([]);
  return { code, err };
};
const cell = (report: StatusReport, name: string, env: string) =>
  report.credentials.find((one) => one.name === name)!.environments.find(({ environment }) => environment === env)!;

describe("status, one stage after the other", () => {
  it("before anything: nothing has been moved, nothing is in the way, and staging begins", async () => {
    const report = await status();
    expect(phases(report)).toEqual(["empty", "empty"]);
    expect(report.environments.flatMap(({ blocked }) => blocked)).toEqual([]);
    expect(commands(report)).toEqual(["console-vault up --stack staging"]);
    expect(done(await world.run(["status"])).out).toMatch(/Nothing has been moved yet/);
    expect(await check()).toEqual({ code: 0, err: "" });
  });

  it("staging begun: the credentials to provision, one command each, and prod may be prepared", async () => {
    done(await world.up("staging"));
    const report = await status();
    expect(phases(report)).toEqual(["awaiting-provision", "empty"]);
    expect(commands(report)).toEqual([
      ...stagingNames.map((name) => `console-vault provision ${name} --env staging`),
      "console-vault up --stack staging",
      "console-vault up --stack prod",
    ]);
    expect(cell(report, "POSTMARK_SERVER_TOKEN", "staging").state).toBe("waiting");
    expect(cell(report, "ALPACA_LIVE_API_KEY_ID", "staging").state).toBe("never");
  });

  it("provisioned and not read back by an update yet: placed, and only what still waits is asked for", async () => {
    const [first, ...others] = stagingNames;
    done(await world.provision(first!, valueFor(first!, "staging")));
    const provisions = others.map((name) => `console-vault provision ${name} --env staging`);
    expect(commands(await status()).slice(0, 6)).toEqual([...provisions, "console-vault up --stack staging"]);
    const { [first!]: _, ...values } = stagingValues();
    await world.provisionStaging(values as Record<string, string>);
    expect(commands(await status())[0]).toBe("console-vault up --stack staging");
    expect(cell(await status(), "POSTMARK_SERVER_TOKEN", "staging").state).toBe("placed");
  });

  it("confirmed: every next step is a command, and what an editor has to set first is its reason", async () => {
    done(await world.up("staging"));
    done(await world.up("prod"));
    const report = await status();
    expect(phases(report)).toEqual(["confirmed", "confirmed"]);
    expect(report.next[0]).toEqual({
      command: "console-vault up --stack staging",
      setting: "console-vault:vaultEnvAware: true in Pulumi.staging.yaml",
      why: expect.stringContaining("console-vault:vaultEnvAware: true in Pulumi.staging.yaml"),
    });
    for (const command of commands(report)) expect(command).toMatch(/^console-vault /);
    expect(cell(report, "HEROKU_API_KEY", "prod")).toMatchObject({ state: "confirmed", flat: "equal" });
    expect((await check()).code).toBe(0);
  });

  it("a flat value that changed since it was copied is stale, and a target of somebody else's is a conflict", async () => {
    world.write("/MooseQuest/postmark", "POSTMARK_SERVER_TOKEN", valueFor("POSTMARK_SERVER_TOKEN", "prod"));
    const report = await status();
    expect(cell(report, "POSTMARK_SERVER_TOKEN", "prod")).toMatchObject({ state: "stale", flat: "different" });
    expect(report.drift).toMatchObject([{ environment: "prod", expected: "confirmed", found: "stale" }]);
    expect(commands(report)).toContain("console-vault up --stack prod");
    expect(await check()).toMatchObject({ code: 4, err: expect.stringMatching(/POSTMARK_SERVER_TOKEN is stale/) });
    done(await world.up("prod"));
    expect((await check()).code).toBe(0);

    const copied = world.at("prod", "POSTMARK_SERVER_TOKEN")!;
    world.write("/MooseQuest/postmark/prod", "POSTMARK_SERVER_TOKEN", valueFor("POSTMARK_SERVER_TOKEN", "prod"));
    const conflict = { state: "conflict", why: expect.stringContaining("somebody wrote another value") };
    expect(cell(await status(), "POSTMARK_SERVER_TOKEN", "prod")).toMatchObject(conflict);
    world.write("/MooseQuest/postmark/prod", "POSTMARK_SERVER_TOKEN", copied);
    expect((await check()).code).toBe(0);
  });

  it("soaking: since when, until when, and that there is nothing to do but look again", async () => {
    world.set("staging", "vaultEnvAware", true);
    expect(await check()).toMatchObject({ code: 4, err: expect.stringMatching(/is wanted on and runs off/) });
    done(await world.up("staging"));
    world.hoursPass(5);
    const report = await status();
    expect(phases(report)).toEqual(["soaking", "confirmed"]);
    const { since, readyAt } = report.environments[0]!.soak;
    expect(Date.parse(readyAt!) - Date.parse(since!)).toBe(48 * 3_600_000);
    expect(commands(report)).toEqual(["console-vault status"]);
    expect((await check()).code).toBe(0);
  });

  it("a flag that was turned by hand is drift, and the next update is named", async () => {
    world.apps.set("raxx-console-prod", { FLAG_CONSOLE_VAULT_ENV_AWARE: "true" });
    const report = await status();
    expect(report.drift).toEqual([
      {
        environment: "prod",
        subject: "FLAG_CONSOLE_VAULT_ENV_AWARE on raxx-console-prod",
        expected: "off",
        found: "on",
      },
    ]);
    expect((await check()).code).toBe(4);
    world.apps.set("raxx-console-prod", { FLAG_CONSOLE_VAULT_ENV_AWARE: "false" });
  });

  it("soaked: promote is next, without an update in between", async () => {
    world.hoursPass(43);
    const report = await status();
    expect(phases(report)).toEqual(["soaked", "confirmed"]);
    expect(commands(report)).toEqual(["console-vault promote --from staging --to prod"]);
  });

  it("prod on, soaked, retired: the flat copies are the last step, and then there is none", async () => {
    done(await world.run(["promote", "--yes"]));
    expect(phases(await status())).toEqual(["soaked", "soaking"]);
    world.hoursPass(48);
    const soaked = await status();
    expect(phases(soaked)).toEqual(["soaked", "soaked"]);
    expect(soaked.next).toEqual([
      {
        command: "console-vault up --stack prod",
        setting: "console-vault:retireFlat: true in Pulumi.prod.yaml",
        why: expect.stringContaining("console-vault:retireFlat: true in Pulumi.prod.yaml"),
      },
    ]);
    world.set("prod", "retireFlat", true);
    done(await world.up("prod"));
    const report = await status();
    expect(phases(report)).toEqual(["soaked", "retired"]);
    expect(report.next).toEqual([]);
    expect((await check()).code).toBe(0);
  });

  it("a credential that is lost while the flag is on: drift, blocked, and a rotation is what brings it back", async () => {
    world.services.infisical.vault.delete("prod", "/MooseQuest/postmark/staging", "POSTMARK_SERVER_TOKEN");
    const lost = await status();
    expect(cell(lost, "POSTMARK_SERVER_TOKEN", "staging").state).toBe("missing");
    expect((await check()).code).toBe(4);
    expect((await world.up("staging")).code).toBe(3);
    done(await world.rotate("POSTMARK_SERVER_TOKEN", "staging", valueFor("POSTMARK_SERVER_TOKEN", "staging")));
    done(await world.up("staging"));
    expect((await check()).code).toBe(0);
  });

  it("says all of it as a page and as Markdown as well, and no value in any of them", async () => {
    done(await world.run(["status", "--html", "status.html", "--markdown", "status.md"]));
    const files = ["status.html", "status.md"].map((name) => [name, readFileSync(join(world.dir, name), "utf8")]);
    const values = new Map(world.snapshot().secrets.map(({ value, at }) => [value, at]));
    const printed = world.printed.map((text, index) => [`output ${index}`, text]);
    expect(leaks(values, Object.fromEntries([...files, ...printed]))).toEqual([]);
  });

  it("writes nothing, and asks no more than it has to: one recursive list per environment", async () => {
    const { requests, writes } = done(await world.run(["status"]));
    expect(writes).toEqual([]);
    expect(requests.filter(({ path }) => path === usual("/api/v3/secrets/raw")).length).toBeLessThanOrEqual(2 + 4);
  });
});

it("what status says of a flag that stays off is what an update would say now, not what one once said", async () => {
  const world = await World.open({ config: { prod: { vaultEnvAware: true } } });
  try {
    await world.stagingOn();
    world.hoursPass(1);
    expect((await world.up("prod")).text).toMatch(/staging has soaked 1 h of 48 h/);
    world.hoursPass(30);
    expect((await world.run(["status", "--json"])).out).toMatch(/staging has soaked 31 h of 48 h/);
    world.hoursPass(20);
    const { environments } = JSON.parse((await world.run(["status", "--json"])).out) as StatusReport;
    expect(environments.map(({ blocked }) => blocked)).toEqual([[], []]);
  } finally {
    await world.close();
  }
});

it("a flat value that no update copies is broken for status as well, with the same reason", async () => {
  const world = await World.open();
  try {
    world.write("/MooseQuest/postmark", "POSTMARK_SERVER_TOKEN", "a${reference}");
    const up = await world.up("prod");
    const { credentials } = JSON.parse((await world.run(["status", "--json"])).out) as StatusReport;
    const found = credentials.find(({ name }) => name === "POSTMARK_SERVER_TOKEN")!.environments.at(-1);
    expect(found).toMatchObject({ state: "broken", why: expect.stringMatching(/\$\{.*\(reference\)/) });
    expect(up.out).toContain(found!.why);
  } finally {
    await world.close();
  }
});
