// What the three renderings say alike: they differ in form, not in words.
import { stripVTControlCharacters } from "node:util";
import { duration } from "../migration/index.js";
import type { Cell, CellState, CredentialStatus, EnvironmentStatus, StatusReport } from "./status.js";

export type Tone = "good" | "info" | "wait" | "bad" | "quiet";

/** A word, a sign for those who do not see colors, and a tone. */
export const stateWords: Readonly<
  Record<CellState, { readonly sign: string; readonly word: string; readonly tone: Tone }>
> = {
  confirmed: { sign: "✓", word: "confirmed", tone: "good" },
  placed: { sign: "•", word: "placed", tone: "info" },
  waiting: { sign: "…", word: "waiting", tone: "wait" },
  missing: { sign: "○", word: "missing", tone: "wait" },
  stale: { sign: "↻", word: "stale", tone: "wait" },
  broken: { sign: "✕", word: "broken", tone: "bad" },
  conflict: { sign: "!", word: "conflict", tone: "bad" },
  unreadable: { sign: "?", word: "unreadable", tone: "bad" },
  never: { sign: "–", word: "never here", tone: "quiet" },
};

export const flatWords = { present: "present", absent: "gone", unreadable: "unreadable" } as const;
export const versusFlat = { equal: "same as flat", different: "differs from flat", unknown: "not compared" } as const;

export const phaseTones: Readonly<Record<EnvironmentStatus["phase"], Tone>> = {
  empty: "quiet",
  "awaiting-provision": "wait",
  confirmed: "info",
  soaking: "info",
  soaked: "good",
  retired: "good",
};

export const onOff = (value: boolean | null) => (value === null ? "unknown" : value ? "on" : "off");

export const flagKeys = ["wanted", "recorded", "running"] as const;

/** Whether some of the flag's apps have it on and others off. */
function isPartly({ apps = [] }: EnvironmentStatus["flag"], key: "recorded" | "running" = "running"): boolean {
  const each = apps.map((one) => one[key]);
  return each.includes(true) && each.includes(false);
}

/** Which apps have it on and which do not, where it is partly on. */
function partlyWords({ flag }: EnvironmentStatus): string {
  const those = (on: boolean) => (flag.apps ?? []).filter(({ running }) => running === on).map(({ app }) => app);
  return `on on ${those(true).join(" and ")}, off on ${those(false).join(" and ")}`;
}

/** A flag that no update has recorded yet is another thing than one that could not be read. */
export function flagWord({ flag }: EnvironmentStatus, key: (typeof flagKeys)[number]): string {
  if (flag.app === "") return "none";
  if (key !== "wanted" && isPartly(flag, key)) return "partly on";
  return key === "recorded" && flag.recorded === null ? "not yet" : onOff(flag[key]);
}

/** Whether what is wanted, recorded and running is one and the same. */
export function flagAgrees({ flag }: EnvironmentStatus): boolean {
  return (
    !isPartly(flag) &&
    !isPartly(flag, "recorded") &&
    flag.wanted === flag.running &&
    (flag.recorded ?? flag.running) === flag.running
  );
}

/** One environment has no other that its values could differ from. */
export const comparesEnvironments = ({ environments }: Pick<StatusReport, "environments">) => environments.length > 1;

export function distinctWord(distinct: CredentialStatus["distinct"]): string {
  return distinct === "equal" ? "same value" : (distinct ?? "");
}

export interface SoakProgress {
  /** 0 to 1. */
  readonly share: number;
  readonly text: string;
  readonly left: string;
}

/** How much of the soak is over, at the report's time; undefined where it does not run. */
export function soakProgress({ soak }: EnvironmentStatus, observedAt: string): SoakProgress | undefined {
  if (soak.since === null) return undefined;
  const elapsed = Math.max(0, Date.parse(observedAt) - Date.parse(soak.since));
  const asked = soak.hours * 3_600_000;
  if (elapsed >= asked) return { share: 1, text: `${soak.hours} h, done`, left: "nothing" };
  return { share: elapsed / asked, text: `${duration(elapsed)} of ${soak.hours} h`, left: duration(asked - elapsed) };
}

/** `2026-05-09 14:30 UTC` */
export const moment = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

export interface Headline {
  readonly tone: Tone;
  readonly text: string;
}

/** Environments of which an account's or a token's rights hide something. */
function notSeen({ environments, credentials }: StatusReport): string[] {
  const hidden = credentials.flatMap((one) => one.environments).filter(({ state }) => state === "unreadable");
  const of = new Set(hidden.map(({ environment }) => environment));
  return environments
    .filter(({ name, flag }) => of.has(name) || (flag.running === null && !isPartly(flag)))
    .map(({ name }) => name);
}

/** The last environment whose flag turns on, and before it the furthest one that is on: the first, where none is. */
export function leadersOf(environments: StatusReport["environments"]) {
  const flagged = environments.filter(({ flag }) => flag.app !== "");
  const order = flagged.length > 0 ? flagged : environments;
  const before = order.slice(0, -1);
  return { leading: before.findLast(({ flag }) => flag.running || isPartly(flag)) ?? order[0]!, last: order.at(-1)! };
}

/** Where it stands, in one sentence: the first thing that a person should know. */
export function headline(report: StatusReport): Headline {
  const { environments, drift, observedAt } = report;
  const { leading: first, last } = leadersOf(environments);
  const follower = environments.slice(environments.indexOf(first) + 1).find(({ flag }) => flag.app !== "") ?? last;
  const blocked = environments.filter((one) => one.blocked.length > 0).map(({ name }) => name);
  const [partly] = environments.filter(({ flag }) => isPartly(flag));
  if (partly)
    return {
      tone: "bad",
      text: `${asSentence(partly.name)}'s flag is on on some of its apps only: ${partlyWords(partly)}.`,
    };
  if (drift.length > 0) return { tone: "bad", text: `${things(drift.length)} from what was last recorded.` };
  if (blocked.length > 0) return { tone: "bad", text: `${asSentence(blocked.join(" and "))} cannot go on yet.` };
  const unseen = notSeen(report);
  if (unseen.length > 0)
    return { tone: "wait", text: `Not all of ${unseen.join(" and ")} could be seen with this token and account.` };
  const forgotten = environments.filter(({ flag }) => flag.running && flag.recorded === null).map(({ name }) => name);
  if (forgotten.length > 0)
    return {
      tone: "bad",
      text: `The flag is on for ${forgotten.join(" and ")}, and no state of that stack was found: nothing is known to be confirmed.`,
    };
  if (last.phase === "retired")
    return { tone: "good", text: "Done: every environment has its own credentials, and the flat copies are gone." };
  if (last.flag.running) {
    const soak = soakProgress(last, observedAt);
    if (last.phase === "soaking" && soak)
      return { tone: "info", text: `${asSentence(last.name)} is on and soaking: ${soak.text}, ${soak.left} left.` };
    const unsure = cells(report).filter(({ state }) => state !== "confirmed" && state !== "never").length;
    if (unsure > 0)
      return { tone: "wait", text: `The flags are on, and ${unsure} of ${cells(report).length} are not confirmed.` };
    return { tone: "good", text: "Every environment reads its own credentials." };
  }
  if (first.phase === "soaking") {
    const soak = soakProgress(first, observedAt);
    return {
      tone: "info",
      text: soak
        ? `${asSentence(first.name)} is soaking: ${soak.text}, ${soak.left} left.`
        : `${asSentence(first.name)} is on, and its soak does not run yet.`,
    };
  }
  if (first.phase === "soaked")
    return {
      tone: "good",
      text: `${asSentence(first.name)} has soaked for ${first.soak.hours} h: ${follower.name} may follow.`,
    };
  if (environments.every(({ phase }) => phase === "empty"))
    return { tone: "quiet", text: "Nothing has been moved yet." };
  const waiting = cells(report).filter(({ state }) => state === "waiting").length;
  if (waiting > 0)
    return {
      tone: "wait",
      text: `${waiting} ${waiting === 1 ? "credential waits" : "credentials wait"} for an operator.`,
    };
  if (environments.every(({ phase }) => phase === "confirmed"))
    return {
      tone: "info",
      text:
        first.flag.app === ""
          ? "Everything is confirmed: every environment has its own credentials."
          : `Everything is confirmed: ${first.name}'s flag may be turned on.`,
    };
  return { tone: "info", text: "Credentials are on their way to their environments." };
}

/** What `--check` calls pending: drift, a flag that is not as wanted, anything in the way, and what it could not look at. */
export function pendingLines(report: StatusReport): string[] {
  const { drift, environments } = report;
  return [
    ...notSeen(report).map((name) => `${name}: not all of it could be seen`),
    ...drift.map(
      ({ environment, subject, expected, found }) => `${environment}: ${subject} is ${found}, not ${expected}`,
    ),
    ...environments
      .filter(({ flag }) => isPartly(flag))
      .map((one) => `${one.name}: ${one.flag.variable} is ${partlyWords(one)}`),
    ...environments
      .filter(({ flag }) => flag.running !== null && flag.wanted !== flag.running)
      .map(
        ({ name, flag }) =>
          `${name}: ${flag.variable} is wanted ${flag.wanted ? "on" : "off"} and runs ${flag.running ? "on" : "off"}`,
      ),
    ...environments.flatMap(({ name, blocked }) => blocked.map((line) => `${name}: ${line}`)),
  ];
}

const cells = ({ credentials }: StatusReport): Cell[] => credentials.flatMap(({ environments }) => environments);

/** Names with something to explain, a line each. */
export function explanations({ credentials }: StatusReport): { name: string; environment: string; why: string }[] {
  return credentials.flatMap(({ name, environments }) =>
    environments.flatMap(({ environment, why }) => (why === null ? [] : [{ name, environment, why }])),
  );
}

/** One line without control or formatting characters: names and reasons come from elsewhere, and terminals obey them. */
export const plain = (text: string) => stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");

const asSentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const things = (count: number) => (count === 1 ? "One thing differs" : `${count} things differ`);
