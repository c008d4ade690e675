// A company of many credentials, all copied from flat folders to its one environment, and its stack on the in-process engine.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "../../src/engine/index.js";
import { herokuEngineProvider } from "../../src/heroku/index.js";
import { type LocalOptions, startLocal } from "../../src/local/index.js";
import { consoleVault } from "../../src/program/index.js";
import { findCatalog, loadCatalog } from "../../src/project/index.js";
import { appOf, companySeed, type CompanyOptions as Made, writeCompany } from "../support/company.js";
import { InProcessStacks } from "../support/inProcessEngine.js";

export const app = appOf("prod");

export interface CompanyOptions extends Omit<Made, "environments">, Pick<LocalOptions, "flavour" | "rateLimits"> {
  /** Steps at the same time. */
  readonly parallel?: number;
  /** What the providers tell. */
  readonly print?: (line: string) => void;
}

export async function openCompany(options: CompanyOptions) {
  const { flavour, rateLimits, parallel, print } = options;
  const local = await startLocal({
    ...(flavour === undefined ? {} : { flavour }),
    ...(rateLimits === undefined ? {} : { rateLimits }),
    seed: companySeed(options),
  });
  const dir = mkdtempSync(join(tmpdir(), "console-vault-many-"));
  writeCompany(dir, options);
  const stacks = new InProcessStacks({
    program: consoleVault(await loadCatalog(await findCatalog(dir))),
    native: (env) => ({ heroku: herokuEngineProvider({ env, waits: { rateLimitMs: 1, pollMs: 1 } }) }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(print === undefined ? {} : { print }),
  });
  const env = { ...local.env, PULUMI_BACKEND_URL: `file://${dir}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
  const run =
    (operation: "preview" | "up") =>
    (onEvent: (event: EngineEvent) => void = () => {}) => {
      const engine = stacks.open({ projectDir: dir, stack: "prod", env });
      return engine[operation]({ refresh: true, onEvent, signal: new AbortController().signal });
    };
  const close = async () => {
    await local.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { local, preview: run("preview"), up: run("up"), close };
}

export type Company = Awaited<ReturnType<typeof openCompany>>;
