import type { Command } from "commander";
import { credentialOf, environmentOf, flagApps, flagVariable, hasFlag } from "../../catalog/index.js";
import { readStackConfig } from "../../config/index.js";
import type { Work } from "../../engine/index.js";
import { UsageError } from "../../errors.js";
import {
  afterFailedRollback,
  appsInWords,
  type DifferentName,
  type FlagReadings,
  type GoneName,
  locksForRollback,
  looksBack,
  looksBackAgain,
  mayBeOn,
  placesRead,
  planWayBack,
  type StackOutputs,
  settingsForOff,
  type WayBack,
  wayBackObstacle,
} from "../../migration/index.js";
import { type FlagReading, readFlag } from "../../resolver/index.js";
import { writeFlat } from "../../rotation/index.js";
import { askYes } from "../ask.js";
import { ConfigFile } from "../configFile.js";
import { Ended, exitCodeOf } from "../exit.js";
import { insideUpdates, NotLocked, openToRecord, refuseFailed, type Updated } from "../insideUpdates.js";
import { colorsOf, type Io } from "../io.js";
import { lastSets, outputsOf, retirementOf } from "../lastUpdate.js";
import { confirmOverwrites, type Known, knownGone, type LookBackOptions, lookBack } from "../lookBack.js";
import { type OpenStack, openStack } from "../stack.js";
import { refuseOtherTarget } from "../target.js";
import { difference, notRestored, refuseKnownGone, refuseWayBack } from "../wayBack.js";
import { reportUpdate, type UpdateOptions, withStackOptions } from "./update.js";

type RollbackOptions = UpdateOptions & LookBackOptions;

const unclearText = "neither true, 1, false, 0 nor empty";

/** What the stack's last update left, as far as it can be read. */
interface LastRecord extends Known {
  readonly readable: boolean;
}

/** A rollback from its first look on. */
interface Rollback {
  readonly io: Io;
  readonly options: RollbackOptions;
  readonly stack: OpenStack;
  readonly recorded: LastRecord;
  /** With --json the answer is one document: what is told on the way goes where progress goes. */
  readonly tell: (line: string) => void;
}

/** What the first look found, and what a person said to it. */
interface Agreed {
  /** Whether readers may have taken the flag as on. */
  readonly on: boolean;
  /** undefined where nothing had to be looked at, or the vault could not be asked. */
  readonly back: WayBack | undefined;
  /** Revisions of other values at the flat path that may be overwritten, by name. */
  readonly overwrite: ReadonlyMap<string, string>;
}

/** What was done under the lock. */
interface Progress {
  /** Apps on which Heroku was asked to turn the flag off. */
  readonly asked: string[];
  /** Names that `--restore-flat` had nothing to restore from. */
  lost: readonly GoneName[];
}

const appsOf = ({ catalog, config }: OpenStack) => flagApps(catalog, config.environment);
const appOf = (stack: OpenStack) => appsInWords(appsOf(stack));
const variableOf = ({ catalog }: OpenStack) => flagVariable(catalog);

/** The flag as each app has it, in the order in which it turns off. */
async function readRunning(stack: OpenStack): Promise<FlagReadings> {
  const readings = new Map<string, FlagReading>();
  for (const app of appsOf(stack).toReversed())
    readings.set(app, readFlag((await stack.heroku.configVars(app)).get(variableOf(stack))?.reveal()));
  return readings;
}

/** What is asked before anything is done. */
function questionOf(stack: OpenStack, readings: FlagReadings): string {
  const variable = variableOf(stack);
  const on = mayBeOn(readings);
  if (on.length === 0) return `${variable} is off already (${appOf(stack)}). Go on?`;
  const unclear = on.filter((app) => readings.get(app) === "unclear");
  return unclear.length > 0
    ? `${variable} (${appsInWords(unclear)}) is ${unclearText}, so its readers may take it as on. Set it to false?`
    : `Turn ${variable} off (${appsInWords(on.toReversed())})?`;
}

/** What it was, where that is not on. */
function before(readings: FlagReadings): string {
  const on = mayBeOn(readings);
  if (on.length === 0) return " already";
  if (on.length < readings.size) return `, which was on on ${appsInWords(on.toReversed())} only`;
  return on.some((app) => readings.get(app) === "unclear") ? `, which was ${unclearText}` : "";
}

/** What each app of the environment reads and holds afterwards. @param stale names that go back to another value */
function consequences({ catalog, config }: OpenStack, stale: readonly DifferentName[]): string[] {
  const { environment, manage } = config;
  const apps = Object.values(environmentOf(catalog, environment).apps).join(" and ");
  if (environment !== catalog.fallback)
    return [
      `${apps} keep the config vars they have: their own values, never ${catalog.fallback}'s.`,
      `The console of ${environment} reads the flat path again, which holds ${catalog.fallback}'s values: a rotation there is a rotation of ${catalog.fallback}'s.`,
    ];
  return [
    `${apps} read the flat path again and keep the config vars they have.`,
    ...stale.map((one) => `${difference(one, environment)}. The flat value is the one that is read.`),
    ...stale
      .filter(({ name }) => manage[name])
      .map(
        ({ name }) =>
          `But ${manage[name]!.join(" and ")} get the flat path's value of ${name} too: it is managed there.`,
      ),
  ];
}

/** --force turns the flag off even if the state cannot be read. */
async function readRecorded(
  io: Io,
  { catalog, engine }: OpenStack,
  { force, stack }: RollbackOptions,
): Promise<LastRecord> {
  let outputs: StackOutputs = {};
  try {
    const left = await engine.outputs();
    outputs = retirementOf(stack, left);
    outputs = outputsOf(stack, left);
    const sets = stack === catalog.fallback ? await lastSets(stack, engine) : {};
    return { readable: true, outputs, sets };
  } catch (error) {
    if (!force)
      throw new Ended(
        exitCodeOf(error),
        `${(error as Error).message}\nNothing was changed. To turn the flag off all the same:\n  console-vault rollback --stack ${stack} --force`,
      );
    io.err(`! the stack's state cannot be read (${(error as Error).message}); going on, as --force says`);
    return { readable: false, outputs, sets: {} };
  }
}

function checkOptions(
  { catalog, config: { environment, root } }: OpenStack,
  { sets }: LastRecord,
  { stack, restoreFlat, overwrite = [] }: RollbackOptions,
): void {
  const owner = catalog.fallback;
  if (restoreFlat && stack !== owner)
    throw new UsageError(`--restore-flat is for ${owner}: the flat path holds its values, never ${stack}'s.`);
  if (overwrite.length > 0 && !restoreFlat)
    throw new UsageError("--overwrite says what --restore-flat may overwrite: pass both.");
  const read = new Set(placesRead({ catalog, environment, root, sets }).map(({ name }) => name));
  for (const name of overwrite) if (!read.has(name)) credentialOf(catalog, name);
}

async function refuseOtherTargets({ options, stack, recorded }: Rollback): Promise<void> {
  if (options.rebind) return;
  const ifMeant = `console-vault rollback --stack ${options.stack} --rebind`;
  // Before a key is sent there.
  refuseOtherTarget(stack, recorded.outputs.migration, undefined, ifMeant);
  refuseOtherTarget(stack, recorded.outputs.migration, (await stack.heroku.account()).email, ifMeant);
}

const choiceOf = ({ restoreFlat, acceptStale }: RollbackOptions, overwrite: Agreed["overwrite"]) => ({
  restoreFlat: restoreFlat === true,
  acceptStale: acceptStale === true,
  overwrite,
});

/**
 * What the flat path would lead to. A person may be asked only the first time, before the lock is taken.
 *
 * @param agreed what was confirmed the first time: it holds for the revisions that were seen then
 * @throws Refusal where the flag may not go off like this
 */
async function lookAgain(
  { io, options, stack, recorded }: Rollback,
  on: boolean,
  agreed?: Pick<Agreed, "overwrite">,
): Promise<Pick<Agreed, "back" | "overwrite">> {
  const asker = agreed ? { ...io, interactive: false } : io;
  const back = await lookBack(asker, stack, options, recorded, on);
  if (!back) {
    if (on) refuseKnownGone(stack, await knownGone(io, recorded, options, stack));
    return { back, overwrite: new Map() };
  }
  const overwrite = agreed?.overwrite ?? (on ? await confirmOverwrites(asker, back, options) : new Map());
  refuseWayBack(stack, wayBackObstacle(back, choiceOf(options, overwrite), on));
  return { back, overwrite };
}

async function askToTurnOff(rollback: Rollback): Promise<Agreed> {
  const { io, options, stack } = rollback;
  const running = await readRunning(stack);
  const on = mayBeOn(running).length > 0;
  const looked = looksBack(options.restoreFlat === true, on)
    ? await lookAgain(rollback, on)
    : { back: undefined, overwrite: new Map() };
  await askYes(io, options, questionOf(stack, running));
  return { on, ...looked };
}

/** The stack's file asks for the flag no more. */
function stopAsking({ projectDir, catalog, config: { environment } }: OpenStack): {
  file: ConfigFile;
  retirement: boolean;
} {
  const file = new ConfigFile(projectDir, environment, catalog);
  const settings = settingsForOff(readStackConfig(projectDir, environment, catalog));
  if (Object.keys(settings).length > 0) file.set(settings);
  return { file, retirement: settings.retireFlat === false };
}

/** The work under the lock: looks again, restores what is to be restored, and turns the flag off. */
async function turnOff(
  rollback: Rollback,
  agreed: Agreed,
  { file, retirement }: ReturnType<typeof stopAsking>,
  progress: Progress,
  lost: AbortSignal,
): Promise<void> {
  const { io, options, stack, tell } = rollback;
  const variable = variableOf(stack);
  const running = await readRunning(stack);
  const on = mayBeOn(running).length > 0;
  // Somebody else's update or rotation may have ended while this one asked and waited.
  const first = { on: agreed.on, looked: agreed.back !== undefined };
  const again = looksBackAgain(options.restoreFlat === true, on, first);
  const { back } = again ? await lookAgain(rollback, on, agreed) : agreed;
  const plan = back && planWayBack(back, choiceOf(options, agreed.overwrite), on);
  for (const write of plan?.writes ?? []) {
    lost.throwIfAborted();
    await writeFlat(stack.vault, write);
    io.err(`  ${write.over ? "~" : "+"} ${write.path}${write.name} has the environment's value again`);
  }
  if (options.restoreFlat) progress.lost = plan?.gone ?? [];
  lost.throwIfAborted();
  // One change of one var of each app, before anything else: it needs no vault and no engine.
  for (const app of mayBeOn(running)) {
    progress.asked.push(app);
    await stack.heroku.patchConfigVars(app, new Map([[variable, "false"]]));
  }
  tell(
    `${colorsOf(io).green("✓")} ${variable} is off${before(running)} (${appOf(stack)}), and not wanted in ${file.path}`,
  );
  if (retirement) tell("  console-vault:retireFlat is false there too: the flat copies are what is read now.");
  if (on) for (const line of consequences(stack, plan?.stale ?? [])) tell(`  ${line}`);
}

/** Does the work with the locks held that it needs. A stack that no update has made stays unmade. */
async function insideLocks({ io, options, stack, recorded }: Rollback, work: Work): Promise<readonly Updated[]> {
  const owner = stack.catalog.fallback;
  const { cwd, stack: name, force = false } = options;
  const locks = locksForRollback(name, owner, { readable: recorded.readable, force });
  if (locks.length === 0) {
    io.err(`! ${name} cannot be locked: see that no update of it runs now`);
    await work(io.signal);
    return [];
  }
  const shared = { cwd, engine: stack.engine.name };
  const openOwner = () =>
    openToRecord(io, { ...shared, stack: owner }).catch((error: Error) => {
      throw new NotLocked(owner, error);
    });
  const openOwn = async () =>
    recorded.outputs.migration ? stack : openStack(io, { ...shared, stack: name, steady: true });
  const stacks: OpenStack[] = [];
  for (const one of locks) stacks.push(await (one === name ? openOwn() : openOwner()));
  return insideUpdates(io, stacks, work);
}

/** What a rollback that failed leaves in the config file: what the flag needs that runs now. */
async function settleFile({ io, stack }: Rollback, file: ConfigFile, asked: readonly string[]): Promise<void> {
  const variable = variableOf(stack);
  const running = asked.length > 0 ? await readRunning(stack).catch(() => undefined) : undefined;
  const end = afterFailedRollback(asked, running);
  switch (end.is) {
    case "off":
      return io.err(`  ${variable} is off, so ${file.path} keeps saying that it is not wanted`);
    case "partly":
      return io.err(
        `  ${variable} is off on ${appsInWords(end.off)} and not yet on ${appsInWords(end.on)}, so ${file.path} keeps saying that it is not wanted. Run the command again`,
      );
    case "unknown":
      return io.err(
        `  Heroku cannot be asked whether ${variable} is off, so ${file.path} keeps saying that it is not wanted. Once Heroku answers: console-vault status`,
      );
    case "as it was":
      if (file.putBack()) return io.err(`  ${file.path} is as it was`);
      io.err(`  ${file.path} was changed meanwhile, and is left so: look what it says of vaultEnvAware and retireFlat`);
  }
}

/** Says what is left to do, and ends with what was not done. */
async function report(
  { io, options, stack, recorded, tell }: Rollback,
  updates: readonly Updated[],
  passedOver: boolean,
): Promise<void> {
  const c = colorsOf(io);
  const { environment } = stack.config;
  for (const { stack: other, failed } of updates)
    if (failed && other !== environment)
      io.err(c.yellow(`  ! the update of ${other}, for its lock alone, failed: ${failed.message}`));
  const own = updates.find((one) => one.stack === environment);
  if (own?.ran && recorded.outputs.migration) return reportUpdate(io, stack, options, own.ran);
  if (own?.failed && !passedOver)
    refuseFailed([own], `${variableOf(stack)} is off (${appOf(stack)}), and no longer wanted`);
  if (own?.failed) io.err(c.yellow(`  ! the update that records it failed: ${own.failed.message}`));
  const next = `console-vault up --stack ${environment}`;
  const why = !recorded.readable
    ? "once the stack's state can be read again"
    : passedOver
      ? "once the vault can be asked again"
      : "makes the stack: no update of it is recorded";
  tell(`\nnext\n  ${next}    ${why}`);
  if (options.json)
    io.out(JSON.stringify({ result: "succeeded", changes: {}, migration: null, next: [next] }, null, 2));
}

async function rollback(io: Io, options: RollbackOptions): Promise<void> {
  const stack = await openStack(io, options);
  if (!hasFlag(stack.catalog, stack.config.environment))
    throw new UsageError(`${options.stack} has no flag to turn off.`);
  const recorded = await readRecorded(io, stack, options);
  checkOptions(stack, recorded, options);
  const own: Rollback = { io, options, stack, recorded, tell: options.json ? io.err : io.out };
  await refuseOtherTargets(own);
  const agreed = await askToTurnOff(own);

  const config = stopAsking(stack);
  const progress: Progress = { asked: [], lost: [] };
  const work: Work = (lost) => turnOff(own, agreed, config, progress, lost);
  const updates = await insideLocks(own, work).catch(async (error: Error) => {
    await settleFile(own, config.file, progress.asked);
    throw forceable(error, options.stack);
  });
  // Another command in this checkout that failed meanwhile may have put the file back to what it was before this one.
  stopAsking(stack);
  const lost = progress.lost.length > 0 ? notRestored(stack, progress.lost) : undefined;
  await report(own, updates, agreed.on && !agreed.back).catch((error: Error) => {
    if (lost) io.err(lost.message);
    throw error;
  });
  if (lost) throw lost;
}

/** With what else the flag goes off, where it waited for the lock of another stack. */
function forceable(error: Error, environment: string): Error {
  if (!(error instanceof NotLocked) || error.environment === environment) return error;
  return new Ended(error.code, `${error.message}\nTo turn ${environment}'s flag off without waiting for it: --force`);
}

export function addRollback(program: Command, io: Io): void {
  withStackOptions(
    program
      .command("rollback")
      .description("turn the flag off: works while the vault is down, refuses if the flat path is gone"),
  )
    .option("-y, --yes", "do not ask")
    .option("--accept-stale", "go back to flat values that differ from the ones in use")
    .option(
      "--restore-flat",
      "only for the owner of the flat path: first write its values there, where they are gone or out of date",
    )
    .option(
      "--overwrite <name>",
      "with --restore-flat: also overwrite a different value of this credential (repeatable)",
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option(
      "--force",
      "turn the flag off even if the vault or the stack's state cannot be read, or the owner of the flat path is being updated",
    )
    .action((options: RollbackOptions) => rollback(io, options));
}
