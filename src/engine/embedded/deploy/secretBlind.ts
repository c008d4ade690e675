import { annotateSecrets, type Properties, Secret } from "../values/values.js";
import { type JsonObject, propertiesFromWire, propertiesToWire } from "../values/wire.js";
import type { CheckResult, Diff, Plugin, ResourceIdentity } from "./plugin.js";
import { ProviderError } from "./plugin.js";

/** A provider that sees bare values: a dynamic provider, or one inside this process. Unknowns arrive as Pulumi's unknown string. */
export interface BareProvider {
  configure(inputs: JsonObject): Promise<void>;
  check(resource: ResourceIdentity, olds: JsonObject | undefined, news: JsonObject): Promise<BareCheck>;
  diff(
    resource: ResourceIdentity & { id: string },
    old: { inputs: JsonObject; outputs: JsonObject },
    news: JsonObject,
    ignoreChanges: string[],
  ): Promise<Diff | "unknown">;
  create(resource: ResourceIdentity, inputs: JsonObject): Promise<{ id: string; outputs: JsonObject }>;
  read(
    resource: ResourceIdentity & { id: string },
    inputs: JsonObject,
    outputs: JsonObject,
  ): Promise<{ id: string; outputs: JsonObject | undefined; inputs: JsonObject | undefined }>;
  update(
    resource: ResourceIdentity & { id: string },
    old: { inputs: JsonObject; outputs: JsonObject },
    news: JsonObject,
    ignoreChanges: string[],
  ): Promise<{ outputs: JsonObject }>;
  delete(resource: ResourceIdentity & { id: string }, inputs: JsonObject, outputs: JsonObject): Promise<void>;
  /** Output keys that are secret whatever the inputs were. */
  secretOutputs(type: string): string[];
}

interface BareCheck {
  inputs: JsonObject;
  failures: CheckResult["failures"];
}

/** A partly made resource, as a bare provider reports it. */
export class BarePartialError extends Error {
  override readonly name = "BarePartialError";
  constructor(
    message: string,
    readonly id: string,
    readonly outputs: JsonObject,
    readonly reasons: string[],
  ) {
    super(message);
  }
}

const bare = (properties: Properties): JsonObject =>
  propertiesToWire(properties, { secrets: false, references: false });

/** Lets a provider that knows no secrets take part: it is given bare values, and what comes back is marked by key. */
export function secretBlind(provider: BareProvider): Plugin {
  const outputsOf = (outputs: JsonObject, like: Properties, type: string): Properties => {
    const marked = propertiesFromWire(outputs);
    annotateSecrets(marked, like);
    for (const key of provider.secretOutputs(type)) {
      const value = marked[key];
      if (value !== undefined && !(value instanceof Secret)) marked[key] = new Secret(value);
    }
    return marked;
  };
  const inputsOf = (inputs: JsonObject, like: Properties): Properties => {
    const marked = propertiesFromWire(inputs);
    annotateSecrets(marked, like);
    return marked;
  };
  const withPartial = async <T>(call: Promise<T>, like: Properties, type: string): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof BarePartialError)) throw error;
      const { message, id, outputs, reasons } = error;
      throw new ProviderError(message, "partial", { id, outputs: outputsOf(outputs, like, type), reasons });
    }
  };
  return {
    configure: (inputs) => provider.configure(bare(inputs)),
    async check(resource, olds, news) {
      const { inputs, failures } = await provider.check(resource, olds && bare(olds), bare(news));
      return { inputs: inputsOf(inputs, news), failures };
    },
    diff: (resource, old, news, ignoreChanges) =>
      provider.diff(resource, { inputs: bare(old.inputs), outputs: bare(old.outputs) }, bare(news), ignoreChanges),
    async create(resource, inputs) {
      const { id, outputs } = await withPartial(provider.create(resource, bare(inputs)), inputs, resource.type);
      return { id, outputs: outputsOf(outputs, inputs, resource.type) };
    },
    async read(resource, inputs, outputs) {
      const result = await provider.read(resource, bare(inputs), bare(outputs));
      return {
        id: result.id,
        outputs: result.outputs && outputsOf(result.outputs, outputs, resource.type),
        inputs: result.inputs && inputsOf(result.inputs, inputs),
      };
    },
    async update(resource, old, news, ignoreChanges) {
      const bareOld = { inputs: bare(old.inputs), outputs: bare(old.outputs) };
      const call = provider.update(resource, bareOld, bare(news), ignoreChanges);
      const { outputs } = await withPartial(call, news, resource.type);
      return { outputs: outputsOf(outputs, news, resource.type) };
    },
    delete: (resource, inputs, outputs) => provider.delete(resource, bare(inputs), bare(outputs)),
  };
}
