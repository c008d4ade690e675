// What the commands that write share: they write while the update of each stack that they touch holds its lock.
import type { Work } from "../engine/index.js";
import { sentence } from "../migration/index.js";
import { Ended, exitCodes } from "./exit.js";
import { colorsOf, type Io } from "./io.js";
import { lastOutputs, othersOf, outputsOf } from "./lastUpdate.js";
import { type Ran, runEngine } from "./run.js";
import { countWords } from "./show.js";
import { type OpenStack, openStack, type StackOptions } from "./stack.js";
import { refuseOtherTarget } from "./target.js";

/** How the update of one stack ended, whose lock the work was done under. */
export type Updated =
  | { readonly stack: string; readonly ran: Ran; readonly failed?: undefined }
  | { readonly stack: string; readonly ran?: undefined; readonly failed: Error };

/** A stack's update did not come to where it holds the lock, so nothing was written. */
export class NotLocked extends Ended {
  constructor(
    readonly environment: string,
    { message }: Error,
    help = "",
  ) {
    super(exitCodes.failed, `${environment} could not be locked, so nothing was changed:\n${message}${help}`);
  }
}

/** The embedded engine names the command itself, where the lock cannot be taken over; of the CLI's locks only this tool knows it. */
const howToFree = ({ engine, config: { environment } }: OpenStack): string =>
  engine.name === "pulumi"
    ? `\nIf an update that is gone holds its lock, free it with:\n  console-vault cancel --stack ${environment}`
    : "";

/**
 * A further stack whose lock a command takes: its update records what was written, and does nothing else.
 *
 * @throws Refusal for another place than its last update's: to be asked before anything is written, or sent there
 */
export async function openToRecord(io: Io, options: Omit<StackOptions, "steady">): Promise<OpenStack> {
  const stack = await openStack(io, { ...options, steady: true });
  refuseOtherTarget(stack, (await lastOutputs(stack)).migration, undefined);
  return stack;
}

/**
 * Does work with the locks of all the stacks held; then the update of each goes on and records what was written. The locks are
 * taken in the catalog's order.
 *
 * @param work its signal also ends it at Ctrl-C, before the next write
 * @returns how each update ended; that one failed keeps no other from being made
 * @throws NotLocked; what the work threw; Ended where it was interrupted. Then no update has changed anything
 */
export async function insideUpdates(io: Io, stacks: readonly OpenStack[], work: Work): Promise<readonly Updated[]> {
  const updates: Updated[] = [];
  let progress: "waiting" | "working" | "done" = "waiting";
  const inside = async ([first, ...rest]: readonly OpenStack[], lost: AbortSignal): Promise<void> => {
    if (!first) {
      progress = "working";
      await workUntil(io, lost, work);
      progress = "done";
      return;
    }
    const stack = first.config.environment;
    try {
      const ran = await updateAfter(io, first, (also) => inside(rest, AbortSignal.any([lost, also])));
      updates.push({ stack, ran });
    } catch (error) {
      if (progress === "waiting" && !(error instanceof NotLocked))
        throw new NotLocked(stack, error as Error, howToFree(first));
      if (progress !== "done") throw error;
      updates.push({ stack, failed: error as Error });
    }
  };
  const order = stacks[0]?.catalog.environments.map(({ name }) => name) ?? [];
  const inOrder = [...stacks].sort((a, b) => order.indexOf(a.config.environment) - order.indexOf(b.config.environment));
  await inside(inOrder, new AbortController().signal);
  return updates;
}

/** What was written until an interruption was told when it was written. */
async function workUntil({ signal }: Io, lost: AbortSignal, work: Work): Promise<void> {
  const end = AbortSignal.any([lost, signal]);
  try {
    end.throwIfAborted();
    await work(end);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    throw new Ended(exitCodes.failed, "Interrupted: nothing more was written. The same command goes on from there.");
  }
}

/** Says on stderr how far it is: a lock may be somebody else's, and an update takes its time. */
async function updateAfter(io: Io, stack: OpenStack, before: Work): Promise<Ran> {
  const c = colorsOf(io);
  const name = stack.config.environment;
  io.err(c.dim(`  … locking ${name}, for a write and an update`));
  const locked: Work = async (lost) => {
    io.err(c.dim(`  … ${name} is locked`));
    await before(lost);
    io.err(c.dim(`  … updating ${name}`));
  };
  const excludes = await othersOf(io, stack);
  const options = excludes.length > 0 ? { excludes } : {};
  const ran = await runEngine(io, stack.engine, "up", { refresh: true, before: locked, ...options });
  io.err(`  ${c.green("✓")} ${name} is updated: ${countWords(ran.counts, true) || "nothing else to do"}`);
  return ran;
}

/** What an update that nobody asked for warns of: on stderr, since it is no answer of the command's. */
export function tellWarnings(io: Io, updates: readonly Updated[]): void {
  const c = colorsOf(io);
  for (const { stack, ran } of updates) {
    const blocked = ran ? outputsOf(stack, ran.outcome.outputs).migration?.blocked : undefined;
    for (const one of [...(ran?.warnings ?? []), ...(blocked ?? [])]) io.err(c.yellow(`  ! ${sentence(one)}`));
  }
}

/**
 * Ends a command whose work is done, where an update that records it failed.
 * @param done what holds now, a sentence without its full stop
 * @param open what is to be decided besides
 */
export function refuseFailed(updates: readonly Updated[], done: string, open?: string): void {
  const failed = updates.filter((one) => one.failed !== undefined);
  if (failed.length === 0) return;
  const why = failed.map(
    ({ stack, failed: { message } }) => `The update of ${stack} that records it failed:\n${message}`,
  );
  const repair = failed.map(({ stack }) => `console-vault up --stack ${stack}`);
  const text = [`${done}.`, ...why, "Nothing has to be written again. Once the cause is removed:", ...repair];
  if (open) text.push(open);
  throw new Ended(exitCodes.failed, text.join("\n"));
}
