// Running an engine and telling a person what it does.
import type { Engine, EngineEvent, Outcome, RunOptions } from "../engine/index.js";
import { Refusal, refusedMark } from "../errors.js";

import { waitMark } from "../waits.js";
import { Ended, exitCodes } from "./exit.js";
import { colorsOf, type Io } from "./io.js";
import { countShown, type PlanStep, planSteps, stepHead } from "./planSteps.js";
import { stepLines } from "./show.js";

export interface Ran {
  readonly outcome: Outcome;
  readonly steps: readonly PlanStep[];
  /** The declaration's resources by what happens to each; the engine's own, which `outcome` counts too, are not shown. */
  readonly counts: Readonly<Record<string, number>>;
  /** What the program warned of, each once. */
  readonly warnings: readonly string[];
  /** Everything that the engine told, in order. */
  readonly events: readonly EngineEvent[];
}

type Operation = "preview" | "up" | "refresh" | "destroy";

/** Runs one operation; while it works, says on stderr what is done. A failure is thrown, with the exit code that fits. */
export async function runEngine(
  io: Io,
  engine: Engine,
  operation: Operation,
  options: Omit<RunOptions, "onEvent" | "signal">,
): Promise<Ran> {
  const c = colorsOf(io);
  const warnings = new Set<string>();
  const events: EngineEvent[] = [];
  const live = operation !== "preview";
  const onEvent = (event: EngineEvent) => {
    events.push(event);
    const step = live ? stepHead(event) : undefined;
    if (step) io.err(stepLines({ ...step, details: [] }, c).join("\n"));
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "warning") warnings.add(clean(diagnostic.message));
    else if (diagnostic?.message.includes(waitMark)) io.err(`  … ${clean(diagnostic.message)}`);
  };
  const outcome = await engine[operation]({ ...options, onEvent, signal: io.signal });
  for (const line of outcome.interrupted) io.err(c.yellow(`  ! ${line}`));
  if (outcome.result !== "succeeded") throw failure(operation, outcome);
  return { outcome, steps: planSteps(events), counts: countShown(events), warnings: [...warnings], events };
}

/** Pulumi's diagnostics come with colour marks of its own (`<{%reset%}>`) and line ends. */
function clean(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "").trim();
}

function failure(operation: Operation, { result, errors }: Outcome): Error {
  if (result === "cancelled")
    return new Ended(
      exitCodes.failed,
      `Interrupted: the steps under way were finished and recorded. The same command goes on from here.`,
    );
  const text = errors.map(clean).filter(Boolean);
  const refusals = text.filter((line) => line.includes(refusedMark));
  if (refusals.length > 0)
    return new Refusal(refusals.map((line) => line.slice(line.indexOf(refusedMark) + refusedMark.length)).join("\n"));
  return new Ended(exitCodes.failed, text.join("\n") || `${operation} failed; the engine gave no reason`);
}
