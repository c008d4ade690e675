// `preview --offline`: reads the project's files and, where it lies open, the stack's state. Runs nothing and asks nobody.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { environmentOf, usesHeroku } from "../../catalog/index.js";
import { configError, parseStackConfig, rawStackConfig, type StackConfig, servicesOf } from "../../config/index.js";
import { findingJson, predecessor, sentence, targetOf } from "../../migration/index.js";
import { type PlanReport, renderComment, sideWord } from "../../report/index.js";
import { type OfflinePlan, planOffline, reportStep } from "../../report/plan/index.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io } from "../io.js";
import { lastUpdate } from "../lastUpdate.js";
import { openProject, type Project } from "../project.js";
import { countWords, stepLines } from "../show.js";

export interface OfflineOptions {
  readonly stack: string;
  readonly cwd?: string | undefined;
  readonly json?: boolean;
  readonly markdown?: string;
  readonly expectNoChanges?: boolean;
}

/** A plan for people who cannot see the log of the run: written where `--markdown` says. */
export function writeComment(io: Io, file: string | undefined, report: PlanReport): void {
  if (file !== undefined) writeFileSync(resolve(io.cwd, file), renderComment(report));
}

/** Every problem of the config is told at once, in the comment too. */
function configOf(io: Io, { dir, catalog }: Project, { stack, markdown }: OfflineOptions): StackConfig {
  const file = `Pulumi.${stack}.yaml`;
  const parsed = parseStackConfig(rawStackConfig(dir, stack), stack, catalog);
  if (parsed.ok) return parsed.config;
  const nothing = { flag: null, soak: null, gate: null, warnings: [], unchecked: [] };
  writeComment(io, markdown, {
    ...nothing,
    stack,
    header: { vault: "not known", project: "not known", account: null },
    steps: [{ op: "correct", type: "config", name: file, path: null, details: parsed.problems }],
    next: [{ command: `console-vault preview --offline --stack ${stack}`, why: `once ${file} is corrected` }],
  });
  throw configError(file, parsed.problems);
}

function projectName(projectDir: string): string {
  const name: unknown = parseDocument(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8")).get("name");
  return String(name ?? "");
}

export async function previewOffline(io: Io, options: OfflineOptions): Promise<void> {
  const { stack } = options;
  const project = await openProject(io, options.cwd);
  const { dir: projectDir, catalog } = project;
  environmentOf(catalog, stack);
  const config = configOf(io, project, options);
  const services = servicesOf(config, io.env, usesHeroku(catalog));
  const from = predecessor(catalog, stack);
  const last = await lastUpdate(io, projectDir, stack);
  const { account: _, ...target } = targetOf(config, services, "");
  const plan = planOffline({
    catalog,
    project: projectName(projectDir),
    config,
    target,
    last,
    before: from === undefined ? undefined : await lastUpdate(io, projectDir, from),
  });
  const header = { vault: target.vault, project: target.project, account: null };
  writeComment(io, options.markdown, { ...plan, stack, header, steps: plan.steps.map(reportStep) });

  const changes: Record<string, number> = {};
  for (const { op } of plan.steps) changes[op] = (changes[op] ?? 0) + 1;
  if (options.json) io.out(JSON.stringify({ offline: true, changes, ...plan, ...inJson(plan) }, null, 2));
  else show(io, plan, changes, target);
  if (!options.expectNoChanges) return;
  if (last.is === "unknown")
    throw new Ended(exitCodes.failed, `Whether there are changes is not known: ${last.why}. Without --offline it is.`);
  const pending = plan.steps.filter(({ op }) => op !== "same").length;
  if (pending > 0)
    throw new Ended(exitCodes.pending, `${pending} changes are pending on ${stack}: console-vault up --stack ${stack}`);
}

/** Sentences where JSON has always had them, and the same as data. */
function inJson({ gate }: OfflinePlan) {
  if (!gate) return { gate };
  const { open, reasons } = gate;
  return { gate: { open, reasons: reasons.map(sentence), warnings: [], findings: reasons.map(findingJson) } };
}

function show(
  io: Io,
  plan: OfflinePlan,
  changes: Record<string, number>,
  target: { vault: string; project: string },
): void {
  const c = colorsOf(io);
  io.err(c.dim(`vault   ${target.vault}  project ${target.project}`));
  io.out(`${c.bold("\nPlan")}  ${c.dim("offline: from the catalog, the config and what the last update left")}`);
  for (const step of plan.steps.filter(({ op }) => op !== "same")) io.out(stepLines(step, c).join("\n"));
  const declared = changes.declare ? `${changes.declare} declared` : countWords(changes, false);
  io.out(c.dim(`  ${declared}`));
  const { flag, soak, gate } = plan;
  if (flag)
    io.out(
      `\n${c.bold("flag")}    ${flag.variable}: last recorded ${sideWord(flag.from)}, wanted ${sideWord(flag.to)} on ${flag.app}`,
    );
  if (soak)
    io.out(
      `${c.bold("soak")}    ${soak.since ? `since ${soak.since}, ${soak.hours} h until ${soak.readyAt}` : "does not run"}, as last recorded`,
    );
  if (gate) io.out(`${c.bold("gate")}    could not be asked: ${gate.reasons.map(sentence).join("; ")}`);
  for (const { what, why } of plan.unchecked) io.out(c.yellow(`  ! not checked: ${what}: ${why}`));
  if (plan.next.length > 0) io.out(`\n${c.bold("next")}\n${plan.next.map(({ command }) => `  ${command}`).join("\n")}`);
}
