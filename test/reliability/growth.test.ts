// What grows with a migration grows as its credentials and folders do: three times as many make three times the state and the
// events, not nine times. Requests are counted in requests.test.ts; time is only shown, by the bench.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ownProgram } from "../../src/cli/inline.js";
import { type Engine, type EngineEvent, type InlineContext, openEngine } from "../../src/engine/index.js";
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

/** A company's stack and the embedded engine for it, with its state in a file. */
async function withEngine<T>(size: CompanySize, work: (engine: Engine) => Promise<T>): Promise<T> {
  const projectDir = join(dir, `${size.count}-${size.folders}`);
  const local = await startLocal({ seed: companySeed(size) });
  try {
    writeCompany(projectDir, size);
    const catalog = await loadCatalog(await findCatalog(projectDir));
    const env = { ...local.env, PULUMI_BACKEND_URL: `file://${projectDir}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
    const native = { heroku: herokuEngineProvider({ env, waits: { rateLimitMs: 1, pollMs: 1 } }) };
    const program = { ...ownProgram(), run: (context: InlineContext) => inRunContext(context, consoleVault(catalog)) };
    return await work(openEngine("embedded", { projectDir, stack: "prod", env }, native, program));
  } finally {
    await local.close();
  }
}

/** A first update. */
const firstUp = (size: CompanySize) =>
  withEngine(size, async (engine) => {
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
  });

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
function liveBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** What a plan in which nothing changes has in memory at the most, over what was there before it. A command keeps its events, too. */
const planBytes = (size: CompanySize) =>
  withEngine(size, async (engine) => {
    expect(await engine.up({ onEvent: () => {} })).toMatchObject({ result: "succeeded" });
    const before = liveBytes();
    const events: EngineEvent[] = [];
    let most = 0;
    const { result, changes } = await engine.preview({
      refresh: true,
      onEvent: (event) => {
        if (events.push(event) % 6 === 0) most = Math.max(most, liveBytes() - before);
      },
    });
    expect([result, changes.update, changes.create]).toEqual(["succeeded", undefined, undefined]);
    return most;
  });

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

it("a plan keeps at most 6.5 kB of memory for each credential", async () => {
  const few = { count: 100, folders: 4 };
  const many = { count: 700, folders: 4 };
  // The first one loads what stays.
  await planBytes({ count: 50, folders: 4 });
  const each = ((await planBytes(many)) - (await planBytes(few))) / (many.count - few.count);
  expect(each).toBeGreaterThan(1000);
  expect(each).toBeLessThan(6500);
});
