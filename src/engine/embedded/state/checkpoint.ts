import { createHash } from "node:crypto";
import { EngineError } from "../../port.js";
import type { Properties } from "../values/values.js";
import { isJsonObject, type Json, type JsonObject } from "../values/wire.js";
import type { SecretsManager } from "./passphrase.js";
import { deserializeProperties, serializeProperties } from "./properties.js";
import { emptyResource, type OperationType, type ResourceState, type Snapshot } from "./resource.js";

// Checkpoint and deployment, schema version 3 (sdk/go/common/apitype/core.go: CheckpointV3, DeploymentV3, ResourceV3).
export const schemaVersion = 3;

/** Ends the version of a manifest that this engine wrote. */
export const embeddedMark = "-embedded";
/** The Pulumi SDK's version that it was built against. */
const engineVersion = `v3.248.0${embeddedMark}`;

export interface DeploymentJson {
  manifest: { time: string; magic: string; version: string };
  secrets_providers?: { type: string; state: { salt: string } };
  resources?: JsonObject[];
  pending_operations?: { resource: JsonObject; type: string }[];
  metadata: JsonObject;
}

export interface CheckpointJson {
  version: number;
  checkpoint: { stack: string; latest?: DeploymentJson };
}

export const magicOf = (version: string): string =>
  version === "" ? "" : createHash("sha256").update(version).digest("hex");

// Fields in the order in which the CLI writes them.
const strings = [
  "id",
  "type",
  "parent",
  "provider",
  "importID",
  "deletedWith",
  "created",
  "modified",
  "sourcePosition",
] as const;
const flags = ["delete", "protect", "external", "pendingReplacement", "retainOnDelete"] as const;
const lists = [
  "dependencies",
  "initErrors",
  "additionalSecretOutputs",
  "aliases",
  "ignoreChanges",
  "replaceOnChanges",
] as const;
const others = ["urn", "custom", "inputs", "outputs", "propertyDependencies", "customTimeouts", "stackTrace"] as const;
const knownFields = new Set<string>([...strings, ...flags, ...lists, ...others]);
const knownDeploymentFields = new Set(["manifest", "secrets_providers", "resources", "pending_operations", "metadata"]);

const unsupported = (what: string, stack: string): EngineError =>
  new EngineError(
    `The state of ${stack} uses ${what}, which the embedded engine does not support: use --engine pulumi for this stack.`,
  );

/** A resource as text, with the fields in the CLI's order. */
function resourceText(resource: ResourceState, crypter: SecretsManager): string {
  const fields: Record<string, Json | Properties> = {
    urn: resource.urn,
    custom: resource.custom,
    delete: resource.delete,
    id: resource.id,
    type: resource.type,
    inputs: resource.inputs,
    outputs: resource.outputs,
    parent: resource.parent,
    protect: resource.protect,
    external: resource.external,
    dependencies: resource.dependencies,
    initErrors: resource.initErrors,
    provider: resource.provider,
    propertyDependencies: resource.propertyDependencies,
    pendingReplacement: resource.pendingReplacement,
    additionalSecretOutputs: resource.additionalSecretOutputs,
    customTimeouts: resource.customTimeouts ?? null,
    importID: resource.importID,
    retainOnDelete: resource.retainOnDelete,
    deletedWith: resource.deletedWith,
    created: resource.created,
    modified: resource.modified,
    sourcePosition: resource.sourcePosition,
    stackTrace: resource.stackTrace as Json[],
    ignoreChanges: resource.ignoreChanges,
    replaceOnChanges: resource.replaceOnChanges,
  };
  const texts: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (key !== "custom" && isEmpty(value)) continue;
    const isProperties = key === "inputs" || key === "outputs";
    texts.push(`"${key}":${isProperties ? propertiesText(resource[key], crypter) : JSON.stringify(value)}`);
  }
  return `{${texts.join(",")}}`;
}

/** What was written of properties before: they are replaced, never changed, and each write of a state has most of them again. */
const written = new WeakMap<SecretsManager, WeakMap<Properties, string>>();

function propertiesText(properties: Properties, crypter: SecretsManager): string {
  const known = written.get(crypter) ?? new WeakMap<Properties, string>();
  written.set(crypter, known);
  const text = known.get(properties) ?? JSON.stringify(serializeProperties(properties, crypter));
  known.set(properties, text);
  return text;
}

/** Go's `omitempty`. */
const isEmpty = (value: Json | Properties): boolean =>
  value === null || value === "" || value === false || (typeof value === "object" && Object.keys(value).length === 0);

function resourceFromJson(json: JsonObject, crypter: SecretsManager, stack: string): ResourceState {
  const urn = typeof json.urn === "string" ? json.urn : "";
  if (urn === "" || typeof json.type !== "string" || json.type === "") {
    throw new EngineError(`The state of ${stack} holds a resource without urn or type: it is damaged.`);
  }
  for (const [field, value] of Object.entries(json)) {
    if (!knownFields.has(field) && value !== null) throw unsupported(`the field "${field}" (${urn})`, stack);
  }
  const resource: ResourceState = {
    ...structuredClone(emptyResource),
    urn,
    type: json.type,
    custom: json.custom === true,
  };
  for (const field of strings) if (typeof json[field] === "string") resource[field] = json[field];
  for (const field of flags) if (json[field] === true) resource[field] = true;
  for (const field of lists) if (Array.isArray(json[field])) resource[field] = json[field] as string[];
  if (isJsonObject(json.inputs)) resource.inputs = deserializeProperties(json.inputs, crypter, `${urn} inputs`);
  if (isJsonObject(json.outputs)) resource.outputs = deserializeProperties(json.outputs, crypter, `${urn} outputs`);
  if (isJsonObject(json.propertyDependencies)) {
    resource.propertyDependencies = Object.fromEntries(
      Object.entries(json.propertyDependencies).map(([key, urns]) => [key, (urns ?? []) as string[]]),
    );
  }
  if (isJsonObject(json.customTimeouts)) resource.customTimeouts = json.customTimeouts as Record<string, number>;
  if (Array.isArray(json.stackTrace)) resource.stackTrace = json.stackTrace as { sourcePosition?: string }[];
  return resource;
}

/** The text of a deployment (DeploymentJson), in pieces: a large state is never in memory as a whole. */
export function* deploymentText(snapshot: Snapshot, secrets: SecretsManager, now: Date): Generator<string> {
  const manifest = { time: now.toISOString(), magic: magicOf(engineVersion), version: engineVersion };
  const provider = { type: "passphrase", state: { salt: secrets.salt } };
  yield `{"manifest":${JSON.stringify(manifest)},"secrets_providers":${JSON.stringify(provider)}`;
  yield* listText("resources", snapshot.resources, (resource) => resourceText(resource, secrets));
  yield* listText(
    "pending_operations",
    snapshot.pendingOperations,
    ({ resource, type }) => `{"resource":${resourceText(resource, secrets)},"type":${JSON.stringify(type)}}`,
  );
  yield ',"metadata":{}}';
}

function* listText<One>(key: string, list: readonly One[], text: (one: One) => string): Generator<string> {
  if (list.length === 0) return;
  for (const [index, one] of list.entries()) yield `${index === 0 ? `,"${key}":[` : ","}${text(one)}`;
  yield "]";
}

/** What of a deployment this engine can work with; throws an EngineError that names anything else. */
export function checkDeployment(deployment: DeploymentJson, version: number, stack: string): void {
  if (version !== schemaVersion) {
    throw new EngineError(
      `The state of ${stack} has schema version ${version}; the embedded engine reads version ${schemaVersion}: use --engine pulumi with a CLI that is new enough.`,
    );
  }
  for (const [field, value] of Object.entries(deployment)) {
    if (!knownDeploymentFields.has(field) && !isEmpty(value)) throw unsupported(`the field "${field}"`, stack);
  }
  const provider = deployment.secrets_providers?.type;
  if (provider !== undefined && provider !== "passphrase")
    throw unsupported(`the secrets provider "${provider}"`, stack);
  const { magic, version: writer } = deployment.manifest;
  if (magic !== magicOf(writer)) {
    throw new EngineError(
      `The state of ${stack} does not match its own checksum (manifest.magic): it is damaged or was edited by hand.`,
    );
  }
}

export function snapshotFromJson(deployment: DeploymentJson, secrets: SecretsManager, stack: string): Snapshot {
  return {
    resources: (deployment.resources ?? []).map((json) => resourceFromJson(json, secrets, stack)),
    pendingOperations: (deployment.pending_operations ?? []).map(({ resource, type }) => ({
      resource: resourceFromJson(resource, secrets, stack),
      type: type as OperationType,
    })),
  };
}
