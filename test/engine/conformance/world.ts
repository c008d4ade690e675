import { createRequire } from "node:module";
import { ProviderError } from "../../../src/engine/embedded/deploy/plugin.js";
import { BarePartialError, type BareProvider } from "../../../src/engine/embedded/deploy/secretBlind.js";
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

interface DynamicToy {
  check(
    olds: JsonObject,
    news: JsonObject,
  ): Promise<{ inputs: JsonObject; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: JsonObject,
    news: JsonObject,
  ): Promise<{ changes: boolean; replaces: string[]; deleteBeforeReplace: boolean }>;
  create(inputs: JsonObject): Promise<{ id: string; outs: JsonObject }>;
  update(id: string, olds: JsonObject, news: JsonObject): Promise<{ outs: JsonObject }>;
  read(id: string, props: JsonObject): Promise<{ id?: string; props?: JsonObject; inputs?: JsonObject }>;
  delete(id: string, props: JsonObject): Promise<void>;
}

const toy = createRequire(import.meta.url)("./toy.cjs") as {
  newWorld(): World;
  toy(store: { load(): World; save(world: World): void }): DynamicToy;
  provider(env: NodeJS.ProcessEnv): InlineProvider;
};
export const newWorld = toy.newWorld;
/** The toy provider on the world in the file that TOY_WORLD names. */
export const toyInFile = toy.provider;

/** The toy provider on a world in memory, as the SDK's host would answer for it. */
export function toyProvider(world: World): BareProvider {
  const provider = toy.toy({
    load: () => structuredClone(world),
    save: (next) => Object.assign(world, structuredClone(next)),
  });
  const withCode = (props: JsonObject | undefined, like: JsonObject): JsonObject => ({
    ...props,
    ...(like.__provider === undefined ? {} : { __provider: like.__provider }),
  });
  const told = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      const { message, id, properties, reasons } = error as Error & {
        id?: string;
        properties?: JsonObject;
        reasons?: string[];
      };
      if (id !== undefined) throw new BarePartialError(message, id, properties ?? {}, reasons ?? []);
      throw new ProviderError(message, "unknown");
    }
  };
  return {
    configure: async () => {},
    async check(_resource, olds, news) {
      const { inputs, failures } = await told(provider.check(olds ?? {}, news));
      return { inputs: withCode(inputs, news), failures };
    },
    async diff({ id }, old, news) {
      const { changes, replaces, deleteBeforeReplace } = await told(provider.diff(id, old.outputs, news));
      return { changes, replaceKeys: replaces, deleteBeforeReplace, changedKeys: [], detailedDiff: undefined };
    },
    async create(_resource, inputs) {
      const { id, outs } = await told(provider.create(inputs));
      return { id, outputs: withCode(outs, inputs) };
    },
    async read({ id }, _inputs, outputs) {
      const found = await told(provider.read(id, outputs));
      return {
        id: found.id ?? "",
        outputs: withCode(found.props, outputs),
        inputs: found.inputs && withCode(found.inputs, outputs),
      };
    },
    async update({ id }, old, news) {
      const { outs } = await told(provider.update(id, old.outputs, news));
      return { outputs: withCode(outs, news) };
    },
    delete: ({ id }, _inputs, outputs) => told(provider.delete(id, outputs)),
    secretOutputs: () => [],
  };
}

/** Changes things behind the engine's back, by the name their id begins with. */
export function meddle(world: World, changes: Record<string, Record<string, unknown> | null>): void {
  for (const [name, inputs] of Object.entries(changes)) {
    for (const id of Object.keys(world.things).filter((key) => key.replace(/-\d+$/, "") === name)) {
      if (inputs === null) delete world.things[id];
      else world.things[id] = inputs as JsonObject;
    }
  }
}
