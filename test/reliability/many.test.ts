// Many credentials, and every twentieth request fails at random: the update is made again until it is done, and ends where an
// undisturbed one ends. 60 in 12 folders here; CONSOLE_VAULT_FAULTS=all: 1,000 in 50 folders.
import { afterEach, expect, it, vi } from "vitest";
import type { FaultName, LocalServices } from "../../src/local/index.js";
import { shortWaits } from "../support/shortWaits.js";
import { app, type Company, openCompany } from "./company.js";

shortWaits();

const [count, folders] = process.env.CONSOLE_VAULT_FAULTS === "all" ? [1000, 50] : [60, 12];

const opened: Company[] = [];
const company = async () => {
  const one = await openCompany({ count, folders });
  opened.push(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** Updates until one succeeds. @returns how many that took, and all their requests */
async function converge(up: Company["up"], local: LocalServices) {
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
  vars: heroku.apps.vars(app),
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
