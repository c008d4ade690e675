// What somebody keeps with a secret besides its value: a copy has it too, where the server knows of it.
import { expect, it, onTestFinished } from "vitest";
import { done, World } from "../support/world.js";

it("a copy has the comment, the tags and the metadata of its source, and keeps its own when it is copied again", async () => {
  const world = await World.open({ flavour: "current" });
  onTestFinished(() => world.close());
  const { vault } = world.services.infisical;
  const stripe = "/MooseQuest/stripe";
  const name = "STRIPE_RESTRICTED_KEY";
  const value = world.flat(name) ?? "";
  const labels = { metadata: [{ key: "owner", value: "payments", isEncrypted: true }], tagIds: [vault.addTag("live")] };
  vault.write("prod", stripe, name, value, "ask Ada", labels);

  done(await world.up("prod"));
  expect(world.row(`${stripe}/prod`, name)).toMatchObject({ value, comment: "ask Ada", ...labels });

  const own = { metadata: [], tagIds: [vault.addTag("checked")] };
  vault.write("prod", `${stripe}/prod`, name, value, "ask Ada", own);
  done(await world.up("prod"));
  expect(world.row(`${stripe}/prod`, name)).toMatchObject(own);
  expect(world.printed.join("\n")).not.toContain("payments");
});
