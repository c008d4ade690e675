// A program that declares more than this package does: the config vars of another app of the company.
import * as heroku from "@pulumi/heroku";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { consoleVault } from "../../src/program/index.js";
import { seedWithShop, shop, shopId } from "../support/shop.js";
import { done, World } from "../support/world.js";

const value = "a-key-of-the-shop";
let args: Omit<heroku.AppConfigAssociationArgs, "appId">;
let world: World;

beforeEach(async () => {
  world = await World.open({
    seed: seedWithShop(),
    program: async () => {
      const outputs = await consoleVault(consoleCatalog)();
      new heroku.AppConfigAssociation("shop", { appId: shopId, ...args }, { retainOnDelete: true });
      return outputs;
    },
  });
});
afterEach(() => world.close());

const planned = async (...options: string[]) =>
  JSON.parse(done(await world.run(["preview", "--stack", "staging", "--json", ...options])).out) as {
    steps: { op: string; urn: string; kind: string; subject: string; details: { name: string; text: string }[] }[];
  };

it.each([
  ["no plain vars", { sensitiveVars: { SHOP_KEY: value } }],
  ["vars that are secret", { vars: pulumi.secret({ SHOP_KEY: value }) }],
  ["a secret among its vars", { vars: { SHOP_KEY: pulumi.secret(value) } }],
  ["a key among its plain vars", { vars: { SHOP_KEY: value } }],
])("with %s: the stack is planned, updated and read as without it, and says no value", async (what, vars) => {
  args = vars;
  world.canaries.exempt("SHOP_KEY", "the program says it");
  const { steps } = await planned();
  expect(steps.find(({ subject }) => subject === "shop")).toMatchObject({ op: "create", details: [] });
  done(await world.up("staging"));
  expect(world.apps.vars(shop)).toEqual({ SHOP_KEY: value });
  done(await world.run(["preview", "--stack", "staging", "--markdown", "comment.md"]));
  expect(world.files()["comment.md"]).not.toContain("SHOP_KEY");
  const offline = await planned("--offline");
  expect(offline.steps.filter(({ subject, op }) => subject === "shop" || op === "delete")).toEqual([]);
  done(await world.run(["status"]));
  if (what.includes("plain")) world.canaries.exempt(value, "the program has it in clear");
});

it("a flag var of another app is not this stack's flag", async () => {
  world.set("staging", "vaultEnvAware", true);
  args = { vars: { [consoleCatalog.flag.variable]: "true" } };
  await world.provisionStaging();
  const { urn } = (await planned()).steps.find(({ subject }) => subject === "raxx-console-staging")!;
  const { steps } = await planned("--exclude", urn);
  expect(steps.find(({ kind }) => kind === "migration")!.details).toEqual([
    expect.objectContaining({ text: expect.stringMatching(/stays off/) }),
  ]);
});
