import { readFile, readlink } from "node:fs/promises";
import { hostname, userInfo } from "node:os";

/** Who holds a lock: what the CLI's file backend writes (pkg/backend/diy/lock.go), and with it what can prove that they are gone. */
export interface Holder {
  pid: number;
  username: string;
  hostname: string;
  /** ISO 8601. */
  timestamp: string;
  /** Differs for every start of a machine, and is the same in all of its containers (/proc/sys/kernel/random/boot_id). */
  bootId?: string;
  /** Where `pid` counts (/proc/self/ns/pid). */
  pidNamespace?: string;
  /** Where `startTime` counts (/proc/self/ns/time). */
  timeNamespace?: string;
  /** When the process began, in clock ticks since the boot (field 22 of /proc/<pid>/stat): an id is given away again. */
  startTime?: string;
}

/** What can be seen of a process by its id. */
export type Process = "none" | "unknown" | { startTime: string };

/** Whether a lock's holder is gone. Where that is not proven: why not, as the end of "…, because". */
export type Verdict = { gone: true } | { gone: false; because: string };

/** @param process what is at the holder's id; only asked where that id counts */
export function judgeHolder(holder: Holder, here: Holder, process: (pid: number) => Process): Verdict {
  const unproven = (because: string): Verdict => ({ gone: false, because });
  if (!Number.isInteger(holder.pid) || holder.pid <= 0) return unproven("the lock does not say which process holds it");
  if (holder.hostname !== here.hostname) return unproven(`only ${holder.hostname} can see its processes`);
  if (holder.bootId === undefined || holder.pidNamespace === undefined || holder.startTime === undefined)
    return unproven("the lock does not say in which boot and PID namespace the process runs, and since when");
  if (here.bootId === undefined || here.pidNamespace === undefined)
    return unproven("this system does not tell which boot and PID namespace it is (/proc)");
  // Two machines may have one name: another boot is no proof of an older one.
  if (holder.bootId !== here.bootId) return unproven("the process belongs to another boot, or to another machine");
  if (holder.pidNamespace !== here.pidNamespace)
    return unproven("the process runs in another PID namespace (another container)");
  const found = process(holder.pid);
  if (found === "none") return { gone: true };
  if (found === "unknown" || holder.timeNamespace !== here.timeNamespace)
    return unproven(`since when process ${holder.pid} runs cannot be seen`);
  return found.startTime === holder.startTime
    ? unproven(`process ${holder.pid} is running`)
    : // The id belongs to a later process.
      { gone: true };
}

/** This process as the holder of a lock. Off Linux there is no /proc, and less to tell. */
export async function ownHolder(): Promise<Holder> {
  const holder: Holder = {
    pid: process.pid,
    username: ownName(),
    hostname: hostname(),
    timestamp: new Date().toISOString(),
  };
  if (!(await procIsOwn())) return holder;
  const [bootId, pidNamespace, timeNamespace, startTime] = await Promise.all([
    seen(readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    seen(readlink("/proc/self/ns/pid")),
    seen(readlink("/proc/self/ns/time")),
    startTimeOf(process.pid),
  ]);
  return {
    ...holder,
    ...(bootId && { bootId }),
    ...(pidNamespace && { pidNamespace }),
    ...(timeNamespace && { timeNamespace }),
    ...(startTime && { startTime }),
  };
}

/** Looks at a process of this PID namespace. */
export async function lookAtProcess(pid: number): Promise<Process> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return "none";
  }
  const startTime = await startTimeOf(pid);
  return startTime === undefined ? "unknown" : { startTime };
}

/**
 * Whether /proc counts processes as this process does. After `unshare --pid` without a /proc of its own it shows the ids of the
 * namespace above, and `NSpid` has one id for each namespace from there down (proc(5)).
 */
async function procIsOwn(): Promise<boolean> {
  const status = await seen(readFile("/proc/self/status", "utf8"));
  return status !== undefined && new RegExp(`^NSpid:\\s+${process.pid}$`, "m").test(status);
}

/** Field 22 of a process's stat: the second field is its name in parentheses, and may hold anything. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await seen(readFile(`/proc/${pid}/stat`, "utf8"));
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

const seen = (read: Promise<string>): Promise<string | undefined> =>
  read.then(
    (text) => text.trim(),
    () => undefined,
  );

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return ""; // A user id without an account, as in containers: the process id and host name it well enough.
  }
}
