// The resolver runs in every process of a company's apps: it is small and brings nothing along.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, it } from "vitest";

it("is 15 kB at most with all that it imports, and that is Node's own", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../../src/resolver/index.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
    metafile: true,
    outdir: "unwritten",
  });
  const [bundle] = outputFiles;
  expect(bundle!.contents.byteLength).toBeLessThanOrEqual(15_000);
  const foreign = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(foreign.filter((path) => !path.startsWith("node:"))).toEqual([]);
  expect(Object.keys(metafile.inputs).filter((path) => path.includes("node_modules"))).toEqual([]);
});
