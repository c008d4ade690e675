// The SDK as a program in the engine's process has it: without what such a program never uses, until it does.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs code in a process of its own that has loaded the SDK so, or in Node's usual way. */
function inProcess(how: "light" | "usual", code: string): unknown {
  const program = `
    import { createRequire } from "node:module";
    import { load } from "./load.mjs";
    const require = createRequire(import.meta.url);
    const light = ${how === "light"};
    const loadLight = async () => (await (await load("cli/inline")).ownProgram().load());
    if (light) await loadLight();
    const pulumi = require("@pulumi/pulumi");
    const loaded = () => Object.keys(require.cache).flatMap((file) => file.match(/node_modules.(typescript|@npmcli.arborist|@opentelemetry.api|fdir|normalize-package-data|semver|@pulumi.pulumi.automation)./)?.[1] ?? []);
    const has = () => [...new Set(loaded().map((name) => name.split("/").at(-1)))].sort();
    const answer = await (async () => { ${code} })();
    process.stdout.write(JSON.stringify(answer));`;
  const options = { cwd: root, encoding: "utf8" } as const;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "--eval", program], options));
}

const all = ["api", "arborist", "automation", "fdir", "normalize-package-data", "semver", "typescript"];

it("leaves out the TypeScript compiler, what reads packages, the Automation API, tracing and the comparison of versions", () => {
  expect(inProcess("light", "return has()")).toEqual([]);
  expect(inProcess("usual", "return has()")).toEqual(all);
});

it("is the same SDK to a program that asks for any of them", () => {
  const code = `
    const text = await pulumi.runtime.serializeFunction(() => Math.max(1, 2));
    const paths = await pulumi.runtime.computeCodePaths();
    return {
      text: text.text,
      paths: [...paths.keys()].length > 0,
      automation: Object.keys(pulumi.automation).sort(),
      has: "LocalWorkspace" in pulumi.automation,
      workspace: typeof pulumi.automation.LocalWorkspace.create,
      same: pulumi.automation.LocalWorkspace === require("@pulumi/pulumi/automation").LocalWorkspace,
      exports: Object.keys(pulumi).sort(),
    };`;
  const usual = inProcess("usual", code);
  expect(usual).toMatchObject({ paths: true, has: true, workspace: "function", same: true });
  expect(inProcess("light", code)).toEqual(usual);
});

it("gives everybody else in the process the real modules", () => {
  const code = `return [require("typescript").version, typeof require("@pulumi/pulumi/automation").LocalWorkspace.create]`;
  expect(inProcess("light", code)).toEqual(inProcess("usual", code));
});

it("leaves an SDK alone that is loaded already", () => {
  const code = `await loadLight(); return require("@pulumi/pulumi") === pulumi && has()`;
  expect(inProcess("usual", code)).toEqual(all);
});
