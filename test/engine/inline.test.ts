import type { AsyncLocalStorage } from "node:async_hooks";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { type EngineEvent, type InlineProgram, openEngine, type RunOptions } from "../../src/engine/index.js";
import { Project } from "./conformance/onDisk.js";
import { providerCode } from "./conformance/program.js";

const projects: Project[] = [];
afterEach(async () => {
  await Promise.all(projects.splice(0).map((project) => project.remove()));
});

class Thing extends pulumi.CustomResource {
  constructor(name: string, value: pulumi.Input<string> = "1", code = providerCode) {
    super("pulumi-nodejs:dynamic/toy:Thing", name, { name, value, result: undefined, __provider: code });
  }
}

/** A project with one thing in its state. */
async function withOneThing(): Promise<Project> {
  const project = await Project.make();
  projects.push(project);
  const { result } = await up(project, async () => void new Thing("kept"));
  expect([result, await names(project)]).toEqual(["succeeded", ["kept"]]);
  return project;
}

const names = async (project: Project) => Object.values((await project.world()).things).map(({ name }) => name);

async function up(
  project: Project,
  run: (context: Parameters<InlineProgram["run"]>[0]) => Promise<unknown>,
  more: Partial<InlineProgram> & Partial<RunOptions> = {},
) {
  const { isEntryPoint, provider, ...options } = more;
  const inline: InlineProgram = {
    ...project.inline,
    ...(isEntryPoint && { isEntryPoint }),
    ...(provider && { provider }),
    run: async (context) => ((await run(context)) ?? {}) as object,
  };
  const events: EngineEvent[] = [];
  const engine = openEngine("embedded", project.location, {}, inline);
  const outcome = await engine.up({ onEvent: (event) => events.push(event), ...options });
  return { ...outcome, events };
}

describe("a program in the engine's own process", () => {
  it("has the operation's environment, and leaves the process's own as it is", async () => {
    const project = await withOneThing();
    let seen: NodeJS.ProcessEnv = {};
    const { result, outputs } = await up(project, async ({ env }) => {
      seen = env;
      new Thing("kept", "2");
      return { stack: pulumi.getStack() };
    });
    expect([result, outputs.stack?.value]).toEqual(["succeeded", project.location.stack]);
    expect(seen).toMatchObject(project.location.env!);
    expect(process.env.TOY_WORLD).toBeUndefined();
    // One process: the provider says which one it ran in.
    expect((await project.world()).process).toBe(process.pid);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      "throws",
      async () => {
        throw new Error("no more");
      },
    ],
    [
      "leaves a promise rejected that nobody waits for",
      async () => {
        void Promise.reject(new Error("no more"));
      },
    ],
    [
      "throws while it works on an output",
      async () => {
        pulumi.output(1).apply(() => {
          throw new Error("no more");
        });
      },
    ],
    [
      "declares a resource with an input that fails at once",
      async () => void new Thing("kept", Promise.reject(new Error("no more"))),
    ],
    [
      "declares a resource with an input that fails later",
      async () => {
        const late = new Promise<string>((_, reject) => setTimeout(() => reject(new Error("no more")), 20));
        new Thing("kept", late);
      },
    ],
  ])("that %s has failed, and nothing is deleted", async (_what, run) => {
    const project = await withOneThing();
    const { result, errors } = await up(project, run);
    expect([result, errors.join()]).toEqual(["failed", expect.stringContaining("no more")]);
    expect(await names(project)).toEqual(["kept"]);
  });

  it("leaves no resources in the SDK's store, which whatever was begun in the program holds as long as it lasts", async () => {
    const project = await withOneThing();
    let store: { stackResource?: object; leakCandidates: Set<unknown> } | undefined;
    const { result } = await up(project, async () => {
      store = (
        globalThis as unknown as { asyncLocalStorage: AsyncLocalStorage<typeof store> }
      ).asyncLocalStorage.getStore();
      new Thing("kept", "2");
      expect(store?.stackResource).toBeInstanceOf(pulumi.Resource);
      store?.leakCandidates.add(new Promise(() => {}));
    });
    expect(result).toBe("succeeded");
    expect([store?.stackResource, store?.leakCandidates.size]).toEqual([undefined, 0]);
    expect(globalThis).not.toMatchObject({ stackResource: expect.anything() });
  });

  it("whose provider fails leaves nothing behind that would swallow a later error of this process", async () => {
    const project = await withOneThing();
    const before = ["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event));
    const failing = {
      ...(await project.inline.provider(providerCode, {}, { env: project.location.env!, print: () => {} }))!,
    };
    failing.update = () => {
      throw Object.assign(new Error("it is cold"), { id: "kept-1", properties: null, reasons: null });
    };
    const { result, errors } = await up(project, async () => void new Thing("kept", "2"), {
      provider: async () => failing,
    });
    expect([result, errors.join()]).toEqual(["failed", expect.stringContaining("it is cold")]);
    expect(["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event))).toEqual(before);
  });

  it("that runs beside another has one listener of each kind with it", async () => {
    const listeners = () =>
      ["uncaughtException", "unhandledRejection", "beforeExit"].map((event) => process.listenerCount(event));
    const before = listeners();
    let inside = 0;
    let meet = () => {};
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const seen: number[][] = [];
    const run = async () => {
      if (++inside === 2) meet();
      await both;
      seen.push(listeners());
    };
    await Promise.all([await withOneThing(), await withOneThing()].map((project) => up(project, run)));
    for (const counts of seen) expect(counts).toEqual(before.map((count) => count + 1));
    expect(listeners()).toEqual(before);
  });

  it("that never ends is stopped by Ctrl-C, and nothing is deleted", async () => {
    const project = await withOneThing();
    const stop = new AbortController();
    const run = () => {
      setTimeout(() => stop.abort(), 100);
      return new Promise(() => {});
    };
    const { result } = await up(project, run, { signal: stop.signal });
    expect([result, await names(project)]).toEqual(["cancelled", ["kept"]]);
  });

  it("that waits for what never comes has failed once nothing else is left to do, and the lock is free", async () => {
    const project = await withOneThing();
    const run = () => {
      // What Node does in a process that has nothing else to do; this one has.
      setTimeout(() => process.emit("beforeExit", 0), 100);
      return new Promise(() => {});
    };
    const { result, errors } = await up(project, run);
    expect([result, errors.join()]).toEqual([
      "failed",
      expect.stringContaining("waits for something that never comes"),
    ]);
    expect(await names(project)).toEqual(["kept"]);
    const again = await up(project, async () => void new Thing("kept"));
    expect(again.result).toBe("succeeded");
  });

  it("that goes on after its end declares nothing in the next update", async () => {
    const project = await withOneThing();
    let goOn = () => {};
    const gone = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const stop = new AbortController();
    await up(
      project,
      async () => {
        setTimeout(() => stop.abort(), 100);
        await gone;
        new Thing("late");
      },
      { signal: stop.signal },
    );
    const { result } = await up(project, async () => {
      goOn();
      await new Promise((resolve) => setTimeout(resolve, 100));
      new Thing("kept");
    });
    expect([result, await names(project)]).toEqual(["succeeded", ["kept"]]);
  });

  it("may have resources whose provider it does not know: they get a process", async () => {
    const project = await withOneThing();
    const { result } = await up(project, async () => void new Thing("kept", "2"), { provider: async () => undefined });
    expect(result).toBe("succeeded");
    expect((await project.world()).process).not.toBe(process.pid);
  });

  it("is not run for a stack with another entry point", async () => {
    const project = await withOneThing();
    await project.use({ resources: [{ name: "other", inputs: { value: "1" } }] }, {});
    const elsewhere = realpathSync(join(project.directory, "toy.cjs"));
    const run = async () => {
      throw new Error("must not run");
    };
    const { result } = await up(project, run, { isEntryPoint: (path) => path === elsewhere });
    expect([result, await names(project)]).toEqual(["succeeded", ["other"]]);
  });
});
