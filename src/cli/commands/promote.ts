import type { Command } from "commander";
import { type Catalog, flagVariable } from "../../catalog/index.js";
import { UsageError } from "../../errors.js";
import {
  duration,
  flagWords,
  gate,
  gateFacts,
  keptFlag,
  look,
  lookAtFlag,
  type Promotion,
  promotionOf,
  type RunningFlag,
  refusalOf,
  sentence,
  targetOf,
} from "../../migration/index.js";
import { ConfigFile } from "../configFile.js";
import { colorsOf, type Io } from "../io.js";
import { lastOutputs } from "../lastUpdate.js";
import { openProject } from "../project.js";
import { openStack, type StackOptions } from "../stack.js";
import { refuseOtherTarget } from "../target.js";
import { type UpdateOptions, update } from "./update.js";

interface PromoteOptions extends Omit<StackOptions, "stack"> {
  readonly from?: string;
  readonly to?: string;
  readonly yes?: boolean;
}

/** What a failed update leaves in the config file, in words. @param flag undefined where Heroku cannot be asked */
function settleFile(variable: string, flag: RunningFlag | undefined, file: ConfigFile): string {
  const { path } = file;
  if (flag === undefined)
    return `Heroku cannot be asked whether ${variable} turned on, so ${path} keeps saying true. Once Heroku answers: console-vault status`;
  if (flag.is === "on") return `${variable} is on, so ${path} keeps saying so`;
  if (flag.is === "partly")
    return `${variable} is ${flagWords(keptFlag(flag))}, so ${path} keeps saying true. The same command goes on from there`;
  if (file.putBack()) return `${path} is as it was`;
  return `${path} was changed meanwhile, and is left so: look what it says of vaultEnvAware`;
}

/** @throws UsageError where the two environments do not follow one another, or only one has the flag */
function pairOf(catalog: Catalog, given: Pick<PromoteOptions, "from" | "to">): { from: string; to: string } {
  const promotion = promotionOf(catalog, given);
  if (promotion.is === "pair") return promotion;
  throw new UsageError(noPair(promotion));
}

function noPair(why: Exclude<Promotion, { readonly is: "pair" }>): string {
  switch (why.is) {
    case "nothing to promote":
      return why.only === undefined
        ? "The catalog has no flag, so there is nothing to promote."
        : `Only ${why.only} has the flag: set console-vault:vaultEnvAware: true in Pulumi.${why.only}.yaml, then\n  console-vault up --stack ${why.only}`;
    case "not said":
      return `Say which environment's flag is to turn on: --to ${why.choices.join(" or --to ")}.`;
    case "last":
      return `${why.environment} is the last environment; the order is ${why.order.join(", ")}.`;
    case "first":
      return `${why.environment} is the first environment and follows none; the order is ${why.order.join(", ")}.`;
    case "not next":
      return `${why.to} does not follow ${why.from}; the order is ${why.order.join(", ")}.`;
  }
}

async function promote(io: Io, options: PromoteOptions): Promise<void> {
  const { catalog } = await openProject(io, options.cwd);
  const { from, to } = pairOf(catalog, options);
  const stack = await openStack(io, { ...options, stack: to });
  const source = await openStack(io, { ...options, stack: from, engine: stack.engine.name });
  const c = colorsOf(io);

  const { migration: record } = await lastOutputs(stack);
  // Before a key is sent there.
  refuseOtherTarget(stack, record, undefined);
  // The gate before anything is touched, its file included; the stack's own update asks it again.
  const world = await look(catalog, stack.config, stack.vault, stack.heroku);
  refuseOtherTarget(stack, record, world.account);
  if (world.flag.is === "on" && stack.config.vaultEnvAware) {
    io.err(`${flagVariable(catalog)} is on already (${world.flag.app})`);
    await update(io, { ...options, stack: to });
    return;
  }
  const output: unknown = (await source.engine.outputs()).migration?.value;
  const { config, vault, heroku } = stack;
  const target = targetOf(config, stack.services, world.account);
  const answer = gate(await gateFacts({ catalog, config, vault, world, target, heroku, from, output }));
  if (!answer.open) throw refusalOf(answer.reasons);
  for (const warning of answer.warnings) io.err(c.yellow(`! ${sentence(warning)}`));
  io.err(
    `${c.green("✓")} ${from} has soaked for ${duration(world.now.getTime() - answer.since!.getTime())}, and all of it was read again just now`,
  );

  const file = new ConfigFile(stack.projectDir, to, catalog);
  file.set({ vaultEnvAware: true });
  io.err(`  console-vault:vaultEnvAware: true  in ${file.path}`);
  try {
    await update(io, { ...options, stack: to });
  } catch (error) {
    // Once the flag is on, a file that says otherwise would turn it off with the next update.
    const flag = await lookAtFlag(stack.heroku, catalog, to).catch(() => undefined);
    io.err(`  ${settleFile(flagVariable(catalog), flag, file)}`);
    throw error;
  }
}

export function addPromote(program: Command, io: Io): void {
  program
    .command("promote")
    .description("turn the next environment's flag on, if the one before has soaked")
    .option("--from <environment>", "environment that has soaked (default: the one before --to)")
    .option("--to <environment>", "environment that follows (default: the one after --from, or the second of two)")
    .option("--engine <engine>", "auto, pulumi (the Pulumi CLI) or embedded", "auto")
    .option("--cwd <dir>", "the project's directory")
    .option("--json", "answer as JSON")
    .option("-y, --yes", "do not ask")
    .action((options: PromoteOptions & UpdateOptions) => promote(io, options));
}
