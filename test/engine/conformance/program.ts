import type { Program, ProgramEnd } from "../../../src/engine/embedded/deploy/deployment.js";
import { emptyGoal } from "../../../src/engine/embedded/deploy/goal.js";
import type { Monitor, RegisterRequest } from "../../../src/engine/embedded/deploy/monitor.js";
import { Terminating } from "../../../src/engine/embedded/deploy/monitor.js";
import type { ResourceState } from "../../../src/engine/embedded/state/resource.js";
import {
  computed,
  hasSecrets,
  type Properties,
  reveal,
  Secret,
  type Value,
} from "../../../src/engine/embedded/values/values.js";

/** JSON, with `{ ref: "name.key" }` for an output of another resource and `{ secret: … }` for a secret. */
export type Term = null | boolean | number | string | Term[] | { [key: string]: Term };

export interface ResourceData {
  name: string;
  /** Default `thing`. `provider`: an explicit provider; `reference`: a stack reference. */
  kind?: "thing" | "group" | "provider" | "reference";
  /** Last part of a thing's type. */
  type?: string;
  inputs?: Record<string, Term>;
  /** Of a group. */
  outputs?: Record<string, Term>;
  /** A thing that is read, not owned. */
  id?: string;
  options?: {
    parent?: string;
    dependsOn?: string[];
    provider?: string;
    deletedWith?: string;
    protect?: boolean;
    retainOnDelete?: boolean;
    deleteBeforeReplace?: boolean;
    ignoreChanges?: string[];
    replaceOnChanges?: string[];
    additionalSecretOutputs?: string[];
    aliases?: (string | { name?: string; type?: string; parent?: string })[];
    customTimeouts?: { create?: string; update?: string; delete?: string };
  };
}

/** A program as data: what a scenario and the fuzzer write, and what both engines run. */
export interface ProgramData {
  resources: ResourceData[];
  outputs?: Record<string, Term>;
  /** The program fails with this message once it has declared everything. */
  fail?: string;
}

/** The code that dynamic providers keep in their inputs; the same text as in `declare.cjs`. */
export const providerCode = `exports.handler = () => require("node:module").createRequire(process.cwd() + "/")("./toy.cjs").provider();`;

export const projectName = "toy";
export const stackName = "dev";
export const stackUrn = `urn:pulumi:${stackName}::${projectName}::pulumi:pulumi:Stack::${projectName}-${stackName}`;

interface Made {
  state: ResourceState;
  /** URNs that whoever uses it depends on: itself, or what a group holds. */
  urns(): string[];
}

/** Declares resources as the SDK does: each as soon as what it needs is there, with the dependencies the SDK would send. */
export function inProcess(data: ProgramData, dryRun: boolean): Program {
  return {
    async run(monitor): Promise<ProgramEnd> {
      const run = new Run(monitor, data, dryRun);
      try {
        await run.everything();
      } catch (error) {
        if (error instanceof Terminating) return { ok: true };
        throw error;
      }
      return data.fail === undefined ? { ok: true } : { ok: false, message: data.fail };
    },
  };
}

class Run {
  private readonly made = new Map<string, Promise<Made>>();

  constructor(
    private readonly monitor: Monitor,
    private readonly data: ProgramData,
    private readonly dryRun: boolean,
  ) {}

  async everything(): Promise<void> {
    const name = `${projectName}-${stackName}`;
    await this.monitor.register({ ...blank, type: "pulumi:pulumi:Stack", name, custom: false });
    const all = this.data.resources.map((resource) => {
      const made = this.declare(resource);
      // Of two with one name, others mean the first.
      if (!this.made.has(resource.name)) this.made.set(resource.name, made);
      return made;
    });
    const groups = this.data.resources.filter(({ kind }) => kind === "group");
    await Promise.all([...groups.map((group) => this.finishGroup(group)), ...all, this.finishStack()]);
  }

  /** Outputs go out as soon as they are known, whether or not all resources are there. */
  private async finishStack(): Promise<void> {
    // A program that fails has no outputs, and the SDK says even that.
    const { value } = await this.evaluate(this.data.fail === undefined ? (this.data.outputs ?? {}) : {});
    await this.monitor.registerOutputs(stackUrn, value as Properties);
  }

  private async finishGroup({ name, outputs }: ResourceData): Promise<void> {
    const state = await this.early(name);
    const { value } = await this.evaluate(outputs ?? {});
    await this.monitor.registerOutputs(state.urn, value as Properties);
  }

  private of(name: string): Promise<Made> {
    const made = this.made.get(name);
    if (made === undefined) throw new Error(`the program refers to ${name} before it declares it`);
    return made;
  }

  private async declare(resource: ResourceData): Promise<Made> {
    await Promise.resolve(); // declarations refer to each other: let the map fill first
    const { name, kind, id } = resource;
    if (kind !== "group") {
      const request = await this.request(resource);
      const isRead = id !== undefined || kind === "reference";
      const state = await (isRead
        ? this.read(request, id ?? String(resource.inputs?.name))
        : this.monitor.register(request));
      return { state, urns: () => [state.urn] };
    }
    const state = await this.early(name);
    const children = this.data.resources.filter(({ options }) => options?.parent === name);
    const inside = await Promise.all(children.map((child) => this.of(child.name)));
    return { state, urns: () => inside.flatMap((child) => child.urns()) };
  }

  private read(
    { type, name, parent, properties, provider, dependencies, additionalSecretOutputs }: RegisterRequest,
    id: string,
  ) {
    return this.monitor.read({
      ...{ type, name, id, parent, properties, provider, dependencies, additionalSecretOutputs },
      ...{ sourcePosition: "", stackTrace: [], version: "", pluginDownloadUrl: "", packageRef: "" },
    });
  }

  private async request({
    name,
    kind = "thing",
    type = "Thing",
    inputs = {},
    options = {},
  }: ResourceData): Promise<RegisterRequest> {
    const own: Record<string, Term> = kind === "thing" ? { name, ...inputs, __provider: providerCode } : inputs;
    const properties: Properties = {};
    const propertyDependencies: Record<string, string[]> = {};
    const all = new Set<string>();
    for (const [key, term] of Object.entries(own)) {
      const { value, urns } = await this.evaluate(term);
      // The SDK leaves out what is known to be undefined, with all that it depends on.
      if (value === undefined) continue;
      properties[key] = value;
      propertyDependencies[key] = [...urns];
      for (const urn of urns) all.add(urn);
    }
    for (const other of options.dependsOn ?? []) for (const urn of (await this.of(other)).urns()) all.add(urn);
    const types = {
      thing: `pulumi-nodejs:dynamic/toy:${type}`,
      group: "toy:index:Group",
      provider: "pulumi:providers:pulumi-nodejs",
      reference: "pulumi:pulumi:StackReference",
    };
    const provider = options.provider === undefined ? undefined : (await this.of(options.provider)).state;
    const { customTimeouts, aliases, protect, retainOnDelete, deleteBeforeReplace } = options;
    return {
      ...blank,
      type: types[kind],
      name,
      custom: kind !== "group",
      properties,
      propertyDependencies,
      dependencies: [...all],
      parent: options.parent === undefined ? stackUrn : (await this.early(options.parent)).urn,
      protect,
      retainOnDelete,
      deleteBeforeReplace,
      provider: provider === undefined ? "" : `${provider.urn}::${provider.id}`,
      deletedWith: options.deletedWith === undefined ? "" : (await this.of(options.deletedWith)).state.urn,
      ignoreChanges: options.ignoreChanges ?? [],
      replaceOnChanges: options.replaceOnChanges ?? [],
      additionalSecretOutputs: options.additionalSecretOutputs ?? [],
      aliases: await Promise.all((aliases ?? []).map((alias) => this.alias(alias))),
      customTimeouts:
        customTimeouts &&
        Object.fromEntries(Object.entries(customTimeouts).map(([key, text]) => [key, Number.parseInt(text, 10) * 60])),
    };
  }

  /** A parent's state: of a group as soon as it is registered, before what it holds. */
  private readonly groups = new Map<string, Promise<ResourceState>>();
  private async early(name: string): Promise<ResourceState> {
    const group = this.data.resources.find((resource) => resource.name === name);
    if (group?.kind !== "group") return (await this.of(name)).state;
    let state = this.groups.get(name);
    if (state === undefined) {
      state = this.request(group).then((request) => this.monitor.register(request));
      this.groups.set(name, state);
    }
    return state;
  }

  private async alias(
    alias: string | { name?: string; type?: string; parent?: string },
  ): Promise<RegisterRequest["aliases"][number]> {
    if (typeof alias === "string") return { urn: alias };
    const { name = "", type = "", parent } = alias;
    const parentUrn = parent === undefined ? "" : parent === "none" ? stackUrn : (await this.early(parent)).urn;
    return { name, type, stack: "", project: "", parent: parentUrn, noParent: false };
  }

  private async evaluate(term: Term): Promise<{ value: Value | undefined; urns: Set<string> }> {
    const urns = new Set<string>();
    const inside = async (part: Term): Promise<Value> => (await walk(part)) ?? null;
    const walk = async (part: Term): Promise<Value | undefined> => {
      if (Array.isArray(part)) return Promise.all(part.map(inside));
      if (typeof part !== "object" || part === null) return part;
      if (typeof part.ref === "string") return this.output(part.ref, urns);
      if ("secret" in part) return new Secret(await inside(part.secret ?? null));
      return Object.fromEntries(
        (
          await Promise.all(Object.entries(part).map(async ([key, element]) => [key, await walk(element)] as const))
        ).filter((entry): entry is [string, Value] => entry[1] !== undefined),
      );
    };
    return { value: await walk(term), urns };
  }

  private async output(ref: string, urns: Set<string>): Promise<Value | undefined> {
    const [name = "", key = ""] = ref.split(".");
    const { state, urns: own } = await this.of(name);
    for (const urn of own()) urns.add(urn);
    if (key === "urn") return state.urn;
    if (key === "id") return state.id === "" ? computed : state.id;
    const value = state.outputs[key] ?? (this.dryRun ? computed : undefined);
    if (value === undefined) return undefined;
    // An output that holds a secret anywhere is secret as a whole.
    return hasSecrets(value) ? new Secret(reveal(value)) : value;
  }
}

const blank: Omit<RegisterRequest, "type" | "name" | "custom"> = {
  ...emptyGoal,
  version: "",
  pluginDownloadUrl: "",
  packageRef: "",
  providers: {},
};
