import * as heroku from "@pulumi/heroku";
import * as pulumi from "@pulumi/pulumi";
import { type Catalog, flagApps, flaggedEnvironments } from "../catalog/index.js";
import {
  type AppPlan,
  appsInWords,
  appsOfFlag,
  type FlagPlan,
  type FolderPlan,
  keptFlag,
  keptState,
  type LeftOutFinding,
  type MigrationRecord,
  mergeSummaries,
  type OnApp,
  type RetirementReport,
  type RunningFlag,
  recordAtEnd,
  recordOutput,
  resourceNames,
  type SetMemory,
  type SetPlan,
  type StackPlan,
  stateVersion as version,
} from "../migration/index.js";
import { Folder, Migration, placeOf, Retirement, SecretSet } from "../provider/index.js";
import { warn } from "./warn.js";

export type Outputs = {
  migration: pulumi.Output<MigrationRecord | undefined>;
  retirement?: pulumi.Output<RetirementReport | undefined>;
};

/**
 * Whether a resource has ever been made, by an output that none of its inputs is called like. The SDK gives a resource that an
 * update leaves out and that does not exist yet (`--exclude`) the outputs of its inputs, as if it had said all that it was told.
 */
const exists = (own: pulumi.Output<unknown>): pulumi.Output<boolean> =>
  pulumi.runtime.isDryRun() ? pulumi.output(true) : own.apply((value) => value !== undefined);

/** What every part of a declaration knows. */
interface Context {
  readonly plan: StackPlan;
  readonly vault: ReturnType<typeof placeOf>;
  readonly protect: boolean;
  /** Names this very update, where it turns the flag or has something new to remember. */
  readonly turn: string | null;
  /** Of every resource: the component that they are in, where they are in one. */
  readonly within: Pick<pulumi.CustomResourceOptions, "parent" | "aliases">;
}

function declareSet(
  { plan, vault, within, ...context }: Context,
  { vendor, leaves, ...inputs }: SetPlan,
  { exists }: FolderPlan,
): SecretSet {
  const protect = context.protect && !leaves;
  const folder = new Folder(
    resourceNames.folder(vendor, plan.environment),
    { version, vault, path: inputs.path, make: exists ? null : crypto.randomUUID() },
    { protect, ...within },
  );
  const name = resourceNames.secretSet(vendor, plan.environment);
  return new SecretSet(name, { version, vault, ...inputs }, { protect, dependsOn: [folder], ...within });
}

/** What a set found; nothing for one that this update leaves out and that never looked. */
const summaryOf = (set: SecretSet) =>
  pulumi.all([exists(set.memory), set.summary]).apply(([real, summary]) => (real ? [summary] : []));

/**
 * The credentials that an app's association holds: those that `Migration` says, whose output this is made from, so that an
 * update which leaves `Migration` out changes neither their names nor where they come from. What this run has no value for stays
 * as the app has it: the Heroku provider would delete on the app what leaves the map.
 */
function credentialsFor(app: AppPlan, held: OnApp | undefined): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(
    Object.entries(held?.credentials ?? {}).flatMap(([name, source]) => {
      const planned = source !== "kept" && source === app.credentials[name] ? app.values[name] : undefined;
      const value = planned ?? app.current[name];
      return value ? [[name, pulumi.secret(value.reveal())]] : [];
    }),
  );
}

/**
 * @param before whether the flag has turned on the apps whose turn comes first. An app waits for it, and keeps what it has where it
 * is not so: an update may leave out any of them.
 */
function declareApp(
  { plan, protect, turn, within }: Context,
  app: AppPlan,
  migration: Migration,
  before: pulumi.Output<boolean>,
): heroku.AppConfigAssociation {
  const { variable, texts } = plan.flag;
  const text = texts.find((one) => one.app === app.app);
  const made = exists(migration.migration);
  const vars = pulumi.all([made, migration.turn, before]).apply(([real, turned, may]): Record<string, string> => {
    if (!text) return {};
    return { [variable]: real && may && turn !== null && turned === turn ? text.turned : text.running };
  });
  const sensitiveVars = pulumi.all([made, migration.apps, before]).apply(([real, apps, may]) => {
    // A state of the first version does not say: then nothing changes.
    const held = real && may && apps ? apps[app.app] : app.before;
    return pulumi.output(credentialsFor(app, held));
  });
  const some = Object.keys(app.credentials).length > 0 || Object.keys(app.current).length > 0;
  return new heroku.AppConfigAssociation(
    resourceNames.association(app.app),
    { appId: app.id, vars, ...(some ? { sensitiveVars } : {}) },
    {
      // The flag may not turn on before the confirmations hold.
      dependsOn: [migration],
      protect,
      // Deleting the resource takes no var away from a running app.
      retainOnDelete: true,
      // The provider would update another app in place and leave the old one's vars behind.
      replaceOnChanges: ["appId"],
      ...within,
    },
  );
}

/** By app. */
type Associations = Readonly<Record<string, heroku.AppConfigAssociation>>;

/**
 * The config vars of all apps. The flag turns on one app after the other: each waits until the one before has it, and that without
 * depending on it in the state, where the way back would turn the dependency round.
 */
function declareApps(context: Context, migration: Migration): Associations {
  const { apps, flag } = context.plan;
  const places = new Map(flag.texts.map(({ app }, index) => [app, index]));
  const inTurn = apps.toSorted((one, other) => (places.get(one.app) ?? 0) - (places.get(other.app) ?? 0));
  const made: Record<string, heroku.AppConfigAssociation> = {};
  let before = pulumi.output(true);
  for (const app of inTurn) {
    const last = flag.texts[(places.get(app.app) ?? 0) - 1];
    if (last) before = has(made[last.app]!, before, flag.variable, last.turned);
    made[app.app] = declareApp(context, app, migration, before);
  }
  return made;
}

/** In the SDK, and left out of its types. @returns the value, once it is there; undefined where a preview cannot know it */
async function knownValue<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const { isKnown, promise } = output as unknown as { isKnown: Promise<boolean>; promise(): Promise<T> };
  return (await isKnown) ? promise.call(output) : undefined;
}

/** Whether an app has the flag's text, once it has been updated. An output of a promise depends on no resource. */
function has(
  { vars, id }: heroku.AppConfigAssociation,
  before: pulumi.Output<boolean>,
  variable: string,
  text: string,
): pulumi.Output<boolean> {
  const turned = async () => {
    const seen = await knownValue(pulumi.all([before, vars, exists(id)]));
    return seen === undefined || (seen[0] && seen[1]?.[variable] === text && seen[2]);
  };
  return pulumi.output(turned());
}

/** What is seen besides a plan. */
export interface LiveFlag {
  /** Heroku's clock. */
  readonly now: () => Date;
  readonly lookAtFlag: () => Promise<RunningFlag>;
}

/** The stack output `migration`, once the apps have what they are to have. */
function recordAfter(
  { plan, turn }: Context,
  migration: Migration,
  associations: Associations,
  live: LiveFlag,
): pulumi.Output<MigrationRecord | undefined> {
  const { flag, expected } = plan;
  const { soakHours } = plan.migration;
  const made = pulumi.all([exists(migration.migration), migration.migration, migration.turn]);
  const vars = pulumi.all(Object.fromEntries(Object.entries(associations).map(([app, one]) => [app, one.vars])));
  return pulumi.all([made, vars]).apply(async ([[real, record, turned], after]) => {
    const leftOut = !real || (turn !== null && turned !== turn);
    const preview = pulumi.runtime.isDryRun();
    const turns = flag.transition !== "none";
    const seen = preview || !turns ? plan.migration.flag : await seeFlag(live);
    const waits = !turns
      ? []
      : preview
        ? flag.texts.filter(({ app, turned }) => after[app]?.[flag.variable] !== turned)
        : appsOfFlag(seen).filter(({ running }) => running !== (flag.transition === "on"));
    if (waits.length > 0) warn(leftOutOf(flag, leftOut ? undefined : waits.map(({ app }) => app)));
    return recordAtEnd({
      record: real ? record : undefined,
      leftOut,
      expected,
      flag: seen,
      soakHours,
      now: live.now(),
    });
  });
}

const outputOf = (record: MigrationRecord | undefined) => record && recordOutput(record);

/** @param waits apps that the flag did not turn on; undefined where it could turn on none */
function leftOutOf({ variable, app, running }: FlagPlan, waits: readonly string[] | undefined): LeftOutFinding {
  const what = waits === undefined ? "migration" : "config vars";
  return { code: "left-out", variable, app: waits ? appsInWords(waits) : app, on: running, what };
}

async function seeFlag({ lookAtFlag }: LiveFlag) {
  const flag = await lookAtFlag();
  return { ...keptFlag(flag), since: flag.since?.toISOString() ?? null };
}

/** A stack whose program had no component goes on with the same resources in one. */
const within = (component: pulumi.Resource | undefined): Context["within"] =>
  component ? { parent: component, aliases: [{ parent: pulumi.rootStackResource }] } : {};

/** Declares what a plan says. It wires; everything is decided in the plan. */
export function declare(catalog: Catalog, plan: StackPlan, live: LiveFlag, component?: pulumi.Resource): Outputs {
  const { target, environment, flag } = plan;
  const vault = placeOf(target);
  // While the flag is on or about to be, nothing that it stands on may be deleted by mistake.
  const protect = flag.transition === "on" || (keptState(flag) !== "off" && flag.transition !== "off");
  const turn = flag.transition === "none" && !plan.remembersElse ? null : crypto.randomUUID();
  const context = { plan, vault, protect, turn, within: within(component) };
  const sets = plan.sets.map((set, index) => declareSet(context, set, plan.folders[index]!));
  const summary = pulumi.all(sets.map(summaryOf)).apply((all) => mergeSummaries(all.flat()));
  const migration = new Migration(
    resourceNames.migration(environment),
    { version, ...plan.migration, summary, phase: plan.expected.phase, turn },
    { protect, dependsOn: sets, ...context.within },
  );
  const associations = declareApps(context, migration);
  const migrated = recordAfter(context, migration, associations, live);
  if (!plan.retirement) return { migration: migrated.apply(outputOf) };

  const retirement = new Retirement(
    resourceNames.retirement(),
    {
      version,
      vault,
      heroku: target.heroku,
      flag: { variable: flag.variable, apps: flaggedEnvironments(catalog).flatMap((name) => flagApps(catalog, name)) },
      root: target.root,
      ...plan.retirement,
      phase: pulumi
        .all([exists(migration.migration), migration.phase])
        .apply(([real, phase]) => (real ? phase : ("empty" as const))),
      names: plan.migration.names,
      copies: pulumi
        .all(sets.map((set) => set.memory.apply((memory?: SetMemory) => memory?.records)))
        .apply((all) => Object.assign({}, ...all)),
    },
    { protect, dependsOn: Object.values(associations), ...context.within },
  );
  const { wanted } = plan.retirement;
  const report: NonNullable<Outputs["retirement"]> = retirement.retirement;
  const retired = pulumi
    .all([migrated, report])
    .apply(([record, done]) =>
      record && wanted && done && done.retired.length > 0 && record.phase === "soaked"
        ? { ...record, phase: "retired" as const }
        : record,
    );
  return { migration: retired.apply(outputOf), retirement: report };
}
