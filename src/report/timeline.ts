import type { Cell, EnvironmentStatus, StatusReport } from "./status.js";
import { leadersOf, moment, soakProgress } from "./words.js";

const timelineSteps = ["folders", "placed", "confirmed", "flag on", "soak", "promoted", "retired"] as const;

export interface TimelineStep {
  readonly step: (typeof timelineSteps)[number];
  /** `current`: the first one that is not done, and a soak that runs. */
  readonly state: "done" | "current" | "ahead";
  /** How far, or since when: `13 of 16`, `on staging`. */
  readonly detail: string;
  /** ISO time at which it was done, or will be at the earliest. */
  readonly at: string | null;
}

/** There, whatever else is wrong with it. */
const placed: readonly Cell["state"][] = ["placed", "confirmed", "stale", "broken", "conflict"];

/** The migration as one line of steps, over all environments. */
export function timelineOf({ environments, credentials, observedAt }: StatusReport): TimelineStep[] {
  const held = credentials.flatMap((one) => one.environments).filter(({ state }) => state !== "never");
  const having = (states: readonly Cell["state"][]) => held.filter(({ state }) => states.includes(state)).length;
  const sum = (key: "present" | "of") => environments.reduce((total, { folders }) => total + folders[key], 0);
  const { leading: first, last } = leadersOf(environments);
  const soak = soakProgress(first, observedAt);

  const steps: { done: boolean; detail: string; at: string | null; running?: boolean }[] = [
    { done: sum("present") === sum("of"), detail: `${sum("present")} of ${sum("of")}`, at: null },
    { done: having(placed) === held.length, detail: `${having(placed)} of ${held.length}`, at: null },
    { done: having(["confirmed"]) === held.length, detail: `${having(["confirmed"])} of ${held.length}`, at: null },
    flagStep(first),
    {
      done: soak?.share === 1,
      detail: soak?.text ?? `${first.soak.hours} h`,
      at: first.soak.readyAt,
      running: soak !== undefined,
    },
    flagStep(last),
    { done: last.phase === "retired", detail: "flat copies", at: null },
  ];
  const current = steps.findIndex(({ done }) => !done);
  return steps.map(({ done, detail, at, running }, index) => ({
    step: timelineSteps[index]!,
    state: done ? "done" : index === current || running ? "current" : "ahead",
    detail,
    at,
  }));
}

function flagStep({ name, flag }: EnvironmentStatus) {
  return { done: flag.running === true, detail: name, at: flag.running ? flag.since : null };
}

/** When a step was done, or until when it runs. */
export function timelineTime({ state, at }: Pick<TimelineStep, "state" | "at">): string {
  if (at === null) return "";
  return state === "done" ? moment(at) : `until ${moment(at)}`;
}
