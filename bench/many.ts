// A first and a no-op `up` of many credentials by the embedded engine, as a command does them (plan, then update), beside the same
// work as bare batched requests: npx tsx bench/many.ts [credentials=1000] [folders=20] [--sdk] [--json] [--cpu-prof <dir>]
// --sdk: and as a loop over Infisical's own SDK, a request for each credential.
// The local services run in this process and the work in another one, so that CPU and memory are the work's own.
import { execFile } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type LocalServices, startLocal } from "../src/local/index.js";
import { findCatalog, loadCatalog } from "../src/project/index.js";
import { installClient } from "../test/clients/install.js";
import { companySeed, nameOf, projectId, vendorOf, writeCompany } from "../test/support/company.js";

const flags = process.argv.slice(2);
const option = (name: string) => (flags.includes(name) ? flags.splice(flags.indexOf(name), 2)[1] : undefined);
const profiles = option("--cpu-prof");
const json = flags.includes("--json");
const sdk = flags.includes("--sdk")
  ? fileURLToPath(new URL("../test/clients/infisical-sdk", import.meta.url))
  : undefined;
if (sdk) await installClient(sdk);
const [count = 1000, folders = 20] = flags.filter((one) => /^\d+$/.test(one)).map(Number);

interface Measured {
  readonly case: string;
  readonly credentials: number;
  readonly folders: number;
  readonly vault: number;
  readonly heroku: number;
  readonly writes: number;
  readonly routes: Readonly<Record<string, number>>;
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakRssMB: number;
}

/** Of each service's route: ids, names of secrets and apps left out. */
const routeOf = (method: string, path: string) =>
  `${method} ${path
    .replace(/\?.*/, "")
    .replace(/(secrets\/raw\/).+/, "$1:name")
    .replace(/(\/apps\/)[^/]+/, "$1:app")}`;

interface Company {
  readonly services: LocalServices;
  readonly dir: string;
}

async function company(): Promise<Company> {
  const value = (index: number) => `the value of ${nameOf(index)}, as long as a key is: ${"0123456789".repeat(3)}`;
  const services = await startLocal({ seed: companySeed({ count, folders }, value) });
  const dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-bench-"));
  writeCompany(dir, { count, folders });
  return { services, dir };
}

const measured = `
import { readFileSync } from "node:fs";
process.on("exit", () => {
  const { maxRSS } = process.resourceUsage();
  const { user, system } = process.cpuUsage();
  process.stdout.write(JSON.stringify({ cpuS: (user + system) / 1e6, peakRssMB: maxRSS / 1024 }));
});`;

/** What a command does: plan, and unless there is nothing to do, update. */
const commandCode = `${measured}
import { isDeepStrictEqual } from "node:util";
import { load } from ${JSON.stringify(new URL("../load.mjs", import.meta.url).href)};
const { dir, catalog: given, env: services } = JSON.parse(readFileSync(process.env.BENCH, "utf8"));
const env = { ...process.env, ...services, CONSOLE_VAULT_COMMAND: "1" };
const [{ openEngine }, { herokuEngineProvider, HerokuClients, SeenVars }, { Logins }, { ownProgram }, { runEngine }, { inRunContext }] =
  await Promise.all(["engine/index", "heroku/index", "vault/client/index", "cli/inline", "cli/run", "runContext"].map(load));
const shared = { logins: new Logins(), herokus: new HerokuClients(), seenVars: new SeenVars() };
const run = async (context) => {
  const modules = ["program/index", "catalog/index", "provider/index"];
  const [{ consoleVault }, { defineCatalog }, { shareWithRun }] = await Promise.all(modules.map(load));
  const program = consoleVault(defineCatalog(given));
  return inRunContext(context, () => {
    shareWithRun(shared);
    return program();
  });
};
const location = { projectDir: dir, stack: "prod", env };
const engine = openEngine("embedded", location, { heroku: herokuEngineProvider({ env, seen: shared.seenVars }) }, { ...ownProgram(shared), run });
const io = { env, cwd: dir, out: () => {}, err: () => {}, signal: new AbortController().signal };
const before = await engine.outputs();
const planned = await runEngine(io, engine, "preview", { refresh: true });
const changes = Object.entries(planned.outcome.changes).filter(([op]) => op !== "same" && op !== "refresh");
if (changes.length > 0 || !isDeepStrictEqual(planned.outcome.outputs, before)) await runEngine(io, engine, "up", { refresh: true });
`;

/** The same work without looking twice, without a plan and without a state: a look and, in a first run, a batch for each folder. */
const bareCode = `${measured}
const { vendors, first, project: workspaceId, env } = JSON.parse(readFileSync(process.env.BENCH, "utf8"));
const url = env.INFISICAL_API_URL;
const environment = "prod";
let token;
const ask = async (method, path, body) => {
  const answer = await fetch(url + path, { method, headers: { ...(body ? { "content-type": "application/json" } : {}), ...(token ? { authorization: "Bearer " + token } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) });
  if (!answer.ok) throw new Error(method + " " + path + ": " + answer.status);
  return answer.json();
};
({ accessToken: token } = await ask("POST", "/api/v1/auth/universal-auth/login", { clientId: env.INFISICAL_CLIENT_ID, clientSecret: env.INFISICAL_CLIENT_SECRET }));
const list = (secretPath) => ask("GET", "/api/v3/secrets/raw?" + new URLSearchParams({ workspaceId, environment, secretPath, recursive: "true" }));
for (const vendor of vendors) {
  const { secrets } = await list("/Acme/" + vendor);
  if (!first) continue;
  await ask("POST", "/api/v1/folders", { workspaceId, environment, path: "/Acme/" + vendor, name: "prod" });
  await ask("POST", "/api/v3/secrets/batch/raw", { workspaceId, environment, secretPath: "/Acme/" + vendor + "/prod", secrets: secrets.map(({ secretKey, secretValue }) => ({ secretKey, secretValue })) });
  const back = await list("/Acme/" + vendor + "/prod");
  if (back.secrets.length !== secrets.length) throw new Error("read back");
}
`;

/** The same work as a script does it that somebody writes in an hour: Infisical's SDK writes one secret at a time. */
const sdkCode = `${measured}
import { createRequire } from "node:module";
const { vendors, first, project: projectId, env, sdk } = JSON.parse(readFileSync(process.env.BENCH, "utf8"));
const { InfisicalSDK } = createRequire(sdk + "/")("@infisical/sdk");
const client = await new InfisicalSDK({ siteUrl: env.INFISICAL_API_URL }).auth().universalAuth.login({ clientId: env.INFISICAL_CLIENT_ID, clientSecret: env.INFISICAL_CLIENT_SECRET });
const at = { projectId, environment: "prod" };
for (const vendor of vendors) {
  const to = { ...at, secretPath: "/Acme/" + vendor + "/prod" };
  const { secrets } = await client.secrets().listSecrets({ ...at, secretPath: "/Acme/" + vendor });
  if (first) {
    await client.folders().create({ ...at, name: "prod", path: "/Acme/" + vendor });
    for (const { secretKey, secretValue } of secrets) await client.secrets().createSecret(secretKey, { ...to, secretValue });
  }
  const back = await client.secrets().listSecrets(to);
  if (back.secrets.length !== secrets.length) throw new Error("read back");
}
`;

async function measure(what: string, { services, dir }: Company, code: string, given: object): Promise<Measured> {
  // A catalog of 10,000 is larger than an environment variable may be.
  const file = join(dir, "given.json");
  writeFileSync(file, JSON.stringify(given));
  const from = services.control.requests.length;
  const started = performance.now();
  const prof = profiles
    ? ["--cpu-prof", `--cpu-prof-dir=${profiles}`, `--cpu-prof-name=${what.replace(/\W+/g, "-")}.cpuprofile`]
    : [];
  const { stdout } = await promisify(execFile)(process.execPath, [...prof, "--input-type=module", "--eval", code], {
    env: { ...process.env, PULUMI_CONFIG_PASSPHRASE: "bench", PULUMI_BACKEND_URL: "", BENCH: file },
    cwd: process.cwd(),
    maxBuffer: 1 << 28,
  });
  const wallS = (performance.now() - started) / 1000;
  const requests = services.control.requests.slice(from);
  const routes: Record<string, number> = {};
  for (const { method, path } of requests) {
    const route = routeOf(method, path);
    routes[route] = (routes[route] ?? 0) + 1;
  }
  const vault = requests.filter(({ path }) => path.startsWith("/api/")).length;
  return {
    case: what,
    credentials: count,
    folders,
    vault,
    heroku: requests.length - vault,
    writes: requests.filter(({ write }) => write).length,
    routes,
    wallS,
    ...(JSON.parse(stdout) as Pick<Measured, "cpuS" | "peakRssMB">),
  };
}

async function floor(): Promise<number> {
  const started = performance.now();
  await promisify(execFile)(process.execPath, ["--eval", "require('@pulumi/pulumi')"], { cwd: process.cwd() });
  return (performance.now() - started) / 1000;
}

const ours = await company();
const theirs = await company();
const loops = sdk === undefined ? undefined : await company();
const results: Measured[] = [];
let floorS = 0;
try {
  floorS = await floor();
  for (const which of ["first", "no-op"]) {
    const backend = { PULUMI_BACKEND_URL: `file://${ours.dir}/state` };
    const catalog = await loadCatalog(await findCatalog(ours.dir));
    const given = { dir: ours.dir, catalog, env: { ...ours.services.env, ...backend } };
    results.push(await measure(`${which} up`, ours, commandCode, given));
    const vendors = Array.from({ length: folders }, (_, index) => vendorOf(index, { count, folders }));
    const bare = { vendors, first: which === "first", project: projectId, env: theirs.services.env };
    results.push(await measure(`${which}, bare requests`, theirs, bareCode, bare));
    if (loops)
      results.push(await measure(`${which}, SDK loop`, loops, sdkCode, { ...bare, env: loops.services.env, sdk }));
  }
} finally {
  for (const { services, dir } of [ours, theirs, ...(loops ? [loops] : [])]) {
    await services.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (json) process.stdout.write(`${JSON.stringify({ floorS, results }, null, 2)}\n`);
else {
  const size = `${count} credentials in ${folders} folders`;
  process.stdout.write(`${size}; floor (node loads @pulumi/pulumi): ${floorS.toFixed(2)} s\n`);
  for (const [index, one] of results.entries()) {
    const bare = one.case.endsWith(" up") ? results[index + 1] : undefined;
    const bound = bare === undefined ? "" : `  bound 2 × bare + floor: ${(2 * bare.wallS + floorS).toFixed(2)} s`;
    process.stdout.write(
      `${one.case.padEnd(22)} ${one.wallS.toFixed(2).padStart(6)} s  cpu ${one.cpuS.toFixed(2).padStart(6)} s  ${one.peakRssMB.toFixed(0).padStart(4)} MB  vault ${one.vault}, heroku ${one.heroku}, writes ${one.writes}${bound}\n`,
    );
    for (const [route, times] of Object.entries(one.routes).sort(([, a], [, b]) => b - a))
      process.stdout.write(`    ${String(times).padStart(5)}  ${route}\n`);
  }
}
