import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Catalog } from "../../catalog/index.js";
import {
  credentialPaths,
  forbiddenPlaces,
  type GateAnswer,
  gate,
  gatedBy,
  gateFacts,
  publicName,
  type Sight,
  see,
  targetOf,
  unreadable,
} from "../../migration/index.js";
import {
  buildStatus,
  type EnvironmentSight,
  pendingLines,
  renderHtml,
  renderMarkdown,
  renderTerminal,
  type StatusReport,
} from "../../report/index.js";
import { Ended, exitCodes } from "../exit.js";
import type { Io } from "../io.js";
import { lastState } from "../lastUpdate.js";
import { openProject } from "../project.js";
import { type OpenStack, openStack, type StackOptions } from "../stack.js";
import { watch } from "../watch.js";

interface StatusOptions extends Omit<StackOptions, "stack"> {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly html?: string;
  readonly markdown?: string;
  /** Seconds from one look to the next; left out: one look. */
  readonly watch?: number;
}

interface Observed {
  /** For any reader. */
  readonly report: StatusReport;
  /** For the operator's own terminal only: names outside the catalog that hold a credential which may not be there, a line each. */
  readonly foreign: readonly string[];
}

/** Looks at every environment and at what its stack recorded. Reads only. */
export async function observe(io: Io, options: Omit<StackOptions, "stack">): Promise<Observed> {
  const { catalog } = await openProject(io, options.cwd);
  const sights = new Map<string, EnvironmentSight>();
  let target: StatusReport["target"] | undefined;
  let hidden: ReadonlySet<string> | undefined;
  for (const { name } of catalog.environments) {
    const stack = await openStack(io, { ...options, stack: name });
    const { config, services, vault, heroku } = stack;
    const { record, last } = await lastState(io, stack);
    // The table has the shared credentials too.
    const seen = await see(catalog, config, vault, heroku, { below: [config.root] });
    target = targetOf(config, services, seen.account);
    sights.set(name, { config, seen, record, last, gate: await askGate(stack, seen, target, sights) });
    hidden ??= new Set((await unreadable(vault, seen.rows, credentialPaths(catalog, config.root))).keys());
  }
  return {
    report: buildStatus(catalog, sights, target!, hidden!),
    foreign: [...sights.values()].flatMap(({ config, seen }) =>
      foreignNames(catalog, config.environment, config.root, seen),
    ),
  };
}

/** The gate as an update would ask it. @param sights of the environments before, looked at already */
async function askGate(
  { catalog, config, vault, heroku }: OpenStack,
  seen: Sight,
  target: StatusReport["target"],
  sights: ReadonlyMap<string, EnvironmentSight>,
): Promise<GateAnswer | undefined> {
  const { flag } = seen;
  const from = flag && gatedBy(catalog, config, flag.is === "on");
  if (!flag || !from) return undefined;
  const output = sights.get(from)?.record;
  return gate(await gateFacts({ catalog, config, vault, world: { ...seen, flag }, target, heroku, from, output }));
}

function foreignNames(catalog: Catalog, environment: string, root: string, seen: Sight): string[] {
  return forbiddenPlaces(catalog, environment, root, seen)
    .filter(({ under }) => publicName(catalog, under) === undefined)
    .map(({ name, at, under, kind }) => `${name}: ${kind === "var" ? `${under} on ${at}` : `${at}${under}`}`);
}

/** Writes what is to be written. @returns what is to be printed, if anything, and what is not as it should be */
async function answer(io: Io, options: StatusOptions) {
  const { report, foreign } = await observe(io, options);
  const { html, markdown, json, watch: watched } = options;
  if (html !== undefined) writeFileSync(resolve(io.cwd, html), renderHtml(report));
  if (markdown !== undefined) writeFileSync(resolve(io.cwd, markdown), renderMarkdown(report));
  const shown = () => renderTerminal(report, { color: io.color, foreign: io.ownTerminal ? foreign : [] });
  // Of several reports each has a line of its own.
  const text = json ? JSON.stringify(report, null, watched ? 0 : 2) : html || markdown ? undefined : shown();
  return { text, open: pendingLines(report) };
}

async function status(io: Io, options: StatusOptions): Promise<void> {
  if (options.watch) return watch(io, options.watch, async () => (await answer(io, options)).text);
  const { text, open } = await answer(io, options);
  if (text !== undefined) io.out(text);
  if (options.check && open.length > 0) throw new Ended(exitCodes.pending, open.join("\n"));
}

const usualSeconds = 30;
/** Heroku takes 4,500 requests an hour of an account: a look makes three for each app. */
const leastSeconds = 5;
const mostSeconds = 86_400;

function secondsFrom(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < leastSeconds || seconds > mostSeconds)
    throw new InvalidArgumentError(`It is a whole number of seconds from ${leastSeconds} to ${mostSeconds}.`);
  return seconds;
}

export function addStatus(program: Command, io: Io): void {
  program
    .command("status")
    .description("show credentials × environments, flags, soak, drift, and the next command to type")
    .option("--check", "exit 4 on drift, a flag that is not as wanted, or anything that stands in the way")
    .option("--json", "as JSON (schema: docs/status.schema.json)")
    .option("--html <file>", "write a self-contained page")
    .option("--markdown <file>", "write Markdown")
    .addOption(
      new Option("--watch [seconds]", "look again every so many seconds, until Ctrl-C")
        .argParser(secondsFrom)
        .preset(String(usualSeconds))
        .conflicts("check"),
    )
    .option("--engine <engine>", "auto, pulumi or embedded: which engine's state says what was recorded", "auto")
    .option("--cwd <dir>", "the project's directory")
    .action((options: StatusOptions) => status(io, options));
}
