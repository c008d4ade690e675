import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { type DeploymentJson, snapshotFromJson } from "../../src/engine/embedded/state/checkpoint.js";
import { type Engine, type EngineEvent, openEngine, type StackLocation } from "../../src/engine/index.js";
import { InProcessStacks } from "../support/inProcessEngine.js";
import { Project } from "./conformance/onDisk.js";

const projects: Project[] = [];
afterEach(async () => {
  await Promise.all(projects.splice(0).map((project) => project.remove()));
});
async function newProject(): Promise<Project> {
  const project = await Project.make();
  projects.push(project);
  return project;
}

const rootUrn = "urn:pulumi:dev::toy::pulumi:pulumi:Stack::toy-dev";
const providerUrn = "urn:pulumi:dev::toy::pulumi:providers:pulumi::default";
const groupUrn = (name: string) => `urn:pulumi:dev::toy::toy:index:Group::${name}`;

async function run(engine: Engine, operation: "preview" | "up") {
  const events: EngineEvent[] = [];
  const outcome = await engine[operation]({ onEvent: (event) => events.push(event) });
  const lines = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.severity === "info" ? [diagnosticEvent.message.trim()] : [],
  );
  return { outcome, lines };
}

const resourcesOf = async (engine: Engine) => {
  const { deployment } = (await engine.export()) as { deployment: DeploymentJson };
  const open = { salt: "", encrypt: (text: string) => text, decrypt: (text: string) => JSON.stringify(text) };
  return snapshotFromJson(deployment, open, "dev").resources.map(({ urn }) => urn);
};

/** A program of processes: it calls a function, prints what that gives, and declares a group with an output. */
const calling = (token: string, args: object, group: string) => `
const pulumi = require("@pulumi/pulumi");
class Group extends pulumi.ComponentResource {
  constructor(name) { super("toy:index:Group", name); this.registerOutputs({ open: name, hidden: pulumi.secret("hush " + name) }); }
}
module.exports = async () => {
  const answer = await pulumi.runtime.invoke(${JSON.stringify(token)}, ${JSON.stringify(args)}).catch((error) => error.message);
  console.log("answer " + JSON.stringify(answer));
  const through = pulumi.runtime.invokeOutput(${JSON.stringify(token)}, ${JSON.stringify(args)});
  new Group(${JSON.stringify(group)});
  return { secret: await pulumi.isSecret(through) };
};
`;
const use = (project: Project, program: string) => writeFile(join(project.directory, "program.cjs"), program);

describe("a program reads its own stack's last resources, of the embedded engine", () => {
  const own = ["pulumi:pulumi:readStackResourceOutputs", { stackName: "organization/toy/dev" }] as const;
  const answered = (lines: string[]): { name: string; outputs: Record<string, unknown> } =>
    JSON.parse(lines.find((line) => line.startsWith("answer "))!.slice("answer ".length));

  it("none of the program's at the first preview and the first update, and those of the last update after it", async () => {
    const project = await newProject();
    await use(project, calling(...own, "first"));
    const engine = openEngine("embedded", project.location, {});
    const previewed = await run(engine, "preview");
    expect(previewed.outcome.errors).toEqual([]);
    expect(answered(previewed.lines)).toEqual({ name: "organization/toy/dev", outputs: {} });
    // The state is saved after each step, and these two steps come before any answer.
    const { lines: atFirst } = await run(engine, "up");
    expect(Object.keys(answered(atFirst).outputs).sort()).toEqual([providerUrn, rootUrn].sort());
    await use(project, calling(...own, "second"));
    const { outcome, lines } = await run(engine, "up");
    expect(outcome.result).toBe("succeeded");
    // What the program prints of a secret is blinded, as any secret of the state is.
    expect(answered(lines).outputs).toEqual({
      [rootUrn]: { type: "pulumi:pulumi:Stack", outputs: { secret: false } },
      [providerUrn]: { type: "pulumi:providers:pulumi", outputs: {} },
      [groupUrn("first")]: { type: "toy:index:Group", outputs: { open: "first", hidden: "[secret]" } },
    });
    expect(outcome.outputs.secret).toEqual({ value: true, secret: false });
  });

  it("what is kept of it in the state is the package's default provider, and no change is counted for that", async () => {
    const project = await newProject();
    await use(project, "module.exports = {};");
    const engine = openEngine("embedded", project.location, {});
    await run(engine, "up");
    await use(
      project,
      `module.exports = async () => { await require("@pulumi/pulumi").runtime.invoke("${own[0]}", ${JSON.stringify(own[1])}); };`,
    );
    expect((await run(engine, "up")).outcome.changes).toEqual({ same: 1 });
    expect(await resourcesOf(engine)).toEqual([rootUrn, providerUrn]);
  });

  it("readStackOutputs gives the stack's outputs, and which of them are secret", async () => {
    const project = await newProject();
    await use(project, 'exports.open = "yes"; exports.hidden = require("@pulumi/pulumi").secret("hush");');
    const engine = openEngine("embedded", project.location, {});
    await run(engine, "up");
    await use(project, calling("pulumi:pulumi:readStackOutputs", { name: "dev" }, "first"));
    const { lines } = await run(engine, "preview");
    expect(answered(lines)).toEqual({
      name: "dev",
      outputs: { open: "yes", hidden: "[secret]" },
      secretOutputNames: ["hidden"],
    });
  });

  it("what cannot be answered fails the call, not the update", async () => {
    const calls = [
      ["pulumi:pulumi:readStackResourceOutputs", { stackName: "nowhere" }, 'unknown stack "nowhere"'],
      ["pulumi:pulumi:readStackOutputs", { name: "nowhere" }, 'unknown stack "nowhere"'],
      ["pulumi:pulumi:readStackResourceOutputs", {}, "missing required property 'stackName'"],
    ] as const;
    const project = await newProject();
    const invoke = ([token, args]: (typeof calls)[number]) =>
      `await pulumi.runtime.invoke(${JSON.stringify(token)}, ${JSON.stringify(args)}).catch((error) => error.message)`;
    await use(
      project,
      `const pulumi = require("@pulumi/pulumi");
      module.exports = async () => {
        console.log("answer " + JSON.stringify([${calls.map(invoke)}]));
        new pulumi.ComponentResource("toy:index:Group", "first");
      };`,
    );
    const engine = openEngine("embedded", project.location, {});
    const { outcome, lines } = await run(engine, "up");
    expect(answered(lines)).toEqual(
      calls.map(([token, , message]) => `invocation of ${token} returned an error: ${message}`),
    );
    expect(outcome.result).toBe("succeeded");
    expect(await resourcesOf(engine)).toContain(groupUrn("first"));
  });
});

describe("a program reads its own stack's last resources, of the engine in memory", () => {
  async function inMemory(program: () => Promise<object>): Promise<Engine> {
    const project = await newProject();
    const stacks = new InProcessStacks({ program, native: () => ({}) });
    return stacks.open({ ...project.location, env: {} } satisfies StackLocation);
  }
  class Group extends pulumi.ComponentResource {
    constructor(name: string) {
      super("toy:index:Group", name);
      this.registerOutputs({ open: name });
    }
  }

  it("none at first, and then those of the last update", async () => {
    const seen: unknown[] = [];
    const engine = await inMemory(async () => {
      seen.push(await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName: "dev" }));
      new Group("first");
      return {};
    });
    for (const operation of ["preview", "up", "up"] as const) {
      expect((await run(engine, operation)).outcome.errors).toEqual([]);
    }
    expect(seen).toEqual([
      { name: "dev", outputs: {} },
      { name: "dev", outputs: {} },
      {
        name: "dev",
        outputs: {
          [rootUrn]: { type: "pulumi:pulumi:Stack", outputs: {} },
          [providerUrn]: { type: "pulumi:providers:pulumi", outputs: {} },
          [groupUrn("first")]: { type: "toy:index:Group", outputs: { open: "first" } },
        },
      },
    ]);
  });

  it("an unknown stack fails the call", async () => {
    const messages: string[] = [];
    const engine = await inMemory(async () => {
      await pulumi.runtime
        .invoke("pulumi:pulumi:readStackResourceOutputs", { stackName: "nowhere" })
        .catch((error: Error) => messages.push(error.message));
      return {};
    });
    expect((await run(engine, "up")).outcome.result).toBe("succeeded");
    expect(messages).toEqual([
      'invocation of pulumi:pulumi:readStackResourceOutputs returned an error: unknown stack "nowhere"',
    ]);
  });
});
