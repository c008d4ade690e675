import { type Plugin, ProviderError } from "./deploy/plugin.js";
import { readPassphrase, saltOf } from "./session.js";
import type { StackFiles } from "./state/backend.js";
import { openSecretsManager, type SecretsManager } from "./state/passphrase.js";
import { deserializeProperties } from "./state/properties.js";
import { rootStackType } from "./urn.js";
import { hasSecrets, type Properties } from "./values/values.js";
import { isJsonObject } from "./values/wire.js";

const type = "pulumi:pulumi:StackReference";

export interface StackReferenceOptions {
  files: StackFiles;
  project: string;
  env: NodeJS.ProcessEnv;
  inform(message: string): void;
}

/** The package `pulumi`, which is the engine's own: it reads the outputs of other stacks of the same backend. */
export function builtinPlugin(options: StackReferenceOptions): Plugin {
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
      const name = inputs.name;
      if (typeof name !== "string") throw new ProviderError("a stack reference needs a name", "ok");
      const outputs = await stackOutputs(name, options);
      const secretOutputNames = Object.keys(outputs)
        .filter((key) => hasSecrets(outputs[key] ?? null))
        .sort();
      return { id: resource.id, inputs, outputs: { name, outputs, secretOutputNames } };
    },
  };
}

async function stackOutputs(name: string, options: StackReferenceOptions): Promise<Properties> {
  const { project, stack } = parseName(name, options.project);
  const files = options.files.other(project, stack);
  if (!(await files.exists())) throw new ProviderError(`unknown stack "${name}"`, "ok");
  const deployment = await files.read();
  const root = deployment?.resources?.find((resource) => resource.type === rootStackType && resource.delete !== true);
  if (root === undefined || !isJsonObject(root.outputs)) return {};
  const secrets = await openedOrBlind(saltOf(deployment), name, options);
  return deserializeProperties(root.outputs, secrets, `stack ${name}`);
}

/** As the CLI: with another passphrase the plain outputs arrive and secret ones are empty, with a word about it. */
async function openedOrBlind(
  salt: string | undefined,
  name: string,
  options: StackReferenceOptions,
): Promise<SecretsManager> {
  const blind: SecretsManager = { salt: "", encrypt: () => "", decrypt: () => '""' };
  if (salt === undefined) return blind;
  try {
    return await openSecretsManager(await readPassphrase(options.env, `stack ${name}`), salt, `stack ${name}`);
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
