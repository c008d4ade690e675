// What a reader outside the operator's own terminal may see: names of the catalog, and no other name of the vault or of an app.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { done, World } from "../support/world.js";

let world: World;
/** A secret and a var that hold a live key on staging, each under a name that only its owner knows. */
const foreign = ["SOMEBODYS_QUIET_PLAN", "ANOTHER_PRIVATE_NAME"] as const;

beforeEach(async () => {
  world = await World.open();
  await world.stagingOn();
  const live = world.flat("ALPACA_LIVE_API_SECRET_KEY")!;
  world.write("/MooseQuest/stripe/staging", foreign[0], live);
  world.apps.set("raxx-api-staging", { [foreign[1]]: live });
});
afterEach(() => world.close());

const shown = (text: string) => foreign.filter((name) => text.includes(name));

it("status says where a live key is, as text, JSON, page and Markdown, without the names outside the catalog", async () => {
  const answers = [
    await world.run(["status"]),
    await world.run(["status", "--check"]),
    await world.run(["status", "--json"]),
    await world.run(["status", "--html", "page.html", "--markdown", "page.md"]),
  ];
  const files = ["page.html", "page.md"].map((file) => readFileSync(join(world.dir, file), "utf8"));
  for (const text of [...answers.map((ran) => ran.text), ...files]) expect(shown(text)).toEqual([]);
  for (const text of [answers[0]!.out, answers[2]!.out, ...files]) {
    expect(text).toMatch(/staging.*under a name outside the catalog/);
    expect(text).toMatch(/raxx-api-staging has its value, in a var outside the catalog/);
  }
});

it("the operator's own terminal shows them, and only as the terminal's text", async () => {
  const ownTerminal = true;
  const { out } = done(await world.run(["status"], { ownTerminal }));
  expect(out).toContain("ALPACA_LIVE_API_SECRET_KEY: /MooseQuest/stripe/staging/SOMEBODYS_QUIET_PLAN");
  expect(out).toContain("ALPACA_LIVE_API_SECRET_KEY: ANOTHER_PRIVATE_NAME on raxx-api-staging");
  const others = [
    await world.run(["status", "--json"], { ownTerminal }),
    await world.run(["status", "--html", "page.html", "--markdown", "page.md"], { ownTerminal }),
  ];
  const files = ["page.html", "page.md"].map((file) => readFileSync(join(world.dir, file), "utf8"));
  for (const text of [...others.map((ran) => ran.text), ...files]) expect(shown(text)).toEqual([]);
});

it("no update, preview, promotion or state holds them either", async () => {
  world.set("prod", "vaultEnvAware", true);
  world.hoursPass(48);
  const commands = [
    ["up", "--stack", "staging", "--yes"],
    ["up", "--stack", "staging", "--yes", "--json"],
    ["preview", "--stack", "staging", "--markdown", "plan.md"],
    ["preview", "--stack", "staging", "--json"],
    ["up", "--stack", "prod", "--yes"],
    ["promote", "--yes"],
    ["rollback", "--stack", "staging", "--yes"],
  ];
  for (const argv of commands) expect(shown((await world.run(argv)).text), argv.join(" ")).toEqual([]);
  expect(shown(Object.values(world.files()).join("\n"))).toEqual([]);
  expect(shown(JSON.stringify(await world.exported("staging")))).toEqual([]);
});
