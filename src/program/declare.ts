import * as heroku from "@pulumi/heroku";
import * as pulumi from "@pulumi/pulumi";
import type { Catalog } from "../catalog/index.js";
import type { StackConfig } from "../config/index.js";
import type { MigrationRecord, SetFacts, StackPlan, World } from "../migration/index.js";
import { Folder, Migration, providerVersion, Retirement, SecretSet } from "../provider/index.js";

/** Declares what a plan says. It wires; everything is decided in the plan. */
export function declare(
  catalog: Catalog,
  config: StackConfig,
  plan: StackPlan,
  world: World,
): { migration: pulumi.Output<MigrationRecord>; retirement?: Retirement["retirement"] } {
  const { target, environment } = plan;
  const version = providerVersion;
  // While the flag is on or about to be, nothing that it stands on may be deleted by mistake.
  const protect = plan.flag.transition === "on" || (plan.flag.running && plan.flag.transition !== "off");

  const sets = plan.folders.map(({ vendor, path, exists }, index) => {
    const folder = new Folder(`${vendor}-${environment}`, { version, target, path, exists }, { protect });
    const { names, observed, overrides, forbidden, authority, flatPath } = plan.sets[index]!;
    const set = new SecretSet(
      `${vendor}-${environment}`,
      {
        version,
        target,
        environment,
        fallback: catalog.fallback,
        environments: catalog.environments.map(({ name }) => name),
        path,
        flatPath,
        authority,
        names,
        observed,
        overrides,
        forbidden,
      },
      { protect, dependsOn: [folder] },
    );
    const sources = Object.fromEntries(Object.entries(names).map(([name, { source }]) => [name, source]));
    return pulumi
      .all([set.summary, set.memory])
      .apply(([summary, memory]): SetFacts => ({ vendor, path, flatPath, sources, summary, memory }));
  });

  const migration = new Migration(
    environment,
    {
      version,
      environment,
      target,
      expected: [...plan.expected],
      flag: {
        variable: plan.flag.variable,
        app: plan.flag.app,
        wanted: plan.flag.wanted,
        running: plan.flag.running,
        transition: plan.flag.transition,
        refused: plan.flag.refused,
        since: world.flag.since?.toISOString() ?? null,
      },
      sets: pulumi.all(sets),
      forbiddenHere: plan.forbiddenHere,
      promoteOverride: plan.gate?.override ?? null,
      soakHours: config.soakHours,
      observedAt: world.now.toISOString(),
      managed: Object.fromEntries(plan.apps.map(({ app, states }) => [app, states])),
      kept: Object.fromEntries(
        plan.apps
          .filter(({ keepSensitive }) => keepSensitive)
          .map(({ app }) => [app, Object.keys(config.manage).filter((name) => config.manage[name]!.includes(app))]),
      ),
      takeover: config.takeover,
    },
    { protect },
  );

  const associations = plan.apps.map(({ app, id, vars, sensitiveVars, keepSensitive }) => {
    const secrets = Object.fromEntries(
      Object.entries(sensitiveVars).map(([name, value]) => [name, pulumi.secret(value.reveal())]),
    );
    return new heroku.AppConfigAssociation(
      app,
      { appId: id, vars, ...(Object.keys(secrets).length > 0 ? { sensitiveVars: secrets } : {}) },
      {
        // The flag may not turn on before the confirmations hold.
        dependsOn: [migration],
        protect,
        // Deleting the resource takes no var away from a running app.
        retainOnDelete: true,
        // The provider would update another app in place and leave the old one's vars behind.
        replaceOnChanges: ["appId"],
        ignoreChanges: keepSensitive ? ["sensitiveVars"] : [],
      },
    );
  });
  if (!plan.retirement) return { migration: migration.migration };

  const { wanted, refused, observed } = plan.retirement;
  const retirement = new Retirement(
    "flat",
    { version, target, wanted, refused, observed, phase: migration.migration.phase, sets: pulumi.all(sets) },
    { protect, dependsOn: associations },
  );
  return {
    migration: pulumi
      .all([migration.migration, retirement.retirement])
      .apply(([record, { retired }]) =>
        wanted && retired.length > 0 && record.phase === "soaked" ? { ...record, phase: "retired" as const } : record,
      ),
    retirement: retirement.retirement,
  };
}
