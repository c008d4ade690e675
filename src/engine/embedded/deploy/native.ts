import { type NativeProvider, PartialError } from "../../provider.js";
import { equal } from "../values/values.js";
import { type JsonObject, propertiesFromWire } from "../values/wire.js";
import { type Diff, ProviderError } from "./plugin.js";
import { BarePartialError, type BareProvider } from "./secretBlind.js";

/** A provider inside this process, behind the same interface as one in a process of its own. */
export function nativeProvider(provider: NativeProvider): BareProvider {
  return {
    async configure(inputs) {
      const config = Object.entries(inputs).filter(([key]) => key !== "version");
      provider.configure(
        Object.fromEntries(
          config.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
        ),
      );
    },
    check: ({ type }, olds, news) => guarded(provider.check(type, olds ?? null, news)),
    diff: async ({ type, id }, old, news, ignoreChanges) => {
      const diff = await guarded(provider.diff(type, id, old.outputs, old.inputs, news, ignoreChanges));
      return {
        changes: diff.changes,
        changedKeys: diff.diffs ?? (diff.changes ? changedKeys(old.inputs, news) : []),
        replaceKeys: diff.replaces ?? [],
        deleteBeforeReplace: diff.deleteBeforeReplace ?? false,
        detailedDiff: detailedDiff(diff.detailedDiff),
      };
    },
    create: ({ type, urn }, inputs) => guarded(provider.create(type, urn, inputs)),
    async read({ type, id }, inputs, outputs) {
      const found = await guarded(provider.read(type, id, outputs, inputs));
      return found === null ? { id: "", outputs: undefined, inputs: undefined } : { ...found, inputs: found.inputs };
    },
    update: ({ type, id }, old, news, ignoreChanges) =>
      guarded(provider.update(type, id, old.outputs, old.inputs, news, ignoreChanges)),
    delete: ({ type, id }, inputs, outputs) => guarded(provider.delete(type, id, outputs, inputs)),
    secretOutputs: (type) => provider.additionalSecretOutputs?.(type) ?? [],
  };
}

async function guarded<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PartialError)
      throw new BarePartialError(error.message, error.id, error.outputs, error.reasons);
    throw new ProviderError(error instanceof Error ? error.message : String(error), "unknown");
  }
}

function changedKeys(olds: JsonObject, news: JsonObject): string[] {
  const [before, after] = [propertiesFromWire(olds), propertiesFromWire(news)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => !equal(before[key], after[key]));
}

type NativeDetails = NonNullable<Awaited<ReturnType<NativeProvider["diff"]>>["detailedDiff"]>;
const detailedDiff = (details: NativeDetails | undefined): Diff["detailedDiff"] =>
  details &&
  Object.fromEntries(
    Object.entries(details).map(([path, { kind, inputDiff }]) => [path, { kind, inputDiff: inputDiff ?? false }]),
  );
