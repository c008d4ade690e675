// This package's own program and dynamic providers, as the embedded engine runs them in a command's process.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { InlineProgram, InlineProvider } from "../engine/index.js";
import type { Shared } from "../provider/index.js";
import { inRunContext } from "../runContext.js";
import { packageDir } from "./project.js";

/** Everything that a provider does belongs to the run that it is called in, and to its own instance. */
function within(run: <T>(work: () => T) => T, provider: InlineProvider): InlineProvider {
  const entries = Object.entries(provider).map(([name, call]) => [
    name,
    (...args: unknown[]) => run(() => (call as (...args: unknown[]) => unknown).apply(provider, args)),
  ]);
  return Object.fromEntries(entries) as InlineProvider;
}

/**
 * Loads nothing of them, and nothing of the SDK, before a run.
 * @param shared what the command has, which the program and the providers go on with
 */
export const ownProgram = (shared?: Shared): InlineProgram => ({
  entryPoint: realpathSync(join(packageDir, "program.mjs")),
  run: async (context) => {
    const [{ default: program }, { shareWithRun }] = await Promise.all([
      import("../index.js"),
      import("../provider/index.js"),
    ]);
    return inRunContext(context, () => {
      shareWithRun(shared);
      return program();
    });
  },
  provider: async (code, config, context) => {
    const { providerCode, providers, shareWithRun, withHerokuKey } = await import("../provider/index.js");
    const [, provider] = Object.entries(providers).find(([kind]) => providerCode(kind) === code) ?? [];
    if (provider === undefined) return undefined;
    inRunContext(context, () => shareWithRun(shared));
    const { "heroku:apiKey": own } = config;
    const key = typeof own === "string" ? own : undefined;
    return within(
      (work) => inRunContext(context, () => withHerokuKey(key, work)),
      provider as unknown as InlineProvider,
    );
  },
});
