// The SDK as programs and dynamic providers have it in processes of their own: without what most of them never use, until they do.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { openEngine } from "../../src/engine/index.js";
import { Project } from "./conformance/onDisk.js";

let project: Project | undefined;
afterEach(() => project?.remove());

/** Runs a program's update. @returns its outputs */
async function up(program: string) {
  project = await Project.make();
  await writeFile(join(project.directory, "program.cjs"), program);
  const engine = openEngine("embedded", project.location, {});
  const { result, outputs, errors } = await engine.up({ onEvent: () => {} });
  expect([result, errors]).toEqual(["succeeded", []]);
  return outputs;
}

const heavy = `const heavy = () => ["typescript", "@npmcli/arborist", "@pulumi/pulumi/automation"].filter((name) =>
  Object.keys(require.cache).some((file) => file.replaceAll("\\\\", "/").includes("/node_modules/" + name + "/")));`;

it("a program loads neither the TypeScript compiler nor npm's resolver nor the Automation API", async () => {
  const outputs = await up(`const pulumi = require("@pulumi/pulumi"); ${heavy}
    module.exports = { heavy: heavy(), lists: Object.keys(pulumi).includes("automation") };`);
  expect(outputs).toMatchObject({ heavy: { value: [] }, lists: { value: true } });
});

it("a program that asks for one of them has it, and everybody else has the real one", async () => {
  const outputs = await up(`const pulumi = require("@pulumi/pulumi"); ${heavy}
    const automation = require("@pulumi/pulumi/automation");
    module.exports = async () => ({
      text: (await pulumi.runtime.serializeFunction(() => 41 + 1)).text.includes("41 + 1"),
      paths: (await pulumi.runtime.computeCodePaths()) instanceof Map,
      same: pulumi.automation.LocalWorkspace === automation.LocalWorkspace,
      names: Object.keys(pulumi.automation).length === Object.keys(automation).length,
      loaded: heavy().length,
    });`);
  expect(outputs).toMatchObject({
    text: { value: true },
    paths: { value: true },
    same: { value: true },
    names: { value: true },
    loaded: { value: 3 },
  });
});

it("a dynamic provider that is written in the program is turned into text, and its process loads none of them", async () => {
  const outputs = await up(`const pulumi = require("@pulumi/pulumi");
    const provider = { create: async () => { ${heavy} return { id: "1", outs: { heavy: heavy() } }; } };
    class Thing extends pulumi.dynamic.Resource { constructor(name) { super(provider, name, { heavy: undefined }); } }
    module.exports = { heavy: new Thing("thing").heavy };`);
  expect(outputs).toMatchObject({ heavy: { value: [] } });
});
