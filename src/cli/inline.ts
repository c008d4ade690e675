// This package's own program and dynamic providers, as the embedded engine runs them in a command's process.
import { readFileSync, realpathSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type InlineProgram, type InlineProvider, loadPartsLater } from "../engine/index.js";
import { loadAxios } from "../http/index.js";
import type { Shared } from "../provider/index.js";
import { inRunContext } from "../runContext.js";
import { nearest } from "./init/modules.js";
import { packageDir } from "./project.js";

/** Everything that a provider does belongs to the run that it is called in, and to its own instance. */
function within(run: <T>(work: () => T) => T, provider: InlineProvider): InlineProvider {
  const entries = Object.entries(provider).map(([name, call]) => [
    name,
    (...args: unknown[]) => run(() => (call as (...args: unknown[]) => unknown).apply(provider, args)),
  ]);
  return Object.fromEntries(entries) as InlineProvider;
}

const program = `["']console-vault/program["']`;
const forms = {
  module: [`export {default} from ${program}`, `import (\\w+) from ${program};? export default \\1`],
  commonjs: [`module\\.exports = require\\(${program}\\)`, `import (\\w+) = require\\(${program}\\);? export = \\1`],
};

/** `module`, where the package that a file is in says so: the SDK then imports it, and requires it elsewhere. */
function moduleKind(dir: string): "module" | "commonjs" {
  const manifest = nearest(dir, "package.json");
  if (manifest === undefined) return "commonjs";
  const { type } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly type?: string };
  return type === "module" ? "module" : "commonjs";
}

/**
 * Whether a project's entry point is this package's program and nothing more, as `init` writes it. One with anything else in it gets a
 * process, and so does one that the SDK could not load.
 */
function isReexport(path: string): boolean {
  if (!/\.[cm]?[jt]s$/.test(path)) return false;
  const code = readFileSync(path, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/^\s*["']use strict["'];?/, "")
    .replace(/\s+/g, " ")
    .replace(/\{ ?default ?\}/, "{default}")
    .trim();
  try {
    const kind = /\.c[jt]s$/.test(path) ? "commonjs" : moduleKind(dirname(path));
    if (!forms[kind].some((form) => new RegExp(`^${form};?$`).test(code))) return false;
    const found = createRequire(path).resolve("console-vault/program");
    return dirname(realpathSync(found)) === realpathSync(packageDir);
  } catch {
    return false; // Not installed there, or no package at all: the program's own process says so.
  }
}

let sdkLoaded = false;

/** Without the parts of it that this program does not use. It is loaded at once, so that nobody else has loaded it as a whole before. */
function loadSdk(): void {
  if (sdkLoaded) return;
  sdkLoaded = true;
  loadPartsLater(Module as unknown as Parameters<typeof loadPartsLater>[0]);
  createRequire(import.meta.url)("@pulumi/pulumi");
}

const parts = () => Promise.all([import("../index.js"), import("../provider/index.js")]);

/**
 * Loads nothing of them, and nothing of the SDK, before it has to.
 * @param shared what the command has, which the program and the providers go on with
 */
export const ownProgram = (shared?: Shared): InlineProgram => ({
  isEntryPoint: (path) => path === realpathSync(join(packageDir, "program.mjs")) || isReexport(path),
  load: async () => {
    loadSdk();
    await Promise.all([parts(), loadAxios()]);
  },
  run: async (context) => {
    const [{ default: program }, { shareWithRun }] = await parts();
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
