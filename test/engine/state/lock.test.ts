import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Holder, ownHolder } from "../../../src/engine/embedded/state/holder.js";
import { acquireLock, removeLocks } from "../../../src/engine/embedded/state/lock.js";
import { without } from "../../support/without.js";

const fresh = async () => join(await mkdtemp(join(tmpdir(), "engine-lock-")), "locks", "stack");
const leave = async (holder: object) => {
  const directory = await fresh();
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "left.json"), JSON.stringify(holder));
  return directory;
};
const byTheCli = { pid: 1, username: "ann", hostname: hostname(), timestamp: "2026-01-02T03:04:05Z" };
const only = async (directory: string): Promise<Holder> => {
  const [name, ...more] = await readdir(directory);
  expect(more).toEqual([]);
  return JSON.parse(await readFile(join(directory, name!), "utf8")) as Holder;
};

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

const loader = new URL("../../../load.mjs", import.meta.url).href;
/** Takes the lock of `directory` in a process of its own and holds it, or prints why not. */
const taking = (directory: string) => [
  process.execPath,
  ...["--input-type=module", "--eval"],
  `import { load } from ${JSON.stringify(loader)};
   const { acquireLock } = await load("engine/embedded/state/lock");
   try {
     await acquireLock(${JSON.stringify(directory)}, "dev");
     console.log("held");
     setInterval(() => {}, 1000);
   } catch (error) { console.log(error.message); }`,
];

async function holder(directory: string): Promise<ChildProcess> {
  const [command, ...args] = taking(directory);
  const child = spawn(command!, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [said] = await once(child.stdout!, "data");
  expect(String(said)).toBe("held\n");
  return child;
}

describe("a stack's lock", () => {
  it("is one file while it is held, and nothing afterwards", async () => {
    const directory = await fresh();
    const lock = await acquireLock(directory, "dev");
    expect(await only(directory)).toMatchObject({ pid: process.pid, hostname: hostname() });
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it("refuses a second holder by the name of the first, and names the command that frees it on a line of its own", async () => {
    const directory = await fresh();
    const lock = await acquireLock(directory, "dev");
    const { message } = await acquireLock(directory, "dev").then(
      () => new Error("taken"),
      (error: Error) => error,
    );
    expect(message).toMatch(
      new RegExp(`^Stack dev is being updated by .*@${hostname()}, process ${process.pid}, since `),
    );
    expect(message.split("\n")).toContain("  console-vault cancel --stack dev");
    await lock.release();
    await (await acquireLock(directory, "dev")).release();
  });

  it("lets only one of many in, or none", async () => {
    const directory = await fresh();
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(directory, "dev")));
    const held = tries.filter(({ status }) => status === "fulfilled");
    expect(held.length).toBeLessThanOrEqual(1);
    expect(await readdir(directory)).toHaveLength(held.length);
  });

  it("of another machine is never taken over", async () => {
    const directory = await leave({ ...(await ownHolder()), startTime: "1", hostname: "elsewhere" });
    await expect(acquireLock(directory, "dev")).rejects.toThrow("elsewhere");
  });

  it("that cannot be read is nobody's to take", async () => {
    const directory = await fresh();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "cut.json"), '{"pid": 1');
    await expect(acquireLock(directory, "dev")).rejects.toThrow("a process that did not say its name");
  });

  it("of the CLI is not taken over, whatever became of its process: it says too little", async () => {
    const gone = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    const directory = await leave({ ...byTheCli, pid: gone });
    await expect(acquireLock(directory, "dev")).rejects.toThrow("in which boot and PID namespace");
  });

  it("is removed by cancel, whoever holds it", async () => {
    const directory = await fresh();
    await acquireLock(directory, "dev");
    expect(await removeLocks(directory)).toHaveLength(1);
    expect(await removeLocks(directory)).toEqual([]);
    await (await acquireLock(directory, "dev")).release();
  });

  it("is known to be lost when somebody freed it, or holds it under its name", async () => {
    const directory = await fresh();
    const lock = await acquireLock(directory, "dev");
    await lock.check();
    const [name] = await readdir(directory);
    const path = join(directory, name!);
    const text = await readFile(path, "utf8");
    await rm(path);
    await expect(lock.check()).rejects.toThrow("This update has lost its lock of stack dev");
    await writeFile(path, text.replace(`"pid":${process.pid}`, '"pid":1'));
    await expect(lock.check()).rejects.toThrow("somebody freed it meanwhile");
    await lock.release();
    expect(await readdir(directory)).toEqual([name]);
  });
});

describe.runIf(process.platform === "linux")("a lock and its process", () => {
  it("is refused while the process runs, and taken over, with a word, when it was killed", async () => {
    const directory = await fresh();
    const child = await holder(directory);
    await expect(acquireLock(directory, "dev")).rejects.toThrow(`process ${child.pid} is running`);
    child.kill("SIGKILL");
    await once(child, "exit");
    const lock = await acquireLock(directory, "dev");
    expect(lock.takenOver).toEqual([expect.stringContaining(`process ${child.pid}, since`)]);
    expect((await only(directory)).pid).toBe(process.pid);
    await lock.release();
  });

  it("is taken over when a later process has its id, and refused when it is this process's own", async () => {
    const own = await ownHolder();
    await (await acquireLock(await leave({ ...own, startTime: "1" }), "dev")).release();
    // Another copy of this code in the same process.
    await expect(acquireLock(await leave(own), "dev")).rejects.toThrow(`process ${process.pid} is running`);
  });
});

// As two containers with one volume and one host name are: the id of the holder means nothing, or another process, to the other.
describe("a lock and another PID namespace", () => {
  for (const proc of ["--mount-proc", ""]) {
    const ways = [[], ["--user", "--map-root-user"]].map((user) =>
      ["--pid", "--fork", "--kill-child", ...user, proc].filter((word) => word !== ""),
    );
    const way = ways.find((args) => spawnSync("unshare", [...args, "true"]).status === 0);
    const name = proc === "" ? "with the /proc of the one above" : "with a /proc of its own";
    const lack = way === undefined ? "this system lets nobody make PID namespaces (unshare --pid)" : undefined;
    it.skipIf(without(`a PID namespace ${name}`, lack))(`is not taken over from one ${name}`, async () => {
      const directory = await fresh();
      const lock = await acquireLock(directory, "dev");
      const said = execFileSync("unshare", [...way!, ...taking(directory)], {
        encoding: "utf8",
        timeout: 60_000,
        killSignal: "SIGKILL",
      });
      expect(said).toContain(`process ${process.pid}, since`);
      expect(said).toContain(proc === "" ? "this system does not tell which boot" : "in another PID namespace");
      await lock.check();
      await lock.release();
    });
  }
});
