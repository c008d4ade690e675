// This package's own program and dynamic providers, as the embedded engine runs them in a command's process.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { InlineProgram, InlineProvider } from "../engine/index.js";
import { inRunContext, type RunContext } from "../runContext.js";
import { packageDir } from "./project.js";

/** Everything that a provider does belongs to the run that it is called in. */
function within(context: RunContext, provider: InlineProvider): InlineProvider {
  const entries = Object.entries(provider).map(([name, call]) => [
    name,
    (...args: unknown[]) =>
      inRunContext(context, () => (call as (...args: unknown[]) => unknown).apply(provider, args)),
  ]);
  return Object.fromEntries(entries) as InlineProvider;
}

export async function ownProgram(): Promise<InlineProgram> {
  const { default: program } = await import("../index.js");
  const { configureHeroku, providerCode, providers } = await import("../provider/index.js");
  const byCode = new Map(Object.entries(providers).map(([kind, provider]) => [providerCode(kind), provider]));
  return {
    entryPoint: realpathSync(join(packageDir, "program.mjs")),
    run: (context) => inRunContext(context, program),
    provider: (code, config, context) => {
      const provider = byCode.get(code);
      if (provider === undefined) return undefined;
      const herokuKey = config["heroku:apiKey"];
      inRunContext(context, () => configureHeroku(typeof herokuKey === "string" ? herokuKey : undefined));
      return within(context, provider as unknown as InlineProvider);
    },
  };
}
