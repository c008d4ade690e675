import { isDeepStrictEqual } from "node:util";
import type { Command } from "commander";
import { flagApps, flagVariable, hasFlag, isHerokuKey } from "../../catalog/index.js";
import { readStackConfig } from "../../config/index.js";
import { Refusal } from "../../errors.js";
import { HerokuClient, HerokuError } from "../../heroku/index.js";
import { appsInWords, type MigrationRecord, sentence, type VaultReads } from "../../migration/index.js";
import {
  type Flags,
  flagDisagreement,
  type Kept,
  planRotation,
  type RotationEvent,
  type RotationPlan,
  type RotationRequest,
  readFlags,
  rotate,
  settingsOf,
} from "../../rotation/index.js";
import type { SecretValue } from "../../secret.js";
import { askYes } from "../ask.js";
import { environmentToWrite } from "../environment.js";
import { insideUpdates, openToRecord, refuseFailed, tellWarnings } from "../insideUpdates.js";
import { colorsOf, type Io } from "../io.js";
import { lastOutputs } from "../lastUpdate.js";
import { openProject } from "../project.js";
import { lookForUpdates, type OpenStack, openStack } from "../stack.js";
import { refuseOtherTarget } from "../target.js";
import { notCompared, readValue } from "./provision.js";

interface RotateOptions {
  readonly env?: string;
  readonly engine?: string;
  readonly cwd?: string;
  readonly yes?: boolean;
  readonly keepNewline?: boolean;
  readonly also?: readonly string[];
}

/** The key that the tool itself logs in with may be the one that is rotated: revoked already, it is the new one that works. */
async function clientFor(stack: OpenStack, name: string, value: SecretValue): Promise<HerokuClient> {
  try {
    await stack.heroku.account();
    return stack.heroku;
  } catch (error) {
    if (!isHerokuKey(stack.catalog, name) || !(error instanceof HerokuError) || error.kind !== "unauthorized")
      throw error;
    return keyed(stack, value);
  }
}

const keyed = ({ services }: OpenStack, key: SecretValue) =>
  new HerokuClient({ url: services.herokuUrl, auth: { kind: "bearer", key } });

/** A key that Heroku does not know is a mistake in what was piped in, not in how the tool itself logs in. */
async function tryKey(stack: OpenStack, name: string, key: SecretValue): Promise<void> {
  try {
    await keyed(stack, key).account();
  } catch (error) {
    if (!(error instanceof HerokuError) || error.kind !== "unauthorized") throw error;
    throw new Refusal(`Heroku does not accept the new value of ${name} as an API key. Nothing was changed.`, {
      code: "key-not-accepted",
      name,
    });
  }
}

const rowsOf = ({ reads }: VaultReads) => [...reads.values()].flat();

/** @throws Refusal where config, state and apps do not agree on the environment's flag */
async function agreedFlags(
  stack: OpenStack,
  heroku: HerokuClient,
  record: MigrationRecord | undefined,
): Promise<Flags> {
  const { catalog, config } = stack;
  const { environment } = config;
  const flags = await readFlags(heroku, catalog);
  const apart = flagDisagreement(catalog, config, record?.flag, flags[environment]!);
  if (!apart) return flags;
  const { wanted, recorded, running } = apart;
  const word = (on: boolean) => (on ? "on" : "off");
  throw new Refusal(
    `${flagVariable(catalog)} of ${environment} is not agreed on: wanted ${word(wanted)} (Pulumi.${environment}.yaml), recorded ${recorded} (the stack's last update), running ${word(running)} (${appsInWords(flagApps(catalog, environment))}). First: console-vault up --stack ${environment}`,
    {
      code: "flag-not-agreed",
      environment,
      wanted,
      recorded: recorded === "partly" ? null : recorded === "on",
      running,
    },
  );
}

const keeps: Record<Kept, string> = {
  "own value": "has its own environment's value, and keeps it",
  "another value": "has another value than the path had, and keeps it",
  format: "has a value of its own environment's kind, which the new one is not (prefix), and keeps it",
  unknown: "has another value, and keeps it: whether it is the one that the path had is not known any more",
};

function line(event: RotationEvent): string {
  switch (event.step) {
    case "ruled":
      return `the value passes its rules${notCompared(event.distinct)}`;
    case "tried":
      return "the value works at its vendor";
    case "not tried":
      return "the value cannot be tried from here";
    case "written":
      return `written to ${event.path} and read back (${event.revision})`;
    case "in place":
      return `${event.path} has it already`;
    case "set":
      return `set on ${event.app} and read back`;
    case "had it":
      return `${event.app} has it already`;
    case "does not use it":
      return `${event.app} does not have the var, and is left alone`;
    case "keeps":
      return `${event.app} ${keeps[event.why]}`;
  }
}

function tell(io: Io, event: RotationEvent): void {
  const c = colorsOf(io);
  const open = event.step === "not tried" || (event.step === "keeps" && event.why !== "own value");
  io.out(`  ${open ? c.yellow("·") : c.green("✓")} ${line(event)}`);
  if (event.step === "ruled")
    for (const { name, path } of event.unread)
      io.out(`  ${c.yellow("·")} it could not be compared with ${path}${name}: the token may not read that`);
}

/** What an operator has to decide about apps that were passed over. */
function openEnds({ name, environment }: RotationRequest, { kept, unknown }: Reached) {
  const command = (apps: readonly string[]) =>
    `  console-vault rotate ${[name, "--env", environment, ...apps.flatMap((app) => ["--also", app])].join(" ")}`;
  return {
    unknown:
      unknown.length > 0
        ? `An earlier run has written the path, and whether ${unknown.join(" and ")} had its previous value is not known any more. If so, with the same value:\n${command(unknown)}`
        : undefined,
    kept: kept.length > 0 ? `to give the new value to ${kept.join(" and ")} all the same\n${command(kept)}` : undefined,
  };
}

/** Every stack that the rotation touches; the first one's place was compared before the value was read. */
function openTouched(io: Io, { stack, request, plan }: Rotation, { cwd }: RotateOptions): Promise<OpenStack[]> {
  const { environment, heroku, value } = request;
  // What Heroku accepts, where it does not accept the key that the tool was started with.
  const herokuKey = heroku === stack.heroku ? undefined : value;
  const options = { cwd, engine: stack.engine.name, herokuKey };
  const others = environmentsOf(plan).filter((one) => one !== environment);
  return Promise.all([
    openStack(io, { ...options, stack: environment, steady: true }),
    ...others.map((one) => openToRecord(io, { ...options, stack: one })),
  ]);
}

/** A rotation from its plan on. */
interface Rotation {
  readonly stack: OpenStack;
  readonly request: RotationRequest;
  readonly plan: RotationPlan;
}

/** Apps by how the rotation left them. */
interface Reached {
  readonly set: readonly string[];
  /** They have another value than the path had. */
  readonly kept: readonly string[];
  /** Of these nobody knows any more whether they had the path's. */
  readonly unknown: readonly string[];
}

async function planCommand(io: Io, name: string, options: RotateOptions): Promise<Rotation> {
  const { catalog } = await openProject(io, options.cwd);
  const environment = await environmentToWrite(io, catalog, options.env);
  const stack = await openStack(io, { ...options, stack: environment });
  const { migration: record } = await lastOutputs(stack);
  // Before a key is sent there.
  refuseOtherTarget(stack, record, undefined);
  const value = await readValue(io, name, options.keepNewline);
  const heroku = await clientFor(stack, name, value);
  refuseOtherTarget(stack, record, (await heroku.account()).email);
  await stack.vault.authenticate();
  const flags = await agreedFlags(stack, heroku, record);
  const configs = catalog.environments.map((one) => readStackConfig(stack.projectDir, one.name, catalog));
  const request: RotationRequest = {
    catalog,
    name,
    environment,
    value,
    root: stack.config.root,
    vault: stack.vault,
    heroku,
    flags,
    also: options.also ?? [],
    ...(stack.engine.name === "embedded" ? { look: async () => rowsOf(await lookForUpdates(io, stack)) } : {}),
    ...settingsOf(catalog, name, configs, flags),
    ...(isHerokuKey(catalog, name) ? { attempt: (tried: SecretValue) => tryKey(stack, name, tried) } : {}),
  };
  return { stack, request, plan: await planRotation(request) };
}

function showPlan(io: Io, { request, plan }: Rotation): void {
  const { name, environment, flags } = request;
  const c = colorsOf(io);
  if (plan.warning) io.err(c.yellow(`! ${sentence(plan.warning)}`));
  io.out(c.bold(`Rotate ${name} for ${environment}`));
  const flag = hasFlag(request.catalog, environment) ? (flags[environment] ? "flag on" : "flag off") : "no flag";
  io.out(`  ${flag}, so it is written to ${c.bold(plan.path)}`);
  io.out(`  apps that read it there: ${plan.apps.map(({ app }) => app).join(", ") || "none"}`);
  for (const other of environmentsOf(plan).filter((one) => one !== environment))
    io.out(c.yellow(`  ! ${other} reads the same path: this rotates ${other}'s too`));
}

const environmentsOf = ({ apps }: RotationPlan) => [...new Set(apps.map((one) => one.environment))];

/** The work under the locks. @param lost ends it before its next write */
async function rotateNow(io: Io, { request, plan }: Rotation, lost: AbortSignal): Promise<Reached> {
  // Somebody else's update may have ended while this one asked and waited.
  if (!isDeepStrictEqual(await readFlags(request.heroku, request.catalog), request.flags))
    throw new Refusal(
      "Somebody turned a flag meanwhile, so this plan no longer holds. Nothing was changed; run the command again.",
      { code: "flag-turned-meanwhile" },
    );
  const set: string[] = [];
  const kept: string[] = [];
  const unknown = await rotate(request, plan, (event) => {
    tell(io, event);
    if (event.step === "keeps" && event.why === "another value") kept.push(event.app);
    if (event.step === "set" || event.step === "had it") set.push(event.app);
    lost.throwIfAborted();
  });
  return { set, kept, unknown };
}

async function rotateCommand(io: Io, name: string, options: RotateOptions): Promise<void> {
  const rotation = await planCommand(io, name, options);
  const { stack, request, plan } = rotation;
  showPlan(io, rotation);
  const stacks = await openTouched(io, rotation, options);
  await askYes(io, options, "Rotate?");
  let reached: Reached = { set: [], kept: [], unknown: [] };
  const updates = await insideUpdates(io, stacks, async (lost) => {
    reached = await rotateNow(io, rotation, lost);
  });
  tellWarnings(io, updates);
  if (isHerokuKey(request.catalog, name) && io.env.HEROKU_API_KEY)
    io.out(
      `\nnext\n  if it was the key that this shell uses: export HEROKU_API_KEY=… (the new one), or pulumi config set --secret heroku:apiKey --stack ${stack.config.environment}`,
    );
  const { kept, unknown } = openEnds(request, reached);
  if (kept) io.out(`\n${kept}`);
  const on = reached.set.length > 0 ? ` and on ${reached.set.join(" and ")}` : "";
  refuseFailed(updates, `${name} is at ${plan.path}${on}, and was read back`, unknown);
  if (unknown) throw new Refusal(unknown, { code: "previous-unknown", name, apps: reached.unknown });
}

export function addRotate(program: Command, io: Io): void {
  program
    .command("rotate")
    .argument("<name>", "credential of the catalog")
    .description(
      "give a credential a new value: try it, write it where the running flag says, set it on the apps that read it there, read it back",
    )
    .option("--env <environment>", "environment whose credential it is")
    .option(
      "--also <app>",
      "also set the value on this app of another environment that reads the path, whatever it has now (repeatable)",
      (app: string, before: readonly string[] = []) => [...before, app],
    )
    .option("--engine <engine>", "auto, pulumi or embedded: which engine's state says what was recorded", "auto")
    .option("--keep-newline", "keep the line break at the end of stdin as part of the value")
    .option("--cwd <dir>", "the project's directory")
    .option("-y, --yes", "do not ask")
    .action((name: string, options: RotateOptions) => rotateCommand(io, name, options));
}
