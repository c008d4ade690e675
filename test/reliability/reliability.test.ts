// A fault at every request of every command. CONSOLE_VAULT_FAULTS=all tries every fault at every request, and a tenth as many
// random pairs, and writes docs/reliability.md (npm run reliability); a number does so with so many of them. They come in a random
// order and the document is written as they go, so that at any time it has a fair sample. Default: a fixed sample, and nothing is
// written.
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { randomNumbers } from "../../src/local/index.js";
import { shortWaits } from "../support/shortWaits.js";
import type { World } from "../support/world.js";
import { openScenes, type Scene } from "./commands.js";
import { Tally, writeDocument } from "./document.js";
import { kinds } from "./faults.js";
import { Bench, type Disturbance } from "./trial.js";

shortWaits();

const { CONSOLE_VAULT_FAULTS: asked } = process.env;
const all = asked === "all";
const sample = Number(asked ?? 72);
const random = randomNumbers(11);

let world: World;
let scenes: readonly Scene[];
let bench: Bench;
const tally = new Tally();

beforeAll(async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  ({ world, scenes } = await openScenes());
  bench = new Bench(world);
});
afterAll(() => world.close());

type Trial = readonly [Scene, readonly Disturbance[]];

/** Every fault at every request of a command where it makes a difference. */
async function singles(scene: Scene): Promise<Trial[]> {
  const { requests } = await bench.undisturbed(scene);
  return kinds.flatMap((kind) =>
    requests.flatMap((request, index): Trial[] =>
      (kind.at?.(request) ?? true) ? [[scene, [{ kind, request: index + 1 }]]] : [],
    ),
  );
}

const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** In an order that is random and always the same one. */
function shuffled<T>(list: readonly T[]): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(Math.floor(random() * rest.length), 1)[0]!);
}

/** @returns those to try, and how many there are in all */
async function trials(): Promise<{ chosen: Trial[]; total: number }> {
  const each: Trial[][] = [];
  for (const scene of scenes) each.push(await singles(scene));
  const pair = (): Trial => {
    const list = pick(each);
    const [scene, first] = pick(list);
    return [scene, [...first, ...pick(list)[1]]];
  };
  const single = each.flat();
  const pairs = Math.ceil(single.length / 10);
  const total = single.length + pairs;
  if (asked) {
    const every = shuffled([...single, ...Array.from({ length: pairs }, pair)]);
    return { chosen: all ? every : every.slice(0, sample), total };
  }
  // In turn, so that each command and each fault has its share.
  const inTurn = (index: number): Trial => {
    const kind = kinds[index % kinds.length]!;
    return pick(each[index % each.length]!.filter(([, [one]]) => one!.kind === kind));
  };
  const some = Math.floor(sample / 6);
  return { chosen: Array.from({ length: sample }, (_, index) => (index < some ? pair() : inTurn(index))), total };
}

const counted = (count: number) => count.toLocaleString("en-US");

/** Which of all trials were made. */
function partOf(made: number, total: number): string {
  const these = "every fault at every request, and a tenth as many random pairs of them";
  return made === total
    ? `All ${counted(total)} trials: ${these}`
    : `${counted(made)} of ${counted(total)} trials, drawn at random from ${these}`;
}

it("every disturbed run ends well or with one clear error, and the next one as if nothing had happened", {
  timeout: 24 * 3_600_000,
}, async () => {
  const { chosen, total } = await trials();
  for (const [index, [scene, disturbances]] of chosen.entries()) {
    const verdict = await bench.disturbed(scene, disturbances);
    tally.add(scene.command, disturbances, verdict);
    const { unclear, diverged, lost, leaked } = verdict;
    const where = disturbances.map(({ kind, request }) => `${kind.title} at request ${request}`).join(", ");
    expect
      .soft({ unclear, diverged, lost, leaked }, `${scene.command.title}: ${where}\n${verdict.text}`)
      .toEqual({ unclear: [], diverged: [], lost: [], leaked: [] });
    const made = index + 1;
    if (asked && (made % 200 === 0 || made === chosen.length)) writeDocument(tally, partOf(made, total));
  }
});
