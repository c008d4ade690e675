import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type EngineEvent, openEngine } from "../../src/engine/index.js";
import { Project } from "./conformance/onDisk.js";

const projects: Project[] = [];
afterEach(async () => {
  await Promise.all(projects.splice(0).map((project) => project.remove()));
});

async function projectWith(program: string): Promise<Project> {
  const project = await Project.make();
  projects.push(project);
  await writeFile(join(project.directory, "program.cjs"), prelude + program);
  return project;
}

// Every program makes a thing first: it must not be made when something later in the program is refused.
const prelude = `
const pulumi = require("@pulumi/pulumi");
const code = \`exports.handler = () => require("node:module").createRequire(process.cwd() + "/")("./toy.cjs").provider();\`;
class Thing extends pulumi.CustomResource {
  constructor(name, args, opts) {
    super("pulumi-nodejs:dynamic/toy:Thing", name, { name, ...args, result: undefined, __provider: code }, opts);
  }
}
const first = new Thing("first", { value: "1" });
`;

const up = (project: Project) => {
  const events: EngineEvent[] = [];
  const engine = openEngine("embedded", project.location, {});
  return engine.up({ onEvent: (event) => events.push(event) }).then((outcome) => ({ outcome, events }));
};

describe("what the embedded engine does not support is refused by name, and nothing was touched", () => {
  it.each<[string, string, RegExp]>([
    [
      "functions",
      `exports.x = pulumi.runtime.invoke("aws:index/getRegion:getRegion", {});`,
      /functions \(invokes\) \(aws:index\/getRegion:getRegion\)/,
    ],
    [
      "packages without a provider here",
      `new (class extends pulumi.CustomResource {})("aws:s3/bucket:Bucket", "b", {});`,
      /no provider for the package "aws" \(it has: pulumi-nodejs\)/,
    ],
    [
      "remote components",
      `new (class extends pulumi.ComponentResource {})("awsx:x:Vpc", "v", {}, {}, true);`,
      /remote components \(awsx:x:Vpc v\)/,
    ],
    [
      "imports",
      `new Thing("second", {}, { import: "some-id" });`,
      /import \(pulumi-nodejs:dynamic\/toy:Thing second\)/,
    ],
    ["transforms of a resource", `new Thing("second", {}, { transforms: [() => undefined] });`, /transforms \(/],
    ["transforms of the stack", `pulumi.runtime.registerResourceTransform(() => undefined);`, /stack transforms/],
    [
      "hooks",
      `const hook = new pulumi.ResourceHook("h", () => {}); new Thing("second", {}, { hooks: { afterCreate: [hook] } });`,
      /resource hooks/,
    ],
    ["replaceWith", `new Thing("second", {}, { replaceWith: [first] });`, /replaceWith \(/],
    ["replacementTrigger", `new Thing("second", {}, { replacementTrigger: "now" });`, /replacementTrigger \(/],
    ["hideDiffs", `new Thing("second", {}, { hideDiffs: ["value"] });`, /hideDiffs \(/],
    [
      "assets",
      `new Thing("second", { file: new pulumi.asset.StringAsset("x") });`,
      /assets and archives \(second\.file\)/,
    ],
  ])("%s", async (_, program, message) => {
    const project = await projectWith(program);
    const { outcome, events } = await up(project);
    expect(outcome.result).toBe("failed");
    expect(outcome.errors.join("\n")).toMatch(message);
    expect(outcome.errors.join("\n")).toContain("--engine pulumi");
    expect((await project.world()).calls).toEqual([]);
    expect(
      events.filter(({ resOutputsEvent }) => resOutputsEvent !== undefined && resOutputsEvent.planning !== true),
    ).toEqual([]);
    await expect(openEngine("embedded", project.location, {}).export()).rejects.toThrow("has no state yet");
  });
});

describe("a program that fails", () => {
  it("says its message once, without a stack trace, and deletes nothing", async () => {
    const project = await projectWith("");
    expect((await up(project)).outcome.result).toBe("succeeded");
    await writeFile(
      join(project.directory, "program.cjs"),
      `const pulumi = require("@pulumi/pulumi"); const error = new pulumi.RunError("the vault is closed"); error.stack = undefined; throw error;`,
    );
    const { outcome } = await up(project);
    expect(outcome).toMatchObject({ result: "failed", errors: ["the vault is closed"], changes: {} });
    expect(Object.keys((await project.world()).things)).toEqual(["first-1"]);
  });

  it("that exits by itself with a code is not taken for one that has ended well", async () => {
    const project = await projectWith("");
    await up(project);
    await writeFile(join(project.directory, "program.cjs"), "process.exit(3)");
    const { outcome } = await up(project);
    expect(outcome.errors).toEqual(["Program exited with non-zero exit code: 3"]);
    expect(Object.keys((await project.world()).things)).toEqual(["first-1"]);
  });

  it("is shown what the engine could not do within seconds, and ends", async () => {
    const project = await projectWith(`new Thing("second", { value: first.result });`);
    const world = await project.world();
    await project.saveWorld({ ...world, rules: { "create first": "fail: refused" } });
    const started = Date.now();
    const { outcome } = await up(project);
    expect(outcome).toMatchObject({ result: "failed", errors: ["refused"] });
    expect(Date.now() - started).toBeLessThan(25_000);
  });
});

describe("before a program runs", () => {
  it.each<[string, Record<string, string>, string, RegExp]>([
    ["a missing passphrase is named", { PULUMI_CONFIG_PASSPHRASE_FILE: "" }, "", /set PULUMI_CONFIG_PASSPHRASE/],
    [
      "another backend is refused",
      { PULUMI_BACKEND_URL: "s3://user:pass@bucket" },
      "",
      /in files only, not in s3:\/\/bucket \(PULUMI_BACKEND_URL\)/,
    ],
    ["policies of the project are refused", {}, "policies:\n  - x\n", /does not support "policies"/],
    ["another runtime is refused", {}, "runtime: python\n", /not python/],
  ])("%s", async (_, env, yaml, message) => {
    const project = await projectWith("");
    const location = { ...project.location, env: { ...project.location.env, ...env } };
    if ("PULUMI_CONFIG_PASSPHRASE_FILE" in env) delete location.env.PULUMI_CONFIG_PASSPHRASE;
    const text = yaml.startsWith("runtime")
      ? `name: toy\n${yaml}`
      : `name: toy\nmain: program.cjs\nruntime: nodejs\n${yaml}`;
    if (yaml !== "") await writeFile(join(project.directory, "Pulumi.yaml"), text);
    const events: EngineEvent[] = [];
    const outcome = await openEngine("embedded", location, {}).up({ onEvent: (event) => events.push(event) });
    expect(outcome).toMatchObject({ result: "failed", errors: [expect.stringMatching(message)] });
    expect(events.map(({ diagnosticEvent }) => diagnosticEvent?.severity)).toEqual(["error"]);
  });
});
