// What a stack's last update left, for the commands.
import {
  type Engine,
  EngineError,
  type OutputMap,
  plainResources,
  readPlainState,
  stackType,
} from "../engine/index.js";
import {
  componentType,
  type Last,
  type LastUpdate,
  lastOf,
  type MigrationRecord,
  otherResources,
  readStackOutputs,
  recordOf,
  type StackOutputs,
  StateError,
  stateOf,
} from "../migration/index.js";
import { Ended, exitCodes } from "./exit.js";
import type { Io } from "./io.js";
import { definedOnly, type OpenStack, openStack, type StackOptions } from "./stack.js";

/** What a stack's last update left, where its state lies open: no passphrase, no network, no engine. */
export async function lastUpdate(io: Io, projectDir: string, stack: string): Promise<LastUpdate> {
  const location = { projectDir, stack, env: definedOnly(io.env) };
  try {
    const own = await io.openEngine?.(location).export();
    const resources = own ? plainResources(own) : await readPlainState(location);
    const outputs = resources?.find(({ type }) => type === stackType)?.outputs ?? {};
    return { is: "known", state: resources && stateOf(stack, resources, outputs) };
  } catch (error) {
    if (error instanceof EngineError || error instanceof StateError) return { is: "unknown", why: error.message };
    throw error;
  }
}

/**
 * URNs of what a stack holds besides this package's resources. A command that writes leaves them as they are: nobody has seen a plan.
 * Empty for a stack that was never updated.
 */
export async function othersOf(io: Io, { engine, projectDir, config }: OpenStack): Promise<string[]> {
  const { environment: stack } = config;
  const exported = () => engine.export().then(plainResources, () => undefined);
  const resources = io.openEngine
    ? await exported()
    : await readPlainState({ projectDir, stack, env: definedOnly(io.env) }).catch(exported);
  return otherResources(stack, resources ?? [], componentType).map(({ urn }) => urn);
}

/**
 * @throws Ended where the program of a stack declares its environment and keeps its outputs to itself: every command and the next
 * environment's gate go by them
 */
export async function refuseUnexported({ engine, config }: OpenStack, { migration }: StackOutputs): Promise<void> {
  if (migration) return;
  const { record } = lastOf(config.environment, plainResources(await engine.export()));
  if (record)
    throw new Ended(
      exitCodes.usage,
      'The program does not export what the commands read. Export it from the program, and run the command again:\n  export const { migration, retirement } = new ConsoleVault("vault");',
    );
}

/** Outputs of a stack as an engine gives them. @throws StateError */
export const outputsOf = (stack: string, outputs: OutputMap): StackOutputs =>
  readStackOutputs(stack, { migration: outputs.migration?.value, retirement: outputs.retirement?.value });

/** Of them only what was retired, whatever else cannot be read. @throws StateError */
export const retirementOf = (stack: string, { retirement }: OutputMap): Pick<StackOutputs, "retirement"> =>
  readStackOutputs(stack, { retirement: retirement?.value });

/** The outputs of a stack's last update. @throws StateError */
export const lastOutputs = async ({ engine, config }: Pick<OpenStack, "engine" | "config">): Promise<StackOutputs> =>
  outputsOf(config.environment, await engine.outputs());

/** The stack's output `migration`, for work that needs neither its engine nor its passphrase: asked of them only where it has to be. */
export async function lastRecord(
  io: Io,
  projectDir: string,
  options: StackOptions,
): Promise<MigrationRecord | undefined> {
  const last = await lastUpdate(io, projectDir, options.stack);
  return last.is === "known" ? recordOf(last) : (await lastOutputs(await openStack(io, options))).migration;
}

/** The same with everything else that the next plan is made from. */
export async function lastState(
  io: Io,
  stack: OpenStack,
): Promise<{ record: MigrationRecord | undefined; last: Last }> {
  const { environment } = stack.config;
  const update = await lastUpdate(io, stack.projectDir, environment);
  if (update.is === "known") return { record: recordOf(update), last: update.state?.last ?? lastOf(environment, []) };
  const { migration: record } = await lastOutputs(stack);
  return { record, last: lastOf(environment, record ? plainResources(await stack.engine.export()) : []) };
}

/** What a stack's sets hold, and remember of their copies. Empty where the state cannot be read: then nothing is known of them. */
export async function lastSets(stack: string, engine: Engine): Promise<Last["sets"]> {
  return engine.export().then(
    (state) => lastOf(stack, plainResources(state)).sets,
    () => ({}),
  );
}
