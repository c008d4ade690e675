import Table from "cli-table3";
import pico from "picocolors";
import { quietBorders } from "./borders.js";
import type { Cell, StatusReport } from "./status.js";
import { type TimelineStep, timelineOf, timelineTime } from "./timeline.js";
import {
  comparesEnvironments,
  distinctWord,
  explanations,
  flagAgrees,
  flagKeys,
  flagWord,
  flatWords,
  headline,
  moment,
  phaseTones,
  plain,
  soakProgress,
  stateWords,
  type Tone,
} from "./words.js";

export interface TerminalOptions {
  /** Without it the text carries no escape sequence. */
  readonly color: boolean;
  /** Places outside the catalog, a line each: only for the terminal of an operator. */
  readonly foreign?: readonly string[];
}

/** The report for a terminal of 80 columns or more, ending in a newline. */
export function renderTerminal(report: StatusReport, { color, foreign = [] }: TerminalOptions): string {
  const paint = painter(color);
  const { tone, text } = headline(report);
  const blocks = [
    [paint.bold(paint.tone(tone, plain(text))), ...source(report).map(paint.dim)].join("\n"),
    environments(report, paint),
    timelineOf(report)
      .map((step) => timelineText(step, paint))
      .join("\n"),
    matrix(report, paint),
    list(
      "Why",
      explanations(report).map(({ name, environment, why }) => `${name} on ${environment}: ${why}`),
      paint,
    ),
    list(
      "Drift",
      report.drift.map((one) => `${one.environment} ${one.subject}: expected ${one.expected}, found ${one.found}`),
      paint,
    ),
    list(
      "Overrides",
      report.overrides.map((one) => `${one.name} on ${one.environment} (${one.rule}): ${one.reason}`),
      paint,
    ),
    list("Outside the catalog (shown in a terminal only)", foreign, paint),
    list("Warnings", report.warnings, paint),
    next(report, paint),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function source({ target, observedAt }: StatusReport): string[] {
  const { vault, project, slug, root, heroku, account } = target;
  return [
    `${vault}  project ${project}  slug ${slug}  ${root}`,
    `${account === "" ? "No Heroku" : `Heroku ${heroku} as ${account}`}  read ${moment(observedAt)}`,
  ].map(plain);
}

function environments({ environments, observedAt }: StatusReport, paint: Painter): string {
  const table = new Table({
    head: ["", "phase", "wanted", "recorded", "running", "soak"].map(paint.dim),
    chars: quietBorders,
    style: { head: [], border: [] },
  });
  for (const one of environments) {
    const odd = (text: string) => (flagAgrees(one) ? text : paint.tone("bad", text));
    table.push([
      paint.bold(plain(one.name)),
      paint.tone(phaseTones[one.phase], one.phase),
      ...flagKeys.map((key) => odd(flagWord(one, key))),
      soakProgress(one, observedAt)?.text ?? paint.dim("–"),
    ]);
  }
  const blocked = environments.flatMap(({ name, blocked }) =>
    blocked.map((reason) => `  ${paint.tone("bad", "blocked")} ${plain(`${name}: ${reason}`)}`),
  );
  return [table.toString(), ...blocked].join("\n");
}

function timelineText({ step, state, detail, at }: TimelineStep, paint: Painter): string {
  const sign = { done: paint.tone("good", "✓"), current: paint.tone("info", "▸"), ahead: paint.dim("·") }[state];
  const label = step.padEnd(10);
  const rest = plain([detail.padEnd(20), timelineTime({ state, at })].join(" ")).trimEnd();
  return `  ${sign} ${state === "current" ? paint.bold(label) : state === "ahead" ? paint.dim(label) : label} ${paint.dim(rest)}`;
}

function matrix(report: StatusReport, paint: Painter): string {
  const { environments, credentials, shared } = report;
  const compares = comparesEnvironments(report);
  const table = new Table({
    head: ["credential", "flat", ...environments.map(({ name }) => plain(name)), ...(compares ? ["distinct"] : [])].map(
      paint.dim,
    ),
    chars: quietBorders,
    style: { head: [], border: [] },
  });
  for (const { name, flat, environments: there, distinct } of credentials)
    table.push([
      plain(name),
      flatWords[flat.state],
      ...there.map((cell) => cellText(cell, paint)),
      ...(compares ? [distinct === "equal" ? paint.tone("bad", distinctWord(distinct)) : distinctWord(distinct)] : []),
    ]);
  const present = shared.filter(({ flat }) => flat.state === "present").length;
  const others = (["absent", "unreadable"] as const).flatMap((state) => {
    const names = shared.filter(({ flat }) => flat.state === state).map(({ name }) => plain(name));
    return names.length > 0 ? [`  ${flatWords[state]}: ${names.join(", ")}`] : [];
  });
  const note = shared.length === 0 ? [] : [paint.dim(`shared by all: ${present} of ${shared.length} at the flat path`)];
  const legend = `= same value as the flat path, ≠ another one${compares ? "; distinct: the environments among each other" : ""}`;
  return [table.toString(), ...note, ...others, paint.dim(legend)].join("\n");
}

function cellText({ state, flat }: Cell, paint: Painter): string {
  const { sign, word, tone } = stateWords[state];
  const compared = { equal: " =", different: " ≠", unknown: " ?" };
  return paint.tone(tone, `${sign} ${word}`) + (flat === null ? "" : paint.dim(compared[flat]));
}

function list(title: string, lines: readonly string[], paint: Painter): string {
  return lines.length === 0 ? "" : [paint.bold(title), ...lines.map((line) => `  ${plain(line)}`)].join("\n");
}

function next({ next }: StatusReport, paint: Painter): string {
  if (next.length === 0) return paint.bold("Next: nothing to do");
  const lines = next.flatMap(({ command, why }) => [
    `  ${paint.tone("info", plain(command))}`,
    `    ${paint.dim(plain(why))}`,
  ]);
  return [paint.bold("Next"), ...lines].join("\n");
}

interface Painter {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly tone: (tone: Tone, text: string) => string;
}

function painter(color: boolean): Painter {
  const { bold, dim, green, cyan, yellow, red } = pico.createColors(color);
  const tones = { good: green, info: cyan, wait: yellow, bad: red, quiet: dim };
  return { bold, dim, tone: (tone, text) => tones[tone](text) };
}
