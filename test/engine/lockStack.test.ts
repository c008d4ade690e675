import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type EngineName, lockStack, type StackLocation } from "../../src/engine/index.js";

/** A project that nobody chose a backend for, unless `env` does. */
async function located(env: Record<string, string> = {}): Promise<StackLocation> {
  const projectDir = await mkdtemp(join(tmpdir(), "engine-lock-stack-"));
  await writeFile(join(projectDir, "Pulumi.yaml"), "name: proj\nruntime: nodejs\n");
  const nowhere = { PULUMI_BACKEND_URL: "", PULUMI_ACCESS_TOKEN: "", PULUMI_HOME: projectDir };
  return { projectDir, stack: "dev", env: { ...nowhere, ...env } };
}

async function isHeld(location: StackLocation, engine: EngineName): Promise<boolean> {
  const lock = await lockStack(location, engine);
  await lock?.release();
  return lock !== undefined;
}

const credentials = ({ projectDir }: StackLocation, current: string) =>
  writeFile(join(projectDir, "credentials.json"), JSON.stringify({ current }));
const token = { PULUMI_ACCESS_TOKEN: "pul-1" };

describe("a stack's lock, for work that is no update", () => {
  it("is held once, and refuses a second holder", async () => {
    const location = await located();
    const lock = await lockStack(location, "embedded");
    await expect(lockStack(location, "pulumi")).rejects.toThrow("Stack dev is being updated by");
    await lock?.release();
    expect(await isHeld(location, "pulumi")).toBe(true);
  });

  it("cannot be held where the state is not in files", async () => {
    expect(await isHeld(await located({ PULUMI_BACKEND_URL: "s3://bucket" }), "pulumi")).toBe(false);
  });

  it("cannot be held where the CLI runs the stack and is logged in", async () => {
    expect(await isHeld(await located(token), "pulumi")).toBe(false);
    const location = await located();
    await credentials(location, "https://api.pulumi.com");
    expect(await isHeld(location, "pulumi")).toBe(false);
    await credentials(location, "");
    expect(await isHeld(location, "pulumi")).toBe(true);
  });

  it("is neither held nor given up where it cannot be seen where the state is", async () => {
    const location = await located();
    await writeFile(join(location.projectDir, "credentials.json"), "{");
    await expect(isHeld(location, "pulumi")).rejects.toThrow(/credentials\.json cannot be read .*PULUMI_BACKEND_URL/);
    await credentials(location, "https://api.pulumi.com");
    await mkdir(join(location.projectDir, ".pulumi/stacks"), { recursive: true });
    await symlink("proj", join(location.projectDir, ".pulumi/stacks/proj"));
    await expect(isHeld(location, "pulumi")).rejects.toThrow("ELOOP");
  });

  it("is held in the project's directory all the same where the state is there, or the embedded engine runs the stack", async () => {
    const location = await located(token);
    expect(await isHeld(location, "embedded")).toBe(true);
    await mkdir(join(location.projectDir, ".pulumi/stacks/proj"), { recursive: true });
    await writeFile(join(location.projectDir, ".pulumi/stacks/proj/dev.json"), "{}");
    expect(await isHeld(location, "pulumi")).toBe(true);
  });
});
