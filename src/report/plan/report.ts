// From what an engine's preview told, or an offline plan, to what a pull request's readers see: names and paths of the catalog,
// actions and reasons.
import { type Catalog, flagVariable } from "../../catalog/index.js";
import type { StackConfig } from "../../config/index.js";
import type { EngineEvent } from "../../engine/index.js";
import {
  appsOfFlag,
  type Finding,
  gatedBy,
  keptState,
  kindOf,
  type MigrationRecord,
  nextSteps,
  predecessor,
  type ResourceKind,
  retirementVerdict,
  type ShownOf,
  soakTimes,
  successor,
  type Target,
} from "../../migration/index.js";
import type { PlanReport } from "../comment.js";
import { inputsOf, kindWords, leftBefore, type PlanContext, type PlanStep, planContext, planStep } from "./steps.js";

/** A step in the report's form; the subject of a folder or a set is its path. */
export function reportStep({ op, kind, subject, urn, details }: PlanStep): PlanReport["steps"][number] {
  const name = urn.split("::").slice(3).join("::");
  return {
    op,
    type: kind,
    name,
    path: subject === name ? null : subject,
    details: details.map((one) => `${one.name}: ${one.text}`),
  };
}

type Metadata = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

/** One step per resource of the declaration, those that stay the same among them. */
function stepsOf(events: readonly EngineEvent[], context: PlanContext): PlanReport["steps"] {
  return events.flatMap((event) => {
    const step = planStep(event, context);
    if (step) return step.op.startsWith("create-") || step.op.startsWith("delete-") ? [] : [reportStep(step)];
    const metadata = event.resourcePreEvent?.metadata;
    const kind = metadata?.op === "same" ? kindOf(metadata.type) : undefined;
    if (!metadata || !kind) return [];
    const name = metadata.urn.split("::").slice(3).join("::");
    return [{ op: "same", type: kindWords[kind], name, path: null, details: [] }];
  });
}

/** What is planned: what a refresh reads beforehand comes with the same resources. */
function planned(events: readonly EngineEvent[]): Metadata[] {
  return events
    .map((event) => event.resourcePreEvent?.metadata)
    .filter((one): one is Metadata => one !== undefined && one.op !== "refresh" && one.op !== "read");
}

const metadataOf = (events: readonly EngineEvent[], kind: ResourceKind): Metadata | undefined =>
  planned(events).find(({ type }) => kindOf(type) === kind);

/** What a step's resource will be told, or was where it goes. */
const told = <Kind extends ResourceKind>(kind: Kind, metadata: Metadata | undefined): ShownOf<Kind> | undefined =>
  metadata && inputsOf(kind, metadata, metadata.new ? "new" : "old");

export interface Previewed {
  readonly catalog: Catalog;
  readonly config: StackConfig;
  readonly target: Target;
  /** Version of Infisical's API, where a request was answered. */
  readonly api?: string | undefined;
  readonly events: readonly EngineEvent[];
  /** What the program warned of. */
  readonly warnings: readonly Finding[];
}

const headerOf = ({ target, api }: Pick<Previewed, "target" | "api">): PlanReport["header"] => ({
  vault: target.vault,
  project: target.project,
  ...(api === undefined ? {} : { api }),
  account: target.account,
});

/** The report of a preview that an engine made. */
export function planReport({ catalog, config, target, api, events, warnings }: Previewed): PlanReport {
  const metadata = metadataOf(events, "migration");
  const seen = told("migration", metadata)?.flag;
  const running = seen?.running ?? false;
  const flat = told("retirement", metadataOf(events, "retirement"));
  const stay = flat?.wanted ? retirementVerdict(flat) : undefined;
  const refused = [...(seen?.refused ?? []), ...(stay ? [stay] : [])];
  const context = planContext(events);
  const from = seen && keptState(seen) === "partly" ? "partly" : running;
  const waits =
    seen && appsOfFlag(seen).some((one) => one.running !== (seen.transition === "on") && !context.turning.has(one.app));
  const to = seen && context.turning.size > 0 ? (waits ? "partly" : seen.transition === "on") : from;
  const variable = flagVariable(catalog);
  const asked = gatedBy(catalog, config, running) !== undefined;
  const record = metadata && leftBefore("migration", metadata)?.migration;
  const steps = stepsOf(events, context);
  return {
    stack: config.environment,
    header: headerOf({ target, api }),
    steps,
    flag: seen?.app ? { variable, app: seen.app, from, to } : null,
    soak: seen ? soakOf(config, seen, record) : null,
    gate: asked || refused.length > 0 ? { open: refused.length === 0, reasons: refused } : null,
    // The program warns of a refused flag too.
    warnings: warnings.filter(({ code }) => code !== "flag-stays"),
    unchecked: uncheckedOf(events),
    next:
      steps.some(({ op }) => op !== "same") || !record
        ? [
            {
              command: `console-vault up --stack ${config.environment}`,
              why: refused.length > 0 ? "does what is not refused" : "does it",
            },
          ]
        : recordedNext(catalog, config.environment, record),
  };
}

/** With nothing to update, what comes next is what the last update said. */
export function recordedNext(catalog: Catalog, environment: string, record: MigrationRecord): PlanReport["next"] {
  const neighbours = { before: predecessor(catalog, environment), after: successor(catalog, environment) };
  return nextSteps(environment, record, neighbours).map(({ command, setting }) => ({
    command,
    why: `${setting ? `once you have set ${setting}; ` : ""}${environment} as last recorded: ${record.phase}`,
  }));
}

function soakOf(
  { soakHours: hours }: StackConfig,
  flag: MigrationRecord["flag"],
  record: MigrationRecord | undefined,
): PlanReport["soak"] {
  return flag.running ? soakTimes(record?.confirmedSince, flag.since, hours) : null;
}

/** Names whose value is, or is to be, where no other environment's could be seen. */
function uncheckedOf(events: readonly EngineEvent[]): PlanReport["unchecked"] {
  return planned(events)
    .filter(({ type }) => kindOf(type) === "secretSet")
    .flatMap((metadata) => Object.entries(told("secretSet", metadata)?.observed ?? {}))
    .filter(([, { target, verdict }]) => verdict[target === null ? "flat" : "target"].includes("unchecked"))
    .map(([what]) => ({ what, why: "no other environment's value was to be seen, so distinct is not checked" }));
}

/** Why there is no plan: the engine, the program or a rule said no. */
export function refusedReport(
  { config, target, api }: Pick<Previewed, "config" | "target" | "api">,
  why: Error,
): PlanReport {
  const { environment } = config;
  return {
    stack: environment,
    header: headerOf({ target, api }),
    steps: [{ op: "refuse", type: "preview", name: environment, path: null, details: why.message.split("\n") }],
    flag: null,
    soak: null,
    gate: null,
    warnings: [],
    unchecked: [],
    next: [{ command: `console-vault preview --stack ${environment}`, why: "once that is mended" }],
  };
}
