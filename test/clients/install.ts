import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const stampOf = (dir: string) => join(dir, "node_modules", ".installed");

/**
 * Installs a client program that only some tests need, by the lock in its own folder, unless that very lock is installed
 * already. Test files that run at once, in one process or in many, install it once.
 * @param dir absolute path of a folder with `package.json` and `package-lock.json`
 * @throws Error with the end of what `npm ci` said
 */
export async function installClient(dir: string): Promise<void> {
  const wanted = createHash("sha256")
    .update(await readFile(join(dir, "package-lock.json")))
    .digest("hex");
  const installed = async () => (await readFile(stampOf(dir), "utf8").catch(() => "")) === wanted;
  if (await installed()) return;
  await exclusively(dir, async () => {
    if (await installed()) return;
    await npmCi(dir);
    await writeFile(stampOf(dir), wanted);
  });
}

async function npmCi(dir: string): Promise<void> {
  // Inside `npm test` this variable points at the project's own folder, and would win over `cwd`.
  const { npm_config_local_prefix: _, ...env } = process.env;
  try {
    await promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund", "--prefix", dir], {
      cwd: dir,
      env,
      shell: process.platform === "win32",
    });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error);
    throw new Error(`npm ci failed in ${dir}:\n${said.slice(-2000)}`);
  }
}

/** A lock file outside the checkout, with its owner's process id; one whose owner died is taken over. */
async function exclusively(dir: string, work: () => Promise<void>): Promise<void> {
  const lock = join(
    tmpdir(),
    `console-vault-client-${createHash("sha256").update(dir).digest("hex").slice(0, 16)}.lock`,
  );
  while (
    !(await writeFile(lock, String(process.pid), { flag: "wx" }).then(
      () => true,
      () => false,
    ))
  ) {
    if (await abandoned(lock)) {
      // Of several that see it, one succeeds in moving it away.
      const aside = `${lock}.${process.pid}`;
      await rename(lock, aside).then(
        () => rm(aside, { force: true }),
        () => {},
      );
    } else await sleep(200);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function abandoned(lock: string): Promise<boolean> {
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  const pid = Number(await readFile(lock, "utf8").catch(() => ""));
  // Between its creation and its content a lock is empty for a moment.
  if (!Number.isInteger(pid) || pid <= 0) return age > 10_000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
