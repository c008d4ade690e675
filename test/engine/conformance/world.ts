import { createRequire } from "node:module";
import type { BareProvider } from "../../../src/engine/embedded/deploy/secretBlind.js";
import { inlineProvider } from "../../../src/engine/embedded/inline/providers.js";
import type { JsonObject } from "../../../src/engine/embedded/values/wire.js";
import type { InlineProvider } from "../../../src/engine/index.js";

/** What the toy provider acts on. */
export interface World {
  /** How many things of a name there were. */
  counters: Record<string, number>;
  things: Record<string, JsonObject>;
  calls: string[];
  rules: Record<string, string>;
  /** Id of the process that the provider runs in. */
  process?: number;
}

const toy = createRequire(import.meta.url)("./toy.cjs") as {
  newWorld(): World;
  toy(store: { load(): World; save(world: World): void }): InlineProvider;
  provider(env: NodeJS.ProcessEnv, patienceMs?: number): InlineProvider;
};
export const newWorld = toy.newWorld;
/** The toy provider on the world in the file that TOY_WORLD names, for a program in this process: no message is on its way. */
export const toyInFile = (env: NodeJS.ProcessEnv): InlineProvider => toy.provider(env, 200);

/** The toy provider on a world in memory. */
export const toyProvider = (world: World): BareProvider =>
  inlineProvider(
    toy.toy({
      load: () => structuredClone(world),
      save: (next) => Object.assign(world, structuredClone(next)),
    }),
  );

/** Changes things behind the engine's back, by the name their id begins with. */
export function meddle(world: World, changes: Record<string, Record<string, unknown> | null>): void {
  for (const [name, inputs] of Object.entries(changes)) {
    for (const id of Object.keys(world.things).filter((key) => key.replace(/-\d+$/, "") === name)) {
      if (inputs === null) delete world.things[id];
      else world.things[id] = inputs as JsonObject;
    }
  }
}
