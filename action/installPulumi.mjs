// Puts the Pulumi CLI, its plugin for Terraform providers and the Heroku provider on a runner (Linux, x64): each one only if it is
// the very file whose SHA-256 stands in pins.json. The CLI looks for both in these places before it downloads anything.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const pinsFile = fileURLToPath(new URL("pins.json", import.meta.url));
const pins = JSON.parse(readFileSync(pinsFile, "utf8"));
const home = process.env.PULUMI_HOME || join(homedir(), ".pulumi");

/** @throws Error that names every pin without a checksum, before anything is downloaded */
function requireChecksums() {
  const without = Object.entries(pins).filter(([, { sha256 }]) => !/^[0-9a-f]{64}$/.test(sha256 ?? ""));
  if (without.length === 0) return;
  const lines = without.map(([name, { version, published }]) => `  ${name} ${version}: ${published}`);
  throw new Error(
    `action/pins.json has no SHA-256 for these files, so nothing is installed. Put in what their publishers say, after a look at it from another place than CI:\n${lines.join("\n")}`,
  );
}

/** @returns the file, in a directory of its own */
async function download(name, directory) {
  const { version, url, sha256 } = pins[name];
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${name} ${version}: ${url} answers with ${response.status}`);
  const content = Buffer.from(await response.arrayBuffer());
  const found = createHash("sha256").update(content).digest("hex");
  if (found !== sha256)
    throw new Error(
      `${name} ${version}: ${url} has the SHA-256 ${found}, not ${sha256} as action/pins.json says. Nothing of it is installed.`,
    );
  const file = join(directory, name);
  writeFileSync(file, content);
  return file;
}

/** Everything is checked before anything of it is put where the CLI finds it. */
async function install() {
  requireChecksums();
  const directory = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), "console-vault-pulumi-"));
  const [cli, bridge, provider] = [
    await download("pulumi", directory),
    await download("bridge", directory),
    await download("heroku", directory),
  ];

  const plugin = join(home, "plugins", `resource-terraform-provider-v${pins.bridge.version}`);
  mkdirSync(plugin, { recursive: true });
  execFileSync("tar", ["xzf", bridge, "-C", plugin]);

  const { version } = pins.heroku;
  const cache = join(home, "dynamic_tf_plugins/registry.opentofu.org/heroku/heroku", version, "linux_amd64");
  mkdirSync(cache, { recursive: true });
  const binary = join(cache, `terraform-provider-heroku_v${version}`);
  writeFileSync(binary, execFileSync("unzip", ["-p", provider, "terraform-provider-heroku*"], { maxBuffer: 2 ** 30 }));
  chmodSync(binary, 0o755);

  const bin = join(home, `cli-${pins.pulumi.version}`);
  mkdirSync(bin, { recursive: true });
  execFileSync("tar", ["xzf", cli, "-C", bin, "--strip-components=1"]);
  rmSync(directory, { recursive: true });
  appendFileSync(process.env.GITHUB_PATH, `${bin}\n`);
  process.stdout.write(
    `Pulumi CLI ${pins.pulumi.version}, terraform-provider ${pins.bridge.version}, heroku ${version}\n`,
  );
}

await install().catch((error) => {
  process.stdout.write(`::error::${error.message.replaceAll("\n", "%0A")}\n`);
  process.exitCode = 1;
});
