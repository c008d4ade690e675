import { type Finding, sentence, verdictHead } from "../migration/index.js";
import { clip, code, row, tableHead, text } from "./markdownText.js";
import { moment, onOff } from "./words.js";

/** `partly`: on on some of its apps only. */
export type FlagSide = boolean | "partly";

/** What a preview of one stack found, as a pull request's readers need it. Names, paths and reasons; never a value. */
export interface PlanReport {
  readonly stack: string;
  readonly header: {
    readonly vault: string;
    readonly project: string;
    /** Version of Infisical's API; left out where it was not asked. */
    readonly api?: string | undefined;
    /** E-mail; null where Heroku was not asked, empty where the company has no app there. */
    readonly account: string | null;
  };
  /** In the engine's order. `op` is the engine's word: `create`, `update`, `replace`, `delete`, `same`, … */
  readonly steps: readonly ReportStep[];
  /** null where the stack's flag is not part of the plan. */
  readonly flag: {
    readonly variable: string;
    readonly app: string;
    /** As its apps have it now; null when it could not be read. */
    readonly from: FlagSide | null;
    readonly to: FlagSide;
  } | null;
  /** ISO times; null where no soak is asked for or runs. */
  readonly soak: { readonly hours: number; readonly since: string | null; readonly readyAt: string | null } | null;
  /** null for a stack without a gate, or one that nothing asks now. `open` is null when it could not be asked. */
  readonly gate: { readonly open: boolean | null; readonly reasons: readonly Finding[] } | null;
  readonly warnings: readonly Finding[];
  readonly unchecked: readonly { readonly what: string; readonly why: string }[];
  readonly next: readonly { readonly command: string; readonly why: string }[];
}

export interface ReportStep {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  readonly path: string | null;
  readonly details: readonly string[];
}

/** GitHub refuses a longer comment ("body is too long (maximum is 65536 characters)"). */
export const commentLimit = 65_536;

/** One name, path or reason; longer ones are cut before they are escaped. */
const partLimit = 400;

/** Details of one step. */
const detailLimit = 8;

interface Section {
  readonly head: readonly string[];
  readonly rows: readonly string[];
  /** Markdown, said when rows did not fit. */
  readonly cut: (count: number) => string;
}

/**
 * The comment for a pull request, as GitHub-flavored Markdown. Its first line is a marker by which a workflow finds the
 * comment of this stack again. Never longer than `commentLimit` characters: what did not fit is counted, and the plan's
 * table is what gives way.
 */
export function renderComment(plan: PlanReport): string {
  const [verdict, open, commands, table] = [verdicts(plan), unchecked(plan), next(plan), steps(plan)];
  const warned = warnings(plan);
  const head = opening(plan);
  const kept = fill([verdict, commands, warned, open, table], commentLimit - head.length - "\n".length);
  const bodies = [table, verdict, warned, open, commands].map((section) => kept.get(section)!);
  return `${[head, ...bodies].filter((body) => body !== "").join("\n\n")}\n`;
}

/** Gives each section as many of its rows as there is room for, the first one first. */
function fill(sections: readonly Section[], limit: number): Map<Section, string> {
  const kept = new Map(sections.map((section) => [section, bodyOf(section, 0)]));
  for (const section of sections) {
    const others = [...kept].filter(([one]) => one !== section).map(([, body]) => body);
    const room = limit - others.join("").length - sections.length * "\n\n".length;
    kept.set(section, bodyOf(section, rowsFor(section, room)));
  }
  return kept;
}

function bodyOf({ head, rows, cut }: Section, count: number): string {
  const note = count < rows.length ? ["", cut(rows.length - count)] : [];
  return [...head, ...rows.slice(0, count), ...note].join("\n");
}

/** All, or the most that leave room for saying how many were cut. */
function rowsFor(section: Section, room: number): number {
  const fits = (count: number) => bodyOf(section, count).length <= room;
  if (fits(section.rows.length)) return section.rows.length;
  let [enough, tooMany] = [0, section.rows.length];
  while (tooMany - enough > 1) {
    const middle = (enough + tooMany) >> 1;
    if (fits(middle)) enough = middle;
    else tooMany = middle;
  }
  return enough;
}

const said = (value: string) => text(clip(value, partLimit));
const typed = (value: string) => code(clip(value, partLimit));

function opening({ stack, header }: PlanReport): string {
  const account = header.account === null ? "not asked" : header.account === "" ? "none" : typed(header.account);
  return [
    `<!-- console-vault: ${clip(stack, partLimit).replace(/[^\w.-]/g, "_")} -->`,
    `### console-vault preview of ${typed(stack)}`,
    "",
    `Vault ${typed(header.vault)}${header.api === undefined ? "" : ` (API ${typed(header.api)})`}, project ${typed(header.project)}, Heroku account ${account}`,
  ].join("\n");
}

const signs: Readonly<Record<string, string>> = { create: "\\+", update: "\\~", replace: "±", delete: "−" };

function steps(plan: PlanReport): Section {
  const changes = plan.steps.filter(({ op }) => op !== "same");
  const unchanged = plan.steps.length - changes.length;
  const ops = [...new Set(changes.map(({ op }) => op))];
  const counts = ops.map((op) => `${changes.filter((step) => step.op === op).length} to ${said(op)}`);
  const summary = [...counts, ...(unchanged > 0 ? [`${unchanged} unchanged`] : [])].join(", ");
  if (changes.length === 0)
    return { head: ["#### Plan", "", `No changes${summary === "" ? "" : ` (${summary})`}.`], rows: [], cut: () => "" };
  return {
    head: ["#### Plan", "", `${summary}.`, "", ...tableHead(["action", "name", "path"])],
    rows: changes.map(({ op, type, name, path, details }) =>
      row([
        [signs[op], said(op)].filter((part) => part !== undefined).join(" "),
        `${typed(name)}<br>${said(type)}`,
        [...(path === null ? [] : [typed(path)]), ...detailLines(details)].join("<br>"),
      ]),
    ),
    cut: (count) =>
      `_${count} more of ${changes.length} steps were cut: a comment holds ${commentLimit} characters._ ${typed(`console-vault preview --stack ${plan.stack}`)} shows all.`,
  };
}

function detailLines(details: readonly string[]): string[] {
  const lines = details.slice(0, detailLimit).map(said);
  return details.length > detailLimit ? [...lines, `… ${details.length - detailLimit} more`] : lines;
}

/** A flag before or after, in words. */
export const sideWord = (side: FlagSide | null) => (side === "partly" ? "partly on" : onOff(side));

function verdicts({ flag, soak, gate }: PlanReport): Section {
  const rows: string[] = [];
  if (flag) {
    const change =
      flag.from === flag.to ? `stays ${sideWord(flag.to)}` : `${sideWord(flag.from)} → **${sideWord(flag.to)}**`;
    rows.push(`- Flag ${typed(flag.variable)} on ${typed(flag.app)}: ${change}`);
  }
  if (soak) {
    const { hours, since, readyAt } = soak;
    const over = readyAt === null ? "" : `, until ${moment(readyAt)}`;
    rows.push(`- Soak of ${hours} h: ${since === null ? "does not run" : `since ${moment(since)}${over}`}`);
  }
  if (gate) {
    rows.push(`- Gate: ${gate.open === null ? "**could not be asked**" : gate.open ? "open" : "**closed**"}`);
    rows.push(...gate.reasons.flatMap((one) => bullets(one, "  ")));
  }
  return {
    head: rows.length === 0 ? [] : ["#### Flag and gate", ""],
    rows,
    cut: (count) => `_${count} more lines on flag and gate were cut._`,
  };
}

/** A finding for the readers of a pull request: a verdict with its reasons below it. */
function bullets(finding: Finding, indent = ""): string[] {
  const head = verdictHead(finding);
  if (head === undefined) return [`${indent}- ${said(sentence(finding))}`];
  const { because } = finding as Extract<Finding, { because: unknown }>;
  return [`${indent}- ${said(head)}`, ...because.flatMap((one) => bullets(one, `${indent}  `))];
}

function warnings({ warnings }: PlanReport): Section {
  return {
    head: warnings.length === 0 ? [] : ["#### Warnings", ""],
    rows: warnings.flatMap((one) => bullets(one)),
    cut: (count) => `_${count} more warnings were cut._`,
  };
}

function unchecked({ unchecked }: PlanReport): Section {
  return {
    head: unchecked.length === 0 ? [] : ["#### Could not be checked", ""],
    rows: unchecked.map(({ what, why }) => `- ${said(what)}: ${said(why)}`),
    cut: (count) => `_${count} more that could not be checked were cut._`,
  };
}

function next({ next }: PlanReport): Section {
  return {
    head: next.length === 0 ? [] : ["#### Next", ""],
    rows: next.map(({ command, why }, index) => `${index + 1}. ${typed(command)}: ${said(why)}`),
    cut: (count) => `_${count} more commands were cut._`,
  };
}
