// Difference between a declaration and the last update's state: from plain state, so without values and tokens. Pure.
import { isDeepStrictEqual } from "node:util";
import type { StackConfig } from "../../config/index.js";
import {
  keptState,
  type LastUpdate,
  type ResourceKind,
  resourceNames,
  type ShownOf,
  type ShownResource,
  type StackPlan,
  shownPath,
  type Target,
  urnOf,
} from "../../migration/index.js";
import { flagMeansOn } from "../../resolver/index.js";
import { deletionDetails, kindWords, namesLeft, type PlanDetail, type PlanStep } from "./steps.js";

interface Declared {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly subject: string;
  /** What its last inputs are not; of all of them, where there are none. */
  readonly details: (recorded: ShownResource | undefined) => PlanDetail[];
}

/** One resource of the declaration, compared with one of its own kind. */
function declared<Kind extends ResourceKind>(
  kind: Kind,
  name: string,
  subject: string,
  details: (inputs: ShownOf<Kind> | undefined) => PlanDetail[],
): Declared {
  return { kind, name, subject, details: (recorded) => details(recorded?.inputs as ShownOf<Kind> | undefined) };
}

export interface Recorded {
  readonly config: StackConfig;
  readonly project: string;
  readonly target: Omit<Target, "account">;
  readonly last: LastUpdate;
}

/** What a stack declares, in its order. @param migration what the last update told it */
function declaration(
  { config, target }: Recorded,
  plan: StackPlan,
  migration: ShownOf<"migration"> | undefined,
): Declared[] {
  const { environment } = config;
  const retireFlat = (inputs: ShownOf<"retirement"> | undefined) =>
    changed("retireFlat", inputs?.wanted, config.retireFlat);
  return [
    ...plan.sets.flatMap(({ vendor, path, names, plan: texts }) => [
      declared("folder", resourceNames.folder(vendor, environment), path, (inputs) =>
        changed("path", inputs?.path, path),
      ),
      declared("secretSet", resourceNames.secretSet(vendor, environment), path, (inputs) =>
        nameChanges(names, texts, inputs),
      ),
    ]),
    declared("migration", resourceNames.migration(environment), environment, (inputs) =>
      migrationChanges(config, target, plan, inputs),
    ),
    ...plan.apps.map(({ app }) =>
      declared("association", resourceNames.association(app), app, (inputs) => [
        ...(plan.flag.texts.some((one) => one.app === app)
          ? flagVar(plan.flag.variable, config.vaultEnvAware, inputs)
          : []),
        ...manageChanges(config, migration)
          .filter((one) => one.app === app)
          .map(({ name, text }) => ({ name, text })),
      ]),
    ),
    ...(plan.retirement ? [declared("retirement", resourceNames.retirement(), "flat", retireFlat)] : []),
  ];
}

/** The steps of a declaration against its last update; those that stay the same are among them. */
export function offlineSteps(question: Recorded, plan: StackPlan): PlanStep[] {
  const { config, project, last } = question;
  // By kind and name: a program may have all of them in a component, which is a part of their URNs.
  const keyOf = ({ kind, name }: { readonly kind: ResourceKind; readonly name: string }) => `${kind} ${name}`;
  const recorded = new Map((last.is === "known" ? (last.state?.resources ?? []) : []).map((one) => [keyOf(one), one]));
  const migration = [...recorded.values()].flatMap((one) => (one.kind === "migration" ? [one.inputs] : []))[0];
  const all = declaration(question, plan, migration);
  const steps = all.map(({ kind, name, subject, details }): PlanStep => {
    const found = recorded.get(keyOf({ kind, name }));
    const urn = found?.urn ?? urnOf(config.environment, project, kind, name);
    const step = { urn, kind: kindWords[kind], subject, details: details(found) };
    if (!found) return { op: last.is === "unknown" ? "declare" : "create", ...step };
    return { op: step.details.length > 0 ? "update" : "same", ...step };
  });
  const gone = [...recorded.values()].filter((one) => !all.some((declared) => keyOf(declared) === keyOf(one)));
  return [
    ...steps,
    ...gone.map(({ urn, kind, name, inputs }) => ({
      op: "delete",
      urn,
      kind: kindWords[kind],
      subject: shownPath(inputs) ?? name,
      details: deletionDetails(kind),
    })),
  ];
}

const words = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "absent" : JSON.stringify(value);

function changed(name: string, before: unknown, after: unknown): PlanDetail[] {
  if (before === undefined || isDeepStrictEqual(before, after)) return [];
  return [{ name, text: `${words(before)} → ${words(after)}` }];
}

/** Where a set's names come from, against what its last update was told. */
function nameChanges(
  names: StackPlan["sets"][number]["names"],
  texts: StackPlan["sets"][number]["plan"],
  inputs: ShownOf<"secretSet"> | undefined,
): PlanDetail[] {
  const before = inputs?.names ?? {};
  const added = Object.entries(names).flatMap(([name, { source, rules }]): PlanDetail[] => {
    const old = before[name];
    if (!old) return [{ name, text: texts[name]! }];
    if (old.source !== source) return [{ name, text: `${old.source} → ${source}` }];
    return isDeepStrictEqual(old.rules, rules) ? [] : [{ name, text: "its rules changed" }];
  });
  return [...added, ...namesLeft(before, names)];
}

function migrationChanges(
  config: StackConfig,
  target: Recorded["target"],
  plan: StackPlan,
  inputs: ShownOf<"migration"> | undefined,
): PlanDetail[] {
  const { variable, app, wanted } = plan.flag;
  const flag = inputs?.flag;
  const running = flag && (flag.transition === "none" ? keptState(flag) : flag.transition);
  const word = (on: boolean) => (on ? "on" : "off");
  const turns = (running ?? "off") !== word(wanted);
  return [
    ...(turns
      ? [{ name: variable, text: `${running ?? "off"} → ${word(wanted)} (${app}), if nothing stands against it` }]
      : []),
    ...Object.entries(target).flatMap(([key, value]) =>
      changed(`${key} (refused without --rebind)`, inputs?.target[key as keyof typeof target], value),
    ),
    ...changed("soakHours", inputs?.soakHours, config.soakHours),
    ...manageChanges(config, inputs).map(({ app, name, text }) => ({ name: `${name} on ${app}`, text })),
  ];
}

/** Credentials on apps; which of them each app has is known from what the migration was told. */
function manageChanges(
  { manage }: StackConfig,
  migration: ShownOf<"migration"> | undefined,
): (PlanDetail & { app: string })[] {
  const before = Object.entries(migration?.apps ?? {}).flatMap(([app, { credentials }]) =>
    Object.keys(credentials).map((name) => ({ app, name })),
  );
  const after = Object.entries(manage).flatMap(([name, apps]) => apps.map((app) => ({ app, name })));
  const among = (list: typeof after, { app, name }: (typeof after)[number]) =>
    list.some((one) => one.app === app && one.name === name);
  return [
    ...after.filter((one) => !among(before, one)).map((one) => ({ ...one, text: "the vault's value (see manage)" })),
    ...before.filter((one) => !among(after, one)).map((one) => ({ ...one, text: "leaves manage, which is refused" })),
  ];
}

function flagVar(name: string, wanted: boolean, inputs: ShownOf<"association"> | undefined): PlanDetail[] {
  const before = inputs?.vars[name];
  if (before === undefined) return [{ name, text: String(wanted) }];
  return flagMeansOn(before) === wanted ? [] : [{ name, text: `${before} → ${wanted}` }];
}
