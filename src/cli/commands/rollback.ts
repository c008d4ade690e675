import { confirm } from "@inquirer/prompts";
import type { Command } from "commander";
import { environmentOf, flagApp, heldBy } from "../../catalog/index.js";
import { Refusal, UsageError } from "../../errors.js";
import { environmentPath, flagMeansOn, flatPath } from "../../resolver/index.js";
import { InfisicalError, type SecretEntry } from "../../vault/client/index.js";
import { ConfigFile } from "../configFile.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io } from "../io.js";
import { catalog } from "../project.js";
import { type OpenStack, openStack } from "../stack.js";
import { type UpdateOptions, update, withStackOptions } from "./update.js";

interface RollbackOptions extends UpdateOptions {
  readonly acceptStale?: boolean;
  readonly restoreFlat?: boolean;
  readonly force?: boolean;
}

interface Names {
  /** At the environment path and no more at the flat one. */
  readonly gone: readonly string[];
  /** With different values at the two. */
  readonly different: readonly { readonly name: string; readonly flat: SecretEntry; readonly current: SecretEntry }[];
}

/** What the apps would find at the flat path, name by name. */
async function compare({ config, vault }: OpenStack): Promise<Names> {
  await vault.checkAccess();
  const rows = await vault.listSecrets(config.root, { recursive: true });
  const gone: string[] = [];
  const different: Names["different"][number][] = [];
  for (const { name, vendor } of heldBy(catalog, config.environment)) {
    const at = (path: string) => rows.find((row) => row.name === name && row.path === path);
    const [flat, current] = [
      at(flatPath(config.root, vendor)),
      at(environmentPath(config.root, vendor, config.environment)),
    ];
    if (!flat) gone.push(name);
    // An environment that does not own the flat path has its own values by design: another environment's are at the flat one.
    else if (current && !current.value.equals(flat.value) && config.environment === catalog.fallback)
      different.push({ name, flat, current });
  }
  return { gone, different };
}

async function restoreFlat(io: Io, { vault }: OpenStack, { different }: Names): Promise<void> {
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

/** Looks at the flat path before the flag goes off. @returns whether the vault could be asked */
async function prepare(io: Io, stack: OpenStack, options: RollbackOptions): Promise<boolean> {
  const { environment } = stack.config;
  let names: Names;
  try {
    names = await compare(stack);
  } catch (error) {
    if (!(error instanceof InfisicalError) || options.force) {
      if (!(error instanceof InfisicalError)) throw error;
      io.err(`! the vault cannot be asked (${error.message}); going on, as --force says`);
      return false;
    }
    const question = `The vault cannot be asked whether the flat path still has what its readers need (${error.message}).`;
    if (!io.interactive) throw new Refusal(`${question} To turn the flag off all the same: --force`);
    if (!(await confirm({ message: `${question} Turn the flag off all the same?`, default: false })))
      throw new Ended(exitCodes.failed, "Nothing was changed.");
    return false;
  }
  if (names.gone.length > 0)
    throw new Refusal(
      `With the flag off ${names.gone.join(", ")} would be read at the flat path, where it is not any more. Bring it back first: set console-vault:retireFlat: false in Pulumi.${catalog.fallback}.yaml, then console-vault up --stack ${catalog.fallback}`,
    );
  if (names.different.length === 0) return true;
  if (options.restoreFlat) await restoreFlat(io, stack, names);
  else if (!options.acceptStale)
    throw new Refusal(
      `These were rotated since ${environment}'s flag is on, and the flat path has their old values: ${names.different.map(({ name }) => name).join(", ")}. ` +
        "Write the current values back to the flat path with --restore-flat, or go back to the old ones with --accept-stale.",
    );
  return true;
}

/** What each app of the environment reads and holds afterwards. */
function consequences(environment: string): string[] {
  const apps = Object.values(environmentOf(catalog, environment).apps).join(" and ");
  return environment === catalog.fallback
    ? [`${apps} read the flat path again and keep the config vars they have.`]
    : [
        `${apps} keep the config vars they have: their own values, never ${catalog.fallback}'s.`,
        `The console of ${environment} reads the flat path again, which holds ${catalog.fallback}'s values: a rotation there is a rotation of ${catalog.fallback}'s.`,
      ];
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
  const reachable = await prepare(io, stack, options);

  if (!options.yes) {
    if (!io.interactive) throw new UsageError("Nobody can be asked here: add --yes.");
    if (!(await confirm({ message: `Turn ${variable} off on ${app}?`, default: false })))
      throw new Ended(exitCodes.failed, "Nothing was changed.");
  }
  const file = new ConfigFile(stack.projectDir, environment);
  file.set("vaultEnvAware", false);
  try {
    // One change of one var, before anything else: it needs no vault and no engine.
    await stack.lock([environment], async () => {
      const running = (await stack.heroku.configVars(app)).get(variable)?.reveal();
      if (flagMeansOn(running)) await stack.heroku.patchConfigVars(app, new Map([[variable, "false"]]));
    });
  } catch (error) {
    file.putBack();
    throw error;
  }
  io.out(`${c.green("✓")} ${variable} is off on ${app}, and no more wanted in ${file.path}`);
  for (const line of consequences(environment)) io.out(`  ${line}`);
  if (!reachable) {
    io.out(`\nnext\n  console-vault up --stack ${environment}    once the vault answers again`);
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
    .option("--force", "turn the flag off even though the vault cannot be asked")
    .action((options: RollbackOptions) => rollback(io, options));
}
