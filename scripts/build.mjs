// Makes dist/ for the package: everything as bundle.mjs puts it together, its types, and CommonJS of what others may require.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { bundle, bundleSchema } from "./bundle.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
rmSync("dist", { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
const files = await bundle(process.cwd(), resolve("dist"));
writeFileSync("dist/third-party.txt", licences(files));

mkdirSync("dist/cjs");
writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');
const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
for (const name of withImports(required())) {
  const { outputText } = ts.transpileModule(readFileSync(`src/${name}.ts`, "utf8"), { compilerOptions });
  // The same types: whether they are a module's or CommonJS is what the nearest package.json says.
  cpSync(`dist/${name}.d.ts`, `dist/cjs/${name}.d.ts`);
  writeFileSync(`dist/cjs/${name}.js`, outputText);
}
await bundleSchema({ format: "cjs", outfile: "dist/cjs/catalog/schema.js" });

/** Modules below src/, without extension, that the package's `exports` offer to `require`. */
function required() {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
  return Object.values(exports).flatMap(
    (one) => /^\.\/dist\/cjs\/(.*)\.js$/.exec(one.require?.default)?.slice(1, 2) ?? [],
  );
}

function withImports(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const { importedFiles } = ts.preProcessFile(readFileSync(`src/${name}.ts`, "utf8"));
    const own = importedFiles.flatMap(({ fileName }) => /^(\..*)\.js$/.exec(fileName)?.slice(1) ?? []);
    withImports(
      own.map((one) => join(dirname(name), one)),
      found,
    );
  }
  return found;
}

/** Of each library that came into the files, what its authors want to be told with it. */
function licences(files) {
  const folders = Object.values(files)
    .flat()
    .flatMap((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return `${name} ${version} (${license})\n\n${licence(folder)}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** Its file, else the part of its README. */
function licence(folder) {
  const named = (name) => readdirSync(folder).find((one) => name.test(one));
  const file = named(/^licen[cs]e/i);
  const text = file
    ? readFileSync(join(folder, file), "utf8")
    : /^#*\s*licen[cs]e\b[\s\S]*/im.exec(readFileSync(join(folder, named(/^readme/i)), "utf8"))?.[0];
  if (!text) throw new Error(`${folder} has no licence`);
  return text.trim();
}
