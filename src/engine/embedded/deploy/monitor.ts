import { EngineError } from "../../port.js";
import type { ResourceState } from "../state/resource.js";
import {
  formatReference,
  isProviderType,
  parseReference,
  providerPackage,
  providerType,
  typePackage,
  urnType,
} from "../urn.js";
import type { Properties } from "../values/values.js";
import { emptyGoal, type Goal, type ReadGoal } from "./goal.js";
import type { PackageRequest } from "./plugin.js";
import { providerInputs } from "./registry.js";

/** What a program asks of the engine for one resource: a goal, and how to find its provider. */
export interface RegisterRequest extends Goal {
  version: string;
  pluginDownloadUrl: string;
  packageRef: string;
  /** References by package, for components. */
  providers: Record<string, string>;
}

export interface ReadRequest extends ReadGoal {
  version: string;
  pluginDownloadUrl: string;
  packageRef: string;
}

/** The engine's side of a running program. Calls are rejected with {@link Terminating} once the deployment is over. */
export interface Monitor {
  registerPackage(request: PackageRequest): string;
  register(request: RegisterRequest): Promise<ResourceState>;
  read(request: ReadRequest): Promise<ResourceState>;
  /** Calls a function of the built-in package. Rejected with `InvokeFailed` when the function fails. */
  invoke(token: string, args: Properties): Promise<Properties>;
  registerOutputs(urn: string, outputs: Properties): Promise<void>;
  /** Ends the deployment with an error that names what the engine does not have. */
  refuse(problem: EngineError): void;
}

/** The deployment has ended, or is about to: there is no answer any more. */
export class Terminating extends Error {
  override readonly name = "Terminating";
  constructor() {
    super("Resource monitor is terminating");
  }
}

/** What the monitor hands on to the deployment. */
export interface Deploying {
  register(goal: Goal): Promise<ResourceState>;
  read(goal: ReadGoal): Promise<ResourceState>;
  /** @param provider reference of a provider that is registered */
  invoke(provider: string, token: string, args: Properties): Promise<Properties>;
  /** Stack configuration of a package, as its default provider is given it. */
  packageConfig(pkg: string): Properties;
}

/** Finds the provider of each resource, making default providers as they are first needed (default_providers.go). */
export class ProviderResolver {
  private readonly packages = new Map<string, PackageRequest>();
  private readonly defaults = new Map<string, Promise<string>>();
  private readonly ofComponent = new Map<string, Record<string, string>>();
  private readonly goals = new Map<string, Goal>();

  constructor(private readonly deploying: Deploying) {}

  registerPackage(request: PackageRequest): string {
    const ref = JSON.stringify(request);
    this.packages.set(ref, request);
    return ref;
  }

  async register(request: RegisterRequest): Promise<ResourceState> {
    const { version, pluginDownloadUrl, packageRef, providers, ...asked } = request;
    const goal = this.inherited(asked);
    if (isProviderType(goal.type)) {
      goal.properties = providerInputs(
        goal.properties,
        this.packageRequest(providerPackage(goal.type), version, pluginDownloadUrl, packageRef),
      );
    } else if (goal.custom) {
      const pkg = typePackage(goal.type);
      goal.provider ||= providers[pkg] ?? this.ofComponent.get(goal.parent)?.[pkg] ?? "";
      goal.provider ||= await this.defaultProvider(this.packageRequest(pkg, version, pluginDownloadUrl, packageRef));
    } else goal.provider = "";
    const state = await this.deploying.register(goal);
    this.goals.set(state.urn, goal);
    if (!goal.custom) this.ofComponent.set(state.urn, { ...this.ofComponent.get(goal.parent), ...providers });
    return state;
  }

  async read(request: ReadRequest): Promise<ResourceState> {
    const { version, pluginDownloadUrl, packageRef, ...goal } = request;
    const pkg = typePackage(goal.type);
    goal.provider ||= await this.defaultProvider(this.packageRequest(pkg, version, pluginDownloadUrl, packageRef));
    return this.deploying.read(goal);
  }

  /** As in the CLI, a call of a function registers the default provider of its package, which stays in the state. */
  async invoke(token: string, args: Properties): Promise<Properties> {
    const name = typePackage(token);
    const request = { name, version: "", downloadUrl: "", parameterization: undefined };
    return this.deploying.invoke(await this.defaultProvider(request), token, args);
  }

  private inherited(goal: Goal): Goal {
    const parent = this.goals.get(goal.parent);
    if (parent === undefined) return { ...goal };
    const samePackage =
      parent.provider !== "" &&
      providerPackage(urnType(parseReference(parent.provider).urn)) === typePackage(goal.type);
    return {
      ...goal,
      deletedWith: goal.deletedWith || parent.deletedWith,
      protect: goal.protect ?? parent.protect,
      retainOnDelete: goal.retainOnDelete ?? parent.retainOnDelete,
      provider: goal.provider || (samePackage ? parent.provider : ""),
    };
  }

  private packageRequest(pkg: string, version: string, downloadUrl: string, packageRef: string): PackageRequest {
    if (packageRef === "") return { name: pkg, version, downloadUrl, parameterization: undefined };
    const request = this.packages.get(packageRef);
    if (request === undefined) throw new EngineError(`The program refers to a package that it has not registered.`);
    return request;
  }

  private defaultProvider(request: PackageRequest): Promise<string> {
    const pkg = request.parameterization?.name ?? request.name;
    const version = request.parameterization?.version ?? request.version;
    const key = `${pkg} ${version} ${request.downloadUrl}`;
    let provider = this.defaults.get(key);
    if (provider === undefined) {
      provider = this.deploying
        .register({
          ...emptyGoal,
          type: providerType(pkg),
          name: defaultName(version, request.downloadUrl),
          custom: true,
          properties: providerInputs(this.deploying.packageConfig(pkg), request),
        })
        .then(({ urn, id }) => formatReference({ urn, id }));
      this.defaults.set(key, provider);
    }
    return provider;
  }
}

/** `default_5_3_2`: names may not hold dots or dashes. */
function defaultName(version: string, downloadUrl: string): string {
  const parts = [version, downloadUrl].filter((part) => part !== "");
  return ["default", ...parts.map((part) => part.replace(/[^A-Za-z0-9]/g, "_"))].join("_");
}
