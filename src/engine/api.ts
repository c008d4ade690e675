// `import … from "console-vault/engine"`: both engines, for any Pulumi program in Node.js.
import { openEngine as open } from "./open.js";
import type { Engine, EngineName, StackLocation } from "./port.js";
import type { NativeProviders } from "./provider.js";

/**
 * An engine for a stack. Nothing is read or started before its first operation.
 *
 * @param providers for the embedded engine: packages that it serves in its own process
 * @example
 * ```ts
 * import { openEngine } from "console-vault/engine";
 * const engine = openEngine("embedded", { projectDir: process.cwd(), stack: "dev" });
 * const { result, errors } = await engine.up({ onEvent: () => {} });
 * if (result !== "succeeded") throw new Error(errors.join("\n"));
 * console.log(await engine.outputs());
 * ```
 */
export function openEngine(name: EngineName, location: StackLocation, providers: NativeProviders = {}): Engine {
  return open(name, location, providers);
}

export { type Choice, type ChoiceOptions, chooseEngine } from "./choose.js";
export {
  type Engine,
  EngineError,
  type EngineName,
  type Outcome,
  type RunOptions,
  type StackLocation,
  type Work,
} from "./port.js";
export {
  type CheckFailure,
  type DiffResult,
  type NativeProvider,
  type NativeProviders,
  PartialError,
  type Properties,
  type PropertyValue,
  unknown,
} from "./provider.js";
export { awaitWork } from "./work/program.js";
