import { code, row, tableHead, text } from "./markdownText.js";
import type { Cell, StatusReport } from "./status.js";
import { timelineOf, timelineTime } from "./timeline.js";
import {
  comparesEnvironments,
  distinctWord,
  explanations,
  flagKeys,
  flagWord,
  flatWords,
  headline,
  moment,
  soakProgress,
  stateWords,
  versusFlat,
} from "./words.js";

/** The report as GitHub-flavored Markdown, ending in a newline. */
export function renderMarkdown(report: StatusReport): string {
  const sections = [
    [`# ${text(headline(report).text)}`],
    source(report),
    section("Next", next(report)),
    section("Not as last recorded", drift(report)),
    section("Environments", environments(report)),
    section("Timeline", timeline(report)),
    section("Credentials", matrix(report)),
    section(
      "Warnings",
      report.warnings.map((line) => `- ${text(line)}`),
    ),
    section("Overrides", overrides(report)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, "", ...lines];
}

function source({ target, observedAt }: StatusReport): string[] {
  const { vault, project, slug, root, heroku, account } = target;
  return [
    `Vault ${code(vault)}, project ${code(project)}, environment ${code(slug)}, ${code(root)}; ${account === "" ? "no Heroku" : `Heroku ${code(heroku)} as ${code(account)}`}; read ${moment(observedAt)}.`,
  ];
}

function next({ next }: StatusReport): string[] {
  if (next.length === 0) return ["Nothing to do."];
  return next.map(({ command, why }, index) => `${index + 1}. ${code(command)}: ${text(why)}`);
}

const drift = ({ drift }: StatusReport) =>
  drift.map(
    (one) =>
      `- ${text(one.environment)}: ${code(one.subject)}: expected ${text(one.expected)}, found **${text(one.found)}**`,
  );

function environments({ environments, observedAt }: StatusReport): string[] {
  const rows = environments.map((one) =>
    row([
      text(one.name),
      one.phase,
      ...flagKeys.map((key) => flagWord(one, key)),
      soakProgress(one, observedAt)?.text ?? "",
    ]),
  );
  const blocked = environments.flatMap(({ name, blocked }) =>
    blocked.map((reason) => `- **${text(name)} is blocked**: ${text(reason)}`),
  );
  const head = tableHead(["environment", "phase", "flag wanted", "recorded", "running", "soak"]);
  return [...head, ...rows, ...(blocked.length > 0 ? ["", ...blocked] : [])];
}

function timeline(report: StatusReport): string[] {
  return timelineOf(report).map((one) => {
    const label = one.state === "current" ? `**${one.step}**` : one.step;
    const detail = [text(one.detail), timelineTime(one)].filter((part) => part !== "").join(", ");
    return `- [${one.state === "done" ? "x" : " "}] ${label}: ${detail}`;
  });
}

function matrix(report: StatusReport): string[] {
  const { environments, credentials, shared } = report;
  const compares = comparesEnvironments(report);
  const rows = credentials.map(({ name, flat, environments: there, distinct }) =>
    row([
      code(name),
      flatWords[flat.state],
      ...there.map(cell),
      ...(compares ? [distinct === "equal" ? "**same value**" : distinctWord(distinct)] : []),
    ]),
  );
  const present = shared.filter(({ flat }) => flat.state === "present").length;
  const absent = shared.filter(({ flat }) => flat.state !== "present");
  const after = [
    ...explanations(report).map(
      ({ name, environment, why }) => `- ${code(name)} on ${text(environment)}: ${text(why)}`,
    ),
    ...(shared.length > 0 ? [`- shared by every environment: ${present} of ${shared.length} at the flat path`] : []),
    ...absent.map(({ name, flat }) => `- ${code(name)}: ${flatWords[flat.state]}`),
  ];
  const names = environments.map(({ name }) => text(name));
  const head = tableHead(["credential", "flat", ...names, ...(compares ? ["distinct"] : [])]);
  return [...head, ...rows, ...(after.length > 0 ? ["", ...after] : [])];
}

function cell({ state, flat }: Cell): string {
  const { sign, word } = stateWords[state];
  return [`${sign} ${word}`, ...(flat === null ? [] : [versusFlat[flat]])].join("<br>");
}

const overrides = ({ overrides }: StatusReport) =>
  overrides.map(
    (one) => `- ${code(one.name)} on ${text(one.environment)}, rule ${text(one.rule)}: ${text(one.reason)}`,
  );
