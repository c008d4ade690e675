import { EngineError } from "../port.js";
import { InvokeFailed, type Plugin, ProviderError } from "./deploy/plugin.js";
import { readPassphrase, saltOf } from "./session.js";
import type { StackFiles } from "./state/backend.js";
import { type DeploymentJson, snapshotFromJson } from "./state/checkpoint.js";
import { openSecretsManager, type SecretsManager } from "./state/passphrase.js";
import { deserializeProperties } from "./state/properties.js";
import type { ResourceState } from "./state/resource.js";
import { rootStackType } from "./urn.js";
import { hasSecrets, type Properties, type Value } from "./values/values.js";
import { isJsonObject } from "./values/wire.js";

const type = "pulumi:pulumi:StackReference";
const readStackOutputs = "pulumi:pulumi:readStackOutputs";
const readStackResourceOutputs = "pulumi:pulumi:readStackResourceOutputs";

/** Functions of the package `pulumi` that read the states of stacks. */
export const builtinFunctions: ReadonlySet<string> = new Set([readStackOutputs, readStackResourceOutputs]);

/**
 * How the package `pulumi` finds the last saved state of a stack. Of the stack that is being updated it holds each step that has
 * ended, as in the CLI: a program that wants what the last update left asks before it declares anything. Both reject with ProviderError for an unknown stack. */
export interface StackStates {
  /** Outputs of the stack; secrets that cannot be decrypted are empty. */
  outputs(name: string): Promise<Properties>;
  /** Resources of the stack, those that wait for deletion included. Rejects when their secrets cannot be decrypted. */
  resources(name: string): Promise<readonly ResourceState[]>;
}

/** The package `pulumi`, which is the engine's own: it reads the states of stacks (pkg/resource/deploy/builtins.go). */
export function builtinPlugin(states: StackStates): Plugin {
  const unsupported = (resource: { type: string }): never => {
    throw new ProviderError(`unrecognized resource type '${resource.type}'`, "ok");
  };
  return {
    configure: async () => {},
    check: async (resource) => unsupported(resource),
    diff: async (resource) => unsupported(resource),
    create: async (resource) => unsupported(resource),
    update: async (resource) => unsupported(resource),
    delete: async () => {},
    async read(resource, inputs) {
      if (resource.type !== type) unsupported(resource);
      const { name } = inputs;
      if (typeof name !== "string") throw new ProviderError("a stack reference needs a name", "ok");
      return { id: resource.id, inputs, outputs: await referenced(name, states) };
    },
    invoke: (token, args) =>
      call(token, args, states).catch((error: unknown) => {
        if (!(error instanceof ProviderError || error instanceof EngineError)) throw error;
        throw new InvokeFailed(`invocation of ${token} returned an error: ${error.message}`);
      }),
  };
}

async function call(token: string, args: Properties, states: StackStates): Promise<Properties> {
  const key = token === readStackOutputs ? "name" : "stackName";
  const name = args[key];
  if (typeof name !== "string") throw new ProviderError(`missing required property '${key}'`, "ok");
  if (token === readStackOutputs) return referenced(name, states);
  const living = (await states.resources(name)).filter((resource) => !resource.delete);
  const outputs = Object.fromEntries(
    living.map((resource): [string, Value] => [resource.urn, { type: resource.type, outputs: resource.outputs }]),
  );
  return { name, outputs };
}

async function referenced(name: string, states: StackStates): Promise<Properties> {
  const outputs = await states.outputs(name);
  const secretOutputNames = Object.keys(outputs)
    .filter((key) => hasSecrets(outputs[key] ?? null))
    .sort();
  return { name, outputs, secretOutputNames };
}

export interface StackFileOptions {
  /** Files of the stack that is being updated. */
  files: StackFiles;
  project: string;
  env: NodeJS.ProcessEnv;
  inform(message: string): void;
}

/** The states in a file backend. */
export const statesInFiles = (options: StackFileOptions): StackStates => ({
  async outputs(name) {
    const deployment = await readState(name, options);
    const root = deployment?.resources?.find((resource) => resource.type === rootStackType && resource.delete !== true);
    if (root === undefined || !isJsonObject(root.outputs)) return {};
    const secrets = await openedOrBlind(saltOf(deployment), name, options);
    return deserializeProperties(root.outputs, secrets, `stack ${name}`);
  },
  async resources(name) {
    const deployment = await readState(name, options);
    if (deployment === undefined) return [];
    const salt = saltOf(deployment);
    const secrets = salt === undefined ? blind : await opened(salt, name, options);
    return snapshotFromJson(deployment, secrets, `stack ${name}`).resources;
  },
});

/** The stack that is being updated exists, even while its first update has not written a state. */
async function readState(name: string, options: StackFileOptions): Promise<DeploymentJson | undefined> {
  const { project, stack } = parseName(name, options.project);
  const files = options.files.other(project, stack);
  if (files.fullName !== options.files.fullName && !(await files.exists()))
    throw new ProviderError(`unknown stack "${name}"`, "ok");
  return files.read();
}

const blind: SecretsManager = { salt: "", encrypt: () => "", decrypt: () => '""' };

const opened = async (salt: string, name: string, { env }: StackFileOptions): Promise<SecretsManager> =>
  openSecretsManager(await readPassphrase(env, `stack ${name}`), salt, `stack ${name}`);

/** As the CLI: with another passphrase the plain outputs arrive and secret ones are empty, with a word about it. */
async function openedOrBlind(
  salt: string | undefined,
  name: string,
  options: StackFileOptions,
): Promise<SecretsManager> {
  if (salt === undefined) return blind;
  try {
    return await opened(salt, name, options);
  } catch {
    options.inform(`eliding undecryptable secrets for stack reference '${name}'`);
    return blind;
  }
}

/** `stack`, `organization/stack` or `organization/project/stack`: file backends know one organization. */
function parseName(name: string, currentProject: string): { project: string; stack: string } {
  const parts = name.split("/");
  const stack = parts.at(-1) ?? "";
  if (parts.length > 1 && parts[0] !== "organization") {
    throw new ProviderError(
      `stack reference '${name}': in a file backend the organization is always "organization"`,
      "ok",
    );
  }
  return { project: parts.length === 3 ? (parts[1] ?? "") : currentProject, stack };
}
