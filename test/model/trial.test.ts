import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { run } from "../../src/cli/program.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import program from "../../src/index.js";
import { startLocal } from "../../src/local/index.js";
import { InProcessStacks } from "../support/inProcessEngine.js";

test("trial", async () => {
  const local = await startLocal();
  const dir = mkdtempSync(join(tmpdir(), "model-"));
  writeFileSync(join(dir, "Pulumi.yaml"), "name: console-vault\nruntime: nodejs\n");
  for (const s of ["staging", "prod"]) writeFileSync(join(dir, `Pulumi.${s}.yaml`), `config:\n  console-vault:infisicalProjectId: ${local.infisical.vault.project.id}\n`);
  const stacks = new InProcessStacks({ program, native: (env) => ({ heroku: herokuEngineProvider({ env }) }) });
  const io = { env: { ...local.env, PATH: process.env.PATH }, cwd: dir, out: (t: string) => console.log(t), err: (t: string) => console.log(t), readStdin: async () => undefined, interactive: false, color: false, signal: new AbortController().signal, openEngine: stacks.open };
  for (let i = 0; i < 60; i++) {
    const t = performance.now();
    const cpu = process.cpuUsage(); const n = local.control.requests.length;
    const code = await run(["up", "--stack", i % 2 ? "prod" : "staging", "--yes"], i < 2 ? io : { ...io, out: () => {}, err: () => {} });
    console.log(code, performance.now() - t, local.control.requests.length - n, process.cpuUsage(cpu).user/1000 + process.cpuUsage(cpu).system/1000);
  }
  await local.close();
});
