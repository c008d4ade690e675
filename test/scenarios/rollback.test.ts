// The way back, from every stage: what is refused, what is restored, and what each app holds afterwards.
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stackType } from "../../src/engine/index.js";
import { shortWaits } from "../support/shortWaits.js";
import { stagingNames, valueFor } from "../support/values.js";
import { done, World } from "../support/world.js";

shortWaits();

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const rollback = (stack: "staging" | "prod", ...options: string[]) =>
  world.run(["rollback", "--stack", stack, "--yes", ...options]);
const promote = () => world.run(["promote", "--yes"]);
const config = (stack: "staging" | "prod") => readFileSync(world.file(stack), "utf8");

describe("a flat value that is rotated on prod after it was copied", () => {
  it("is copied again by the rotation's own update: the new key is the one that is live once the flag turns on", async () => {
    done(await world.up("prod"));
    await world.stagingOn();
    const value = valueFor("STRIPE_RESTRICTED_KEY", "prod");
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(value);

    world.hoursPass(48);
    done(await promote());
    expect(world.at("prod", "STRIPE_RESTRICTED_KEY")).toBe(value);
    expect(world.apps.vars("raxx-api-prod").STRIPE_RESTRICTED_KEY).toBe(value);
  });

  it("nor does an app on which it is managed get the old one back", async () => {
    world.set("prod", "manage", { STRIPE_RESTRICTED_KEY: ["raxx-api-prod"] });
    done(await world.up("prod"));
    await world.stagingOn();
    const value = valueFor("STRIPE_RESTRICTED_KEY", "prod");
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", value));
    world.hoursPass(48);
    done(await promote());
    expect([world.at("prod", "STRIPE_RESTRICTED_KEY"), world.apps.vars("raxx-api-prod").STRIPE_RESTRICTED_KEY]).toEqual(
      [value, value],
    );
  });
});

describe("prod, rotated while its flag is on", () => {
  let old: string;
  let live: string;
  beforeEach(async () => {
    await world.prodOn();
    old = world.flat("STRIPE_RESTRICTED_KEY")!;
    live = valueFor("STRIPE_RESTRICTED_KEY", "prod");
    done(await world.rotate("STRIPE_RESTRICTED_KEY", "prod", live));
  });

  it("is not rolled back to the dead key: refused, with the name and both ways out", async () => {
    const [there, file] = [world.snapshot(), config("prod")];
    const { code, err, writes } = await rollback("prod");
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/STRIPE_RESTRICTED_KEY: .* was copied from; prod's, at .*, was rotated since/);
    expect(err).toMatch(/^ {2}console-vault rollback --stack prod --restore-flat$/m);
    expect(err).toMatch(/^ {2}console-vault rollback --stack prod --accept-stale$/m);
    expect(world.snapshot()).toEqual(there);
    expect(config("prod")).toBe(file);
  });

  it("nor by an update with the flag no more wanted", async () => {
    world.set("prod", "vaultEnvAware", false);
    const { code, err, writes } = await world.up("prod");
    expect([code, writes]).toEqual([3, []]);
    expect(err).toMatch(/stays on .*[\s\S]*STRIPE_RESTRICTED_KEY.*console-vault rollback --stack prod/);
    expect(world.flag("prod")).toBe("true");
  });

  it("goes back with --restore-flat, which brings the live key to the flat path first", async () => {
    done(await rollback("prod", "--restore-flat"));
    expect(world.flag("prod")).toBe("false");
    expect(world.flat("STRIPE_RESTRICTED_KEY")).toBe(live);
    expect(world.apps.vars("raxx-api-prod").STRIPE_RESTRICTED_KEY).toBe(live);
    expect(config("prod")).toContain("console-vault:vaultEnvAware: false");
    expect(await world.migration("prod")).toMatchObject({ phase: "confirmed", blocked: [] });

    done(await promote());
    expect([world.flag("prod"), world.at("prod", "STRIPE_RESTRICTED_KEY")]).toEqual(["true", live]);
  });

  it("goes back with --accept-stale, and then the two values are a conflict that keeps the flag off", async () => {
    done(await world.up("prod"));
    const { code } = await rollback("prod", "--accept-stale");
    expect(code).toBe(0);
    expect([world.flat("STRIPE_RESTRICTED_KEY"), world.at("prod", "STRIPE_RESTRICTED_KEY")]).toEqual([old, live]);
    expect(await world.migration("prod")).toMatchObject({
      conflicts: [{ name: "STRIPE_RESTRICTED_KEY" }],
      confirmedSince: null,
    });
    const again = await promote();
    expect(again.code).toBe(3);
    expect(again.err).toMatch(/STRIPE_RESTRICTED_KEY: conflict/);
    expect(config("prod")).toContain("console-vault:vaultEnvAware: false");
    expect([world.flag("prod"), world.at("prod", "STRIPE_RESTRICTED_KEY")]).toEqual(["false", live]);
  });

  it("has its old flat row retired all the same: the environment's value was copied from it", async () => {
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    done(await world.up("prod"));
    expect(world.flat("STRIPE_RESTRICTED_KEY")).toBeUndefined();
    world.set("prod", "retireFlat", false);
    done(await world.up("prod"));
    expect(world.flat("STRIPE_RESTRICTED_KEY")).toBe(live);
  });
});

describe("prod, which is to retire its flat copies and still soaks", () => {
  it("goes back with a config that later commands accept: neither the flag nor the retirement is wanted", async () => {
    await world.prodOn();
    world.set("prod", "retireFlat", true);
    expect((await world.up("prod")).code).toBe(3);
    const file = config("prod");

    const { out } = done(await rollback("prod"));
    expect(out).toMatch(/console-vault:retireFlat is false there too/);
    expect(config("prod")).toBe(
      file.replace("vaultEnvAware: true", "vaultEnvAware: false").replace("retireFlat: true", "retireFlat: false"),
    );
    expect(world.flag("prod")).toBe("false");
    expect(done(await world.up("prod")).writes).toEqual([]);
  });
});

describe("once the flat copies are retired", () => {
  beforeEach(async () => {
    await world.prodOn();
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    done(await world.up("prod"));
  });

  it("rolling staging or prod back is refused, with the setting and command that mend it; then it works", async () => {
    for (const stack of ["staging", "prod"] as const) {
      const there = world.snapshot();
      const { code, err, writes } = await rollback(stack);
      expect([code, writes]).toEqual([3, []]);
      expect(err).toMatch(/HEROKU_API_KEY.*would be read at the flat path, where it is not any more/);
      expect(err).toMatch(/^ {2}console-vault rollback --stack prod --restore-flat$/m);
      expect(err.includes("retireFlat: false in Pulumi.prod.yaml, then")).toBe(stack === "staging");
      expect(world.snapshot()).toEqual(there);
    }
    world.set("staging", "vaultEnvAware", false);
    const { code, err } = await world.up("staging");
    expect(code).toBe(3);
    expect(err).toMatch(/stays on .*[\s\S]*is not at \/MooseQuest\/heroku\/ any more/);
    world.set("staging", "vaultEnvAware", true);

    world.set("prod", "retireFlat", false);
    done(await world.up("prod"));
    done(await rollback("staging"));
    expect(world.flag("staging")).toBe("false");
    expect(world.flag("prod")).toBe("true");
  });

  it("--force turns no flag to them with the vault down, though another key of prod's state cannot be read", async () => {
    world.control.addFault({ service: "infisical", do: { status: 403, body: {} } });
    world.editState("prod", (resources) => {
      const own = resources.find(({ type }) => type === stackType)!;
      (own.outputs as { migration: { phase: string } }).migration.phase = "nonsense";
    });
    const [there, files] = [world.snapshot(), [config("staging"), config("prod")]];
    for (const stack of ["staging", "prod"] as const) {
      const { code, err, writes } = await rollback(stack, "--force");
      expect([code, writes]).toEqual([3, []]);
      expect(err).toMatch(/HEROKU_API_KEY.*would be read at the flat path, where it is not any more/);
    }
    expect([world.snapshot(), [config("staging"), config("prod")]]).toEqual([there, files]);
  });

  it("running the update again writes nothing and keeps the phase", async () => {
    const { writes, out } = done(await world.up("prod"));
    expect(writes).toEqual([]);
    expect(out).toMatch(/phase +retired/);
  });
});

describe("a flat value that nobody may delete yet", () => {
  it("stays, with its reason, where it is another value that was never copied from there", async () => {
    await world.prodOn();
    world.write("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY", valueFor("STRIPE_RESTRICTED_KEY", "prod"));
    world.hoursPass(48);
    world.set("prod", "retireFlat", true);
    const { text } = await world.up("prod");
    expect(world.flat("STRIPE_RESTRICTED_KEY")).toBeDefined();
    expect(world.flat("HEROKU_API_KEY")).toBeUndefined();
    expect(text).toMatch(/STRIPE_RESTRICTED_KEY.*another value, which was not copied from there/);
  });

  it("all stay before prod has soaked itself", async () => {
    await world.prodOn();
    world.set("prod", "retireFlat", true);
    const { code, text } = await world.up("prod");
    expect(code).toBe(3);
    expect(text).toMatch(/this stack's own phase is soaking, not soaked/);
    expect(world.flat("HEROKU_API_KEY")).toBeDefined();
    expect(world.flag("prod")).toBe("true");
  });
});

describe("a stack that was never updated", () => {
  it("is told that its flag is off already, and gets no resources", async () => {
    const [there, file] = [world.snapshot(), config("staging")];
    const { out, writes } = done(await rollback("staging"));
    expect(writes).toEqual([]);
    expect(out).toMatch(/is off already \(raxx-console-staging\)[\s\S]*up --stack staging +makes the stack/);
    expect(world.snapshot()).toEqual(there);
    expect(config("staging")).toBe(file);
    expect(done(await world.run(["preview", "--stack", "staging"])).out).toMatch(/\d+ to create\n?$/);
  });

  it("has its file corrected, and a flag that somebody turned on by hand goes off", async () => {
    world.set("staging", "vaultEnvAware", true);
    done(await rollback("staging"));
    expect(config("staging")).toContain("console-vault:vaultEnvAware: false");

    world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: "1" });
    const { writes } = done(await rollback("staging"));
    expect(writes).toEqual(["PATCH /apps/raxx-console-staging/config-vars"]);
    expect(world.flag("staging")).toBe("false");
  });
});

describe("staging, rolled back", () => {
  beforeEach(() => world.stagingOn());

  it("has its flag off, its own values kept at its paths, and never prod's on its apps; what that means is said", async () => {
    const apps = world.snapshot().apps;
    const own = stagingNames.map((name) => world.at("staging", name));
    const { out, writes } = done(await rollback("staging"));
    expect(writes).toEqual(["PATCH /apps/raxx-console-staging/config-vars"]);
    expect(world.snapshot().apps).toEqual({
      ...apps,
      "raxx-console-staging": { ...apps["raxx-console-staging"], FLAG_CONSOLE_VAULT_ENV_AWARE: "false" },
    });
    expect(stagingNames.map((name) => world.at("staging", name))).toEqual(own);
    expect(out).toMatch(/their own values, never prod's/);
    expect(out).toMatch(/reads the flat path again, which holds prod's values/);
  });

  it("turns on again when it is wanted again, with a soak that starts anew", async () => {
    world.hoursPass(47);
    done(await rollback("staging"));
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    world.hoursPass(2);
    const { code, err } = await promote();
    expect(code).toBe(3);
    expect(err).toMatch(/staging has soaked 2 h/);
  });

  it("with the vault down: refused where nobody can be asked, and with --force the flag goes off", async () => {
    world.control.addFault({ service: "infisical", do: { status: 503, body: {} } });
    const refused = await rollback("staging");
    expect([refused.code, refused.writes]).toEqual([3, []]);
    expect(refused.err).toMatch(/vault cannot be asked.*--force/);
    expect(world.flag("staging")).toBe("true");

    const { out, writes } = done(await rollback("staging", "--force"));
    expect(writes).toEqual(["PATCH /apps/raxx-console-staging/config-vars"]);
    expect(world.flag("staging")).toBe("false");
    expect(config("staging")).toContain("console-vault:vaultEnvAware: false");
    expect(out).toMatch(/console-vault up --stack staging.*once the vault can be asked again/);

    world.control.clearFaults();
    done(await world.up("staging"));
    expect(await world.migration("staging")).toMatchObject({ phase: "confirmed", flag: { running: false } });
  });

  it("answers --json with one document, with the vault up or down", async () => {
    const { out, err } = done(await rollback("staging", "--json"));
    expect(JSON.parse(out)).toMatchObject({ result: "succeeded", migration: { flag: { running: false } } });
    expect(err).toMatch(/is off \(raxx-console-staging\)/);

    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    world.control.addFault({ service: "infisical", do: { status: 403, body: {} } });
    const down = done(await rollback("staging", "--force", "--json"));
    expect(JSON.parse(down.out)).toMatchObject({ migration: null, next: ["console-vault up --stack staging"] });
    expect(down.err).toMatch(/is off \(raxx-console-staging\)/);
  });

  it("puts its config back where Heroku does not take the change", async () => {
    const file = config("staging");
    world.control.addFault({ service: "heroku", method: "PATCH", do: { status: 503, body: {} } });
    const { code } = await rollback("staging");
    expect(code).toBe(1);
    expect(config("staging")).toBe(file);
  });

  it("leaves its config as somebody else has it by then, where Heroku does not take the change", async () => {
    const theirs = `${config("staging")}# theirs\n`;
    world.control.addFault({ service: "heroku", method: "PATCH", do: { status: 503, body: {} } });
    world.control.onRequest = ({ method }) => {
      if (method === "PATCH") writeFileSync(world.file("staging"), theirs);
    };
    const { code, err } = await rollback("staging");
    expect([code, config("staging")]).toEqual([1, theirs]);
    expect(err).toMatch(/Pulumi\.staging\.yaml was changed meanwhile, and is left so/);
  });

  it("stops at Ctrl-C before the flag is touched, with its config as it was", async () => {
    const [file, there] = [config("staging"), world.snapshot()];
    const interrupt = new AbortController();
    let looks = 0;
    world.control.onRequest = ({ path }) => {
      if (path === "/apps/raxx-console-staging/config-vars" && ++looks === 2) interrupt.abort(new Error("interrupted"));
    };
    const { code, err } = await world.run(["rollback", "--stack", "staging", "--yes"], { signal: interrupt.signal });
    expect([code, config("staging"), world.snapshot()]).toEqual([1, file, there]);
    expect(err).toMatch(/error: Interrupted: nothing more was written\. The same command goes on from there/);
  });

  it("is done once: running it again changes nothing", async () => {
    done(await rollback("staging"));
    const there = world.snapshot();
    const { writes } = done(await rollback("staging"));
    expect(writes).toEqual([]);
    expect(world.snapshot()).toEqual(there);
  });

  it("waits for the stack's own lock, forced or not, and names the command that frees it", async () => {
    const release = world.lock("staging");
    for (const options of [[], ["--force"]]) {
      const { code, err, writes } = await world.run(["rollback", "--stack", "staging", "--yes", ...options]);
      expect([code, writes]).toEqual([1, []]);
      expect(err.split("\n")).toContain("  console-vault cancel --stack staging");
    }
    release();
  });

  it("knows --restore-flat for prod only", async () => {
    const { code, err, requests } = await rollback("staging", "--restore-flat");
    expect([code, requests]).toEqual([2, []]);
    expect(err).toMatch(/the flat path holds its values, never staging's/);
  });
});
