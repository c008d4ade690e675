import { type ChildProcess, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Deployment, openEngine, type RunOptions } from "../../src/engine/index.js";
import { isAlive } from "../support/isAlive.js";
import { Project } from "./conformance/onDisk.js";
import type { ProgramData } from "./conformance/program.js";

const chain: ProgramData = {
  resources: ["a", "b", "c", "d"].map((name, i, all) => ({
    name,
    inputs: { value: i === 0 ? "1" : { ref: `${all[i - 1]}.result` } },
  })),
};

const children: ChildProcess[] = [];
const projects: Project[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(projects.splice(0).map((project) => project.remove()));
});

async function newProject(rules: Record<string, string>): Promise<Project> {
  const project = await Project.make();
  projects.push(project);
  await project.use(chain, rules);
  return project;
}

/** An engine in a process of its own, so that it can be killed. */
function startUpdate(project: Project): ChildProcess {
  const script = `
    import { load } from ${JSON.stringify(new URL("../../load.mjs", import.meta.url).href)};
    const { openEngine } = await load("engine/index");
    const engine = openEngine("embedded", ${JSON.stringify(project.location)}, {});
    await engine.up({ onEvent: () => {} });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
  children.push(child);
  return child;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error("it did not come to that within a minute");
    await wait(20);
  }
}

const called = (project: Project, call: string) => until(async () => (await project.world()).calls.includes(call));
const kill = async (child: ChildProcess) => {
  const ended = new Promise((resolve) => child.on("exit", resolve));
  child.kill("SIGKILL");
  await ended;
};
const up = (project: Project, more: Partial<RunOptions> = {}) =>
  openEngine("embedded", project.location, {}).up({ onEvent: () => {}, ...more });
const resourcesOf = async (project: Project) => {
  const { deployment } = (await openEngine("embedded", project.location, {}).export()) as Deployment;
  return deployment as { resources: { id?: string; type: string }[]; pending_operations?: unknown[] };
};

describe("an engine that is killed", () => {
  it("in the middle of a creation says so in the next run, takes its lock over and goes on", async () => {
    const project = await newProject({ "create b": "hang" });
    const child = startUpdate(project);
    await called(project, "create b");
    await kill(child);

    const left = await resourcesOf(project);
    expect(left.pending_operations).toHaveLength(1);
    const { process: host } = await project.world();
    await until(async () => !isAlive(host as number));

    await project.use(chain, {});
    const events: string[] = [];
    const outcome = await up(project, {
      onEvent: ({ diagnosticEvent }) => events.push(diagnosticEvent?.message ?? ""),
    });
    expect(outcome.result).toBe("succeeded");
    expect(outcome.interrupted).toEqual([expect.stringMatching(/interrupted while \S+::b was being created/)]);
    expect(events.join("")).toMatch(/The lock of an update that is gone was taken over/);
    expect(await resourcesOf(project)).not.toHaveProperty("pending_operations");

    const again = await up(project);
    expect(again).toMatchObject({ result: "succeeded", changes: { same: 5 }, interrupted: [] });
  });

  it.each([1, 2])("at any moment leaves a state that the next run takes up (%s)", async () => {
    const project = await newProject(
      Object.fromEntries(["a", "b", "c", "d"].map((name) => [`create ${name}`, "slow"])),
    );
    const child = startUpdate(project);
    await called(project, "create a");
    await wait(Math.random() * 1000);
    await kill(child);

    await project.use(chain, {});
    expect((await up(project)).result).toBe("succeeded");
    const { things } = await project.world();
    const states = (await resourcesOf(project)).resources.filter(({ type }) => type.startsWith("pulumi-nodejs:"));
    for (const { id } of states) expect(things).toHaveProperty([id as string]);
    // At most the one thing that was being made is there twice.
    expect(Object.keys(things).length - states.length).toBeLessThanOrEqual(1);
    expect(await up(project)).toMatchObject({ changes: { same: 5 } });
  });

  it("does not let a second engine in while it lives", async () => {
    const project = await newProject({ "create a": "hang" });
    const child = startUpdate(project);
    await called(project, "create a");
    expect(await up(project)).toMatchObject({
      result: "failed",
      errors: [expect.stringMatching(new RegExp(`^Stack dev is being updated by .* process ${child.pid},`))],
    });
    await openEngine("embedded", project.location, {}).cancel();
    await kill(child);
    await project.use(chain, {});
    expect((await up(project)).result).toBe("succeeded");
  });
});

describe("an update that is cancelled", () => {
  it("finishes what is under way, starts nothing new, and can be taken up again", async () => {
    const project = await newProject({ "create b": "slow" });
    const controller = new AbortController();
    const running = up(project, { signal: controller.signal });
    await called(project, "create b");
    controller.abort();
    expect(await running).toMatchObject({ result: "cancelled", changes: { create: 3 } });
    expect((await project.world()).calls).toEqual(["create a", "create b"]);
    expect(await resourcesOf(project)).not.toHaveProperty("pending_operations");
    await project.use(chain, {});
    expect(await up(project)).toMatchObject({ result: "succeeded", changes: { create: 2, same: 3 }, interrupted: [] });
  });

  it("before it has begun touches nothing", async () => {
    const project = await newProject({});
    expect(await up(project, { signal: AbortSignal.abort() })).toMatchObject({ result: "cancelled" });
    expect((await project.world()).calls).toEqual([]);
  });
});

describe("an update whose lock is freed while it runs", () => {
  it("stops, and writes neither state nor history over what is there then", async () => {
    const project = await newProject({ "create b": "slow" });
    const history = () => readdir(join(project.directory, ".pulumi/history/toy/dev")).catch(() => []);
    const running = up(project);
    await called(project, "create b");
    expect(await openEngine("embedded", project.location, {}).cancel()).toHaveLength(1);
    const before = await resourcesOf(project);
    const { result, errors } = await running;
    expect(result).toBe("failed");
    expect(errors).toEqual([expect.stringMatching(/^This update has lost its lock of stack dev /)]);
    expect((await project.world()).calls).toEqual(["create a", "create b"]);
    expect([await resourcesOf(project), await history()]).toEqual([before, []]);
    expect(before.pending_operations).toHaveLength(1);
  });
});
