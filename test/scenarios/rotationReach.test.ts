// Which apps a rotation reaches beside the environment's own, and what it does when a flag moves under it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leaks } from "../support/leaks.js";
import { valueFor } from "../support/values.js";
import { done, type EnvironmentName, type Ran, World } from "../support/world.js";

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const stripe = "STRIPE_RESTRICTED_KEY";
const postmark = "POSTMARK_SERVER_TOKEN";
const onApi = (env: EnvironmentName, name: string = stripe) => world.apps.vars(`raxx-api-${env}`)[name];
const handSet = (app: string, name: string, value: string) => world.apps.set(app, { [name]: value });

/** Ends the command's first attempt at the given write: Heroku does not take it. */
const failAt = (app: string) =>
  world.control.addFault({ service: "heroku", method: "PATCH", path: `/apps/${app}`, times: 1, do: { status: 503 } });

describe("while both flags are off, a staging app", () => {
  it("keeps its own test key when prod's is rotated", async () => {
    const own = valueFor(stripe, "staging");
    handSet("raxx-api-staging", stripe, own);
    const value = valueFor(stripe, "prod");
    const ran = done(await world.rotate(stripe, "prod", value));
    expect([onApi("staging"), onApi("prod"), world.flat(stripe)]).toEqual([own, value, value]);
    expect(ran.out).toMatch(/raxx-api-staging .*keeps/);
    expect(
      leaks(
        new Map([
          [own, "own"],
          [value, "new"],
        ]),
        { said: ran.text },
      ),
    ).toEqual([]);
  });

  it("keeps the test key that managing it there has left", async () => {
    world.set("staging", "manage", { [stripe]: ["raxx-api-staging"] });
    world.set("staging", "takeover", { "raxx-api-staging": { [stripe]: "staging gets its own key" } });
    await world.stagingOn();
    const own = onApi("staging");
    done(await world.run(["rollback", "--stack", "staging", "--yes"]));
    world.services.infisical.vault.delete("prod", "/MooseQuest/stripe/staging", stripe);
    done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    expect(onApi("staging")).toBe(own);
  });

  it("keeps another value of any kind, also when the command is run again", async () => {
    handSet("raxx-api-staging", postmark, "somebodys");
    const value = valueFor(postmark, "prod");
    for (const _ of [1, 2]) {
      const { out } = done(await world.rotate(postmark, "prod", value));
      expect([onApi("staging", postmark), onApi("prod", postmark)]).toEqual(["somebodys", value]);
      expect(out).toMatch(
        /raxx-api-staging .*another value.*keeps[\s\S]*console-vault rotate POSTMARK_SERVER_TOKEN --env prod --also raxx-api-staging/,
      );
    }
  });

  it("gets the new value where it had the path's: the last to be set are prod's own", async () => {
    const { writes } = done(await world.rotate(stripe, "prod", valueFor(stripe, "prod")));
    expect(writes.slice(1)).toEqual([
      "PATCH /apps/raxx-api-staging/config-vars",
      "PATCH /apps/raxx-api-prod/config-vars",
    ]);
  });

  it.each(["raxx-api-staging", "raxx-api-prod"])(
    "is not forgotten where the command ends at %s: typed again it finishes, and says who keeps what",
    async (app) => {
      const value = valueFor(postmark, "prod");
      failAt(app);
      expect((await world.rotate(postmark, "prod", value)).code).toBe(1);
      done(await world.rotate(postmark, "prod", value));
      expect([onApi("staging", postmark), onApi("prod", postmark)]).toEqual([value, value]);
    },
  );

  it("keeps its value where the second run cannot know whether it had the path's: refused, with the command", async () => {
    for (const app of ["raxx-api-prod", "raxx-console-prod"]) world.apps.set(app, { [postmark]: null });
    const [old, value] = [onApi("staging", postmark), valueFor(postmark, "prod")];
    failAt("raxx-api-staging");
    expect((await world.rotate(postmark, "prod", value)).code).toBe(1);
    const { code, err, writes } = await world.rotate(postmark, "prod", value);
    expect([code, writes, onApi("staging", postmark)]).toEqual([3, [], old]);
    const command = "console-vault rotate POSTMARK_SERVER_TOKEN --env prod --also raxx-api-staging";
    expect(err).toMatch(new RegExp(`raxx-api-staging.*[\\s\\S]*^ {2}${command}$`, "m"));
    done(await world.run([...command.split(" ").slice(1), "--yes"], { input: value }));
    expect(onApi("staging", postmark)).toBe(value);
  });

  it("which nobody can know of is named also where the update that records the rotation fails", async () => {
    for (const app of ["raxx-api-prod", "raxx-console-prod"]) world.apps.set(app, { [postmark]: null });
    for (const stack of ["staging", "prod"] as const) done(await world.up(stack));
    const value = valueFor(postmark, "prod");
    failAt("raxx-api-staging");
    expect((await world.rotate(postmark, "prod", value)).code).toBe(1);
    // An app's UUID is asked for by an update's program alone.
    world.control.addFault({ service: "heroku", path: "apps/[^/]+-prod$", do: { status: 403, body: {} } });
    const { code, err } = await world.rotate(postmark, "prod", value);
    world.control.clearFaults();
    expect(code).toBe(1);
    expect(err.split("\n")).toEqual(
      expect.arrayContaining([
        "console-vault up --stack prod",
        "  console-vault rotate POSTMARK_SERVER_TOKEN --env prod --also raxx-api-staging",
      ]),
    );
  });

  it("never gets a live key for a test key, though the flat path had that very test key", async () => {
    const test = valueFor(stripe, "staging");
    world.write("/MooseQuest/stripe", stripe, test);
    handSet("raxx-api-staging", stripe, test);
    for (const also of [[], ["--also", "raxx-api-staging"]]) {
      const { out } = done(
        await world.run(["rotate", stripe, "--env", "prod", "--yes", ...also], { input: valueFor(stripe, "prod") }),
      );
      expect(onApi("staging")).toBe(test);
      expect(out).toMatch(/raxx-api-staging .*prefix.*keeps/);
    }
  });

  it("nor by a rotation that names staging", async () => {
    const own = valueFor(stripe, "staging");
    handSet("raxx-api-staging", stripe, own);
    done(await world.rotate(stripe, "staging", valueFor(stripe, "prod")));
    expect(onApi("staging")).toBe(own);
  });
});

it("a prod app with another value keeps it when staging's rotation writes the path that both read", async () => {
  handSet("raxx-api-prod", postmark, "somebodys");
  const value = valueFor(postmark, "prod");
  done(await world.rotate(postmark, "staging", value));
  expect([onApi("staging", postmark), onApi("prod", postmark)]).toEqual([value, "somebodys"]);
});

it("a prod app is not passed over by a second run that cannot know what the path had", async () => {
  handSet("raxx-api-staging", postmark, "somebodys");
  const [old, value] = [onApi("prod", postmark), valueFor(postmark, "prod")];
  failAt("raxx-api-prod");
  expect((await world.rotate(postmark, "staging", value)).code).toBe(1);
  const { code, err } = await world.rotate(postmark, "staging", value);
  expect([code, onApi("prod", postmark)]).toEqual([3, old]);
  expect(err).toMatch(/^ {2}console-vault rotate POSTMARK_SERVER_TOKEN --env staging --also raxx-api-prod$/m);
});

it("--also takes apps that read the path, and no others", async () => {
  const argv = ["rotate", postmark, "--env", "prod", "--yes", "--also", "raxx-api"];
  const { code, err, writes } = await world.run(argv, { input: valueFor(postmark, "prod") });
  expect([code, writes]).toEqual([2, []]);
  expect(err).toMatch(/--also raxx-api: .*raxx-api-staging/);
});

it("a flat value that is written by another between the look and the write is not overwritten", async () => {
  const theirs = valueFor(postmark, "prod");
  let seen = false;
  world.control.onRequest = ({ method, path }) => {
    if (path.includes("/secrets/")) seen = true;
    if (!seen || method !== "GET" || !path.endsWith("/config-vars")) return;
    world.control.onRequest = undefined;
    setImmediate(() => world.write("/MooseQuest/postmark", postmark, theirs));
  };
  const { code, err, writes } = await world.rotate(postmark, "prod", valueFor(postmark, "prod"));
  expect([code, writes, world.flat(postmark)]).toEqual([3, [], theirs]);
  expect(err).toMatch(/POSTMARK_SERVER_TOKEN at \/MooseQuest\/postmark\/ was written just now/);
});

it("a copy that prod's update has made follows a rotation of the flat path", async () => {
  done(await world.up("prod"));
  const value = valueFor(postmark, "prod");
  done(await world.rotate(postmark, "prod", value));
  const { out } = done(await world.up("prod"));
  expect([world.at("prod", postmark), out]).toEqual([value, expect.stringMatching(/phase +confirmed/)]);
  expect(done(await world.up("prod")).writes).toEqual([]);
});

describe("a flag that moves after a rotation has begun to write", () => {
  const variable = "FLAG_CONSOLE_VAULT_ENV_AWARE";
  /** Right after the nth write to a service. */
  const afterWrite = (service: "infisical" | "heroku", work: () => void) => {
    world.control.onRequest = (request) => {
      if (request.service !== service || !request.write) return;
      world.control.onRequest = undefined;
      setImmediate(work);
    };
  };
  const turn = (env: EnvironmentName, text: string) => () => handSet(`raxx-console-${env}`, variable, text);

  /** Types the commands that a failure names, each on a line of its own. */
  async function repair({ err }: Ran, input: string): Promise<void> {
    const commands = [...err.matchAll(/^ {2}console-vault (.*)$/gm)].map(([, command]) => command!.split(" "));
    expect(commands.length).toBeGreaterThan(0);
    for (const argv of commands) done(await world.run([...argv, "--yes"], { input }));
  }

  it("off, fails it, and the commands that it names bring the new value to where it is read", async () => {
    await world.prodOn();
    const value = valueFor(stripe, "prod");
    afterWrite("infisical", turn("prod", "false"));
    const ran = await world.rotate(stripe, "prod", value);
    expect([ran.code, world.at("prod", stripe), world.flat(stripe) === value]).toEqual([1, value, false]);
    expect(ran.err).toMatch(/FLAG_CONSOLE_VAULT_ENV_AWARE .*off \(raxx-console-prod\).*on when/);
    await repair(ran, value);
    expect([world.flat(stripe), onApi("prod"), world.flag("prod")]).toEqual([value, value, "false"]);
  });

  it("on, fails it too, before an app is set", async () => {
    await world.stagingOn();
    done(await world.up("prod"));
    const value = valueFor(stripe, "prod");
    const before = onApi("prod");
    afterWrite("infisical", turn("prod", "true"));
    const ran = await world.rotate(stripe, "prod", value);
    expect([ran.code, onApi("prod")]).toEqual([1, before]);
    expect(ran.err).toMatch(/vaultEnvAware: true in Pulumi\.prod\.yaml/);
    world.set("prod", "vaultEnvAware", true);
    await repair(ran, value);
    expect([world.at("prod", stripe), onApi("prod"), world.flag("prod")]).toEqual([value, value, "true"]);
  });

  it("after an app was set, fails it as well", async () => {
    await world.prodOn();
    afterWrite("heroku", turn("prod", "false"));
    const value = valueFor(stripe, "prod");
    const ran = await world.rotate(stripe, "prod", value);
    expect(ran.code).toBe(1);
    await repair(ran, value);
    expect([world.flat(stripe), world.flag("prod")]).toEqual([value, "false"]);
  });

  it("of staging, off, fails staging's rotation; its flag goes on again, since the flat path is not staging's", async () => {
    await world.stagingOn();
    const [value, flat] = [valueFor(postmark, "staging"), world.flat(postmark)];
    afterWrite("infisical", turn("staging", "false"));
    const ran = await world.rotate(postmark, "staging", value);
    expect(ran.code).toBe(1);
    await repair(ran, value);
    expect([world.at("staging", postmark), onApi("staging", postmark)]).toEqual([value, value]);
    expect([world.flat(postmark), world.flag("staging")]).toEqual([flat, "true"]);
  });

  it("of staging, on, while its rotation writes the flat path: what is there is prod's", async () => {
    await world.provisionStaging();
    done(await world.up("staging"));
    const [value, own] = [valueFor(postmark, "prod"), world.at("staging", postmark)];
    afterWrite("infisical", turn("staging", "true"));
    const ran = await world.rotate(postmark, "staging", value);
    expect(ran.code).toBe(1);
    await repair(ran, value);
    expect([world.flat(postmark), onApi("prod", postmark), world.at("staging", postmark)]).toEqual([value, value, own]);
  });

  it("of another environment, keeps its apps from prod's value", async () => {
    await world.stagingOn();
    done(await world.run(["rollback", "--stack", "staging", "--yes"]));
    const before = onApi("staging", postmark);
    afterWrite("infisical", turn("staging", "true"));
    const value = valueFor(postmark, "prod");
    const ran = await world.rotate(postmark, "prod", value);
    expect([ran.code, onApi("staging", postmark)]).toEqual([1, before]);
    await repair(ran, value);
    expect([onApi("staging", postmark), onApi("prod", postmark)]).toEqual([before, value]);
  });
});
