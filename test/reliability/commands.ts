// The commands that are disturbed, each in the world in which it has most to do.
import { defaultSeed } from "../../src/local/index.js";
import { stagingValues, valueFor } from "../support/values.js";
import { done, type EnvironmentName, type Ran, World } from "../support/world.js";

export interface Command {
  readonly title: string;
  readonly stack: EnvironmentName;
  run(world: World): Promise<Ran>;
  /** A row that is there when the command begins: the one that is duplicated, and whose folder vanishes. */
  readonly row: { readonly path: string; readonly name: string };
  /** Values that the command is meant to replace everywhere. */
  replaces?(world: World): string[];
}

export interface Scene {
  readonly command: Command;
  /** Puts the world back to where the command begins. */
  begin(): void;
}

const stripe = "STRIPE_RESTRICTED_KEY";
const postmark = "POSTMARK_SERVER_TOKEN";
const flat = { path: "/MooseQuest/stripe", name: stripe };
const at = (stack: EnvironmentName) => ({ path: `/MooseQuest/stripe/${stack}`, name: stripe });

const own = stagingValues();
const rotated = valueFor(stripe, "prod");

const up = (title: string, stack: EnvironmentName, row: Command["row"]): Command => ({
  title,
  stack,
  row,
  run: (world) => world.up(stack),
});
const typed = (title: string, stack: EnvironmentName, row: Command["row"], ...argv: string[]): Command => ({
  title,
  stack,
  row,
  run: (world) => world.run(argv),
});

const firstOfStaging = up("up, first of staging", "staging", flat);
const firstOfProd = up("up, first of prod", "prod", flat);
const provision: Command = {
  ...up("provision", "staging", { path: "/MooseQuest/postmark", name: postmark }),
  run: (world) => world.provision(postmark, own[postmark]!),
};
const flagOn = up("up, flag on", "staging", at("staging"));
const promote = typed("promote", "prod", at("staging"), "promote", "--yes");
const rotate: Command = {
  ...up("rotate", "prod", at("prod")),
  run: (world) => world.rotate(stripe, "prod", rotated),
  replaces: (world) => [world.at("prod", stripe)!],
};
const rollback = typed("rollback", "prod", at("prod"), "rollback", "--stack", "prod", "--yes");
const restoreFlat: Command = {
  ...typed("rollback --restore-flat", "prod", at("prod"), "rollback", "--stack", "prod", "--yes", "--restore-flat"),
  replaces: (world) => [world.flat(stripe)!],
};
const destroy = typed("destroy", "staging", flat, "destroy", "--stack", "staging", "--yes");
const retire = up("retirement", "prod", at("prod"));
const undo = up("retirement undone", "prod", at("prod"));

export const commands: readonly Command[] = [
  firstOfStaging,
  firstOfProd,
  provision,
  flagOn,
  promote,
  rotate,
  rollback,
  restoreFlat,
  destroy,
  retire,
  undo,
];

/** One world, taken through its whole story once; the scenes are the places in it where each command is typed. */
export async function openScenes(): Promise<{ world: World; scenes: readonly Scene[] }> {
  const world = await World.open({ seed: defaultSeed() });
  const scenes: Scene[] = [];
  const scene = (...list: Command[]) => {
    const begin = world.checkpoint();
    for (const command of list) scenes.push({ command, begin });
    return begin;
  };

  const fresh = scene(firstOfStaging, firstOfProd, provision);
  done(await world.up("staging"));
  scene(destroy);
  fresh();
  await world.provisionStaging(own);
  world.set("staging", "vaultEnvAware", true);
  scene(flagOn);
  done(await world.up("staging"));
  world.hoursPass(49);
  scene(promote);
  done(await world.run(["promote", "--yes"]));
  const bothOn = scene(rotate, rollback);
  done(await rotate.run(world));
  done(await world.up("prod"));
  scene(restoreFlat);
  bothOn();
  world.hoursPass(49);
  world.set("prod", "retireFlat", true);
  scene(retire);
  done(await world.up("prod"));
  world.set("prod", "retireFlat", false);
  scene(undo);
  return { world, scenes: commands.map((command) => scenes.find((one) => one.command === command)!) };
}
