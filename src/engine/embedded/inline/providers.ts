// Dynamic providers in the engine's own process, with what the SDK's `cmd/dynamic-provider` does around them.
import type { InlineContext, InlineProgram, InlineProvider } from "../../inline.js";
import { ProviderError } from "../deploy/plugin.js";
import { BarePartialError, type BareProvider } from "../deploy/secretBlind.js";
import { mapped } from "../values/mapped.js";
import type { Json, JsonObject } from "../values/wire.js";

const codeKey = "__provider";

/**
 * Providers that `inline` knows by their code; resources with any other code go to `host`, which is not asked before there is one.
 */
export function inlineProviders(inline: InlineProgram, context: InlineContext, host: () => BareProvider): BareProvider {
  let config: JsonObject = {};
  let others: Promise<BareProvider> | undefined;
  const configuredHost = () => {
    others ??= (async () => {
      const provider = host();
      await provider.configure(config);
      return provider;
    })();
    return others;
  };
  const providerOf = async (properties: JsonObject): Promise<BareProvider> => {
    const provider = await inline.provider(String(properties[codeKey]), config, context);
    return provider === undefined ? configuredHost() : inlineProvider(provider);
  };
  return {
    configure: async (inputs) => {
      config = inputs;
    },
    check: async (resource, olds, news) => (await providerOf(news)).check(resource, olds, news),
    diff: async (resource, old, news, ignored) => (await providerOf(news)).diff(resource, old, news, ignored),
    create: async (resource, inputs) => (await providerOf(inputs)).create(resource, inputs),
    read: async (resource, inputs, outputs) => (await providerOf(outputs)).read(resource, inputs, outputs),
    update: async (resource, old, news, ignored) => (await providerOf(news)).update(resource, old, news, ignored),
    delete: async (resource, inputs, outputs) => (await providerOf(outputs)).delete(resource, inputs, outputs),
    secretOutputs: () => [],
  };
}

/** A provider as the engine's core calls it. */
export function inlineProvider(provider: InlineProvider): BareProvider {
  return {
    configure: async () => {},
    check: async (_resource, olds, news) => {
      const { inputs, failures } = await failing(() => provider.check({ ...olds }, { ...news }));
      return { inputs: answered(inputs, news), failures };
    },
    diff: async ({ id }, old, news) => {
      const diff = await failing(() => provider.diff(id, { ...old.outputs }, { ...news }));
      return {
        changes: diff.changes,
        changedKeys: [],
        replaceKeys: diff.replaces ?? [],
        deleteBeforeReplace: diff.deleteBeforeReplace ?? false,
        detailedDiff: undefined,
      };
    },
    create: async (_resource, inputs) => {
      const { id, outs } = await failing(() => provider.create({ ...inputs }), true);
      return { id, outputs: answered(outs, inputs) };
    },
    read: async ({ id }, _inputs, outputs) => {
      const found = await failing(() => provider.read(id, { ...outputs }));
      const inputs = found.inputs && answered(found.inputs, outputs);
      return { id: found.id ?? "", outputs: answered(found.props, outputs), inputs };
    },
    update: async ({ id }, old, news) => {
      const { outs } = await failing(() => provider.update(id, { ...old.outputs }, { ...news }), true);
      return { outputs: answered(outs, news) };
    },
    delete: ({ id }, _inputs, outputs) => failing(() => provider.delete(id, { ...outputs })),
    secretOutputs: () => [],
  };
}

/** What a provider throws; the SDK's "it was made, but is not right" has an id. Of anything else nobody knows what became of it. */
interface Thrown {
  readonly id?: string;
  readonly properties?: JsonObject | null;
  readonly reasons?: string[] | null;
}

/** @param makes whether it can leave something behind; of other calls an error with an id is one like any other */
async function failing<T>(work: () => Promise<T>, makes = false): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const { id, properties, reasons } = (error ?? {}) as Thrown;
    const why = reasons ?? [];
    if (makes && id)
      throw new BarePartialError(why.length === 0 ? message : why.join("; "), String(id), properties ?? {}, [...why]);
    throw new ProviderError(message, "unknown");
  }
}

/** Plain JSON, the provider's code among it; a process's answer could be nothing else. */
function answered(outs: Record<string, unknown> | undefined, like: JsonObject): JsonObject {
  return plain({ ...outs, [codeKey]: like[codeKey] ?? null }, "") as JsonObject;
}

function plain(value: unknown, path: string): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number")
    return value;
  if (Array.isArray(value)) return value.map((inner, index) => plain(inner, `${path}[${index}]`));
  if (typeof value === "object")
    return mapped(value as Record<string, unknown>, (inner, key) => plain(inner, `${path}.${key}`));
  throw new ProviderError(`a dynamic provider answered with ${typeof value} at ${path}, which is not JSON`, "unknown");
}
