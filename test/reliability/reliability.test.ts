// A fault at every request of every command. CONSOLE_VAULT_FAULTS=all tries every fault at every request, and a tenth as many
// random pairs, and writes docs/reliability.md (npm run reliability); a number does so with so many of them. Default: a fixed
// sample, and nothing is written.
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { randomNumbers } from "../../src/local/index.js";
import type { World } from "../support/world.js";
import { openScenes, type Scene } from "./commands.js";
import { Tally, writeDocument } from "./document.js";
import { kinds } from "./faults.js";
import { Bench, type Disturbance } from "./trial.js";

vi.mock("node:timers/promises", async (original) => (await import("./shortWaits.js")).shortWaits(await original()));

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

async function trials(): Promise<Trial[]> {
  const each: Trial[][] = [];
  for (const scene of scenes) each.push(await singles(scene));
  const pair = (): Trial => {
    const list = pick(each);
    const [scene, first] = pick(list);
    return [scene, [...first, ...pick(list)[1]]];
  };
  if (all) {
    const single = each.flat();
    return [...single, ...Array.from({ length: Math.ceil(single.length / 10) }, pair)];
  }
  // In turn, so that each command and each fault has its share.
  const single = (index: number): Trial => {
    const kind = kinds[index % kinds.length]!;
    return pick(each[index % each.length]!.filter(([, [one]]) => one!.kind === kind));
  };
  const pairs = Math.floor(sample / 6);
  return Array.from({ length: sample }, (_, index) => (index < pairs ? pair() : single(index)));
}

it("every disturbed run ends well or with one clear error, and the next one as if nothing had happened", {
  timeout: 24 * 3_600_000,
}, async () => {
  for (const [scene, disturbances] of await trials()) {
    const verdict = await bench.disturbed(scene, disturbances);
    tally.add(scene.command, disturbances, verdict);
    const { unclear, diverged, lost, leaked } = verdict;
    const where = disturbances.map(({ kind, request }) => `${kind.title} at request ${request}`).join(", ");
    expect
      .soft({ unclear, diverged, lost, leaked }, `${scene.command.title}: ${where}\n${verdict.text}`)
      .toEqual({ unclear: [], diverged: [], lost: [], leaked: [] });
  }
  const part = all
    ? "Every fault at every request, and pairs of them"
    : "A pseudo-random part of every fault at every request";
  if (asked) writeDocument(tally, part);
});
