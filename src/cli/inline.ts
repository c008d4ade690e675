// This package's own program and dynamic providers, as the embedded engine runs them in a command's process.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { InlineContext, InlineProgram, InlineProvider } from "../engine/index.js";
import { inRunContext } from "../runContext.js";
import { packageDir } from "./project.js";

/** Everything that a provider does belongs to the run that it is called in. */
function within(context: InlineContext, provider: InlineProvider): InlineProvider {
  const entries = Object.entries(provider).map(([name, call]) => [
    name,
    (...args: unknown[]) =>
      inRunContext(context, () => (call as (...args: unknown[]) => unknown).apply(provider, args)),
  ]);
  return Object.fromEntries(entries) as InlineProvider;
}

/** Loads nothing of them, and nothing of the SDK, before a run. */
export const ownProgram = (): InlineProgram => ({
  entryPoint: realpathSync(join(packageDir, "program.mjs")),
  run: async (context) => {
    const { default: program } = await import("../index.js");
    return inRunContext(context, program);
  },
  provider: async (code, config, context) => {
    const { configureHeroku, providerCode, providers } = await import("../provider/index.js");
    const [, provider] = Object.entries(providers).find(([kind]) => providerCode(kind) === code) ?? [];
    if (provider === undefined) return undefined;
    const herokuKey = config["heroku:apiKey"];
    inRunContext(context, () => configureHeroku(typeof herokuKey === "string" ? herokuKey : undefined));
    return within(context, provider as unknown as InlineProvider);
  },
});
