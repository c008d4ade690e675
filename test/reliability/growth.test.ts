// What grows with a migration grows as its credentials and folders do: three times as many make three times the state and the
// events, not nine times. Requests are counted in requests.test.ts; time is only shown, by the bench.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ownProgram } from "../../src/cli/inline.js";
import { type EngineEvent, openEngine } from "../../src/engine/index.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { startLocal } from "../../src/local/index.js";
import { consoleVault } from "../../src/program/index.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";
import { inRunContext } from "../../src/runContext.js";
import { type CompanySize, companySeed, writeCompany } from "../support/company.js";

const states = vi.hoisted(() => ({ written: [] as number[] }));
vi.mock("node:fs/promises", async (original) => {
  const fs = await original<typeof import("node:fs/promises")>();
  const open: typeof fs.open = async (path, ...rest) => {
    const file = await fs.open(path, ...rest);
    const write = file.writeFile.bind(file);
    file.writeFile = (data, options) => {
      if (/\/stacks\/.*\.json\.\d+\.tmp$/.test(String(path))) states.written.push(Buffer.byteLength(String(data)));
      return write(data, options);
    };
    return file;
  };
  return { ...fs, open };
});

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "console-vault-growth-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A first update by the embedded engine, with its state in a file. */
async function firstUp(size: CompanySize) {
  const projectDir = join(dir, `${size.count}-${size.folders}`);
  const local = await startLocal({ seed: companySeed(size) });
  try {
    writeCompany(projectDir, size);
    const catalog = await loadCatalog(await findCatalog(projectDir));
    const env = { ...local.env, PULUMI_BACKEND_URL: `file://${projectDir}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
    const native = { heroku: herokuEngineProvider({ env, waits: { rateLimitMs: 1, pollMs: 1 } }) };
    const engine = openEngine("embedded", { projectDir, stack: "prod", env }, native, {
      ...ownProgram(),
      run: (context) => inRunContext(context, consoleVault(catalog)),
    });
    const events: EngineEvent[] = [];
    states.written.length = 0;
    const { result, errors } = await engine.up({ onEvent: (event) => events.push(event) });
    expect([result, errors]).toEqual(["succeeded", []]);
    return {
      events: events.length,
      eventBytes: events.reduce((sum, event) => sum + JSON.stringify(event).length, 0),
      stateBytes: states.written.at(-1)!,
      writtenBytes: states.written.reduce((sum, bytes) => sum + bytes, 0),
    };
  } finally {
    await local.close();
  }
}

it("three times the credentials make three times the state, its writes and the events; in the same folders as many events", async () => {
  const one = await firstUp({ count: 60, folders: 6 });
  const three = await firstUp({ count: 180, folders: 18 });
  const sameFolders = await firstUp({ count: 180, folders: 6 });
  expect(one.stateBytes).toBeGreaterThan(10_000);
  expect(three.stateBytes / one.stateBytes).toBeLessThan(3.3);
  expect(three.events / one.events).toBeLessThan(3.3);
  expect(three.eventBytes / one.eventBytes).toBeLessThan(3.3);
  // How often a state is written while steps are done depends on the time that they take.
  expect(three.writtenBytes / one.writtenBytes).toBeLessThan(6);
  expect(sameFolders.events).toBe(one.events);
  expect(sameFolders.stateBytes / one.stateBytes).toBeLessThan(3.3);
});
