import { execFileSync } from "node:child_process";
import { defaultSeed } from "/work/wt/lead/src/local/index.js";
import { done, World } from "/work/wt/lead/test/support/world.js";
const rounds = Number(process.argv[2] ?? 3); const prof = process.argv[3];
const world = await World.open({ seed: defaultSeed(), engine: "processes" });
const out: Record<string, number[]> = {};
const m = async (w: string, f: () => any) => { const s = performance.now(); await f(); (out[w] ??= []).push(+((performance.now() - s) / 1000).toFixed(2)); };
for (let i = 0; i < rounds; i++) {
  await m("floor", () => execFileSync(process.execPath, ["-e", "require('@pulumi/pulumi')"], { cwd: process.cwd() }));
  const env = prof ? { NODE_OPTIONS: "--require /tmp/h/startprof.cjs", PROFDIR: prof } : {};
  await m(i ? "noop" : "first", async () => done(await world.spawn(["up", "--stack", "prod", "--yes"], { env })));
}
console.log(out);
await world.close();
