import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseEngine, type EngineError, openEngine, type StackLocation } from "../../src/engine/index.js";

interface Setting {
  /** Version of the state's writer. */
  state?: string;
  cli?: boolean;
  env?: Record<string, string>;
}

const nowhere = { PULUMI_BACKEND_URL: "", PULUMI_CLI: "", PULUMI_ACCESS_TOKEN: "" };

async function located({ state, cli = false, env = {} }: Setting): Promise<StackLocation> {
  const projectDir = await mkdtemp(join(tmpdir(), "engine-choose-"));
  await writeFile(join(projectDir, "Pulumi.yaml"), "name: proj\nruntime: nodejs\n");
  if (state !== undefined) {
    await mkdir(join(projectDir, ".pulumi/stacks/proj"), { recursive: true });
    const checkpoint = {
      version: 3,
      checkpoint: { stack: "organization/proj/dev", latest: { manifest: { version: state } } },
    };
    await writeFile(join(projectDir, ".pulumi/stacks/proj/dev.json"), JSON.stringify(checkpoint));
  }
  const bin = join(projectDir, "bin");
  await mkdir(bin);
  if (cli) {
    await writeFile(join(bin, "pulumi"), "#!/bin/sh\necho v3.260.0\n");
    await chmod(join(bin, "pulumi"), 0o755);
  }
  return { projectDir, stack: "dev", env: { ...nowhere, PATH: bin, PULUMI_HOME: projectDir, ...env } };
}

const choose = async (setting: Setting, embeddedUnasked = true) =>
  chooseEngine("auto", await located(setting), { embeddedUnasked });

describe("the engine of a stack", () => {
  it("is the one that is asked for", async () => {
    const location = await located({});
    expect((await chooseEngine("embedded", location, { embeddedUnasked: false })).name).toBe("embedded");
    expect((await chooseEngine("pulumi", location, { embeddedUnasked: false })).name).toBe("pulumi");
  });

  it.each<[string, Setting, string, RegExp]>([
    [
      "the one that wrote its state last: the embedded one",
      { state: "v3.248.0-embedded", cli: true },
      "embedded",
      /last written by it/,
    ],
    ["the one that wrote its state last: the CLI", { state: "v3.260.0", cli: true }, "pulumi", /last written by it/],
    [
      "for a new stack the CLI, when there is one",
      { cli: true },
      "pulumi",
      /the stack is new, and there is a CLI: PATH \(/,
    ],
    ["for a new stack the embedded one, without a CLI", {}, "embedded", /there is no Pulumi CLI on PATH/],
    [
      "for another backend the CLI",
      { cli: true, env: { PULUMI_BACKEND_URL: "s3://key:secret@bucket" } },
      "pulumi",
      /^its backend is s3:\/\/…$/,
    ],
    [
      "where the CLI is logged in the CLI",
      { cli: true, env: { PULUMI_ACCESS_TOKEN: "pul-1" } },
      "pulumi",
      /^its backend is where the CLI is logged in: PATH/,
    ],
    [
      "the one that wrote its state last, logged in or not",
      { state: "v3.248.0-embedded", cli: true, env: { PULUMI_ACCESS_TOKEN: "pul-1" } },
      "embedded",
      /last written by it/,
    ],
  ])("is %s", async (_, setting, name, reason) => {
    expect(await choose(setting)).toEqual({ name, reason: expect.stringMatching(reason) });
  });

  it("is refused when it should be a CLI that is not there", async () => {
    await expect(choose({ state: "v3.260.0" })).rejects.toThrow(
      /last written by it\. There is none\. Install the Pulumi CLI/,
    );
    await expect(choose({ env: { PULUMI_CLI: "/does/not/exist" } })).rejects.toThrow("PULUMI_CLI is /does/not/exist");
    await expect(choose({ env: { PULUMI_CLI: "npm" } })).rejects.toThrow("npm install --save-dev pulumi");
  });

  it("is not the embedded one where that has to be asked for", async () => {
    await expect(choose({}, false)).rejects.toThrow("--engine embedded");
  });
});

describe("the engine pulumi without a CLI", () => {
  it("ends every operation with what to install", async () => {
    const engine = openEngine("pulumi", await located({}), {});
    const outcome = await engine.preview({ onEvent: () => {} });
    expect(outcome).toMatchObject({ result: "failed", errors: [expect.stringContaining("Install the Pulumi CLI")] });
    await expect(engine.outputs()).rejects.toSatisfy((error: EngineError) => error.name === "EngineError");
  });
});
