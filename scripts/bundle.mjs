// Puts src/, and the libraries that most commands load, into few files: finding and reading six hundred modules takes Node longer than
// running them. What only some commands load is in files of its own, which they import when they need it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** Modules below src/, without extension, that somebody outside of it loads: load.mjs, the package's `exports`, tests and the bench. */
const entries = [
  "api",
  "catalog/api",
  "catalog/index",
  "catalog/vendors",
  "cli/inline",
  "cli/io",
  "cli/main",
  "cli/program",
  "cli/run",
  "engine/api",
  "engine/embedded/state/lock",
  "engine/index",
  "engine/work/program",
  "heroku/index",
  "index",
  "program/api",
  "program/index",
  "provider/index",
  "resolver/index",
  "runContext",
  "vault/client/index",
  "vault/index",
];

/** Libraries that come into the files. Every other one stays an import: a program that uses it as well has the same one. */
const inlined = ["axios", "yaml", "zod"];

/**
 * Libraries in CommonJS that are required where they are imported: for an import Node reads each of their files twice, the first time
 * to find out what it exports.
 */
const required = /^(@grpc\/grpc-js|@pulumi\/pulumi|google-protobuf|picomatch)(\/|$)/;

/** @type {import("esbuild").Plugin} */
const requireInstead = {
  name: "require instead",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: required }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace: "required" } : { path, external: true },
    );
    onLoad({ filter: /^/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

const schema = "src/catalog/schema.ts";

/** @type {(root: string) => import("esbuild").Plugin} */
const smallSchema = (root) => ({
  name: "small schema",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]catalog[\\/]schema\.ts$/ }, async () => {
      const { outputFiles } = await bundleSchema({ absWorkingDir: root, format: "esm", write: false });
      return { contents: outputFiles[0].text, loader: "js" };
    });
  },
});

/** Whatever tsconfig.json says: what is compiled goes by these files alone. */
const tsconfigRaw = { compilerOptions: { target: "ES2022", verbatimModuleSyntax: true } };
const common = { bundle: true, platform: "node", target: "node20", tsconfigRaw, logLevel: "silent" };

/** What is required in CommonJS, Node's own modules by the libraries as well. */
const banner = `import { createRequire as createNodeRequire } from "node:module";
const require = createNodeRequire(import.meta.url);`;

/**
 * @param {string} root the package's own folder
 * @param {string} outdir absolute
 * @param {import("esbuild").BuildOptions} [options]
 * @returns {Promise<Record<string, string[]>>} by file below `outdir`: what came into it, as paths below `root`
 */
export async function bundle(root, outdir, options) {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { metafile } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: entries.map((name) => `src/${name}.ts`),
    outbase: "src",
    outdir,
    chunkNames: "chunks/[name]-[hash]",
    splitting: true,
    format: "esm",
    external: Object.keys(dependencies).filter((name) => !inlined.includes(name)),
    banner: { js: banner },
    plugins: [requireInstead, smallSchema(root)],
    metafile: true,
    ...options,
  });
  for (const [path, { imports }] of Object.entries(metafile.inputs))
    for (const one of imports)
      if (one.kind === "dynamic-import" && metafile.inputs[one.path]?.format === "cjs")
        throw new Error(
          `${path}: import("${one.original}") would have no names: let a module of src import it by name`,
        );
  const files = Object.entries(metafile.outputs).filter(([path]) => path.endsWith(".js"));
  return Object.fromEntries(
    files.map(([path, { inputs }]) => [join(root, path).slice(outdir.length + 1), Object.keys(inputs)]),
  );
}

/**
 * A catalog's schema with the part of zod that it uses: 49 kB in place of 665. Every command loads it, and a project in CommonJS with
 * its catalog.
 * @param {import("esbuild").BuildOptions} options
 */
export const bundleSchema = (options) =>
  build({
    ...common,
    entryPoints: [schema],
    mainFields: ["module", "main"],
    minifySyntax: true,
    minifyWhitespace: true,
    external: ["./formats.js", "./pattern.js"],
    ...options,
  });
