// How the embedded engine's core behaves with many resources, state on disk included: npx tsx bench/engine.ts [how many]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deployment } from "../src/engine/embedded/deploy/deployment.js";
import { secretBlind } from "../src/engine/embedded/deploy/secretBlind.js";
import { selectionOf } from "../src/engine/embedded/deploy/selection.js";
import { StackFiles } from "../src/engine/embedded/state/backend.js";
import { deploymentText, snapshotFromJson } from "../src/engine/embedded/state/checkpoint.js";
import { newSecretsManager } from "../src/engine/embedded/state/passphrase.js";
import { inProcess, type ProgramData, projectName, stackName } from "../test/engine/conformance/program.js";
import { newWorld, toyProvider } from "../test/engine/conformance/world.js";

const many = Number(process.argv[2] ?? 200);
const program = (value: string): ProgramData => ({
  resources: Array.from({ length: many }, (_, i) => ({
    name: `r${i}`,
    inputs: {
      value,
      hidden: { secret: "hush" },
      ...(i % 10 === 0 ? {} : { after: { ref: `r${i - (i % 10)}.result` } }),
    },
  })),
});

const root = await mkdtemp(join(tmpdir(), "bench-engine-"));
const files = new StackFiles(root, projectName, stackName);
const secrets = await newSecretsManager("bench");
const world = newWorld();

async function run(name: string, kind: "update" | "refresh" | "destroy", data: ProgramData): Promise<void> {
  const deployment = await files.read();
  const base = deployment ? snapshotFromJson(deployment, secrets, "bench") : { resources: [], pendingOperations: [] };
  let writes = 0;
  const started = performance.now();
  const { result } = await new Deployment({
    stack: stackName,
    project: projectName,
    kind,
    dryRun: false,
    refresh: false,
    selection: selectionOf({}),
    parallel: 16,
    base,
    persist: async (snapshot) => {
      writes += 1;
      await files.write(deploymentText(snapshot, secrets, new Date()));
    },
    factory: () => secretBlind(toyProvider(world)),
    packageConfig: () => ({}),
    config: {},
    onSecrets: () => {},
    emit: () => {},
    signal: undefined,
  }).run(kind === "update" ? inProcess(data, false) : undefined);
  const ms = performance.now() - started;
  const line = [
    name.padEnd(10),
    result,
    `${ms.toFixed(0)} ms`,
    `${(ms / many).toFixed(1)} ms a resource`,
    `${writes} writes`,
  ];
  process.stdout.write(`${line.join("  ")}\n`);
}

try {
  process.stdout.write(`${many} resources\n`);
  await run("create", "update", program("1"));
  await run("same", "update", program("1"));
  await run("update", "update", program("2"));
  await run("refresh", "refresh", program("2"));
  await run("destroy", "destroy", program("2"));
} finally {
  await rm(root, { recursive: true });
}
