// Difference between a declaration and the last update's state: from plain state, so without values and tokens. Pure.
import { isDeepStrictEqual } from "node:util";
import type { StackConfig } from "../config/index.js";
import type { PlainResource } from "../engine/index.js";
import { lastOf, resourceTypes, type StackPlan, type Target } from "../migration/index.js";
import { flagMeansOn } from "../resolver/index.js";
import { type Bag, bag, kinds, type PlanDetail, type PlanStep } from "./planSteps.js";

const types = new Map(Object.entries(kinds).map(([type, kind]) => [kind, type]));

/** What a stack's last update left; `resources` is undefined where there was none. */
export type LastUpdate =
  | { readonly is: "known"; readonly resources: readonly PlainResource[] | undefined }
  | { readonly is: "unknown"; readonly why: string };

interface Declared {
  readonly kind: string;
  readonly name: string;
  readonly subject: string;
  /** What its last inputs are not; of all of them, where there are none. */
  readonly details: (inputs: Bag | undefined) => PlanDetail[];
}

export interface Recorded {
  readonly config: StackConfig;
  readonly project: string;
  readonly target: Omit<Target, "account">;
  readonly last: LastUpdate;
}

/** The steps of a declaration against its last update; those that stay the same are among them. */
export function offlineSteps({ config, project, target, last }: Recorded, plan: StackPlan): PlanStep[] {
  const { environment } = config;
  const recorded = new Map((last.is === "known" ? (last.resources ?? []) : []).map((one) => [one.urn, one]));
  const migration = [...recorded.values()].find(({ type }) => kinds[type] === "migration")?.inputs;
  const declared: Declared[] = [
    ...plan.sets.flatMap(({ vendor, path, names }): Declared[] => {
      const name = `${vendor}-${environment}`;
      return [
        { kind: "folder", name, subject: path, details: (inputs) => changed("path", inputs?.path, path) },
        { kind: "secrets", name, subject: path, details: (inputs) => nameChanges(names, inputs) },
      ];
    }),
    {
      kind: "migration",
      name: environment,
      subject: environment,
      details: (inputs) => migrationChanges(config, target, plan, inputs),
    },
    ...plan.apps.map(
      ({ app, hasFlag }): Declared => ({
        kind: "config vars",
        name: app,
        subject: app,
        details: (inputs) => [
          ...(hasFlag ? flagVar(plan.flag.variable, config.vaultEnvAware, inputs) : []),
          ...manageChanges(config, migration)
            .filter((one) => one.app === app)
            .map(({ name, text }) => ({ name, text })),
        ],
      }),
    ),
    ...(plan.retirement
      ? [
          {
            kind: "retirement",
            name: "flat",
            subject: "flat",
            details: (inputs: Bag | undefined) => changed("retireFlat", inputs?.wanted, config.retireFlat),
          },
        ]
      : []),
  ];
  const urnOf = ({ kind, name }: Declared) => `urn:pulumi:${environment}::${project}::${types.get(kind)!}::${name}`;
  const steps = declared.map((one): PlanStep => {
    const { kind, subject, details } = one;
    const urn = urnOf(one);
    const found = recorded.get(urn);
    if (last.is === "unknown") return { op: "declare", urn, kind, subject, details: details(undefined) };
    if (!found) return { op: "create", urn, kind, subject, details: details(undefined) };
    const changes = details(found.inputs);
    return { op: changes.length > 0 ? "update" : "same", urn, kind, subject, details: changes };
  });
  const kept = new Set(declared.map(urnOf));
  const gone = [...recorded.values()].filter(({ urn, type }) => !kept.has(urn) && type in kinds);
  return [
    ...steps,
    ...gone.map(({ urn, type, name, inputs }) => ({
      op: "delete",
      urn,
      kind: kinds[type]!,
      subject: typeof inputs.path === "string" ? inputs.path : name,
      details: [],
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
function nameChanges(names: StackPlan["sets"][number]["names"], inputs: Bag | undefined): PlanDetail[] {
  const before = bag(inputs?.names);
  const added = Object.entries(names).flatMap(([name, { source, rules, plan }]): PlanDetail[] => {
    const old = bag(before[name]);
    if (!(name in before)) return [{ name, text: plan }];
    if (old.source !== source) return [{ name, text: `${words(old.source)} → ${source}` }];
    return isDeepStrictEqual(old.rules, rules) ? [] : [{ name, text: "its rules changed" }];
  });
  const removed = Object.keys(before).filter((name) => !(name in names));
  return [...added, ...removed.map((name) => ({ name, text: "no more of this stack; it stays in the vault" }))];
}

function migrationChanges(
  config: StackConfig,
  target: Recorded["target"],
  plan: StackPlan,
  inputs: Bag | undefined,
): PlanDetail[] {
  const { variable, app, wanted } = plan.flag;
  const flag = bag(inputs?.flag);
  const running = flag.transition === "none" ? flag.running : flag.transition === "on";
  const word = (on: boolean) => (on ? "on" : "off");
  const turns = inputs ? running !== wanted : wanted;
  const old = bag(inputs?.target);
  return [
    ...(turns
      ? [{ name: variable, text: `${word(!wanted)} → ${word(wanted)} (${app}), if nothing stands against it` }]
      : []),
    ...Object.entries(target).flatMap(([key, value]) => changed(`${key} (refused without --rebind)`, old[key], value)),
    ...changed("soakHours", inputs?.soakHours, config.soakHours),
    ...manageChanges(config, inputs).map(({ app, name, text }) => ({ name: `${name} on ${app}`, text })),
  ];
}

/** Credentials on apps; which of them each app has is known from what the migration was told. */
function manageChanges({ manage }: StackConfig, migration: Bag | undefined): (PlanDetail & { app: string })[] {
  const apps = lastOf(migration ? [{ type: resourceTypes.migration, outputs: migration }] : []).apps;
  const before = Object.entries(apps).flatMap(([app, { credentials }]) =>
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

function flagVar(name: string, wanted: boolean, inputs: Bag | undefined): PlanDetail[] {
  const before = bag(inputs?.vars)[name];
  if (typeof before !== "string") return [{ name, text: String(wanted) }];
  return flagMeansOn(before) === wanted ? [] : [{ name, text: `${words(before)} → ${wanted}` }];
}
