import { EmbeddedEngine } from "./embedded/index.js";
import type { InlineProgram } from "./inline.js";
import type { Engine, EngineName, StackLocation } from "./port.js";
import type { NativeProviders } from "./provider.js";
import { PulumiEngine } from "./pulumi/index.js";

/**
 * An engine for a stack. Nothing is read or started before its first operation.
 * @param providers for the embedded engine only: packages that it serves itself
 * @param inline for the embedded engine only: a program that it runs in its own process, where it is the stack's
 */
export function openEngine(
  name: EngineName,
  location: StackLocation,
  providers: NativeProviders,
  inline?: InlineProgram,
): Engine {
  return name === "embedded" ? new EmbeddedEngine(location, providers, inline) : new PulumiEngine(location);
}
