// src/catalog/schema.ts is compiled with the part of zod that it uses inside: two dozen kB that load at once, where `import "zod"`
// loads 95 files. Everything else stays an import, so that a module is in a process once.
import { build } from "esbuild";

/** The module below src/, without extension. */
export const bundled = "catalog/schema";

/**
 * @param {string} file the module's file, in TypeScript or JavaScript
 * @param {string | Uint8Array} contents what is in it
 * @param {import("esbuild").BuildOptions} options
 * @returns the text of the module and of its source map
 */
export async function withZod(file, contents, options) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace: true,
    outfile: file.replace(/\.ts$/, ".js"),
    plugins: [
      {
        name: "zod alone",
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^\./ }, ({ path, importer }) =>
            importer === file ? { path, external: true } : undefined,
          );
          onLoad({ filter: /schema/ }, ({ path }) =>
            path === file ? { contents, loader: path.endsWith(".ts") ? "ts" : "js" } : undefined,
          );
        },
      },
    ],
    logLevel: "silent",
    ...options,
  });
  const text = (ending) => outputFiles.find(({ path }) => path.endsWith(ending))?.text;
  return { code: text(".js"), map: text(".map") };
}
