// The model draws companies as well: one to five environments, the flag on no app, one or several, environments without Heroku, scopes
// and rules. Each goes its whole road, with steps left out and others in between; after every step the company is looked at.
import { rmSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Catalog, flagApps, flaggedEnvironments, heldBy, mayHold } from "../../src/catalog/index.js";
import { madeUpValue } from "../../src/cli/demo/company.js";
import { changedProject, openCompany } from "../support/acme.js";
import { shortWaits } from "../support/shortWaits.js";
import type { World } from "../support/world.js";
import { companies } from "./companies.js";
import type { Outcome } from "./model.js";

// What the clients wait between two tries passes a hundred times faster.
shortWaits((ms) => Math.min(ms / 100, 5));

type Step =
  | {
      readonly do: "up" | "provision" | "turn on" | "promote" | "rollback" | "retire" | "restore";
      readonly env: string;
    }
  | { readonly do: "rotate"; readonly env: string; readonly name: string }
  | { readonly do: "48 hours" };

const drawnCredential = fc.record({
  scope: fc.constantFrom("environment" as const, "environment" as const, "shared" as const),
  distinct: fc.boolean(),
  /** Of the first environment, where there is more than one. */
  neverInFirst: fc.boolean(),
  vendor: fc.constantFrom("twilio", "adyen"),
});

type Drawn = Omit<Catalog, "root">;

const drawnCatalog = fc
  .record({
    environments: fc.array(
      fc.record({
        apps: fc.constantFrom(0, 1, 2, 2),
        source: fc.constantFrom("provision" as const, "provision" as const, "provision" as const, "copy" as const),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    fallback: fc.nat(4),
    credentials: fc.array(drawnCredential, { minLength: 1, maxLength: 4 }),
    flagOn: fc.constantFrom("no app", "one app", "several apps", "several apps"),
  })
  .map(({ environments, fallback, credentials, flagOn }): Drawn => {
    const names = environments.map((_, index) => `env${index + 1}`);
    const roles = ["shop", "mailer"];
    const most = Math.max(...environments.map(({ apps }) => apps));
    const flagRoles = flagOn === "no app" || most === 0 ? [] : roles.slice(0, flagOn === "one app" ? 1 : most);
    return {
      environments: environments.map(({ apps, source }, index) => ({
        name: names[index]!,
        apps: Object.fromEntries(roles.slice(0, apps).map((role) => [role, `acme-${role}-${names[index]}`])),
        source,
      })),
      fallback: names[fallback % names.length]!,
      credentials: credentials.map(({ scope, distinct, neverInFirst, vendor }, index) => ({
        name: `CREDENTIAL_${index + 1}`,
        vendor,
        scope,
        reason: "Drawn.",
        consumers: ["shop"],
        assumed: [],
        rules:
          scope === "shared"
            ? []
            : [
                ...(distinct ? [{ rule: "distinct" } as const] : []),
                ...(neverInFirst && names.length > 1 && fallback % names.length > 0
                  ? [{ rule: "never-in", environments: [names[0]!] } as const]
                  : []),
              ],
      })),
      ...(flagRoles.length > 0
        ? {
            flag: {
              name: "aware",
              variable: "FLAG_AWARE",
              default: false,
              role: flagRoles.length === 1 ? flagRoles[0]! : flagRoles,
              revision: "0001",
              description: "Reads the environment's folder.",
            },
          }
        : {}),
    };
  });

/** From the flat vault to retired flat copies. */
function roadOf(catalog: Catalog): Step[] {
  const [first, ...others] = flaggedEnvironments(catalog);
  return [
    ...catalog.environments.flatMap(({ name, source }): Step[] => [
      { do: "up", env: name },
      ...(source === "provision" ? [{ do: "provision", env: name } as const] : []),
      { do: "up", env: name },
    ]),
    ...(first ? [{ do: "turn on", env: first } as const] : []),
    ...others.flatMap((env): Step[] => [{ do: "48 hours" }, { do: "promote", env }]),
    { do: "48 hours" },
    { do: "retire", env: catalog.fallback },
  ];
}

const acts = ["up", "provision", "turn on", "promote", "rollback", "retire", "restore", "rotate", "48 hours"] as const;

const cases = drawnCatalog.chain((catalog) => {
  const road = roadOf(catalog as Catalog);
  const event = fc
    .tuple(fc.constantFrom(...acts), fc.constantFrom(...catalog.environments), fc.constantFrom(...catalog.credentials))
    .map(
      ([act, { name: env }, { name }]): Step =>
        (act === "rotate" ? { do: act, env, name } : act === "48 hours" ? { do: act } : { do: act, env }) as Step,
    );
  const between = fc.oneof(
    { weight: 16, arbitrary: fc.constant("the step") },
    { weight: 1, arbitrary: fc.constant("left out") },
    { weight: 2, arbitrary: event },
  );
  return fc.record({
    catalog: fc.constant(catalog),
    steps: fc
      .array(between, { minLength: road.length, maxLength: road.length })
      .map((drawn) =>
        drawn.flatMap((one, index): Step[] =>
          typeof one === "object" ? [one, road[index]!] : one === "the step" ? [road[index]!] : [],
        ),
      ),
  });
});

/** Does a step, and answers with the exit code. */
async function act(world: World, step: Step): Promise<number> {
  if (step.do === "48 hours") {
    world.hoursPass(48);
    return 0;
  }
  const { env } = step;
  const up = () => world.run(["up", "--stack", env, "--yes"]);
  const set = (key: string, value: unknown) => world.set(env, key, value);
  switch (step.do) {
    case "up":
      return (await up()).code;
    case "provision":
      for (const one of heldBy(world.catalog, env)) {
        const argv = ["provision", one.name, "--env", env];
        const { code } = await world.run(argv, { input: madeUpValue(one, env) });
        if (code !== 0) return code;
      }
      return 0;
    case "turn on":
      set("vaultEnvAware", true);
      return (await up()).code;
    case "promote":
      return (await world.run(["promote", "--to", env, "--yes"])).code;
    case "rollback":
      return (await world.run(["rollback", "--stack", env, "--yes"])).code;
    case "retire":
    case "restore":
      set("retireFlat", step.do === "retire");
      return (await up()).code;
    case "rotate": {
      const credential = world.catalog.credentials.find(({ name }) => name === step.name)!;
      const argv = ["rotate", step.name, "--env", env, "--yes"];
      return (await world.run(argv, { input: madeUpValue(credential, env) })).code;
    }
  }
}

/** What the company is looked at for. */
function look(world: World) {
  const { catalog } = world;
  const flat = (vendor: string, name: string) => world.value(`${catalog.root}/${vendor}`, name);
  const at = (env: string, vendor: string, name: string) => world.value(`${catalog.root}/${vendor}/${env}`, name);
  const flags = flaggedEnvironments(catalog).map((env) => ({
    env,
    apps: flagApps(catalog, env).map((app) => world.apps.vars(app)[catalog.flag!.variable] === "true"),
  }));
  return { flat, at, flags };
}

/** @throws AssertionError where a step did what no step may do */
function watch(
  world: World,
  before: ReturnType<typeof look>["flags"],
  shared: Readonly<Record<string, unknown>>,
): void {
  const { catalog } = world;
  const { flat, at, flags } = look(world);
  for (const [index, { env, apps }] of flags.entries()) {
    for (const { name, vendor } of heldBy(catalog, env)) {
      if (apps.includes(true)) expect(at(env, vendor, name), `${env} reads ${name} in its folder`).toBeDefined();
      if (apps.includes(false)) expect(flat(vendor, name), `${env} reads ${name} at the flat path`).toBeDefined();
    }
    const turned = apps.some((on, app) => on && !before[index]!.apps[app]);
    if (!turned) continue;
    expect(apps, `${env}'s flag is on everywhere once it turned on`).not.toContain(false);
    const previous = flags[index - 1];
    if (previous) expect(previous.apps, `${env}'s flag follows ${previous.env}'s`).not.toContain(false);
    for (const { name, vendor, rules } of heldBy(catalog, env).filter((one) => one.rules.some(isDistinct)))
      for (const other of catalog.environments.filter((one) => one.name !== env && rules.length > 0))
        expect(at(env, vendor, name) === at(other.name, vendor, name), `${name} of ${env} and ${other.name}`).toBe(
          false,
        );
  }
  for (const credential of catalog.credentials) {
    const { name, vendor, scope } = credential;
    if (scope === "shared") expect(flat(vendor, name), `${name} is shared`).toBe(shared[name]);
    for (const { name: env } of catalog.environments)
      if (scope === "shared" || !mayHold(credential, env))
        expect(at(env, vendor, name), `${env} has no ${name} of its own`).toBeUndefined();
  }
}

const isDistinct = ({ rule }: { readonly rule: string }) => rule === "distinct";

const words = (step: Step) => Object.values(step).join(" ");
const seen = new Map<string, number>();
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

async function play(drawn: Drawn, steps: readonly Step[]): Promise<void> {
  const project = await changedProject(({ root }) => ({ root, ...drawn }));
  const world = await openCompany(project);
  try {
    const { catalog } = world;
    const { flat } = look(world);
    const shared = Object.fromEntries(catalog.credentials.map(({ name, vendor }) => [name, flat(vendor, name)]));
    for (const step of steps) {
      const before = look(world).flags;
      const code = await act(world, step);
      const said = world.printed.at(-1) ?? "";
      expect([0, 2, 3], `${words(step)} ended with ${code}:\n${said}`).toContain(code);
      if (step.do === "rotate" && code === 0) shared[step.name] = flat(vendorOf(catalog, step.name), step.name);
      watch(world, before, shared);
      count(`${step.do}: ${code}`);
    }
    for (const { name } of catalog.environments) {
      await world.run(["up", "--stack", name, "--yes"]);
      const again = await world.run(["up", "--stack", name, "--yes"]);
      expect(again.writes, `${name} again:\n${again.text}`).toEqual([]);
    }
  } finally {
    await world.close();
    rmSync(project, { recursive: true });
  }
}

const vendorOf = ({ credentials }: Catalog, name: string) => credentials.find((one) => one.name === name)!.vendor;

it("no company of any shape loses a value, or turns a flag on too early or over nothing", {
  timeout: 3_600_000,
}, async () => {
  const { CONSOLE_VAULT_MODEL_SEED: seed, CONSOLE_VAULT_MODEL_PATH: path } = process.env;
  const property = fc.asyncProperty(cases, ({ catalog, steps }) => play(catalog, steps));
  const ended = await fc.check(property, {
    numRuns: companies,
    seed: Number(seed ?? 11),
    endOnFailure: true,
    ...(path ? { path } : {}),
    interruptAfterTimeLimit: 3_000_000,
    markInterruptAsFailure: false,
  });
  tellOutcome(ended);
  if (ended.failed) throw new Error(fc.defaultReportMessage(ended), { cause: ended.errorInstance });
  for (const often of ["turn on: 0", "promote: 0", "retire: 0", "promote: 3"])
    expect(seen.get(often) ?? 0, often).toBeGreaterThan(0);
});

/** For the mutation check, as the model of one company tells it. */
function tellOutcome({
  failed,
  numRuns,
  errorInstance,
  counterexample,
}: fc.RunDetails<[{ catalog: Drawn; steps: Step[] }]>): void {
  const { CONSOLE_VAULT_MODEL_RESULT: result } = process.env;
  if (result === undefined) return;
  const [first] = counterexample ?? [];
  const environments = first?.catalog.environments ?? [];
  const theme = `a company of ${environments.length} environment${environments.length === 1 ? "" : "s"}, its flag on the apps ${[first?.catalog.flag?.role ?? []].flat().join(" and ")}`;
  const said = errorInstance instanceof Error ? errorInstance.message.split("\n", 1)[0]! : "";
  const outcome: Outcome = { failed, sequences: numRuns, theme, said };
  writeFileSync(result, JSON.stringify(outcome));
}
