// What a stack declares and what its last update left, compared with neither network nor token. Pure.
import { type Catalog, environmentOf, flagApps } from "../../catalog/index.js";
import type { StackConfig } from "../../config/index.js";
import {
  appsOfFlag,
  type Finding,
  flagOf,
  gatedBy,
  keptState,
  type LastUpdate,
  type MigrationRecord,
  neverUpdated,
  planStack,
  recordOf,
  type StackPlan,
  soakTimes,
  type Target,
} from "../../migration/index.js";
import type { PlanReport } from "../comment.js";
import { offlineSteps } from "./changes.js";
import { recordedNext } from "./report.js";
import type { PlanStep } from "./steps.js";

export interface OfflineFacts {
  readonly catalog: Catalog;
  readonly project: string;
  readonly config: StackConfig;
  /** Its account is not known: nobody was asked. */
  readonly target: Omit<Target, "account">;
  readonly last: LastUpdate;
  /** Of the environment that goes before; undefined for the first one. */
  readonly before: LastUpdate | undefined;
}

export interface OfflinePlan extends Omit<PlanReport, "stack" | "header" | "steps"> {
  /** `same` included. `declare`: what the last update left is not known, so neither is what would change. */
  readonly steps: readonly PlanStep[];
}

/** Nothing here knows a value, a token or the time: what would need them is listed as unchecked. */
export function planOffline(facts: OfflineFacts): OfflinePlan {
  const { catalog, config, last, before } = facts;
  const record = recordOf(last);
  const kept = record ? appsOfFlag(record.flag) : [];
  const plan = declaration(facts, (app) => kept.some((one) => one.app === app && one.running));
  const steps = offlineSteps(facts, plan);
  const { variable, app } = plan.flag;
  const running = record?.flag.running ?? null;
  const from = gatedBy(catalog, config, running === true);
  return {
    steps,
    flag:
      app === ""
        ? null
        : {
            variable,
            app,
            from: record && keptState(record.flag) === "partly" ? "partly" : running,
            to: config.vaultEnvAware,
          },
    soak: soakOf(config, running === true ? last : (before ?? last)),
    gate: from && before ? gateOf(from, before) : null,
    warnings: [],
    unchecked: uncheckedOf(catalog, config, last),
    next: nextOf(catalog, config, record, steps),
  };
}

/** The plan of a world in which nothing was seen: its folders, names, paths and apps are the declaration's. */
function declaration({ catalog, config, target }: OfflineFacts, on: (app: string) => boolean): StackPlan {
  const { apps } = environmentOf(catalog, config.environment);
  const flags = flagApps(catalog, config.environment).map((app) => ({
    app,
    raw: undefined,
    on: on(app),
    since: undefined,
  }));
  const nothingSeen = {
    rows: [],
    folders: new Set<string>(),
    apps: Object.values(apps).map((name) => ({ name, id: "", vars: new Map() })),
    flag: flagOf(flags),
    account: "",
    now: new Date(0),
  };
  return planStack({
    catalog,
    config,
    world: nothingSeen,
    target: { ...target, account: "" },
    last: neverUpdated,
    gate: undefined,
  });
}

/** Soak of a stack as it was last recorded. @param hours asked for: by the stack that follows, where one does */
export function soakOf({ soakHours: hours }: Pick<StackConfig, "soakHours">, last: LastUpdate): PlanReport["soak"] {
  const record = recordOf(last);
  if (!record) return null;
  return soakTimes(record.confirmedSince, record.flag.running ? record.flag.since : undefined, hours);
}

/** It is asked when the flag turns on, and only then: it looks at the other environment itself. */
function gateOf(from: string, before: LastUpdate): PlanReport["gate"] {
  const record = recordOf(before);
  const about = { environment: from };
  const known: Finding =
    before.is === "unknown"
      ? { code: "state-unread", ...about, why: before.why }
      : record
        ? { code: "last-recorded", ...about, phase: record.phase, on: record.flag.running }
        : { code: "never-updated", ...about };
  return { open: null, reasons: [{ code: "gate-not-asked", ...about }, known] };
}

function uncheckedOf(catalog: Catalog, { environment }: StackConfig, last: LastUpdate): PlanReport["unchecked"] {
  const apps = Object.values(environmentOf(catalog, environment).apps).join(" and ");
  const offline = "nothing was asked over the network, and no token was used (--offline)";
  return [
    ...(last.is === "unknown" ? [{ what: `What the last update of ${environment} left`, why: last.why }] : []),
    { what: "The vault: which folders and credentials are there, and whether they pass their rules", why: offline },
    ...(apps === "" ? [] : [{ what: `The config vars of ${apps}, the running flag among them`, why: offline }]),
  ];
}

function nextOf(
  catalog: Catalog,
  { environment }: StackConfig,
  record: MigrationRecord | undefined,
  steps: readonly PlanStep[],
): PlanReport["next"] {
  const preview = {
    command: `console-vault preview --stack ${environment}`,
    why: "the whole plan, by somebody who has the tokens",
  };
  if (steps.some(({ op }) => op !== "same"))
    return [preview, { command: `console-vault up --stack ${environment}`, why: "does it, once this is merged" }];
  return record ? recordedNext(catalog, environment, record) : [];
}
