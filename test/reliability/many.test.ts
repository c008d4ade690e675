// Many credentials, and every twentieth request fails at random: the update is made again until it is done, and ends where an
// undisturbed one ends. 60 in 12 folders here; CONSOLE_VAULT_FAULTS=all: 1,000 in 50 folders.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { type Catalog, defineCatalog } from "../../src/catalog/index.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { type FaultName, type LocalServices, startLocal } from "../../src/local/index.js";
import { consoleVault } from "../../src/program/index.js";
import { InProcessStacks } from "../support/inProcessEngine.js";

vi.mock("node:timers/promises", async (original) => (await import("./shortWaits.js")).shortWaits(await original()));

const [count, folders] = process.env.CONSOLE_VAULT_FAULTS === "all" ? [1000, 50] : [60, 12];
const vendorOf = (index: number) => `vendor${index % folders}`;
const nameOf = (index: number) => `CREDENTIAL_${index}`;
const indexes = Array.from({ length: count }, (_, index) => index);

const catalog: Catalog = defineCatalog({
  root: "/Acme",
  environments: [{ name: "prod", apps: { console: "acme-console" }, source: "copy" }],
  fallback: "prod",
  credentials: indexes.map((index) => ({
    name: nameOf(index),
    vendor: vendorOf(index),
    scope: "environment",
    reason: "One for each environment.",
    rules: [],
    consumers: ["console"],
    assumed: [],
  })),
  flag: {
    name: "aware",
    variable: "FLAG_AWARE",
    default: false,
    role: "console",
    revision: "0001_aware",
    description: "Reads the environment's folder.",
  },
});

const secrets: Record<string, Record<string, string>> = {};
for (const index of indexes)
  secrets[`/Acme/${vendorOf(index)}`] = {
    ...secrets[`/Acme/${vendorOf(index)}`],
    [nameOf(index)]: `value of ${index}`,
  };

let services: LocalServices | undefined;
let dir: string | undefined;
afterEach(async () => {
  await services?.close();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const project = "4f1c2d3e-0000-4000-8000-00000000acme";

/** Such a company, and its stack `prod`. */
async function company() {
  services = await startLocal({
    seed: {
      infisical: {
        project: { id: project, slug: "acme", name: "Acme" },
        identities: [{ name: "tool", clientId: "tool", clientSecret: "tool-secret", role: "admin" }],
        secrets: { prod: secrets },
      },
      heroku: {
        accounts: [{ email: "ops@acme.example", keys: ["HRKU-acme"], apps: ["acme-console"] }],
        apps: [{ name: "acme-console" }],
      },
    },
  });
  dir = mkdtempSync(join(tmpdir(), "console-vault-many-"));
  mkdirSync(join(dir, "state"));
  writeFileSync(join(dir, "Pulumi.yaml"), "name: acme\nruntime: nodejs\n");
  const settings = { infisicalProjectId: project, root: "/Acme", vaultEnvAware: true };
  const lines = Object.entries(settings).map(([key, value]) => `  console-vault:${key}: ${value}`);
  writeFileSync(join(dir, "Pulumi.prod.yaml"), `config:\n${lines.join("\n")}\n`);
  const stacks = new InProcessStacks({
    program: consoleVault(catalog),
    native: (env) => ({ heroku: herokuEngineProvider({ env, waits: { rateLimitMs: 1, pollMs: 1 } }) }),
  });
  const env = { ...services.env, PULUMI_BACKEND_URL: `file://${dir}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
  const up = () => {
    const engine = stacks.open({ projectDir: dir!, stack: "prod", env });
    return engine.up({ refresh: true, onEvent: () => {}, signal: new AbortController().signal });
  };
  return { up, local: services };
}

/** Updates until one succeeds. @returns how many that took, and all their requests */
async function converge(up: Awaited<ReturnType<typeof company>>["up"], local: LocalServices) {
  const failures: string[] = [];
  for (let runs = 1; runs <= 50; runs++) {
    const { result, errors } = await up();
    failures.push(errors.join("; "));
    for (const error of errors) expect(error).not.toMatch(/value of \d|tool-secret|HRKU/);
    if (result === "succeeded") return { runs, requests: local.control.requests.length };
  }
  throw new Error(`it does not converge:\n${failures.join("\n")}`);
}

const endOf = ({ infisical, heroku }: LocalServices) => ({
  rows: infisical.vault
    .allSecrets("prod")
    .map(({ path, name, value, version }) => `${path}/${name} ${value} ${version}`)
    .sort(),
  folders: infisical.vault.folders("prod").sort(),
  vars: heroku.apps.vars("acme-console"),
});

it(`${count} credentials in ${folders} folders converge with 5 % of the requests failing`, {
  timeout: 3_600_000,
}, async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const clean = await company();
  const undisturbed = await converge(clean.up, clean.local);
  const wanted = endOf(clean.local);
  expect(wanted.rows).toHaveLength(2 * count);
  expect([wanted.vars.FLAG_AWARE, undisturbed.runs]).toEqual(["true", 1]);
  await clean.local.close();

  const { up, local } = await company();
  const faults: FaultName[] = ["429", "500", "502-html", "drop", "drop-after", "truncate", "html-page"];
  for (const [index, fault] of faults.entries())
    local.control.addFault({ probability: 0.05 / faults.length, seed: index + 1, do: fault });
  const disturbed = await converge(up, local);
  expect(local.control.faultsActed).toBeGreaterThan(0);
  expect(endOf(local)).toEqual(wanted);
  const { requests } = undisturbed;
  process.stdout.write(
    `${count} credentials, ${folders} folders: ${requests} requests undisturbed; ${disturbed.requests} in ${disturbed.runs} runs with ${local.control.faultsActed} of them failing\n`,
  );
  // Each run looks at everything again; what fails costs a look or a repetition.
  expect(disturbed.requests).toBeLessThan(requests * disturbed.runs * 1.5);
});
