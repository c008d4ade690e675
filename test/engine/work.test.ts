// Work that an update holds its stack's lock for, under both engines.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type EngineName, type Outcome, openEngine, type RunOptions, type Work } from "../../src/engine/index.js";
import { findCli } from "../../src/engine/pulumi/index.js";
import { type Address, channelVariable } from "../../src/engine/work/channel.js";
import { WorkHost } from "../../src/engine/work/host.js";
import { awaitWork } from "../../src/engine/work/program.js";
import { awaitingProject } from "../support/awaiting.js";
import { isAlive } from "../support/isAlive.js";
import { noCli, without } from "../support/without.js";
import { Project } from "./conformance/onDisk.js";
import type { ProgramData } from "./conformance/program.js";

const cli = await findCli({ projectDir: process.cwd(), stack: "dev" });
const noPulumi = without("work under the lock of the Pulumi CLI", cli ? undefined : noCli);
const engines: readonly EngineName[] = noPulumi ? ["embedded"] : ["embedded", "pulumi"];

const declaring = (value: string): ProgramData => ({ resources: [{ name: "a", inputs: { value } }] });
const projects: Project[] = [];
afterEach(() => Promise.all(projects.splice(0).map((project) => project.remove())));

async function newProject(value = "first"): Promise<Project> {
  const project = await awaitingProject();
  projects.push(project);
  await project.use(declaring(value), {});
  return project;
}

const up = (engine: EngineName, project: Project, more: Partial<RunOptions> = {}): Promise<Outcome> =>
  openEngine(engine, project.location, {}).up({ onEvent: () => {}, ...more });
const valuesOf = async (project: Project) => Object.values((await project.world()).things).map(({ value }) => value);
/** Paths of the stack's locks; a backend may keep attributes beside each. */
async function locksOf({ directory }: Project): Promise<string[]> {
  const locks = join(directory, ".pulumi/locks/organization/toy/dev");
  const names = await readdir(locks).catch(() => [] as string[]);
  return names.filter((name) => name.endsWith(".json")).map((name) => join(locks, name));
}
const until = async (condition: () => boolean | Promise<boolean>) => {
  for (const deadline = Date.now() + 60_000; !(await condition()); await wait(20))
    if (Date.now() > deadline) throw new Error("it did not come to that within a minute");
};

describe.each(engines)("work before an update (engine %s)", { timeout: 120_000 }, (engine) => {
  it("is done once, with the stack's lock held, before the program looks", async () => {
    const project = await newProject();
    let calls = 0;
    let meanwhile: Outcome[] = [];
    const outcome = await up(engine, project, {
      before: async () => {
        calls += 1;
        meanwhile = await Promise.all(engines.map((other) => up(other, project)));
        await project.use(declaring("second"), {});
      },
    });
    expect([outcome.errors, outcome.result, calls]).toEqual([[], "succeeded", 1]);
    for (const { result, errors } of meanwhile) {
      expect(result).toBe("failed");
      expect(errors.join()).toMatch(/is being updated by|currently locked by[\s\S]*created by/);
    }
    expect(await valuesOf(project)).toEqual(["second"]);
    expect(await locksOf(project)).toEqual([]);
  });

  it("that fails is what `up` throws; nothing is declared, nothing deleted, and the lock is free", async () => {
    const project = await newProject();
    expect(await up(engine, project)).toMatchObject({ result: "succeeded" });
    await project.use({ resources: [] }, {});
    const reason = new RangeError("not today");
    await expect(up(engine, project, { before: () => Promise.reject(reason) })).rejects.toBe(reason);
    expect([await valuesOf(project), (await project.world()).calls]).toEqual([["first"], []]);
    expect(await locksOf(project)).toEqual([]);
  });

  it("is not done while somebody else holds the lock, whom the outcome names", async () => {
    const project = await newProject();
    let inner: Outcome | undefined;
    let calls = 0;
    const before: Work = async () => {
      calls += 1;
    };
    await up("embedded", project, {
      before: async () => {
        inner = await up(engine, project, { before });
      },
    });
    expect([inner?.result, calls]).toEqual(["failed", 0]);
    expect(inner?.errors.join()).toContain(`${process.pid}`);
  });

  it("may be another stack's update, so that the work inside holds both locks", async () => {
    const [outer, inner] = [await newProject(), await newProject()];
    const held: number[] = [];
    const work = async () => {
      for (const project of [outer, inner]) held.push((await locksOf(project)).length);
    };
    const outcomes: Outcome[] = [];
    outcomes.push(
      await up(engine, outer, {
        before: async () => {
          outcomes.push(await up(engine, inner, { before: work }));
        },
      }),
    );
    expect(outcomes.map(({ result }) => result)).toEqual(["succeeded", "succeeded"]);
    expect(held).toEqual([1, 1]);
  });

  it("leaves a failed outcome where the update fails after it", async () => {
    const project = await newProject();
    await project.use(declaring("first"), { "create a": "fail: not today" });
    let done = false;
    const outcome = await up(engine, project, {
      before: async () => {
        done = true;
      },
    });
    expect([outcome.result, done]).toEqual(["failed", true]);
  });
});

it("work of a stack that another process made meanwhile goes by that one's salt", async () => {
  const project = await newProject();
  await up("embedded", project, {
    before: async () => {
      await writeFile(join(project.directory, "Pulumi.dev.yaml"), "encryptionsalt: not-one\n");
    },
  }).then(({ errors }) => expect(errors.join()).toContain("salt"));
  const file = await readFile(join(project.directory, "Pulumi.dev.yaml"), "utf8");
  expect(file.match(/encryptionsalt/g)).toHaveLength(1);
});

describe.skipIf(noPulumi)(`the Pulumi CLI (${cli?.found})`, { timeout: 120_000 }, () => {
  it("fails an update whose program never asks for the work", async () => {
    const project = await Project.make({ ownSalt: true });
    projects.push(project);
    await project.use(declaring("first"), {});
    let calls = 0;
    const outcome = await up("pulumi", project, {
      before: async () => {
        calls += 1;
      },
    });
    expect([outcome.result, calls]).toEqual(["failed", 0]);
    expect(outcome.errors).toEqual([expect.stringContaining("never asked for the work")]);
  });

  it("does the work before it reads any resource, whatever the project says of refreshing", async () => {
    const project = await newProject();
    await up("pulumi", project);
    const calls: string[] = [];
    await up("pulumi", project, {
      before: async () => {
        calls.push(...(await project.world()).calls);
      },
    });
    expect(calls.filter((call) => call.startsWith("read"))).toEqual([]);
  });

  it("ends without a change when the command is killed in the middle of its work", async () => {
    const project = await newProject();
    await up("pulumi", project);
    await project.use({ resources: [] }, {});
    const started = join(project.directory, "started");
    const script = `
      import { writeFileSync } from "node:fs";
      import { load } from ${JSON.stringify(new URL("../../load.mjs", import.meta.url).href)};
      const { openEngine } = await load("engine/index");
      const before = () => { writeFileSync(${JSON.stringify(started)}, ""); return new Promise(() => setInterval(() => {}, 1000)); };
      await openEngine("pulumi", ${JSON.stringify(project.location)}, {}).up({ onEvent: () => {}, before });`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script]);
    await until(() => existsSync(started));
    const { pid } = JSON.parse(await readFile((await locksOf(project))[0]!, "utf8")) as { pid: number };
    child.kill("SIGKILL");
    await once(child, "exit");
    await until(() => !isAlive(pid));
    expect([await valuesOf(project), (await project.world()).calls]).toEqual([["first"], []]);
    // The CLI's lock does not say where its process ran, so that nobody can know that it has ended: a person says so.
    await project.use(declaring("second"), {});
    expect((await up("embedded", project)).errors).toEqual([
      expect.stringContaining("console-vault cancel --stack dev"),
    ]);
    await openEngine("embedded", project.location, {}).cancel();
    expect(await up("embedded", project)).toMatchObject({ errors: [], result: "succeeded" });
    expect([await valuesOf(project), await locksOf(project)]).toEqual([["second"], []]);
  });
});

describe("the channel between a command and the program of its update", () => {
  const opened: WorkHost[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((host) => host.close())));
  const open = async (work: Work) => {
    const host = await WorkHost.open(work);
    opened.push(host);
    return { host, address: JSON.parse(host.env[channelVariable]!) as Address };
  };
  const answered = (env: NodeJS.ProcessEnv) =>
    awaitWork(env).then(
      () => "done",
      ({ message }: Error) => message,
    );

  it("is no concern of a program that no command started", async () => {
    expect(await answered({})).toBe("done");
  });

  it("is in a directory for this user alone, which goes with it", async () => {
    const { host, address } = await open(async () => {});
    const directory = join(address.path, "..");
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    await host.close();
    await expect(stat(directory)).rejects.toThrow("ENOENT");
  });

  it("does nothing for a caller that does not know the secret", async () => {
    let calls = 0;
    const { host, address } = await open(async () => {
      calls += 1;
    });
    for (const secret of ["", "wrong", `${address.secret}0`, "x".repeat(10_000)])
      expect(await answered({ [channelVariable]: JSON.stringify({ ...address, secret }) })).toMatch(/ended before/);
    expect([calls, await host.settled()]).toEqual([0, false]);
    expect(await answered(host.env)).toBe("done");
    expect([calls, await host.settled()]).toEqual([1, true]);
  });

  it("does the work once, however often it is asked", async () => {
    let calls = 0;
    const { host } = await open(async () => {
      calls += 1;
      await wait(50);
    });
    const ends = await Promise.all([0, 1, 2].map(() => answered(host.env)));
    expect([calls, ends.filter((end) => end === "done").length]).toEqual([1, 1]);
    expect(await answered(host.env)).toContain("another run of this program");
  });

  it("carries no word of what failed", async () => {
    const { host } = await open(() => Promise.reject(new Error("rk_live_secret")));
    const end = await answered(host.env);
    expect(end).toContain("did not do its part");
    expect(end).not.toContain("rk_live_secret");
    await expect(host.settled()).rejects.toThrow("rk_live_secret");
  });

  it("tells the work when the program, and so the lock, is gone", async () => {
    let reason: unknown;
    const { host, address } = await open(async (lost) => {
      await once(lost, "abort");
      reason = lost.reason;
      lost.throwIfAborted();
    });
    const socket = connect(address.path, () => socket.write(`${address.secret}\n`));
    await wait(50);
    socket.destroy();
    await until(() => reason !== undefined);
    await expect(host.settled()).rejects.toThrow("nothing more is written without it");
  });

  it("ends the program when the command is gone, before it was asked or after", async () => {
    const { host } = await open(() => new Promise(() => {}));
    const asked = answered(host.env);
    await wait(50);
    await host.close();
    expect(await asked).toMatch(/ended before it had done its part/);
    expect(await answered(host.env)).toMatch(/is gone/);
  });
});
