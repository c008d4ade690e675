// One table of what everything costs, ratios included, and as JSON with --json: npm run bench [-- --json] [-- --large]
// Machines are noisy and differ: what is compared is measured side by side in one run, and the ratios count.
import { execFile, execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { promisify } from "node:util";
import { findCli } from "../src/engine/pulumi/index.js";
import { defaultSeed } from "../src/local/index.js";
import { secretPathFor } from "../src/resolver/index.js";
import { done, World } from "../test/support/world.js";

const json = process.argv.includes("--json");
const sizes: readonly (readonly [number, number])[] = [
  [100, 2],
  [300, 6],
  [1000, 20],
  ...(process.argv.includes("--large") ? [[10_000, 200] as const] : []),
];

/** A line of the table. `ratio` says to what: `3.1 × floor`. */
interface Row {
  readonly what: string;
  readonly requests?: string;
  readonly wallS?: number;
  readonly cpuS?: number;
  readonly peakRssMB?: number;
  readonly ratio?: string;
}

const times = (a: number, b: number, of: string) => `${(a / b).toFixed(1)} × ${of}`;
const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

function seconds(...argv: string[]): number {
  const once = () => {
    const started = performance.now();
    execFileSync(process.execPath, argv, { stdio: "ignore" });
    return (performance.now() - started) / 1000;
  };
  return middle([once(), once(), once()]);
}

function startUp(): Row[] {
  const bare = seconds("--eval", "0");
  const bin = "bin/console-vault.mjs";
  const commands = [["--help"], ["resolve", "HEROKU_API_KEY"], ["paths"]];
  const measured = commands.map((argv) => ({ what: argv.join(" "), wallS: seconds(bin, ...argv) }));
  return [
    { what: "node -e 0", wallS: bare },
    ...measured.map((one) => ({ ...one, ratio: times(one.wallS, bare, "node -e 0") })),
  ];
}

function resolving(): Row {
  const many = 1_000_000;
  const started = performance.now();
  for (let i = 0; i < many; i++) secretPathFor("HEROKU_API_KEY", i % 2 ? "staging" : "prod");
  const wallS = (performance.now() - started) / 1000;
  return {
    what: "secretPathFor, a million names",
    wallS,
    ratio: `${(many / wallS / 1e6).toFixed(2)} million a second`,
  };
}

interface Many {
  readonly floorS: number;
  readonly results: readonly (Required<Omit<Row, "what" | "requests" | "ratio">> & {
    readonly case: string;
    readonly vault: number;
    readonly heroku: number;
  })[];
}

/** Each `up` is followed by the same work as bare batched requests. */
async function ofSize(credentials: number, folders: number): Promise<Row[]> {
  const argv = ["--import", "tsx", "bench/many.ts", String(credentials), String(folders), "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { maxBuffer: 1 << 28 });
  const { floorS, results } = JSON.parse(stdout) as Many;
  return results.map(({ case: what, vault, heroku, wallS, cpuS, peakRssMB }, index) => {
    const bare = index % 2 === 0 ? results[index + 1] : undefined;
    const ratio = bare && `${times(wallS, bare.wallS, "bare")}, ${times(wallS, floorS, "floor")}`;
    const row = { requests: `${vault} + ${heroku}`, wallS, cpuS, peakRssMB, ...(ratio ? { ratio } : {}) };
    return { what: `${credentials}/${folders} ${what}`, ...row };
  });
}

/** No-op updates of the real catalog through the CLI: ours, and `pulumi up`, which is a preview and an update. */
async function throughCli(command: string): Promise<Row[]> {
  const { PULUMI_HOME, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: noDownload } = process.env;
  const env = { PULUMI_CLI: command, PULUMI_HOME, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: noDownload };
  const world = await World.open({ seed: defaultSeed(), engine: "processes" });
  const measure = async (argv: readonly string[], program?: string) => {
    const started = performance.now();
    const ran = done(await world.spawn(argv, { env, ...(program ? { command: program } : {}) }));
    return { wallS: (performance.now() - started) / 1000, requests: String(ran.requests.length) };
  };
  try {
    const ours = ["up", "--stack", "prod", "--yes", "--engine", "pulumi"];
    await measure(ours);
    const plain = await measure(["up", "--stack", "prod", "--yes", "--non-interactive"], command);
    const own = await measure(ours);
    return [
      { what: "no-op, pulumi up", ...plain },
      { what: "no-op, up --engine pulumi", ...own, ratio: times(own.wallS, plain.wallS, "pulumi up") },
    ];
  } finally {
    await world.close();
  }
}

const cells = ({ what, requests = "", wallS, cpuS, peakRssMB, ratio = "" }: Row) => [
  what,
  requests,
  wallS?.toFixed(2) ?? "",
  cpuS?.toFixed(2) ?? "",
  peakRssMB?.toFixed(0) ?? "",
  ratio,
];

function print(rows: readonly Row[]): void {
  const all = [["", "requests", "wall s", "cpu s", "MB", "ratio"], ...rows.map(cells)];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  for (const line of all)
    process.stdout.write(
      `${line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd()}\n`,
    );
}

const machine = { cores: cpus().length, memoryGB: Math.round(totalmem() / 2 ** 30), node: process.version };
const rows: Row[] = [...startUp(), resolving()];
for (const [credentials, folders] of sizes) rows.push(...(await ofSize(credentials, folders)));
const cli = await findCli({ projectDir: process.cwd(), stack: "prod" });
if (cli) rows.push(...(await throughCli(cli.command)));

if (json) process.stdout.write(`${JSON.stringify({ machine, rows }, null, 2)}\n`);
else {
  print(rows);
  const { cores, memoryGB, node } = machine;
  process.stdout.write(`${cores} cores, ${memoryGB} GB, Node ${node}${cli ? "" : "; no Pulumi CLI here"}\n`);
}
