import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acquireLock, removeLocks } from "../../../src/engine/embedded/state/lock.js";

const fresh = async () => join(await mkdtemp(join(tmpdir(), "engine-lock-")), "locks", "stack");
const lockOf = (pid: number, host = hostname()) =>
  JSON.stringify({ pid, username: "ann", hostname: host, timestamp: "2026-01-02T03:04:05Z" });
/** The id of a process that has just ended. */
const endedProcess = () => Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));

describe("a stack's lock", () => {
  it("is one file while it is held, and nothing afterwards", async () => {
    const directory = await fresh();
    const lock = await acquireLock(directory, "Stack dev");
    expect(await readdir(directory)).toHaveLength(1);
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it("refuses a second holder by the name of the first", async () => {
    const directory = await fresh();
    const lock = await acquireLock(directory, "Stack dev");
    await expect(acquireLock(directory, "Stack dev")).rejects.toThrow(
      new RegExp(`^Stack dev is being updated by .*@${hostname()}, process ${process.pid}, since `),
    );
    await lock.release();
    await (await acquireLock(directory, "Stack dev")).release();
  });

  it("lets only one of many in, or none", async () => {
    const directory = await fresh();
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(directory, "Stack dev")));
    const held = tries.filter(({ status }) => status === "fulfilled");
    expect(held.length).toBeLessThanOrEqual(1);
    expect(await readdir(directory)).toHaveLength(held.length);
  });

  it("is taken over, with a word, when its holder's process is gone", async () => {
    const directory = await fresh();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "left.json"), lockOf(endedProcess()));
    const lock = await acquireLock(directory, "Stack dev");
    expect(lock.takenOver).toEqual([expect.stringContaining("held by ann@")]);
    expect(await readdir(directory)).toHaveLength(1);
    await lock.release();
  });

  it("is taken over when an earlier process had this one's id", async () => {
    const directory = await fresh();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "left.json"), lockOf(process.pid));
    await (await acquireLock(directory, "Stack dev")).release();
  });

  it("of another machine is never taken over", async () => {
    const directory = await fresh();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "other.json"), lockOf(endedProcess(), "elsewhere"));
    await expect(acquireLock(directory, "Stack dev")).rejects.toThrow("ann@elsewhere");
  });

  it("that cannot be read is nobody's to take", async () => {
    const directory = await fresh();
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "cut.json"), '{"pid": 1');
    await expect(acquireLock(directory, "Stack dev")).rejects.toThrow("a process that did not say its name");
  });

  it("is removed by cancel, whoever holds it", async () => {
    const directory = await fresh();
    await acquireLock(directory, "Stack dev");
    expect(await removeLocks(directory)).toHaveLength(1);
    expect(await removeLocks(directory)).toEqual([]);
    await (await acquireLock(directory, "Stack dev")).release();
  });
});
