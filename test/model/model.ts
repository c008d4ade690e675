// The model test: random companies × random sequences of what people and other programs do. Run more of them with
// CONSOLE_VAULT_MODEL=5000 (sequences), or one again with CONSOLE_VAULT_MODEL_SEED and _PATH as a failing case prints them.
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { type Case, cases, type Stage, settings, stages } from "./chance.js";
import { words } from "./steps.js";
import { Story } from "./story.js";
import { Watch } from "./watch.js";
import { World } from "./world.js";

/** Sequences in every run of the suite. */
export const sequences = 500;

/** How a run of the model ended: for the mutation check. */
export interface Outcome {
  readonly failed: boolean;
  /** Until it failed. */
  readonly sequences: number;
  readonly theme: string | undefined;
  readonly said: string;
}

/** A company at one place of the road: what it takes to begin there again. */
class Beginning {
  readonly #back: readonly (() => void)[];
  constructor(readonly story: Story) {
    this.#back = [story.world.checkpoint(), story.watch.checkpoint()];
  }
  again(): Story {
    for (const back of this.#back) back();
    return this.story;
  }
}

/** Companies that have come to where sequences begin. A sequence that broke something leaves its company to nobody. */
class Beginnings {
  readonly #known = new Map<string, Beginning>();
  #first: Beginning | undefined;

  async at({ stage, managed }: Case): Promise<Story> {
    const key = `${stage}, ${managed}`;
    const known = this.#known.get(key);
    if (known) return known.again();
    this.#first ??= await this.#open();
    const story = this.#first.again();
    for (const step of [...settings[managed], ...stages[stage]]) await played(story, step, "no");
    const beginning = new Beginning(story);
    this.#known.set(key, beginning);
    return beginning.again();
  }

  async #open(): Promise<Beginning> {
    const world = await World.open();
    return new Beginning(new Story(world, new Watch(world)));
  }

  async drop(): Promise<void> {
    await this.#first?.story.world.close();
    this.#first = undefined;
    this.#known.clear();
  }
}

/** @throws Error that names the step, too */
async function played(story: Story, ...[step, look]: Parameters<Story["play"]>): Promise<void> {
  try {
    await story.play(step, look);
  } catch (error) {
    throw new Error(`${words(step)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function playCase(beginnings: Beginnings, one: Case): Promise<void> {
  try {
    const story = await beginnings.at(one);
    for (const [index, step] of one.steps.entries())
      await played(story, step, index === one.steps.length - 1 ? "last" : "whole");
  } catch (error) {
    await beginnings.drop();
    throw error;
  }
}

const tell = ({ theme, stage, managed, steps }: Case) =>
  [
    `${theme}; from ${stage}, with ${managed} managed:`,
    ...steps.map((step, index) => `  ${index + 1}. ${words(step)}`),
  ].join("\n");

/** How long to look for a shorter case once one was found (ms): each try takes part of a second, and there are hundreds. */
const shrinkingMs = 60_000;

function patient(play: (one: Case) => Promise<void>): (one: Case) => Promise<void> {
  let deadline = Number.POSITIVE_INFINITY;
  return async (one) => {
    if (Date.now() > deadline) return;
    try {
      await play(one);
    } catch (error) {
      deadline = Math.min(deadline, Date.now() + shrinkingMs);
      throw error;
    }
  };
}

/**
 * With CONSOLE_VAULT_MODEL_RESULT=FILE the outcome is written there as JSON, and nothing is shrunk.
 * @param share of all sequences
 */
export async function checkModel(from: readonly Stage[], share: number): Promise<void> {
  const { CONSOLE_VAULT_MODEL: more, CONSOLE_VAULT_MODEL_SEED: seed, CONSOLE_VAULT_MODEL_PATH: path } = process.env;
  const result = process.env.CONSOLE_VAULT_MODEL_RESULT;
  const beginnings = new Beginnings();
  const found = await fc.check(
    fc.asyncProperty(
      cases(from),
      patient((one) => playCase(beginnings, one)),
    ),
    {
      numRuns: Math.ceil(Number(more ?? sequences) * share),
      // The same sequences every time, unless more are asked for.
      seed: seed ? Number(seed) : more ? Date.now() % 2 ** 31 : 20260509,
      ...(path ? { path } : {}),
      endOnFailure: result !== undefined,
      // Of one sequence (ms): one that hangs is a finding, too.
      timeout: 120_000,
    },
  );
  await beginnings.drop();
  const [counterexample] = found.counterexample ?? [];
  const error = found.errorInstance;
  const why = error instanceof Error ? error.message : String(error);
  if (result !== undefined) {
    const said = error instanceof Error && error.cause instanceof Error ? error.cause.message : why;
    const outcome: Outcome = {
      failed: found.failed,
      sequences: found.numRuns,
      theme: counterexample?.theme,
      // Of a sentence with lines of detail below it both are wanted: which property it was.
      said: found.failed
        ? said
            .split("\n")
            .slice(0, said.split("\n", 1)[0]!.endsWith(":") ? 2 : 1)
            .join(" ")
        : "",
    };
    writeFileSync(result, JSON.stringify(outcome));
  }
  if (!found.failed) return;
  throw new Error(
    [
      why,
      "",
      counterexample ? tell(counterexample) : "",
      "",
      `again: CONSOLE_VAULT_MODEL_SEED=${found.seed} CONSOLE_VAULT_MODEL_PATH=${found.counterexamplePath} (after ${found.numShrinks} shrinks of run ${found.numRuns})`,
      JSON.stringify(counterexample),
    ].join("\n"),
  );
}
