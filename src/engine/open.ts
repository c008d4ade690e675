import { EmbeddedEngine } from "./embedded/index.js";
import type { Engine, EngineName, StackLocation } from "./port.js";
import type { NativeProviders } from "./provider.js";
import { PulumiEngine } from "./pulumi/index.js";

/**
 * An engine for a stack. Nothing is read or started before its first operation.
 * @param providers for the embedded engine only: packages that it serves itself
 */
export function openEngine(name: EngineName, location: StackLocation, providers: NativeProviders): Engine {
  return name === "embedded" ? new EmbeddedEngine(location, providers) : new PulumiEngine(location);
}
