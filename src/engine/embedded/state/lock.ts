import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { EngineError } from "../../port.js";
import { isMissing } from "./files.js";

// One lock file per holder in the stack's lock directory, as the CLI's file backend does it (pkg/backend/diy/lock.go):
// look, write the own, look again. Both see the other when they race, and both give way.
interface LockContent {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

export interface Lock {
  release(): Promise<void>;
  /** One sentence for every lock that was taken over because its holder is gone. */
  takenOver: string[];
}

/** Locks this process holds: a lock with the own process id that is not among them is left from an earlier process. */
const held = new Set<string>();

/**
 * @param directory the stack's lock directory
 * @param stack names the stack in messages
 * @throws EngineError naming the holder, while another update runs.
 */
export async function acquireLock(directory: string, stack: string): Promise<Lock> {
  const path = join(directory, `${randomUUID()}.json`);
  const takenOver = await refuseWhileHeld(directory, stack, path);
  await mkdir(directory, { recursive: true });
  const file = await open(path, "wx");
  await file.writeFile(JSON.stringify(ownContent())).finally(() => file.close());
  held.add(path);
  const release = async () => {
    held.delete(path);
    await rm(path, { force: true });
    await rm(`${path}.attrs`, { force: true });
  };
  try {
    await refuseWhileHeld(directory, stack, path);
  } catch (error) {
    await release();
    throw error;
  }
  return { release, takenOver };
}

/** Removes every lock of the stack, alive or not; gives a sentence for each. */
export async function removeLocks(directory: string): Promise<string[]> {
  const removed: string[] = [];
  for (const { path, content } of await locks(directory)) {
    await rm(path, { force: true });
    await rm(`${path}.attrs`, { force: true });
    held.delete(path);
    removed.push(describe(content));
  }
  return removed;
}

async function refuseWhileHeld(directory: string, stack: string, own: string): Promise<string[]> {
  const takenOver: string[] = [];
  for (const { path, content } of await locks(directory)) {
    if (path === own) continue;
    if (isAlive(path, content)) {
      throw new EngineError(
        `${stack} is being updated ${describe(content)}. Wait until that has ended. If you are sure that it is gone, free the stack with the command \`cancel\`, or by deleting ${path}`,
      );
    }
    await rm(path, { force: true });
    await rm(`${path}.attrs`, { force: true });
    takenOver.push(`The lock of an update that is gone was taken over (it was held ${describe(content)}).`);
  }
  return takenOver;
}

async function locks(directory: string): Promise<{ path: string; content: LockContent }[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const found = names
    .filter((name) => name.endsWith(".json"))
    .map(async (name) => {
      const path = join(directory, name);
      try {
        return { path, content: JSON.parse(await readFile(path, "utf8")) as LockContent };
      } catch (error) {
        if (isMissing(error)) return undefined; // released meanwhile
        // Being written at this moment, or cut short by a crash: nobody can say who holds it.
        return { path, content: { pid: 0, username: "", hostname: "", timestamp: "" } };
      }
    });
  return (await Promise.all(found)).filter((lock) => lock !== undefined);
}

/** Only a process of this very machine can be known to be gone. */
function isAlive(path: string, { pid, hostname: host }: LockContent): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const describe = ({ pid, username, hostname: host, timestamp }: LockContent): string =>
  host === "" ? "by a process that did not say its name" : `by ${username}@${host}, process ${pid}, since ${timestamp}`;

function ownContent(): LockContent {
  let username = "";
  try {
    username = userInfo().username;
  } catch {
    // A user id without an account, as in containers: the process id and host name it well enough.
  }
  return { pid: process.pid, username, hostname: hostname(), timestamp: new Date().toISOString() };
}
