import { randomUUID } from "node:crypto";
import { EngineError } from "../../port.js";
import type { ResourceState } from "../state/resource.js";
import { isDefaultProvider, parseReference, providerPackage, urnType } from "../urn.js";
import { computed, equal, hasComputed, type Properties } from "../values/values.js";
import {
  type CheckResult,
  type Diff,
  noDiff,
  type PackageRequest,
  type Plugin,
  type PluginFactory,
  someDiff,
} from "./plugin.js";

/** Where a provider's inputs keep what the engine has to know and the provider must not see. */
const internalKey = "__internal";

/** Package, version and parameterization as inputs of a provider resource (`SetProviderVersion`, `SetProviderParameterization`). */
export function providerInputs(
  config: Properties,
  { name, version, downloadUrl, parameterization }: PackageRequest,
): Properties {
  const inputs: Properties = { ...config };
  const internal: Properties = {};
  if (version !== "") {
    inputs.version = version;
    inputs[internalKey] = internal;
  }
  if (downloadUrl !== "") {
    internal.pluginDownloadURL = downloadUrl;
    inputs[internalKey] = internal;
  }
  if (parameterization !== undefined) {
    internal.name = name;
    if (version !== "") internal.version = version;
    internal.parameterization = parameterization.value;
    inputs.version = parameterization.version;
    inputs[internalKey] = internal;
  }
  return inputs;
}

const withoutInternal = (inputs: Properties): Properties => {
  const { [internalKey]: _, ...rest } = inputs;
  return rest;
};

/**
 * The providers of a deployment. A provider is a resource too: its `check`, `diff`, `create` and `update` are here, and its
 * configured instance is found by its reference.
 */
export class ProviderRegistry {
  private readonly configured = new Map<string, { plugin: Plugin; known: boolean }>();
  private readonly aliases = new Map<string, string>();

  constructor(
    private readonly factory: PluginFactory,
    private readonly dryRun: boolean,
    private readonly packageConfig: (pkg: string) => Properties,
  ) {}

  get(reference: string): { plugin: Plugin; known: boolean } | undefined {
    return this.configured.get(reference);
  }

  /** A provider that is known under a new URN is found under its old one as well. */
  registerAlias(urn: string, alias: string): void {
    if (urn !== alias) this.aliases.set(urn, alias);
  }

  /** The provider of a resource in state, made from the state when it is not there yet. */
  async ensure(reference: string, resources: readonly ResourceState[]): Promise<void> {
    if (reference === "" || this.configured.has(reference)) return;
    const { urn, id } = parseReference(reference);
    const state = resources.find((resource) => resource.urn === urn && resource.id === id);
    if (state === undefined) throw new EngineError(`The state does not hold the provider ${reference}.`);
    await this.same({ ...state, inputs: this.current(state) });
  }

  /**
   * What a provider in state is configured with before the program has registered it, if it ever does. A default provider is
   * configured as the stack's configuration is now: what it was at the last update, such as a key, may not be valid any more.
   */
  private current({ urn, inputs }: ResourceState): Properties {
    if (!isDefaultProvider(urn)) return inputs;
    const engines = Object.entries(inputs).filter(([key]) => key === "version" || key === internalKey);
    return { ...this.packageConfig(providerPackage(urnType(urn))), ...Object.fromEntries(engines) };
  }

  /** An unchanged provider: configured as it stands. */
  async same(state: ResourceState): Promise<void> {
    if (!this.configured.has(`${state.urn}::${state.id}`)) await this.configure(state.urn, state.id, state.inputs);
  }

  async check(urn: string, news: Properties): Promise<CheckResult> {
    this.factory(providerPackage(urnType(urn))); // refuses a package that the engine does not have
    return { inputs: news, failures: [] };
  }

  async diff(old: ResourceState, news: Properties): Promise<Diff> {
    const changed = !equal(old.outputs, withoutInternal(news));
    return changed ? someDiff : noDiff;
  }

  async create(urn: string, inputs: Properties): Promise<{ id: string; outputs: Properties }> {
    const id = this.dryRun ? unknownProviderId : randomUUID();
    await this.configure(urn, id, inputs);
    return { id, outputs: withoutInternal(inputs) };
  }

  async update(urn: string, id: string, inputs: Properties): Promise<{ outputs: Properties }> {
    await this.configure(urn, id, inputs);
    return { outputs: withoutInternal(inputs) };
  }

  private async configure(urn: string, id: string, inputs: Properties): Promise<void> {
    const plugin = this.factory(providerPackage(urnType(urn)));
    const own = withoutInternal(inputs);
    const known = !hasComputed(own);
    if (known) await plugin.configure(own);
    this.configured.set(`${urn}::${id}`, { plugin, known });
    const alias = this.aliases.get(urn);
    if (alias !== undefined) this.configured.set(`${alias}::${id}`, { plugin, known });
  }
}

/** The id of a provider that a preview would make. */
export const unknownProviderId = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The inputs of a resource with unknowns for what depends on resources that are to be replaced. */
export function withUnknowns(
  resource: ResourceState,
  replaced: ReadonlySet<string>,
): { inputs: Properties; affected: boolean } {
  let affected = false;
  const inputs = Object.fromEntries(
    Object.entries(resource.inputs).map(([key, value]) => {
      const depends = (resource.propertyDependencies[key] ?? []).some((urn) => replaced.has(urn));
      affected ||= depends;
      return [key, depends ? computed : value];
    }),
  );
  return { inputs, affected };
}
