import type { Command } from "commander";
import { credentialOf, environmentOf, flagApp } from "../../catalog/index.js";
import { readStackConfig, type StackConfig } from "../../config/index.js";
import type { OutputMap, Work } from "../../engine/index.js";
import { UsageError } from "../../errors.js";
import { type MigrationRecord, planWayBack, type WayBackPlan } from "../../migration/index.js";
import { flagMeansOn } from "../../resolver/index.js";
import { writeFlat } from "../../rotation/index.js";
import { askYes } from "../ask.js";
import { ConfigFile } from "../configFile.js";
import { Ended } from "../exit.js";
import { insideUpdates, NotLocked, openToRecord, refuseFailed, type Updated } from "../insideUpdates.js";
import { colorsOf, type Io } from "../io.js";
import { copyRecords } from "../lastUpdate.js";
import { confirmOverwrites, knownGone, type LookBackOptions, lookBack } from "../lookBack.js";
import { catalog } from "../project.js";
import { type OpenStack, openStack } from "../stack.js";
import { refuseOtherTarget } from "../target.js";
import { refuseKnownGone, refuseWayBack } from "../wayBack.js";
import { reportUpdate, type UpdateOptions, withStackOptions } from "./update.js";

type RollbackOptions = UpdateOptions & LookBackOptions;

/** What each app of the environment reads and holds afterwards. @param stale names that go back to another value */
function consequences({ environment, manage }: StackConfig, stale: readonly string[]): string[] {
  const apps = Object.values(environmentOf(catalog, environment).apps).join(" and ");
  if (environment !== catalog.fallback)
    return [
      `${apps} keep the config vars they have: their own values, never ${catalog.fallback}'s.`,
      `The console of ${environment} reads the flat path again, which holds ${catalog.fallback}'s values: a rotation there is a rotation of ${catalog.fallback}'s.`,
    ];
  return [
    `${apps} read the flat path again and keep the config vars they have.`,
    ...stale
      .filter((name) => manage[name])
      .map(
        (name) => `But ${manage[name]!.join(" and ")} get the flat path's value of ${name} too: it is managed there.`,
      ),
  ];
}

/** What the stack's last update recorded. A state that cannot be read keeps nobody from turning the flag off who says --force. */
async function outputsOf(io: Io, { engine }: OpenStack, options: RollbackOptions): Promise<OutputMap | undefined> {
  try {
    return await engine.outputs();
  } catch (error) {
    if (!options.force) throw error;
    io.err(`! the stack's state cannot be read (${(error as Error).message}); going on, as --force says`);
    return undefined;
  }
}

function checkOptions({ stack, restoreFlat, overwrite = [] }: RollbackOptions): void {
  const owner = catalog.fallback;
  if (restoreFlat && stack !== owner)
    throw new UsageError(`--restore-flat is for ${owner}: the flat path holds its values, never ${stack}'s.`);
  if (overwrite.length > 0 && !restoreFlat)
    throw new UsageError("--overwrite says what --restore-flat may overwrite: pass both.");
  for (const name of overwrite) credentialOf(catalog, name);
}

/** What `--restore-flat` writes, each row looked at again right before. */
async function restoreFlat(io: Io, { vault }: OpenStack, { writes }: WayBackPlan): Promise<void> {
  for (const write of writes) {
    await writeFlat(vault, write);
    io.err(`  ${write.over ? "~" : "+"} ${write.path}${write.name} has the environment's value again`);
  }
}

async function rollback(io: Io, options: RollbackOptions): Promise<void> {
  checkOptions(options);
  const { stack: environment } = options;
  const stack = await openStack(io, options);
  const c = colorsOf(io);
  const app = flagApp(catalog, environment);
  const { variable } = catalog.flag;
  const isOn = async () => flagMeansOn((await stack.heroku.configVars(app)).get(variable)?.reveal());

  const outputs = await outputsOf(io, stack, options);
  const record = outputs?.migration?.value as MigrationRecord | undefined;
  if (!options.rebind) {
    const ifMeant = `console-vault rollback --stack ${environment} --rebind`;
    // Before a key is sent there.
    refuseOtherTarget(stack, record, undefined, ifMeant);
    refuseOtherTarget(stack, record, (await stack.heroku.account()).email, ifMeant);
  }
  const known = {
    outputs: outputs ?? {},
    records: environment === catalog.fallback ? await copyRecords(stack.engine) : {},
  };
  const running = await isOn();
  let overwrite: ReadonlyMap<string, string> = new Map();
  const choice = () => ({
    restoreFlat: options.restoreFlat === true,
    acceptStale: options.acceptStale === true,
    overwrite,
  });
  /** @param first a person may be asked; later what was confirmed holds for the revisions that were seen then */
  const look = async (on: boolean, first: boolean) => {
    const asker = first ? io : { ...io, interactive: false };
    const found = await lookBack(asker, stack, options, known, on);
    if (found && on && first) overwrite = await confirmOverwrites(asker, found, options);
    if (!found && on) refuseKnownGone(environment, await knownGone(io, known.outputs, options, stack.config));
    if (found && (on || options.restoreFlat)) refuseWayBack(environment, stack.config.root, found, choice(), on);
    return found;
  };
  let back = await look(running, true);
  await askYes(io, options, running ? `Turn ${variable} off (${app})?` : `${variable} is off already (${app}). Go on?`);
  const file = new ConfigFile(stack.projectDir, environment);
  // Retirement is wanted only with the flag on: left at true, it would have every later command refused.
  const { retireFlat, vaultEnvAware } = stack.config;
  if (vaultEnvAware || retireFlat)
    file.set({ ...(vaultEnvAware ? { vaultEnvAware: false } : {}), ...(retireFlat ? { retireFlat: false } : {}) });
  let asked = false;
  let stale: readonly string[] = [];
  // With --json the answer is one document: what is told on the way goes where progress goes.
  const tell = options.json ? io.err : io.out;
  const turnOff: Work = async (lost) => {
    const on = await isOn();
    // Somebody else's update or rotation may have ended while this one asked and waited. Nobody is asked under a lock.
    if (on ? back || !running : options.restoreFlat) back = await look(on, false);
    const plan = back && planWayBack(back, choice(), on);
    if (plan) await restoreFlat(io, stack, plan);
    stale = plan?.stale ?? [];
    lost.throwIfAborted();
    // One change of one var, before anything else: it needs no vault and no engine.
    asked = on;
    if (on) await stack.heroku.patchConfigVars(app, new Map([[variable, "false"]]));
    tell(`${c.green("✓")} ${variable} is off on ${app}${asked ? "" : " already"}, and not wanted in ${file.path}`);
    if (retireFlat) tell("  console-vault:retireFlat is false there too: the flat copies are what is read now.");
    if (asked) for (const line of consequences(stack.config, stale)) tell(`  ${line}`);
  };
  const updates = await insideLocks(io, stack, options, { record, readable: outputs !== undefined }, turnOff).catch(
    async (error: Error) => {
      // Once Heroku was asked the flag may be off: where it is not known to be on, the file goes on asking for that.
      const changed = asked && !(await isOn().catch(() => false));
      if (!changed) file.putBack();
      io.err(changed ? `  ${file.path} keeps saying that the flag is not wanted` : `  ${file.path} is as it was`);
      if (error instanceof NotLocked && error.environment !== environment)
        throw new Ended(
          error.code,
          `${error.message}\nTo turn ${environment}'s flag off without waiting for it: --force`,
        );
      throw error;
    },
  );
  keepUnwanted(stack);
  for (const { stack: other, failed } of updates)
    if (failed && other !== environment)
      io.err(c.yellow(`  ! the update of ${other}, for its lock alone, failed: ${failed.message}`));
  const own = updates.find((one) => one.stack === environment);
  if (own?.ran && record) return reportUpdate(io, stack, options, own.ran);
  if (own?.failed && back) refuseFailed([own], `${variable} is off (${app}), and not wanted in ${file.path}`);
  if (own?.failed) io.err(c.yellow(`  ! the update that records it failed: ${own.failed.message}`));
  const next = `console-vault up --stack ${environment}`;
  tell(
    `\nnext\n  ${next}    ${back ? "makes the stack: no update of it is recorded" : "once the vault can be asked again"}`,
  );
  if (options.json)
    io.out(JSON.stringify({ result: "succeeded", changes: {}, migration: null, next: [next] }, null, 2));
}

/** Another command in this checkout that failed meanwhile may have put the file back to what it was before this one. */
function keepUnwanted({ projectDir, config: { environment } }: OpenStack): void {
  if (readStackConfig(projectDir, environment, catalog).vaultEnvAware)
    new ConfigFile(projectDir, environment).set({ vaultEnvAware: false });
}

/**
 * Does the work with the stack's lock held, and that of the flat path's owner, whose update is what retires the flat copies: not
 * waited for where the flag has to go off at any price. A stack that no update has made stays unmade.
 */
async function insideLocks(
  io: Io,
  stack: OpenStack,
  options: RollbackOptions,
  own: { readonly record: MigrationRecord | undefined; readonly readable: boolean },
  work: Work,
): Promise<readonly Updated[]> {
  const owner = catalog.fallback;
  if (!own.readable) {
    io.err(`! ${options.stack} cannot be locked: see that no update of it runs now`);
    await work(new AbortController().signal);
    return [];
  }
  const { cwd, stack: name, force } = options;
  const shared = { cwd, engine: stack.engine.name };
  const openOwner = () =>
    openToRecord(io, { ...shared, stack: owner }).catch((error: Error) => {
      throw new NotLocked(owner, error);
    });
  const stacks = [
    own.record ? stack : await openStack(io, { ...shared, stack: name, steady: true }),
    ...(force || name === owner ? [] : [await openOwner()]),
  ];
  return insideUpdates(io, stacks, work);
}

export function addRollback(program: Command, io: Io): void {
  withStackOptions(
    program
      .command("rollback")
      .description("turn the flag off: works with the vault down, refuses where the flat path is gone"),
  )
    .option("-y, --yes", "do not ask")
    .option("--accept-stale", "go back to flat values that differ from the ones in use")
    .option(
      "--restore-flat",
      `${catalog.fallback} only: first write its values to the flat path, where they are gone or older copies are`,
    )
    .option(
      "--overwrite <name>",
      "with --restore-flat: also over another value of this credential (repeatable)",
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option(
      "--force",
      `turn the flag off even though the vault, or the stack's state, cannot be asked, or ${catalog.fallback} is being updated`,
    )
    .action((options: RollbackOptions) => rollback(io, options));
}
