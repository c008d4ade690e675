import { html, Markup } from "./html.js";
import type { Cell, CredentialStatus, EnvironmentStatus, StatusReport } from "./status.js";
import { styleSheet } from "./theme.js";
import { type TimelineStep, timelineOf, timelineTime } from "./timeline.js";
import {
  comparesEnvironments,
  distinctWord,
  flagAgrees,
  flagKeys,
  flagWord,
  flatWords,
  headline,
  moment,
  phaseTones,
  soakProgress,
  stateWords,
  versusFlat,
} from "./words.js";

/**
 * The report as one page that needs nothing besides itself: no script, no font, no picture, and a policy that lets none in.
 * Every text is escaped.
 */
export function renderHtml(report: StatusReport): string {
  const { tone, text } = headline(report);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${text} – console-vault</title>
<style>${new Markup(styleSheet)}</style>
</head>
<body>
<header class="tone-${tone}">
<p class="eyebrow"><b>console-vault</b><span>${report.target.root}</span>${time(report.observedAt)}</p>
<h1>${unbroken(text)}</h1>
<div class="bar"></div>
</header>
<main>
${next(report)}
${drift(report)}
${environments(report)}
${timeline(timelineOf(report))}
${matrix(report)}
${notes(report)}
</main>
${footer(report)}
</body>
</html>
`;
  return page.toString();
}

/** `31 h 20 min` keeps a number and its unit on one line. */
const unbroken = (text: string) => text.replace(/(\d) (h|min)\b/g, "$1\u00a0$2");

const time = (iso: string) => html`<time datetime="${iso}">${moment(iso)}</time>`;

function section(id: string, title: string, body: Markup): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>`;
}

function next({ next }: StatusReport): Markup {
  const items = next.map(({ command, why }) => html`<li><code>${command}</code><p class="muted small">${why}</p></li>`);
  return section(
    "next",
    "What is next",
    html`<div class="card">${items.length > 0 ? html`<ol class="next">${items}</ol>` : html`<p>Nothing to do.</p>`}</div>`,
  );
}

function drift({ drift }: StatusReport): Markup | undefined {
  if (drift.length === 0) return undefined;
  const items = drift.map(
    ({ environment, subject, expected, found }) =>
      html`<li><code>${subject}</code><br><span class="small"><span class="muted">${environment}: expected</span> ${expected}<span class="muted">, found</span> <b>${found}</b></span></li>`,
  );
  return section("drift", "Not as last recorded", html`<div class="card alert"><ul class="list">${items}</ul></div>`);
}

function environments({ environments, observedAt }: StatusReport): Markup {
  const cards = environments.map((one, index) => environment(one, `environment-${index + 1}`, observedAt));
  return section("environments", "Environments", html`<div class="environments">${cards}</div>`);
}

function environment(one: EnvironmentStatus, id: string, observedAt: string): Markup {
  const { name, phase, blocked, flag } = one;
  const said = flagKeys.map((key) => html`<div><dt>${key}</dt><dd>${flagWord(one, key)}</dd></div>`);
  return html`<article class="card" aria-labelledby="${id}">
<div class="top"><h3 id="${id}">${name}</h3><span class="chip tone-${phaseTones[phase]}">${phase}</span></div>
<p class="small muted">${flag.app === "" ? "No flag" : html`Flag on ${flag.app}`}${flag.since === null ? null : html`, since ${time(flag.since)}`}</p>
${flag.app === "" ? null : html`<dl class="${flagAgrees(one) ? "" : "odd"}">${said}</dl>`}
${soak(one, observedAt)}
${blocked.length === 0 ? null : html`<ul class="blocked">${blocked.map((reason) => html`<li>${reason}</li>`)}</ul>`}
</article>`;
}

function soak(one: EnvironmentStatus, observedAt: string): Markup | undefined {
  const progress = soakProgress(one, observedAt);
  if (!progress) return undefined;
  const percent = Math.floor(progress.share * 100);
  return html`<div class="soak">
<div class="track" role="progressbar" aria-label="Soak of ${one.name}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${percent}" aria-valuetext="${progress.text}"><i style="width:${percent}%"></i></div>
<p class="small muted">Soak: ${progress.text}${progress.share < 1 && one.soak.readyAt !== null ? html`, until ${time(one.soak.readyAt)}` : null}</p>
</div>`;
}

function timeline(steps: readonly TimelineStep[]): Markup {
  const signs = { done: "✓", current: "•", ahead: "" };
  const items = steps.map(
    (one) =>
      html`<li class="${one.state}"${one.state === "current" ? new Markup(' aria-current="step"') : null}><span class="dot" aria-hidden="true">${signs[one.state]}</span><h3>${one.step}</h3><p>${one.detail}${one.at === null ? null : html`<br>${timelineTime(one)}`}</p></li>`,
  );
  return section("timeline", "Timeline", html`<div class="card"><ol class="timeline">${items}</ol></div>`);
}

/** Explicit roles: a browser forgets that a table is one when its rows are laid out as a grid, as they are on a phone. */
function matrix(report: StatusReport): Markup {
  const { environments, credentials } = report;
  const compares = comparesEnvironments(report);
  const names = environments.map(({ name }) => name);
  const heads = ["Credential", "Flat path", ...names, ...(compares ? ["Distinct"] : [])].map(
    (head) => html`<th role="columnheader" scope="col">${head}</th>`,
  );
  return section(
    "credentials",
    "Credentials",
    html`<div class="card"><table role="table" aria-labelledby="credentials">
<thead role="rowgroup"><tr role="row">${heads}</tr></thead>
<tbody role="rowgroup">${credentials.map((one) => row(one, compares))}</tbody>
</table>${shared(report)}</div>`,
  );
}

function row({ name, vendor, flat, environments, distinct }: CredentialStatus, compares: boolean): Markup {
  const word = html`${label("Distinct")}<span class="${distinct === "equal" ? "chip tone-bad" : "muted"}">${distinctWord(distinct)}</span>`;
  return html`<tr role="row"><th role="rowheader" scope="row"><code>${name}</code><span class="vendor">${vendor}</span></th>
<td role="cell">${label("Flat path")}<span class="${flat.state === "present" ? "" : "muted"}">${flatWords[flat.state]}</span></td>
${environments.map(cell)}
${compares ? html`<td role="cell">${distinct === null ? null : word}</td>` : null}</tr>`;
}

function cell({ environment, state, flat, why }: Cell): Markup {
  const { sign, word, tone } = stateWords[state];
  return html`<td role="cell" class="place tone-${tone}">${label(environment)}<span class="chip"><span aria-hidden="true">${sign}</span>${word}</span>${
    flat === null ? null : html`<span class="note">${versusFlat[flat]}</span>`
  }${why === null ? null : html`<span class="why">${why}</span>`}</td>`;
}

/** Says on a phone what the column's head says elsewhere; assistive technology reads the head. */
const label = (text: string) => html`<span class="label" aria-hidden="true">${text}</span>`;

function shared({ shared }: StatusReport): Markup | undefined {
  if (shared.length === 0) return undefined;
  const present = shared.filter(({ flat }) => flat.state === "present").length;
  const items = shared.map(
    ({ name, flat }) =>
      html`<li><code>${name}</code>${flat.state === "present" ? null : ` ${flatWords[flat.state]}`}</li>`,
  );
  return html`<details><summary>Shared by every environment: ${present} of ${shared.length} at the flat path</summary><ul class="names">${items}</ul></details>`;
}

function notes({ overrides, warnings }: StatusReport): Markup[] {
  const list = (items: readonly Markup[]) => html`<div class="card"><ul class="list">${items}</ul></div>`;
  const excused = overrides.map(
    ({ environment, name, rule, reason }) =>
      html`<li><code>${name}</code> <span class="muted small">on ${environment}, rule ${rule}</span><br>${reason}</li>`,
  );
  return [
    ...(warnings.length === 0
      ? []
      : [section("warnings", "Warnings", list(warnings.map((line) => html`<li>${line}</li>`)))]),
    ...(excused.length === 0 ? [] : [section("overrides", "Overrides", list(excused))]),
  ];
}

function footer({ target }: StatusReport): Markup {
  const { vault, project, slug, heroku, account } = target;
  const facts = Object.entries({
    Vault: vault,
    Project: project,
    "Infisical environment": slug,
    ...(account === "" ? { Heroku: "none" } : { Heroku: heroku, Account: account }),
  });
  return html`<footer aria-label="Where this was read"><dl>${facts.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl></footer>`;
}
