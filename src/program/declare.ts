import * as heroku from "@pulumi/heroku";
import * as pulumi from "@pulumi/pulumi";
import { type Catalog, flagApp } from "../catalog/index.js";
import {
  type AppPlan,
  type MigrationRecord,
  mergeSummaries,
  type OnApp,
  type SetPlan,
  type StackPlan,
} from "../migration/index.js";
import { Folder, Migration, placeOf, Retirement, SecretSet, providerVersion as version } from "../provider/index.js";

type Outputs = { migration: pulumi.Output<MigrationRecord>; retirement?: Retirement["retirement"] };

/** What every part of a declaration knows. */
interface Context {
  readonly plan: StackPlan;
  readonly vault: ReturnType<typeof placeOf>;
  readonly protect: boolean;
  /** Names this very update, where it turns the flag. */
  readonly turn: string | null;
}

function declareSet({ plan, vault, protect }: Context, { vendor, ...inputs }: SetPlan): SecretSet {
  const { exists } = plan.folders.find(({ path }) => path === inputs.path)!;
  const name = `${vendor}-${plan.environment}`;
  const folder = new Folder(name, { version, vault, path: inputs.path, exists }, { protect });
  return new SecretSet(name, { version, vault, ...inputs }, { protect, dependsOn: [folder] });
}

/**
 * The credentials that an app's association holds: those that `Migration` says, whose output this is made from, so that an
 * update which leaves `Migration` out changes neither their names nor where they come from. What this run has no value for stays
 * as the app has it: the Heroku provider would delete on the app what leaves the map.
 */
function credentialsFor(app: AppPlan, held: OnApp | undefined): Record<string, pulumi.Output<string>> {
  // A state of the first version does not say: then nothing changes.
  const names = Object.keys(held?.credentials ?? app.current);
  return Object.fromEntries(
    names.flatMap((name) => {
      const source = held?.credentials[name] ?? "kept";
      const planned = source !== "kept" && source === app.credentials[name] ? app.values[name] : undefined;
      const value = planned ?? app.current[name];
      return value ? [[name, pulumi.secret(value.reveal())]] : [];
    }),
  );
}

function declareApp({ plan, protect, turn }: Context, app: AppPlan, migration: Migration): heroku.AppConfigAssociation {
  const { variable, text } = plan.flag;
  const vars = migration.turn.apply((turned): Record<string, string> => {
    if (!app.hasFlag) return {};
    return { [variable]: turn !== null && turned === turn ? text.turned : text.running };
  });
  const sensitiveVars = migration.apps.apply((apps) =>
    pulumi.output(credentialsFor(app, (apps as typeof apps | undefined)?.[app.app])),
  );
  const some = Object.keys(app.credentials).length > 0 || Object.keys(app.current).length > 0;
  return new heroku.AppConfigAssociation(
    app.app,
    { appId: app.id, vars, ...(some ? { sensitiveVars } : {}) },
    {
      // The flag may not turn on before the confirmations hold.
      dependsOn: [migration],
      protect,
      // Deleting the resource takes no var away from a running app.
      retainOnDelete: true,
      // The provider would update another app in place and leave the old one's vars behind.
      replaceOnChanges: ["appId"],
    },
  );
}

/** Declares what a plan says. It wires; everything is decided in the plan. */
export function declare(catalog: Catalog, plan: StackPlan): Outputs {
  const { target, environment, flag } = plan;
  const vault = placeOf(target);
  // While the flag is on or about to be, nothing that it stands on may be deleted by mistake.
  const protect = flag.transition === "on" || (flag.running && flag.transition !== "off");
  const turn = flag.transition === "none" ? null : crypto.randomUUID();
  const context = { plan, vault, protect, turn };
  const sets = plan.sets.map((set) => declareSet(context, set));
  const summary = pulumi.all(sets.map((set) => set.summary)).apply(mergeSummaries);
  const migration = new Migration(
    environment,
    { version, ...plan.migration, summary, phase: plan.phase, turn },
    { protect, dependsOn: sets },
  );
  const associations = plan.apps.map((app) => declareApp(context, app, migration));
  if (!plan.retirement) return { migration: migration.migration };

  const retirement = new Retirement(
    "flat",
    {
      version,
      vault,
      heroku: target.heroku,
      flag: { variable: flag.variable, apps: catalog.environments.map(({ name }) => flagApp(catalog, name)) },
      root: target.root,
      ...plan.retirement,
      phase: migration.phase,
      names: plan.migration.names,
      copies: pulumi
        .all(sets.map((set) => set.memory))
        .apply((all) => Object.assign({}, ...all.map((one) => one.records))),
    },
    { protect, dependsOn: associations },
  );
  const { wanted } = plan.retirement;
  return {
    migration: pulumi
      .all([migration.migration, retirement.retirement])
      .apply(([record, { retired }]) =>
        wanted && retired.length > 0 && record.phase === "soaked" ? { ...record, phase: "retired" as const } : record,
      ),
    retirement: retirement.retirement,
  };
}
