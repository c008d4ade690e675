import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../port.js";
import type { Alias } from "../deploy/goal.js";
import type { ReadRequest, RegisterRequest } from "../deploy/monitor.js";
import type { PackageRequest } from "../deploy/plugin.js";
import { propertiesFromWire } from "../values/wire.js";
import { fromStruct, type resourcePb } from "./protocol.js";

type WireRegister = InstanceType<typeof resourcePb.RegisterResourceRequest>;
type WireRead = InstanceType<typeof resourcePb.ReadResourceRequest>;
type WirePackage = InstanceType<typeof resourcePb.RegisterPackageRequest>;
type WireAlias = ReturnType<WireRegister["getAliasesList"]>[number];
type WirePosition = ReturnType<WireRegister["getSourceposition"]>;
type WireTrace = ReturnType<WireRegister["getStacktrace"]>;

/** What of a registration the engine does not have, by the name it has in a program. */
export function unsupportedOptions(request: WireRegister): string[] {
  const hooks = request.getHooks()?.toObject() ?? {};
  const options: [string, boolean][] = [
    ["remote components", request.getRemote()],
    ["import", request.getImportid() !== ""],
    ["transforms", request.getTransformsList().length > 0],
    ["hooks", Object.values(hooks).some((names) => Array.isArray(names) && names.length > 0)],
    ["replaceWith", request.getReplaceWithList().length > 0],
    ["replacementTrigger", request.hasReplacementTrigger() && !request.getReplacementTrigger()?.hasNullValue()],
    ["hideDiffs", request.getHidediffsList().length > 0],
    ["envVarMappings", request.getEnvvarmappingsMap().getLength() > 0],
  ];
  return options.filter(([, used]) => used).map(([name]) => name);
}

export function refusal(what: string, where: string): EngineError {
  return new EngineError(
    `The embedded engine does not support ${what} (${where}): use --engine pulumi for this program.`,
  );
}

export function registerRequest(request: WireRegister, root: string): RegisterRequest {
  const timeouts = request.getCustomtimeouts();
  const properties = propertiesFromWire(fromStruct(request.getObject()), request.getName());
  const dependencies = request.getDependenciesList();
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    properties,
    parent: request.getParent(),
    protect: request.hasProtect() ? request.getProtect() : undefined,
    dependencies,
    propertyDependencies: propertyDependencies(request, Object.keys(properties), dependencies),
    provider: request.getProvider(),
    deleteBeforeReplace:
      request.getDeletebeforereplacedefined() || request.getDeletebeforereplace()
        ? request.getDeletebeforereplace()
        : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [...request.getAliasurnsList().map((urn) => ({ urn })), ...request.getAliasesList().map(alias)],
    customTimeouts:
      timeouts &&
      customTimeouts({
        create: timeouts.getCreate(),
        update: timeouts.getUpdate(),
        delete: timeouts.getDelete(),
        read: timeouts.getRead(),
      }),
    replaceOnChanges: request.getReplaceonchangesList(),
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    deletedWith: request.getDeletedwith(),
    sourcePosition: sourcePosition(request.getSourceposition(), root),
    stackTrace: stackTrace(request.getStacktrace(), root),
    version: request.getVersion(),
    pluginDownloadUrl: request.getPlugindownloadurl(),
    packageRef: request.getPackageref(),
    providers: Object.fromEntries(request.getProvidersMap().getEntryList()),
  };
}

export function readRequest(request: WireRead, root: string): ReadRequest {
  return {
    type: request.getType(),
    name: request.getName(),
    id: request.getId(),
    parent: request.getParent(),
    provider: request.getProvider(),
    properties: propertiesFromWire(fromStruct(request.getProperties())),
    dependencies: request.getDependenciesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    sourcePosition: sourcePosition(request.getSourceposition(), root),
    stackTrace: stackTrace(request.getStacktrace(), root),
    version: request.getVersion(),
    pluginDownloadUrl: request.getPlugindownloadurl(),
    packageRef: request.getPackageref(),
  };
}

export function packageRequest(request: WirePackage): PackageRequest {
  const parameterization = request.getParameterization();
  return {
    name: request.getName(),
    version: request.getVersion(),
    downloadUrl: request.getDownloadUrl(),
    parameterization: parameterization && {
      name: parameterization.getName(),
      version: parameterization.getVersion(),
      value: parameterization.getValue_asB64(),
    },
  };
}

/** A program that names no dependencies by property is taken to mean all of them for each. */
function propertyDependencies(request: WireRegister, keys: string[], all: string[]): Record<string, string[]> {
  const entries = request.getPropertydependenciesMap().getEntryList() as unknown as [string, string[][]][];
  if (entries.length === 0) return Object.fromEntries(keys.map((key) => [key, all]));
  const map = request.getPropertydependenciesMap();
  const named = new Map(entries.map(([key]) => [key, map.get(key)?.getUrnsList() ?? []]));
  return Object.fromEntries([...new Set([...named.keys(), ...keys])].map((key) => [key, named.get(key) ?? []]));
}

function alias(wire: WireAlias): Alias {
  const spec = wire.getSpec();
  if (spec === undefined) return { urn: wire.getUrn() };
  return {
    name: spec.getName(),
    type: spec.getType(),
    stack: spec.getStack(),
    project: spec.getProject(),
    parent: spec.getParenturn(),
    noParent: spec.getNoparent(),
  };
}

const unitSeconds: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** Go durations such as `1h30m` in seconds; undefined when none is set. */
function customTimeouts(timeouts: Record<string, string>): Record<string, number> | undefined {
  const seconds = Object.entries(timeouts)
    .filter(([, text]) => text !== "")
    .map(([operation, text]) => [operation, durationSeconds(operation, text)] as const);
  return seconds.length === 0 ? undefined : Object.fromEntries(seconds);
}

function durationSeconds(operation: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new EngineError(`customTimeouts.${operation} is not a duration: ${text}. Write it as 30s, 5m or 1h30m.`);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitSeconds[unit ?? ""] ?? 0), 0);
}

/** Where in the program a resource stands, relative to the project. */
function sourcePosition(position: WirePosition, root: string): string {
  if (position === undefined || position.getUri() === "") return "";
  try {
    const file = fileURLToPath(position.getUri());
    if (!isAbsolute(file)) return "";
    const column = position.getColumn() === 0 ? "" : `,${position.getColumn()}`;
    return `project:///${relative(root, file).split(sep).join("/")}#${position.getLine()}${column}`;
  } catch {
    return ""; // Not a file: it is a hint for people and nothing depends on it.
  }
}

function stackTrace(trace: WireTrace, root: string): { sourcePosition?: string }[] {
  return (trace?.getFramesList() ?? []).map((frame) => {
    const position = sourcePosition(frame.getPc(), root);
    return position === "" ? {} : { sourcePosition: position };
  });
}
