import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { UsageError } from "../../errors.js";
import { type Flavour, type Plan, parseFaults, parseSeed, plans, startLocal } from "../../local/index.js";
import type { Io } from "../io.js";

/** The local services together with a place for the state that belongs to them: it is worth nothing without them. */
export function localEnv(services: { readonly env: Record<string, string> }, stateDir: string): Record<string, string> {
  // A token of the shell's own would win over the client id, and is not to be sent here.
  return {
    ...services.env,
    INFISICAL_TOKEN: "",
    PULUMI_BACKEND_URL: `file://${stateDir}`,
    PULUMI_CONFIG_PASSPHRASE: "local",
  };
}

function textOf(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new UsageError(`${option}: cannot read ${file}`);
  }
}

interface LocalStartOptions {
  readonly port?: string;
  readonly seed?: string;
  readonly faults?: string;
  readonly rateLimits?: Plan;
  readonly flavour: Flavour;
}

/** `--flavour` of the commands that serve an Infisical of their own. */
export const flavourOption = () =>
  new Option("--flavour <flavour>", "which Infisical to serve: the measured one of October 2024, or the current one")
    .choices(["2024-10", "current"])
    .default("2024-10");

async function start(io: Io, options: LocalStartOptions): Promise<void> {
  const port = options.port === undefined ? undefined : Number(options.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_535))
    throw new UsageError(`--port takes a port number, and uses the next one too; not ${options.port}`);
  const services = await startLocal({
    ...(port === undefined ? {} : { infisicalPort: port, herokuPort: port + 1 }),
    ...(options.seed ? { seed: parseSeed(textOf("--seed", options.seed)) } : {}),
    ...(options.faults ? { faults: parseFaults(textOf("--faults", options.faults)) } : {}),
    rateLimits: options.rateLimits ? plans[options.rateLimits] : false,
    flavour: options.flavour,
  });
  const stateDir = mkdtempSync(join(tmpdir(), "console-vault-local-"));
  for (const [name, value] of Object.entries(localEnv(services, stateDir))) io.out(`export ${name}='${value}'`);
  io.err("# Paste these lines into another shell. The services keep everything in memory; Ctrl-C ends them.");
  // No variable has it: a project's own stack files do.
  io.err(
    `# Their Infisical project, for an own catalog: console-vault init --project ${services.infisical.vault.project.id}`,
  );
  io.err(
    `# Their clock: curl -X POST ${services.env.HEROKU_API_URL}/_local/clock -H 'content-type: application/json' -d '{"advanceHours":48}'`,
  );
  await new Promise<void>((ended) => {
    io.signal.addEventListener("abort", () => ended(), { once: true });
    process.once("SIGTERM", () => ended());
  });
  await services.close();
  rmSync(stateDir, { recursive: true, force: true });
}

export function addLocal(program: Command, io: Io): void {
  const local = program.command("local").description("serve Infisical and the Heroku Platform API on loopback");
  local
    .command("start")
    .description("start both in the foreground and print the export lines to use them")
    .option("--port <port>", "Infisical's port; Heroku gets the next one (default: any free ones)")
    .option("--seed <file>", "what the services start with, as JSON (default: the flat vault before the migration)")
    .addOption(
      new Option("--rate-limits [plan]", "limit requests as Infisical does for this plan")
        .choices(Object.keys(plans))
        .preset("self-hosted"),
    )
    .addOption(flavourOption())
    .option("--faults <file>", "faults in the services' answers, as JSON (docs/reliability.md)")
    .action((options: LocalStartOptions) => start(io, options));
}
