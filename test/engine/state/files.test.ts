import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ensureStack, openSession } from "../../../src/engine/embedded/session.js";
import { StackFiles, type UpdateRecord } from "../../../src/engine/embedded/state/backend.js";
import { type DeploymentJson, magicOf } from "../../../src/engine/embedded/state/checkpoint.js";
import { acquireLock } from "../../../src/engine/embedded/state/lock.js";

const directory = () => mkdtemp(join(tmpdir(), "engine-files-"));
const state = (version: string): string[] => {
  const manifest = { time: "2026-01-02T03:04:05Z", magic: magicOf(version), version };
  return [JSON.stringify({ manifest, metadata: {} } satisfies DeploymentJson)];
};
const update: UpdateRecord = {
  ...{ kind: "update", startTime: 1, message: "", environment: {}, config: {} },
  ...{ version: 0, result: "succeeded", endTime: 2, resourceChanges: {} },
};
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

async function backend() {
  const root = await directory();
  const files = new StackFiles(root, "proj", "dev");
  const stacks = join(root, ".pulumi/stacks/proj");
  return { root, files, stacks, path: join(stacks, "dev.json") };
}

describe.skipIf(process.platform === "win32")("what the engine writes", () => {
  it("is its owner's alone: state, the one before it, history, backups, and the lock, in directories that are so too", async () => {
    const { root, files } = await backend();
    const lock = await acquireLock(files.lockDirectory, "dev");
    for (const version of ["v1", "v2"]) await files.write(state(version));
    await files.record(update);
    const all = await readdir(join(root, ".pulumi"), { recursive: true, withFileTypes: true });
    const modes = await Promise.all(
      all.map(async (entry) => [
        entry.isDirectory() ? "directory" : "file",
        await mode(join(entry.parentPath, entry.name)),
      ]),
    );
    await lock.release();
    expect(modes.filter(([kind]) => kind === "file").length).toBeGreaterThan(8);
    expect(new Set(modes.map((one) => one.join(" ")))).toEqual(new Set(["directory 700", "file 600"]));
    expect(await mode(join(root, ".pulumi"))).toBe("700");
  });

  it("closes a state that others could read, with the copy of it, and leaves one as it is that is narrower", async () => {
    const { files, path, stacks } = await backend();
    await files.write(state("v1"));
    await chmod(path, 0o664);
    await chmod(stacks, 0o755);
    await files.write(state("v2"));
    expect([await mode(path), await mode(`${path}.bak`), await mode(stacks)]).toEqual(["600", "600", "755"]);
    await chmod(path, 0o400);
    await files.write(state("v3"));
    expect([await mode(path), await mode(`${path}.bak`)]).toEqual(["400", "400"]);
    expect((await files.read())?.manifest.version).toBe("v3");
  });

  it.each(["that is there", "that is not there yet"])("follows a link to a state %s", async (there) => {
    const { files, path, stacks } = await backend();
    const elsewhere = await directory();
    const target = join(elsewhere, "kept.json");
    await mkdir(stacks, { recursive: true });
    await symlink(target, path);
    if (there === "that is there") await writeFile(target, JSON.stringify({ version: 3, checkpoint: { stack: "x" } }));
    for (const version of ["v1", "v2"]) await files.write(state(version));
    expect(await readlink(path)).toBe(target);
    expect(JSON.parse(await readFile(target, "utf8")).checkpoint.latest.manifest.version).toBe("v2");
    // What was there before is a file, not one more name of the link.
    expect((await lstat(`${path}.bak`)).isFile()).toBe(true);
    expect(JSON.parse(await readFile(`${path}.bak`, "utf8")).checkpoint.latest.manifest.version).toBe("v1");
    expect(await readdir(elsewhere)).toEqual(["kept.json"]);
  });

  it.each([["config: {}\n"], [undefined]])(
    "follows a link to the stack's file when it adds the salt (%j)",
    async (text) => {
      const [projectDir, elsewhere] = [await directory(), await directory()];
      await writeFile(join(projectDir, "Pulumi.yaml"), "name: proj\nruntime: nodejs\nmain: x.cjs\n");
      await writeFile(join(projectDir, "x.cjs"), "");
      const [link, target] = [join(projectDir, "Pulumi.dev.yaml"), join(elsewhere, "dev.yaml")];
      await symlink(target, link);
      if (text !== undefined) await writeFile(target, text);
      const env = { PULUMI_CONFIG_PASSPHRASE: "x", PULUMI_BACKEND_URL: `file://${projectDir}` };
      await ensureStack(await openSession({ projectDir, stack: "dev", env }));
      expect(await readlink(link)).toBe(target);
      expect(await readFile(target, "utf8")).toMatch(new RegExp(`^${text ?? ""}encryptionsalt: v1:`));
    },
  );
});
