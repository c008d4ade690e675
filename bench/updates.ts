// A first and a no-op `up` of the real program, by each engine that is here, against the floor: a node process that loads
// `@pulumi/pulumi` and ends. Side by side in one run, since machines are noisy: npx tsx bench/updates.ts [rounds]
import { execFileSync } from "node:child_process";
import { findCli } from "../src/engine/pulumi/index.js";
import { defaultSeed } from "../src/local/index.js";
import { done, World } from "../test/support/world.js";

const rounds = Number(process.argv[2] ?? 3);
const cli = await findCli({ projectDir: process.cwd(), stack: "prod" });
const engines = ["embedded", ...(cli ? ["pulumi"] : [])];
const { PULUMI_CLI, PULUMI_HOME } = process.env;
const env = { PULUMI_CLI, PULUMI_HOME, PULUMI_SKIP_UPDATE_CHECK: "1" };

const seconds = new Map<string, number[]>();
const asked = new Map<string, string>();

async function measure<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  seconds.set(what, [...(seconds.get(what) ?? []), (performance.now() - started) / 1000]);
  return result;
}

for (let round = 0; round < rounds; round++) {
  await measure("floor: node loads @pulumi/pulumi", () =>
    execFileSync(process.execPath, ["--eval", "require('@pulumi/pulumi')"], { cwd: process.cwd() }),
  );
  for (const engine of engines) {
    const world = await World.open({ seed: defaultSeed(), engine: "processes" });
    for (const which of ["first", "no-op"]) {
      const what = `${which} up --stack prod, ${engine}`;
      const argv = ["up", "--stack", "prod", "--yes", "--engine", engine];
      const { requests, writes } = await measure(what, async () => done(await world.spawn(argv, { env })));
      asked.set(what, `${requests.length} requests, ${writes.length} writes`);
    }
    await world.close();
  }
}

const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const floor = middle(seconds.get("floor: node loads @pulumi/pulumi")!);
process.stdout.write(
  `median of ${rounds}; ${cli ? `CLI: ${cli.found}` : "no Pulumi CLI here: its half is left out"}\n`,
);
for (const [what, all] of seconds) {
  const time = middle(all);
  process.stdout.write(
    `${what.padEnd(36)} ${time.toFixed(2).padStart(6)} s  ${(time / floor).toFixed(1).padStart(5)} × floor  ${asked.get(what) ?? ""}\n`,
  );
}
