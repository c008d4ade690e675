// Makes dist/ for the package: ES modules of everything, and CommonJS of what others may require.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bundled, withZod } from "./bundle.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
rmSync("dist", { recursive: true, force: true });
for (const project of ["tsconfig.build.json", "tsconfig.cjs.json"])
  execFileSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" });
writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');
const schema = resolve("dist", `${bundled}.js`);
const text = readFileSync(schema);
for (const [dist, format] of [
  ["dist", "esm"],
  ["dist/cjs", "cjs"],
])
  writeFileSync(join(dist, `${bundled}.js`), (await withZod(schema, text, { format })).code);
