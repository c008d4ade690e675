import type { Cell, EnvironmentStatus, StatusReport } from "./status.js";
import { leadersOf, moment, soakProgress } from "./words.js";

export interface TimelineStep {
  readonly step: "folders" | "placed" | "confirmed" | "flag on" | "soak" | "promoted" | "retired";
  /** `current`: the first one that is not done, and a soak that runs. */
  readonly state: "done" | "current" | "ahead";
  /** How far, or since when: `13 of 16`, `on staging`. */
  readonly detail: string;
  /** ISO time at which it was done, or will be at the earliest. */
  readonly at: string | null;
}

/** There, whatever else is wrong with it. */
const placed: readonly Cell["state"][] = ["placed", "confirmed", "stale", "broken", "conflict"];

/** The migration as one line of steps, over all environments. Without a flag it ends when everything is confirmed. */
export function timelineOf({ environments, credentials, observedAt }: StatusReport): TimelineStep[] {
  const held = credentials.flatMap((one) => one.environments).filter(({ state }) => state !== "never");
  const having = (states: readonly Cell["state"][]) => held.filter(({ state }) => states.includes(state)).length;
  const sum = (key: "present" | "of") => environments.reduce((total, { folders }) => total + folders[key], 0);
  const steps: Step[] = [
    { step: "folders", done: sum("present") === sum("of"), detail: `${sum("present")} of ${sum("of")}`, at: null },
    counted("placed", having(placed), held.length),
    counted("confirmed", having(["confirmed"]), held.length),
    ...flagSteps(environments, observedAt),
  ];
  const current = steps.findIndex(({ done }) => !done);
  return steps.map(({ step, done, detail, at, running }, index) => ({
    step,
    state: done ? "done" : index === current || running ? "current" : "ahead",
    detail,
    at,
  }));
}

interface Step extends Omit<TimelineStep, "state"> {
  readonly done: boolean;
  readonly running?: boolean;
}

const counted = (step: Step["step"], count: number, of: number): Step => ({
  step,
  done: count === of,
  detail: `${count} of ${of}`,
  at: null,
});

/** From the first flag that turns on to the flat copies' end. */
function flagSteps(environments: StatusReport["environments"], observedAt: string): Step[] {
  const flagged = environments.filter(({ flag }) => flag.app !== "");
  if (flagged.length === 0) return [];
  const { leading, last } = leadersOf(environments);
  const soak = soakProgress(leading, observedAt);
  return [
    flagStep(leading),
    {
      step: "soak",
      done: soak?.share === 1,
      detail: soak?.text ?? `${leading.soak.hours} h`,
      at: leading.soak.readyAt,
      running: soak !== undefined,
    },
    ...promotedStep(flagged.slice(1)),
    { step: "retired", done: last.phase === "retired", detail: "flat copies", at: null },
  ];
}

/** Every environment whose flag follows another's. A company that has one such environment promotes nothing. */
function promotedStep(followers: readonly EnvironmentStatus[]): Step[] {
  const [first] = followers;
  if (!first) return [];
  if (followers.length === 1) return [{ ...flagStep(first), step: "promoted" }];
  const on = followers.filter(({ flag }) => flag.running);
  const all = counted("promoted", on.length, followers.length);
  return [{ ...all, at: all.done ? followers.at(-1)!.flag.since : null }];
}

function flagStep({ name, flag }: EnvironmentStatus): Step {
  return { step: "flag on", done: flag.running === true, detail: name, at: flag.running ? flag.since : null };
}

/** When a step was done, or until when it runs. */
export function timelineTime({ state, at }: Pick<TimelineStep, "state" | "at">): string {
  if (at === null) return "";
  return state === "done" ? moment(at) : `until ${moment(at)}`;
}
