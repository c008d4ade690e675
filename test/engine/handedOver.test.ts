// What the engine hands to providers of its own process is the state's own: nobody copies it, so nobody may change it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ownProgram } from "../../src/cli/inline.js";
import { type EngineEvent, type InlineContext, type InlineProvider, openEngine } from "../../src/engine/index.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { startLocal } from "../../src/local/index.js";
import { consoleVault } from "../../src/program/index.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";
import { inRunContext } from "../../src/runContext.js";
import { type CompanySize, companySeed, writeCompany } from "../support/company.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "console-vault-handed-over-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Whoever changes it now fails. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(Object.freeze(value))) frozen(inner);
  return value;
}

/** What is inside the arguments of each call cannot be changed. @param calls which methods were called */
function withFrozenArguments(provider: InlineProvider, calls: Set<string>): InlineProvider {
  const methods = Object.entries(provider).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      calls.add(name);
      return (call as (...args: unknown[]) => unknown)(...args.map(frozen));
    },
  ]);
  return Object.fromEntries(methods) as InlineProvider;
}

it("our providers change nothing of it, nor does whoever reads the events", async () => {
  const size = { count: 12, folders: 2 };
  const larger = { count: 16, folders: 2 };
  const local = await startLocal({ seed: companySeed(larger) });
  const catalogOf = async (company: CompanySize, below: string) => {
    writeCompany(join(dir, below), { ...company, flagWanted: false });
    return loadCatalog(await findCatalog(join(dir, below)));
  };
  try {
    let catalog = await catalogOf(size, "first");
    const env = { ...local.env, PULUMI_BACKEND_URL: `file://${dir}/first/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
    const calls = new Set<string>();
    const own = ownProgram();
    const program = {
      ...own,
      run: (context: InlineContext) => inRunContext(context, () => consoleVault(catalog)()),
      provider: async (...args: Parameters<typeof own.provider>) => {
        const provider = await own.provider(...args);
        return provider && withFrozenArguments(provider, calls);
      },
    };
    const native = { heroku: herokuEngineProvider({ env, waits: { rateLimitMs: 1, pollMs: 1 } }) };
    const engine = openEngine("embedded", { projectDir: join(dir, "first"), stack: "prod", env }, native, program);
    const onEvent = (event: EngineEvent) => void frozen(event);
    const outcomes = [
      await engine.preview({ onEvent }),
      await engine.up({ onEvent }),
      await engine.up({ onEvent, refresh: true }),
    ];
    catalog = await catalogOf(larger, "larger");
    outcomes.push(await engine.up({ onEvent, refresh: true }), await engine.refresh({ onEvent }));
    expect(outcomes.map(({ result, errors }) => [result, errors])).toEqual(outcomes.map(() => ["succeeded", []]));
    expect([...calls].sort()).toEqual(["check", "create", "diff", "read", "update"]);
  } finally {
    await local.close();
  }
});
