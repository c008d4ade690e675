// The model test: random companies × random sequences of what people and other programs do. Run more of them with
// CONSOLE_VAULT_MODEL=5000 (sequences), or one again with CONSOLE_VAULT_MODEL_SEED and _PATH as a failing case prints them.
import fc from "fast-check";
import { manage, type Stage, type Step, Story, stages, step, words } from "./steps.js";
import { Watch } from "./watch.js";
import { World } from "./world.js";

interface Case {
  /** What the stacks keep on apps from the beginning. */
  readonly manage: readonly Step[];
  readonly stage: Stage;
  readonly steps: readonly Step[];
}

const stepsOf = ({ manage, stage, steps }: Case): readonly Step[] => [...manage, ...stages[stage], ...steps];

async function playCase(one: Case): Promise<void> {
  const world = await World.open();
  try {
    const story = new Story(world, new Watch(world));
    for (const [index, step] of stepsOf(one).entries()) {
      try {
        // The way to the stage is the same each time.
        await story.play(step, index >= one.manage.length + stages[one.stage].length);
      } catch (error) {
        throw new Error(
          `step ${index + 1} (${words(step)}): ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  } finally {
    await world.close();
  }
}

const tell = (one: Case) =>
  stepsOf(one)
    .map((step, index) => `  ${index + 1}. ${words(step)}`)
    .join("\n");

/** How long to look for a shorter case once one was found (ms): each try takes part of a second, and there are hundreds. */
const shrinkingMs = 90_000;

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

/** @param share of all sequences */
export async function checkModel(from: readonly Stage[], share: number): Promise<void> {
  const { CONSOLE_VAULT_MODEL: more, CONSOLE_VAULT_MODEL_SEED: seed, CONSOLE_VAULT_MODEL_PATH: path } = process.env;
  const cases = fc.record<Case>({
    manage: fc.array(manage, { maxLength: 2 }),
    stage: fc.constantFrom(...from),
    steps: fc.array(step, { minLength: 2, maxLength: 6, size: "max" }),
  });
  const found = await fc.check(fc.asyncProperty(cases, patient(playCase)), {
    numRuns: Math.ceil(Number(more ?? 1000) * share),
    // The same sequences every time, unless more are asked for.
    seed: seed ? Number(seed) : more ? Date.now() % 2 ** 31 : 20260509,
    ...(path ? { path } : {}),
    // Of one sequence (ms): one that hangs is a finding, too.
    timeout: 120_000,
  });
  if (!found.failed) return;
  const [counterexample] = found.counterexample ?? [];
  throw new Error(
    [
      found.errorInstance instanceof Error ? found.errorInstance.message : String(found.errorInstance),
      "",
      counterexample ? tell(counterexample) : "",
      "",
      `again: CONSOLE_VAULT_MODEL_SEED=${found.seed} CONSOLE_VAULT_MODEL_PATH=${found.counterexamplePath} (after ${found.numShrinks} shrinks of run ${found.numRuns})`,
      JSON.stringify(counterexample),
    ].join("\n"),
  );
}
