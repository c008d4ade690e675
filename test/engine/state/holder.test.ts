import { readlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  type Holder,
  judgeHolder,
  lookAtProcess,
  ownHolder,
  type Process,
} from "../../../src/engine/embedded/state/holder.js";

const ann: Holder = {
  pid: 41,
  username: "ann",
  hostname: "box",
  timestamp: "2026-01-02T03:04:05Z",
  bootId: "boot-1",
  pidNamespace: "pid:[1]",
  timeNamespace: "time:[1]",
  startTime: "5000",
};
const here: Holder = { ...ann, pid: 99, startTime: "9000" };
const { bootId: _boot, pidNamespace: _pid, timeNamespace: _time, startTime: _start, ...byTheCli } = ann;

describe("the holder of a lock is gone only where that is proven", () => {
  it.each<[string, Holder, Process]>([
    ["no process has its id, on its machine, in its boot and its PID namespace", ann, "none"],
    ["another process has its id, and began at another time", ann, { startTime: "6000" }],
    ["this process has its id, and began at another time", { ...ann, pid: here.pid }, { startTime: here.startTime! }],
  ])("gone: %s", (_, holder, process) => {
    expect(judgeHolder(holder, here, () => process)).toEqual({ gone: true });
  });

  it.each<[string, Holder, Holder, Process, string]>([
    ["it runs", ann, here, { startTime: "5000" }, "process 41 is running"],
    ["it is this process", here, here, { startTime: "9000" }, "process 99 is running"],
    ["another host", { ...ann, hostname: "other" }, here, "none", "only other can see its processes"],
    ["another boot", { ...ann, bootId: "boot-2" }, here, "none", "another boot, or to another machine"],
    ["another PID namespace", { ...ann, pidNamespace: "pid:[2]" }, here, "none", "another PID namespace"],
    ["written by the CLI", byTheCli, here, "none", "does not say in which boot and PID namespace"],
    ["no start time", { ...byTheCli, bootId: "boot-1", pidNamespace: "pid:[1]" }, here, "none", "and since when"],
    ["no /proc here", ann, byTheCli, "none", "this system does not tell which boot"],
    ["a process that cannot be looked at", ann, here, "unknown", "since when process 41 runs cannot be seen"],
    ["another clock", { ...ann, timeNamespace: "time:[2]" }, here, { startTime: "1" }, "since when process 41 runs"],
    ["no process named", { ...ann, pid: 0 }, here, "none", "does not say which process holds it"],
    ["a process group", { ...ann, pid: -41 }, here, "none", "does not say which process holds it"],
  ])("not proven: %s", (_, holder, us, process, because) => {
    expect(judgeHolder(holder, us, () => process)).toEqual({ gone: false, because: expect.stringContaining(because) });
  });
});

describe.runIf(process.platform === "linux")("what a process says of itself", () => {
  it("is the same each time, and what others see of it", async () => {
    const own = await ownHolder();
    const { timestamp: _, ...again } = await ownHolder();
    expect(own).toMatchObject({ ...again, pid: process.pid, pidNamespace: await readlink("/proc/self/ns/pid") });
    expect(own.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await lookAtProcess(process.pid)).toEqual({ startTime: own.startTime });
    expect(judgeHolder(own, own, () => ({ startTime: own.startTime! })).gone).toBe(false);
  });
});
