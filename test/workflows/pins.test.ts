// The files that CI downloads before it is given credentials: what the action installs of them, and what it refuses.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTools, type Tools } from "./tools.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
let dir: string;
let tools: Tools;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "console-vault-pins-"));
  cpSync(join(root, "action"), join(dir, "action"), { recursive: true });
  tools = await startTools(join(dir, "tools"));
});
afterEach(async () => {
  await tools.close();
  rmSync(dir, { recursive: true });
});

async function install(pins: unknown) {
  writeFileSync(join(dir, "action/pins.json"), JSON.stringify(pins));
  mkdirSync(join(dir, "temp"), { recursive: true });
  const env = { PATH: process.env.PATH, HOME: dir, RUNNER_TEMP: join(dir, "temp"), GITHUB_PATH: join(dir, "path") };
  const child = spawn(process.execPath, [join(dir, "action/installPulumi.mjs")], { env });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      log += chunk;
    });
  const code = await new Promise((ended) => child.on("close", ended));
  return { code, log };
}

const installed = () =>
  ["plugins", "dynamic_tf_plugins", "cli-3.265.0"].filter((name) => existsSync(join(dir, ".pulumi", name)));

describe("the action's pins", () => {
  const pins = JSON.parse(readFileSync(join(root, "action/pins.json"), "utf8")) as Tools["pins"];

  it("are of the versions that the SDK in sdks/heroku asks for", () => {
    const { pulumi } = JSON.parse(readFileSync(join(root, "sdks/heroku/package.json"), "utf8"));
    expect([pins.bridge.version, pins.heroku.version]).toEqual([pulumi.version, pulumi.parameterization.version]);
  });

  it("are of https addresses that name the version, with a checksum that is one or is not there yet", () => {
    for (const { url, version, sha256 } of Object.values(pins)) {
      expect(url).toMatch(/^https:\/\//);
      expect(url).toContain(version);
      expect(sha256 ?? "0".repeat(64)).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe("the installation", () => {
  it("puts each file where the Pulumi CLI looks first, so that it downloads nothing itself", async () => {
    expect(await install(tools.pins)).toEqual({ code: 0, log: expect.stringMatching(/Pulumi CLI 3\.265\.0/) });
    const at = (path: string) => execFileSync(join(dir, ".pulumi", path), { encoding: "utf8" }).trim();
    expect(at("cli-3.265.0/pulumi")).toBe("pulumi");
    expect(at("plugins/resource-terraform-provider-v1.1.3/pulumi-resource-terraform-provider")).toBe("bridge");
    const cache = "dynamic_tf_plugins/registry.opentofu.org/heroku/heroku/5.3.2/linux_amd64";
    expect(at(`${cache}/terraform-provider-heroku_v5.3.2`)).toBe("heroku");
    expect(readFileSync(join(dir, "path"), "utf8")).toBe(`${join(dir, ".pulumi/cli-3.265.0")}\n`);
  });

  it.each(["pulumi", "bridge", "heroku"] as const)(
    "stops at another file than the pinned one (%s), and installs none",
    async (name) => {
      const wrong = { ...tools.pins, [name]: { ...tools.pins[name], sha256: "0".repeat(64) } };
      const { code, log } = await install(wrong);
      expect([code, log]).toEqual([
        1,
        expect.stringMatching(/has the SHA-256 [0-9a-f]{64}, not 0{64} as action\/pins\.json says/),
      ]);
      expect(installed()).toEqual([]);
    },
  );

  it("refuses without a checksum, before anything is downloaded, and says where its publisher has it", async () => {
    const { code, log } = await install({ ...tools.pins, heroku: { ...tools.pins.heroku, sha256: null } });
    expect([code, log]).toEqual([1, expect.stringMatching(/no SHA-256 for these files.*heroku 5\.3\.2: published/)]);
    expect([installed(), tools.requests]).toEqual([[], []]);
  });
});
