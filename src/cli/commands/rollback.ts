import { confirm } from "@inquirer/prompts";
import type { Command } from "commander";
import { environmentOf, flagApp, heldBy } from "../../catalog/index.js";
import type { StackConfig } from "../../config/index.js";
import type { OutputMap } from "../../engine/index.js";
import { Refusal, UsageError } from "../../errors.js";
import { type MigrationRecord, mustRead, type WayBack, wayBack } from "../../migration/index.js";
import type { RetirementReport } from "../../provider/index.js";
import { flagMeansOn, flatPath } from "../../resolver/index.js";
import { InfisicalError } from "../../vault/client/index.js";
import { ConfigFile } from "../configFile.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io } from "../io.js";
import { catalog } from "../project.js";
import { type OpenStack, openStack } from "../stack.js";
import { refuseOtherTarget } from "../target.js";
import { type UpdateOptions, update, withStackOptions } from "./update.js";

interface RollbackOptions extends UpdateOptions {
  readonly acceptStale?: boolean;
  readonly restoreFlat?: boolean;
  readonly force?: boolean;
}

async function restoreFlat(io: Io, { vault }: OpenStack, { different }: WayBack): Promise<void> {
  for (const { name, flat, current } of different) {
    const result = await vault.updateSecrets(flat.path, [{ name, value: current.value, comment: flat.comment }]);
    if ("approval" in result)
      throw new Refusal(
        `Infisical keeps the change of ${name} at ${flat.path} for an approval; approve it, and run the command again.`,
      );
    const back = await vault.getSecret(flat.path, name);
    if (!back?.value.equals(current.value))
      throw new Refusal(`${name} was written to ${flat.path}, and another value is read back there.`);
    io.err(`  ~ ${flat.path}${name} has the environment's value again`);
  }
}

/**
 * What the flat path would lead to.
 * @param running whether the flag is on; when it is off already, there is nothing to ask a person
 * @returns undefined where the vault cannot be asked and the flag is to go off all the same
 */
async function lookBack(
  io: Io,
  { config, vault }: OpenStack,
  options: RollbackOptions,
  running: boolean,
): Promise<WayBack | undefined> {
  try {
    await vault.checkAccess();
    const rows = await vault.listSecrets(config.root, { recursive: true });
    const paths = heldBy(catalog, config.environment).map(({ vendor }) => flatPath(config.root, vendor));
    if (running) await mustRead(vault, rows, paths);
    return wayBack(catalog, config.environment, config.root, rows);
  } catch (error) {
    if (!(error instanceof InfisicalError)) throw error;
    if (!running) return undefined;
    if (options.force) {
      io.err(`! the vault cannot be asked (${error.message}); going on, as --force says`);
      return undefined;
    }
    const question = `The vault cannot be asked whether the flat path still has what its readers need (${error.message}).`;
    if (!io.interactive) throw new Refusal(`${question} To turn the flag off all the same: --force`);
    if (!(await confirm({ message: `${question} Turn the flag off all the same?`, default: false })))
      throw new Ended(exitCodes.failed, "Nothing was changed.");
    return undefined;
  }
}

const namesOf = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(", ");

/** @throws Refusal where the flag may not go off like this */
function refuse(environment: string, { gone, different }: WayBack, options: RollbackOptions): void {
  if (gone.length > 0)
    throw new Refusal(
      `With the flag off ${namesOf(gone)} would be read at the flat path, where it is not any more. Bring it back first: set console-vault:retireFlat: false in Pulumi.${catalog.fallback}.yaml, then console-vault up --stack ${catalog.fallback}`,
    );
  if (different.length > 0 && !options.restoreFlat && !options.acceptStale)
    throw new Refusal(
      `These were rotated since ${environment}'s flag is on, and the flat path has their old values: ${namesOf(different)}. ` +
        "Write the current values back to the flat path with --restore-flat, or go back to the old ones with --accept-stale.",
    );
}

/** What each app of the environment reads and holds afterwards. @param stale names that go back to an old value */
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
      .map((name) => `But ${manage[name]!.join(" and ")} get ${name}'s old value too: it is managed there.`),
  ];
}

/** What the stack's last update recorded. A state that cannot be read keeps nobody from turning the flag off who says --force. */
async function outputsOf(io: Io, { engine }: OpenStack, options: RollbackOptions): Promise<OutputMap> {
  try {
    return await engine.outputs();
  } catch (error) {
    if (!options.force) throw error;
    io.err(`! the stack's state cannot be read (${(error as Error).message}); going on, as --force says`);
    return {};
  }
}

/** For when the vault cannot be asked: what the owner of the flat path has retired there, as far as that can be read. */
async function knownGone(
  io: Io,
  own: OutputMap,
  options: RollbackOptions,
  { root, environment }: StackConfig,
): Promise<WayBack> {
  const ofOwner = async () => (await openStack(io, { ...options, stack: catalog.fallback })).engine.outputs();
  const outputs = environment === catalog.fallback ? own : await ofOwner().catch((): OutputMap => ({}));
  const { retired = [] } = (outputs.retirement?.value ?? {}) as Partial<RetirementReport>;
  const held = heldBy(catalog, environment).filter(({ name }) => retired.includes(name));
  return { gone: held.map(({ name, vendor }) => ({ name, path: flatPath(root, vendor) })), different: [] };
}

async function rollback(io: Io, options: RollbackOptions): Promise<void> {
  const { stack: environment } = options;
  if (options.restoreFlat && environment !== catalog.fallback)
    throw new UsageError(
      `--restore-flat is for ${catalog.fallback}: the flat path holds its values, never ${environment}'s.`,
    );
  const stack = await openStack(io, options);
  const c = colorsOf(io);
  const app = flagApp(catalog, environment);
  const { variable } = catalog.flag;
  const isOn = async () => flagMeansOn((await stack.heroku.configVars(app)).get(variable)?.reveal());

  const outputs = await outputsOf(io, stack, options);
  const record = outputs.migration?.value as MigrationRecord | undefined;
  if (!options.rebind) {
    const { email } = await stack.heroku.account();
    refuseOtherTarget(stack, record, email, `console-vault rollback --stack ${environment} --rebind`);
  }
  const running = await isOn();
  const look = async (on: boolean, asker: Io) => {
    const found = await lookBack(asker, stack, options, on);
    if (on) refuse(environment, found ?? (await knownGone(io, outputs, options, stack.config)), options);
    return found;
  };
  let back = await look(running, io);
  if (!options.yes) {
    if (!io.interactive) throw new UsageError("Nobody can be asked here: add --yes.");
    const message = running ? `Turn ${variable} off on ${app}?` : `${variable} is off on ${app} already. Go on?`;
    if (!(await confirm({ message, default: false }))) throw new Ended(exitCodes.failed, "Nothing was changed.");
  }
  const file = new ConfigFile(stack.projectDir, environment);
  // Retirement is wanted only with the flag on: left at true, it would have every later command refused.
  const { retireFlat } = stack.config;
  if (stack.config.vaultEnvAware) file.set({ vaultEnvAware: false, ...(retireFlat ? { retireFlat: false } : {}) });
  // What retires the flat copies is the other stack's update. Not waited for where the flag has to go off at any price.
  const locks = options.force ? [environment] : [...new Set([environment, catalog.fallback])];
  let asked = false;
  try {
    await stack.lock(locks, async () => {
      const on = await isOn();
      // Somebody else's update or rotation may have ended while this one asked and waited. Nobody is asked under a lock.
      if (on && (back || !running)) back = await look(on, { ...io, interactive: false });
      if (back && on && options.restoreFlat) await restoreFlat(io, stack, back);
      // One change of one var, before anything else: it needs no vault and no engine.
      asked = on;
      if (on) await stack.heroku.patchConfigVars(app, new Map([[variable, "false"]]));
    });
  } catch (error) {
    // Once Heroku was asked the flag may be off: where it is not known to be on, the file goes on asking for that.
    const changed = asked && !(await isOn().catch(() => false));
    if (!changed) file.putBack();
    io.err(changed ? `  ${file.path} keeps saying that the flag is not wanted` : `  ${file.path} is as it was`);
    if (
      environment !== catalog.fallback &&
      error instanceof Ended &&
      error.message.startsWith(`Stack ${catalog.fallback} `)
    )
      throw new Ended(
        error.code,
        `${error.message}. To turn ${environment}'s flag off without waiting for it: --force`,
      );
    throw error;
  }
  // With --json the answer is one document: what is told on the way goes where progress goes.
  const tell = options.json ? io.err : io.out;
  tell(`${c.green("✓")} ${variable} is off on ${app}${asked ? "" : " already"}, and not wanted in ${file.path}`);
  if (retireFlat) tell("  console-vault:retireFlat is false there too: the flat copies are what is read now.");
  const stale = options.restoreFlat ? [] : (back?.different ?? []).map(({ name }) => name);
  if (asked) for (const line of consequences(stack.config, stale)) tell(`  ${line}`);
  if (!back || !record) {
    const next = `console-vault up --stack ${environment}`;
    tell(
      `\nnext\n  ${next}    ${back ? "makes the stack: no update of it is recorded" : "once the vault can be asked again"}`,
    );
    if (options.json)
      io.out(JSON.stringify({ result: "succeeded", changes: {}, migration: null, next: [next] }, null, 2));
    return;
  }
  await update(io, { ...options, yes: true });
}

export function addRollback(program: Command, io: Io): void {
  withStackOptions(
    program
      .command("rollback")
      .description("turn the flag off: works with the vault down, refuses where the flat path is gone"),
  )
    .option("-y, --yes", "do not ask")
    .option("--accept-stale", "go back to flat values that were rotated since")
    .option("--restore-flat", `${catalog.fallback} only: write the current values back to the flat path first`)
    .option(
      "--force",
      `turn the flag off even though the vault, or the stack's state, cannot be asked, or ${catalog.fallback} is being updated`,
    )
    .action((options: RollbackOptions) => rollback(io, options));
}
