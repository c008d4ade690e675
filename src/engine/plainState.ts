import { StackFiles } from "./embedded/index.js";
import { rootStackType } from "./embedded/urn.js";
import { secretSignature, signatureKey } from "./embedded/values/signatures.js";
import { type Deployment, EngineError, type StackLocation } from "./port.js";
import { chosenBackend, stateDirectory } from "./project/backend.js";
import { readProject } from "./project/project.js";

/** A value as it can be shown: secrets are words. */
type Shown = null | boolean | number | string | Shown[] | { [key: string]: Shown };

/** A resource as a stack's last update left it, without its secrets: in their place stands `[secret]`. */
export interface PlainResource {
  urn: string;
  type: string;
  name: string;
  inputs: Record<string, Shown>;
  outputs: Record<string, Shown>;
}

/** What can be read of a state by anybody who has the file. The stack itself is the resource of type {@link stackType}. */
export function plainResources({ deployment }: Pick<Deployment, "deployment">): PlainResource[] {
  const { resources = [] } = (deployment ?? {}) as { resources?: Record<string, unknown>[] };
  return resources
    .filter((resource) => resource.delete !== true)
    .map(({ urn, type, inputs, outputs }) => ({
      urn: String(urn),
      type: String(type),
      name: String(urn).split("::").slice(3).join("::"),
      inputs: properties(inputs),
      outputs: properties(outputs),
    }));
}

export const stackType = rootStackType;

const properties = (bag: unknown): Record<string, Shown> => {
  const whole = shown(bag);
  return typeof whole === "object" && whole !== null && !Array.isArray(whole) ? whole : {};
};

function shown(value: unknown): Shown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  const entries = Object.entries(value);
  if (entries.some(([key, element]) => key === signatureKey && element === secretSignature)) return "[secret]";
  return Object.fromEntries(entries.map(([key, element]) => [key, shown(element)]));
}

/**
 * Reads a stack's state where that takes neither a passphrase nor the network nor a run of anything: from a file backend.
 *
 * @returns undefined for a stack that was never updated
 * @throws EngineError that says why the state cannot be read so
 */
export async function readPlainState(location: StackLocation): Promise<PlainResource[] | undefined> {
  const project = await readProject(location, { anyRuntime: true });
  const chosen = chosenBackend(location, project.backendUrl);
  if (chosen?.isFiles === false)
    throw new EngineError(`its state is kept at ${chosen.kind}, which takes the network and a login`);
  const files = new StackFiles(stateDirectory(location, project.backendUrl), project.name, location.stack);
  const deployment = await files.read();
  if (deployment !== undefined) return plainResources({ deployment });
  if (chosen === undefined && !(await files.exists()))
    throw new EngineError("there is no state in the project's directory, and PULUMI_BACKEND_URL names no other place");
  return undefined;
}
