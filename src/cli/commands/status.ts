import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { look, type MigrationRecord, targetOf, type World } from "../../migration/index.js";
import {
  buildStatus,
  type EnvironmentSight,
  renderHtml,
  renderMarkdown,
  renderTerminal,
  type StatusReport,
} from "../../report/index.js";
import { flatPath } from "../../resolver/index.js";
import { InfisicalError } from "../../vault/client/index.js";
import { Ended, exitCodes } from "../exit.js";
import type { Io } from "../io.js";
import { catalog } from "../project.js";
import { type OpenStack, openStack, type StackOptions } from "../stack.js";

interface StatusOptions extends Omit<StackOptions, "stack"> {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly html?: string;
  readonly markdown?: string;
}

/** Looks at every environment and at what its stack recorded. Reads only. */
export async function observe(io: Io, options: Omit<StackOptions, "stack">): Promise<StatusReport> {
  const sights = new Map<string, EnvironmentSight>();
  let target: StatusReport["target"] | undefined;
  let unreadable: ReadonlySet<string> | undefined;
  for (const { name } of catalog.environments) {
    const stack = await openStack(io, { ...options, stack: name });
    const world = await look(catalog, stack.config, stack.vault, stack.heroku);
    target = targetOf(stack.config, stack.services, world.account);
    const record = (await stack.engine.outputs()).migration?.value as MigrationRecord | undefined;
    sights.set(name, { config: stack.config, world, record });
    unreadable ??= await unreadableShared(stack, world);
  }
  return buildStatus(catalog, sights, target!, unreadable!);
}

/** Flat paths of shared credentials that seem empty, and are only not to be read: no update needs them, so that is no error. */
async function unreadableShared({ config, vault }: OpenStack, { rows }: World): Promise<Set<string>> {
  const shared = catalog.credentials.filter(({ scope }) => scope === "shared");
  const paths = new Set(shared.map(({ vendor }) => flatPath(config.root, vendor)));
  const found = new Set<string>();
  for (const path of paths)
    if (!rows.some((row) => row.path === path))
      await vault.listSecrets(path).catch((error: unknown) => {
        if (!(error instanceof InfisicalError && error.kind === "forbidden")) throw error;
        found.add(path);
      });
  return found;
}

/** What `--check` calls pending: drift, a flag that is not as wanted, or anything in the way. */
function pending({ drift, environments }: StatusReport): string[] {
  return [
    ...drift.map(
      ({ environment, subject, expected, found }) => `${environment}: ${subject} is ${found}, not ${expected}`,
    ),
    ...environments
      .filter(({ flag }) => flag.wanted !== flag.running)
      .map(
        ({ name, flag }) =>
          `${name}: ${flag.variable} is wanted ${flag.wanted ? "on" : "off"} and runs ${flag.running ? "on" : "off"}`,
      ),
    ...environments.flatMap(({ name, blocked }) => blocked.map((line) => `${name}: ${line}`)),
  ];
}

async function status(io: Io, options: StatusOptions): Promise<void> {
  const report = await observe(io, options);
  if (options.html) writeFileSync(resolve(io.cwd, options.html), renderHtml(report));
  if (options.markdown) writeFileSync(resolve(io.cwd, options.markdown), renderMarkdown(report));
  if (options.json) io.out(JSON.stringify(report, null, 2));
  else if (!options.html && !options.markdown) io.out(renderTerminal(report, { color: io.color }));
  const open = pending(report);
  if (options.check && open.length > 0) throw new Ended(exitCodes.pending, open.join("\n"));
}

export function addStatus(program: Command, io: Io): void {
  program
    .command("status")
    .description("credentials × environments, flags, soak, drift, and the next command to type")
    .option("--check", "exit 4 on drift, a flag that is not as wanted, or anything that stands in the way")
    .option("--json", "as JSON (schema: docs/status.schema.json)")
    .option("--html <file>", "write a self-contained page")
    .option("--markdown <file>", "write Markdown")
    .option("--engine <engine>", "auto, pulumi or embedded: whose state says what was recorded", "auto")
    .option("--cwd <dir>", "the project's directory")
    .action((options: StatusOptions) => status(io, options));
}
