// An environment as one component of a program that declares other things as well: the commands work there as in a stack of its own.
import * as heroku from "@pulumi/heroku";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { ConsoleVault, consoleVault } from "../../src/program/api.js";
import { seedWithShop, shop, shopId } from "../support/shop.js";
import { stagingValues } from "../support/values.js";
import { done, type Ran, World } from "../support/world.js";

let world: World;
/** What the program has for the shop; the world reads it at each run. */
let shopVars: Record<string, string>;
let program: () => Promise<object>;

async function inComponent(): Promise<object> {
  new heroku.AppConfigAssociation("shop", { appId: shopId, vars: shopVars }, { retainOnDelete: true });
  const { migration, retirement } = new ConsoleVault("vault", { catalog: consoleCatalog });
  return { migration, retirement };
}

beforeEach(async () => {
  shopVars = { COLOUR: "blue" };
  program = inComponent;
  world = await World.open({ seed: seedWithShop(), program: () => program() });
  world.canaries.exempt("COLOUR", "the program says it");
});
afterEach(() => world.close());

const steps = (ran: Ran) =>
  (JSON.parse(done(ran).out) as { steps: { op: string; kind: string; subject: string }[] }).steps;
const preview = (...options: string[]) => world.run(["preview", "--stack", "staging", "--json", ...options]);
const flag = () => world.apps.vars("raxx-console-staging").FLAG_CONSOLE_VAULT_ENV_AWARE;

describe("a component in somebody else's program", () => {
  it("is updated, provisioned and turned on by the same commands", async () => {
    done(await world.up("staging"));
    expect(await world.migration("staging")).toMatchObject({ phase: "awaiting-provision" });
    expect(world.apps.vars(shop)).toEqual({ COLOUR: "blue" });
    for (const [name, value] of Object.entries(stagingValues())) done(await world.provision(name, value));
    world.set("staging", "vaultEnvAware", true);
    done(await world.up("staging"));
    expect(flag()).toBe("true");
    expect(steps(await preview()).filter(({ op }) => op !== "same")).toEqual([]);
    expect(steps(await preview("--offline")).filter(({ op }) => op !== "same")).toEqual([]);
    const status = JSON.parse(done(await world.run(["status", "--json"])).out) as { environments: object[] };
    expect(status.environments[0]).toMatchObject({ name: "staging", phase: "soaking" });
    done(await world.run(["rollback", "--stack", "staging", "--yes"]));
    expect(flag()).toBe("false");
  });

  it("takes over the resources of a program that had none, and nothing is made anew", async () => {
    program = consoleVault(consoleCatalog);
    await world.stagingOn();
    program = inComponent;
    const changes = steps(await preview()).filter(({ op }) => op !== "same");
    expect(changes.map(({ op, subject }) => [op, subject])).toEqual([
      ["create", "vault"],
      ["create", "shop"],
    ]);
    done(await world.up("staging"));
    expect(flag()).toBe("true");
    expect(await world.migration("staging")).toMatchObject({ phase: "soaking", blocked: [] });
  });

  it("a command that writes leaves what else the program has changed to the next up", async () => {
    done(await world.up("staging"));
    shopVars = { COLOUR: "green" };
    const { POSTMARK_SERVER_TOKEN: value } = stagingValues();
    done(await world.provision("POSTMARK_SERVER_TOKEN", value!));
    expect(world.apps.vars(shop)).toEqual({ COLOUR: "blue" });
    done(await world.up("staging"));
    expect(world.apps.vars(shop)).toEqual({ COLOUR: "green" });
  });

  it("without its outputs in the program's own, an update ends with what is to be exported", async () => {
    program = async () => ({ shop, ...((await inComponent()) && {}) });
    const ran = await world.up("staging");
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("export const { migration, retirement }")]);
  });
});
