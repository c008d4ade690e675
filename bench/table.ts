// One table of what everything costs, ratios included, and a chart of how it grows; as JSON with --json:
// npm run bench [-- --json] [-- --large]
// Machines are noisy and differ: what is compared is measured side by side in one run, and the ratios count.
import { execFile, execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
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
];
const large = process.argv.includes("--large") ? ([10_000, 200] as const) : undefined;
/** Of each figure the median is shown; of the largest case, which takes minutes, the only one. */
const rounds = 3;

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

function seconds(argv: readonly string[]): number {
  const started = performance.now();
  execFileSync(process.execPath, argv, { stdio: "ignore" });
  return (performance.now() - started) / 1000;
}

/** Short runs, taken in turns: what slows the machine down for a moment slows all of them. */
function startUp(): Row[] {
  const bin = "bin/console-vault.mjs";
  const runs = [
    ["--eval", "0"],
    [bin, "--help"],
    [bin, "resolve", "HEROKU_API_KEY"],
    [bin, "paths"],
  ];
  for (const argv of runs) seconds(argv);
  const measured = Array.from({ length: 5 * rounds }, () => runs.map(seconds));
  const [bare, ...walls] = runs.map((_, index) => middle(measured.map((round) => round[index]!)));
  return [
    { what: "node -e 0", wallS: bare! },
    ...walls.map((wallS, index) => ({
      what: runs[index + 1]!.slice(1).join(" "),
      wallS,
      ratio: times(wallS, bare!, "node -e 0"),
    })),
  ];
}

function resolving(): Row {
  const many = 1_000_000;
  const started = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < many; i++) secretPathFor("HEROKU_API_KEY", i % 2 ? "staging" : "prod");
  const wallS = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpuS = (user + system) / 1e6;
  const ratio = `${(many / cpuS / 1e6).toFixed(1)} million a second of CPU`;
  return { what: "secretPathFor, a million names", wallS, cpuS, ratio };
}

interface Many {
  readonly floorS: number;
  readonly results: readonly (Required<Omit<Row, "what" | "requests" | "ratio">> & {
    readonly case: string;
    readonly vault: number;
    readonly heroku: number;
  })[];
}

/** Each `up` is followed by the same work as bare batched requests, and as a loop over Infisical's SDK. */
async function ofSize(credentials: number, folders: number, often = rounds): Promise<Row[]> {
  const argv = ["--import", "tsx", "bench/many.ts", String(credentials), String(folders), "--sdk", "--json"];
  const ran: Many[] = [];
  for (let round = 0; round < often; round++)
    ran.push(JSON.parse((await promisify(execFile)(process.execPath, argv, { maxBuffer: 1 << 28 })).stdout) as Many);
  const floorS = middle(ran.map((one) => one.floorS));
  const results = ran[0]!.results.map((one, index) => {
    const median = (key: "wallS" | "cpuS" | "peakRssMB") => middle(ran.map(({ results }) => results[index]![key]));
    return { ...one, wallS: median("wallS"), cpuS: median("cpuS"), peakRssMB: median("peakRssMB") };
  });
  return results.map(({ case: what, vault, heroku, wallS, cpuS, peakRssMB }, index) => {
    const [bare, loop] = what.endsWith(" up") ? results.slice(index + 1) : [];
    const to = bare &&
      loop && [times(wallS, bare.wallS, "bare"), times(wallS, loop.wallS, "SDK"), times(wallS, floorS, "floor")];
    const row = { requests: `${vault} + ${heroku}`, wallS, cpuS, peakRssMB, ...(to ? { ratio: to.join(", ") } : {}) };
    return { what: `${credentials}/${folders} ${what}`, ...row };
  });
}

/** For Markdown that draws Mermaid's charts, as GitHub's does. Of CPU, which a busy machine changes least. */
function chart(rows: readonly Row[]): string {
  const measured = [...sizes, ...(large ? [large] : [])].map(([credentials, folders]) => `${credentials}/${folders}`);
  const cpuOf = (what: string) =>
    measured.map((size) => rows.find((row) => row.what === `${size} ${what}`)?.cpuS?.toFixed(2)).join(", ");
  return [
    "xychart-beta",
    '  title "CPU seconds by size: first up, no-op up, and the first as a loop over the SDK"',
    `  x-axis "credentials/folders" [${measured.map((size) => `"${size}"`).join(", ")}]`,
    '  y-axis "CPU seconds"',
    ...["first up", "no-op up", "first, SDK loop"].map((what) => `  line [${cpuOf(what)}]`),
  ].join("\n");
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

const machine = {
  date: new Date().toISOString().slice(0, 10),
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memoryGB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  /** Of the last minute, before it began: what else the machine does. */
  load: Number(loadavg()[0]!.toFixed(1)),
};
const rows: Row[] = [...startUp(), resolving()];
for (const [credentials, folders] of sizes) rows.push(...(await ofSize(credentials, folders)));
if (large) rows.push(...(await ofSize(...large, 1)));
const cli = await findCli({ projectDir: process.cwd(), stack: "prod" });
if (cli) rows.push(...(await throughCli(cli.command)));

if (json) process.stdout.write(`${JSON.stringify({ machine, rows }, null, 2)}\n`);
else {
  print(rows);
  const { date, cpu, cores, memoryGB, node, load } = machine;
  const on = `${date}: ${cpu}, ${cores} cores, ${memoryGB} GB, Node ${node}, load ${load}`;
  process.stdout.write(`\n${chart(rows)}\n\n${on}; medians of ${rounds}${cli ? "" : "; no Pulumi CLI here"}\n`);
}
