// One run: every step on both targets, and what differs.
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../src/http/index.js";
import { differencesOf, isOf, type Judged, judge, type KnownDifference } from "./compare.js";
import { type NormaliseOptions, type Observation, observe } from "./normalise.js";
import type { Asked, Scenario } from "./scenario.js";

/** A server that a run may use as it likes, because it has a project, or an app, of its own there. */
export interface Target<Context, Caller extends string, Can extends string> {
  /** For people: `local current`, `https://eu.infisical.com`. */
  readonly name: string;
  /** Of which known differences are told: `current`. */
  readonly kind: string;
  readonly can: ReadonlySet<Can>;
  readonly context: Context;
  readonly ask: (asked: Asked<Caller>) => Promise<Answer>;
  readonly kept: Map<string, string>;
  readonly normalise: () => NormaliseOptions;
  /** Removes what was made for the run. */
  readonly close: () => Promise<void>;
}

export interface Report {
  readonly targets: readonly { readonly name: string; readonly kind: string }[];
  readonly steps: number;
  /** Scenarios that a target cannot take part in, and what it lacks. */
  readonly left: readonly { readonly scenario: string; readonly lacks: readonly string[] }[];
  readonly differences: readonly Judged[];
  /** Known differences that did not show. */
  readonly notSeen: readonly KnownDifference[];
}

/** A limit's window is a minute; a server that asks for more is not worth waiting for. */
const longestWaitMs = 90_000;

export async function compareTargets<Context, Caller extends string, Can extends string>(
  [left, right]: readonly [Target<Context, Caller, Can>, Target<Context, Caller, Can>],
  scenarios: readonly Scenario<Context, Caller, Can>[],
  known: readonly KnownDifference[],
): Promise<Report> {
  const differences: Judged[] = [];
  const leftOut: Report["left"][number][] = [];
  let steps = 0;
  for (const scenario of scenarios) {
    const lacks = (scenario.needs ?? []).filter((need) => !left.can.has(need) || !right.can.has(need));
    if (lacks.length > 0) {
      leftOut.push({ scenario: scenario.name, lacks });
      continue;
    }
    const [ours, theirs] = [await play(left, scenario), await play(right, scenario)];
    for (const [index, { name }] of scenario.steps.entries()) {
      steps += 1;
      const found = differencesOf(scenario.name, name, ours[index]!, theirs[index]!);
      differences.push(...found.map((one) => judge(one, [left.kind, right.kind], known)));
    }
  }
  const seen = new Set(differences.map((one) => one.known));
  const about = known.filter(({ between }) =>
    between.every((group) => isOf(left.kind, group) !== isOf(right.kind, group)),
  );
  return {
    targets: [left, right].map(({ name, kind }) => ({ name, kind })),
    steps,
    left: leftOut,
    differences,
    notSeen: about.filter((one) => !seen.has(one)),
  };
}

async function play<Context, Caller extends string, Can extends string>(
  target: Target<Context, Caller, Can>,
  scenario: Scenario<Context, Caller, Can>,
): Promise<Observation[]> {
  await scenario.prepare?.(target.context);
  const seen: Observation[] = [];
  for (const { ask, keep } of scenario.steps) {
    const answer = await patiently(() => target.ask(ask(target.context)));
    const found = keep?.from(answer.body);
    if (keep && typeof found === "string") target.kept.set(keep.as, found);
    seen.push(observe(answer.status, answer.body, target.normalise()));
  }
  return seen;
}

/** Waits where a real server's limit says so. */
async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    if (answer.status !== 429 || attempt === 4) return answer;
    await sleep(Math.min(answer.retryAfterMs ?? 5000, longestWaitMs));
  }
}
