// What other processes of the machine can see of a command while it runs: arguments and environments of all its descendants.
import { existsSync, readdirSync, readFileSync } from "node:fs";

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8").replaceAll("\0", "\n");
  } catch {
    return ""; // It has ended.
  }
};

function childrenOf(pid: number): number[] {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

const descendants = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(descendants)];

/** Linux with the kernel's list of children. */
export const canWatchProcesses = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

export interface Watched {
  /** Texts of `cmdline` and `environ`, each once. */
  readonly arguments: ReadonlySet<string>;
  readonly environments: ReadonlySet<string>;
  stop(): void;
}

/** Looks again and again, every 20 ms, from a process down. */
export function watchProcesses(pid: number): Watched {
  const found = { arguments: new Set<string>(), environments: new Set<string>() };
  const look = () => {
    for (const one of descendants(pid)) {
      found.arguments.add(read(`/proc/${one}/cmdline`));
      found.environments.add(read(`/proc/${one}/environ`));
    }
  };
  const timer = canWatchProcesses ? setInterval(look, 20) : undefined;
  return { ...found, stop: () => clearInterval(timer) };
}
