// Running an engine and telling a person what it does.
import { setFlagsFromString } from "node:v8";
import type { Engine, EngineEvent, Outcome, RunOptions } from "../engine/index.js";
import { openEnvelopes } from "../envelope.js";
import { Refusal } from "../errors.js";
import { type Finding, sentence } from "../migration/index.js";
import { countShown, type PlanStep, planSteps, stepHead } from "../report/plan/index.js";
import { Ended, exitCodes } from "./exit.js";
import { colorsOf, type Io } from "./io.js";
import { stepLines } from "./show.js";
import { inSteps, tellWait } from "./view.js";

export interface Ran {
  readonly outcome: Outcome;
  readonly steps: readonly PlanStep[];
  /** The declaration's resources by what happens to each; the engine's own, which `outcome` counts too, are not shown. */
  readonly counts: Readonly<Record<string, number>>;
  /** What the program and the engine warned of, each once. */
  readonly warnings: readonly Finding[];
  /** Everything that the engine told, in order. */
  readonly events: readonly EngineEvent[];
}

type Operation = "preview" | "up" | "refresh" | "destroy";

type Options = Omit<RunOptions, "onEvent" | "signal">;
type Next = (what: string) => void;

const firstSteps: Readonly<Record<Operation, string>> = {
  preview: "starting the engine",
  up: "starting the engine",
  refresh: "refreshing",
  destroy: "deleting",
};

/**
 * Lets the heap grow by a quarter between two collections. V8 lets it double and more, which is several hundred megabytes with
 * 10,000 credentials; a collection takes a tenth of a second then.
 */
const growthPercent = 25;

/** Runs one operation; while it works, says on stderr what is done. A failure is thrown, with the exit code that fits. */
export function runEngine(io: Io, engine: Engine, operation: Operation, options: Options): Promise<Ran> {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  // Work that is done under a lock tells of itself, and may ask.
  if (options.before) return operate(io, engine, operation, options, () => {});
  return inSteps(io, firstSteps[operation], (next) => operate(io, engine, operation, options, next));
}

async function operate(io: Io, engine: Engine, operation: Operation, options: Options, next: Next): Promise<Ran> {
  const c = colorsOf(io);
  const warnings = new Map<string, Finding>();
  const events: EngineEvent[] = [];
  const live = operation !== "preview";
  let changing = false;
  const onEvent = (event: EngineEvent) => {
    events.push(event);
    const step = live ? stepHead(event) : undefined;
    if (step) {
      if (!changing && operation === "up") next("updating");
      changing = true;
      io.err(stepLines({ ...step, details: [] }, c).join("\n"));
    }
    const { severity, message = "" } = event.diagnosticEvent ?? {};
    const said = openEnvelopes(message);
    const waits = said.filter((content) => content.is === "wait");
    const begun = said.filter((content) => content.is === "step");
    for (const { wait } of waits) tellWait(io)(wait);
    for (const { what } of begun) next(what);
    if (severity !== "warning" || waits.length > 0) return;
    const findings = said.flatMap((content) => (content.is === "finding" ? [content.finding as Finding] : []));
    for (const finding of findings.length > 0 ? findings : [{ code: "engine", text: clean(message) } as const])
      warnings.set(sentence(finding), finding);
  };
  const outcome = await engine[operation]({ ...options, onEvent, signal: io.signal });
  for (const line of outcome.interrupted) io.err(c.yellow(`  ! ${line}`));
  if (outcome.result !== "succeeded") throw failure(operation, outcome);
  return { outcome, steps: planSteps(events), counts: countShown(events), warnings: [...warnings.values()], events };
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
  const refusals = errors.flatMap(openEnvelopes).filter((content) => content.is === "refused");
  if (refusals.length > 0)
    return new Refusal(
      refusals.map(({ message }) => message).join("\n"),
      refusals.flatMap(({ findings }) => findings),
    );
  const text = errors.map(clean).filter(Boolean);
  return new Ended(exitCodes.failed, text.join("\n") || `${operation} failed; the engine gave no reason`);
}
