import { randomUUID } from "node:crypto";
import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../port.js";
import { isMissing, readIfThere } from "../../project/files.js";
import { makePrivateDirectory } from "./files.js";
import { type Holder, judgeHolder, lookAtProcess, ownHolder, type Process, type Verdict } from "./holder.js";

// One lock file per holder in the stack's lock directory, as the CLI's file backend does it (pkg/backend/diy/lock.go):
// look, write the own, look again. Both see the other when they race, and both give way.

export interface Lock {
  /** @throws EngineError when the lock is not this one's any more: what the stack's files hold belongs to somebody else then */
  check(): Promise<void>;
  release(): Promise<void>;
  /** One sentence for every lock that was taken over because its holder is gone. */
  takenOver: string[];
}

/**
 * @param directory the stack's lock directory
 * @param stack its simple name
 * @throws EngineError naming the holder, unless every holder is proven to be gone
 */
export async function acquireLock(directory: string, stack: string): Promise<Lock> {
  const path = join(directory, `${randomUUID()}.json`);
  const holder = await ownHolder();
  const text = JSON.stringify(holder);
  const takenOver = await refuseWhileHeld(directory, stack, path, holder);
  await makePrivateDirectory(directory);
  const file = await open(path, "wx", 0o600);
  await file.writeFile(text).finally(() => file.close());
  const isOwn = async () => (await readIfThere(path)) === text;
  const release = async () => {
    if (await isOwn()) await remove(path);
  };
  try {
    await refuseWhileHeld(directory, stack, path, holder);
  } catch (error) {
    await release();
    throw error;
  }
  const check = async () => {
    if (!(await isOwn())) throw lost(stack, path);
  };
  return { check, release, takenOver };
}

/** Removes every lock of the stack, alive or not; gives a sentence for each. */
export async function removeLocks(directory: string): Promise<string[]> {
  const removed: string[] = [];
  for (const { path, holder } of await locks(directory)) {
    await remove(path);
    removed.push(describe(holder));
  }
  return removed;
}

async function refuseWhileHeld(directory: string, stack: string, own: string, here: Holder): Promise<string[]> {
  const takenOver: string[] = [];
  for (const { path, holder } of await locks(directory)) {
    if (path === own) continue;
    const verdict = await judge(holder, here);
    if (!verdict.gone) throw held(stack, path, holder, verdict.because);
    await remove(path);
    takenOver.push(`The lock of an update that is gone was taken over (it was held ${describe(holder)}).`);
  }
  return takenOver;
}

async function judge(holder: Holder, here: Holder): Promise<Verdict> {
  const process: Process = Number.isInteger(holder.pid) && holder.pid > 0 ? await lookAtProcess(holder.pid) : "unknown";
  return judgeHolder(holder, here, () => process);
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.attrs`, { force: true });
}

async function locks(directory: string): Promise<{ path: string; holder: Holder }[]> {
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
        return { path, holder: JSON.parse(await readFile(path, "utf8")) as Holder };
      } catch (error) {
        if (isMissing(error)) return undefined; // released meanwhile
        // Being written at this moment, or cut short by a crash: nobody can say who holds it.
        return { path, holder: { pid: 0, username: "", hostname: "", timestamp: "" } };
      }
    });
  return (await Promise.all(found)).filter((lock) => lock !== undefined);
}

const describe = ({ pid, username, hostname: host, timestamp }: Holder): string =>
  host === "" ? "by a process that did not say its name" : `by ${username}@${host}, process ${pid}, since ${timestamp}`;

const held = (stack: string, path: string, holder: Holder, because: string): EngineError =>
  new EngineError(
    [
      `Stack ${stack} is being updated ${describe(holder)}. Wait until that has ended.`,
      `The lock (${path}) cannot be taken over: ${because}.`,
      "If you are sure that no update of the stack runs any more, free it with:",
      `  console-vault cancel --stack ${stack}`,
    ].join("\n"),
  );

const lost = (stack: string, path: string): EngineError =>
  new EngineError(
    [
      `This update has lost its lock of stack ${stack} (${path}): somebody freed it meanwhile, and may be updating the stack now.`,
      "It stops, and writes nothing more to the state; what it did since its last step is not recorded there. When no other update runs:",
      `  console-vault refresh --stack ${stack}`,
    ].join("\n"),
  );
