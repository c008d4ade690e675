import * as pulumi from "@pulumi/pulumi";
import { type Catalog, usesHeroku } from "../catalog/index.js";
import {
  catalogKey,
  checkedConfig,
  configError,
  credentialsOf,
  defaultHerokuUrl,
  namespace,
  type Services,
  type StackConfig,
  servicesOf,
  siblingStacks,
} from "../config/index.js";
import { awaitWork } from "../engine/work/program.js";
import { refusedText, seal } from "../envelope.js";
import { Refusal } from "../errors.js";
import { type HerokuClient, NoHeroku } from "../heroku/index.js";
import {
  flagVerdict,
  foldersOfLeft,
  type GateAnswer,
  gate,
  gateFacts,
  keptState,
  kindOf,
  type Last,
  type LeftResource,
  lastOf,
  look,
  lookAtFlag,
  movedFrom,
  otherPlaces,
  type PlaceFinding,
  planStack,
  predecessor,
  recordAsOf,
  refusalOf,
  reportAsOf,
  retirementVerdict,
  type StackPlan,
  sentence,
  type Target,
  targetOf,
  type World,
  writesOf,
} from "../migration/index.js";
import { herokuWith, keepSight, placeOf, rebinding, seenVars, sharedReads, vaultAt } from "../provider/index.js";
import { runContext } from "../runContext.js";
import type { InfisicalClient } from "../vault/client/index.js";
import { type Wait, waitLine } from "../waits.js";
import { declare, type Outputs } from "./declare.js";
import { tellStep, warn } from "./warn.js";

/** In the SDK, and left out of its types. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

/** Asked only where another environment goes first, and the flag is to turn on or the flat copies are to go. */
async function askGate(
  catalog: Catalog,
  config: StackConfig,
  world: World,
  target: Target,
  { vault, heroku }: { readonly vault: InfisicalClient; readonly heroku: HerokuClient },
): Promise<GateAnswer | undefined> {
  const from = predecessor(catalog, config.environment);
  if (!from || !config.vaultEnvAware) return undefined;
  await mustExist(from);
  // Declared as long as the flag is wanted, so that turning it on is not followed by an update that drops the reference.
  const reference = new pulumi.StackReference(`${pulumi.getOrganization()}/${pulumi.getProject()}/${from}`);
  if (world.flag.is === "on" && !config.retireFlat) return undefined;
  const { value } = await reference.getOutputDetails("migration");
  return gate(await gateFacts({ catalog, config, vault, world, target, heroku, from, output: value }));
}

/** An engine ends an update whose stack reference leads nowhere, and has no word about what should come first. */
async function mustExist(from: string): Promise<void> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${from}`;
  await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name }).catch((error: unknown) => {
    const answer = error instanceof Error ? error.message : String(error);
    throw refusalOf([{ code: "stack-unread", environment: from, answer }]);
  });
}

/** Stacks whose files, beside this one's, name another place. */
function warnOfPlaces(catalog: Catalog, config: StackConfig, services: Services): PlaceFinding[] {
  const dir = pulumi.runtime.getRootDirectory();
  const place = (config: StackConfig, services: Services) => ({
    environment: config.environment,
    target: targetOf(config, services, ""),
  });
  const siblings = dir ? siblingStacks(dir, config.environment, catalog, runContext().env) : [];
  return otherPlaces(
    place(config, services),
    siblings.map((one) => place(one.config, one.services)),
  );
}

/** An engine passes on only the text of an error; a refusal ends a command with its own exit code. */
function enveloped(error: unknown): never {
  throw error instanceof Refusal ? new Refusal(refusedText(error.message, error.findings), error.findings) : error;
}

/**
 * A Pulumi program for a catalog: reads config, looks, plans, declares. The stack's name is its environment.
 *
 * @example
 * ```ts
 * import { consoleCatalog, consoleVault, defineCatalog } from "console-vault";
 * export default consoleVault(defineCatalog({ ...consoleCatalog, root: "/Acme" }));
 * ```
 */
export const consoleVault = (catalog: Catalog) => () => program(catalog).catch(enveloped);

/** The same as a part of a component. */
export const declareEnvironment = (catalog: Catalog, component: pulumi.Resource) =>
  program(catalog, component).catch(enveloped);

/**
 * What this stack's last update left, and whether any has declared something that is still there. Nothing is kept in the state for
 * asking; it has to be asked before anything is declared.
 */
async function readLast(): Promise<Last & { readonly made: boolean }> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName })) as {
    outputs: Readonly<Record<string, Omit<LeftResource, "name">>>;
  };
  const resources = Object.entries(outputs ?? {}).map(([urn, one]) => ({ ...one, name: urn.split("::").at(-1)! }));
  return { ...lastOf(pulumi.getStack(), resources), made: resources.some(({ type }) => kindOf(type) !== undefined) };
}

/** @throws Refusal that names everything that differs */
function refuseOtherPlace(before: Target | undefined, target: Target): void {
  const moved = before && !rebinding() ? movedFrom(before, target) : [];
  if (moved.length > 0) throw refusalOf(moved, "Nothing was changed. If that is meant, run the command with --rebind");
}

function refuseImpossible({ environment, problems, refusals }: StackPlan): void {
  if (problems.length > 0)
    throw configError(
      `The plan of ${environment}`,
      problems.map((one) => `${namespace}:${sentence(one)}`),
    );
  if (refusals.length > 0) throw refusalOf(refusals);
}

/**
 * With plain Pulumi a warning is all that a recorded refusal would be, and its exit code is 0. An error that is logged keeps what
 * was prepared and recorded, the outputs of this run included; the exit code has to be set beside it, once all is done.
 */
function turnRed({ migration, retirement }: Outputs, now: () => Date): void {
  if (runContext().env.CONSOLE_VAULT_COMMAND === "1" || pulumi.runtime.isDryRun()) return;
  pulumi.all([migration, retirement]).apply(([record, report]) => {
    const verdicts = [
      record && flagVerdict(recordAsOf(record, now())),
      report && retirementVerdict(reportAsOf(report, now())),
    ].filter((one) => one !== undefined);
    if (verdicts.length === 0) return;
    for (const verdict of verdicts) pulumi.log.error(sentence(verdict));
    process.on("exit", (code) => {
      if (code === 0) process.exitCode = 1;
    });
  });
}

/** @param component what the resources are in; without one, the stack itself */
async function program(catalog: Catalog, component?: pulumi.Resource): Promise<Partial<Outputs>> {
  const { env } = runContext();
  // Before anything is looked at: a command may have work for which this update holds the stack's lock.
  if (!pulumi.runtime.isDryRun() && (await awaitWork(env))) seenVars()?.clear();
  const { [catalogKey]: _, ...raw } = pulumi.runtime.allConfig();
  const config = checkedConfig(raw, pulumi.getStack(), catalog, isConfigSecret);
  const services = servicesOf(config, env, usesHeroku(catalog));
  // The Heroku provider reads its own variable and nothing of our config: it would write to the real Heroku.
  if (usesHeroku(catalog) && !env.HEROKU_API_URL && services.herokuUrl !== defaultHerokuUrl)
    throw configError(`Pulumi.${config.environment}.yaml`, [
      `console-vault:herokuApiUrl: set HEROKU_API_URL=${services.herokuUrl} as well, which is what the Heroku provider reads (console-vault up does)`,
    ]);
  const credentials = credentialsOf(env, new pulumi.Config("heroku").get("apiKey"), usesHeroku(catalog));
  const last = await readLast();
  const steady = env.CONSOLE_VAULT_STEADY === "1";
  // A stack that no update has made stays unmade where nobody asked for it. One that only lost a part of its state is declared
  // as always: of a program that declares nothing the engine would delete the rest.
  if (steady && !last.made) return {};
  const place = targetOf(config, services, last.target?.account ?? "");
  // Before any credential is sent there.
  refuseOtherPlace(last.target, place);
  const onWait = (wait: Wait) => void pulumi.log.info(seal(waitLine(wait), { is: "wait", wait }));
  // The one that the providers of this run use, where they run in the same process: one login for all of it.
  const vault = vaultAt(placeOf(place));
  const heroku =
    usesHeroku(catalog) && credentials.heroku
      ? herokuWith(services.herokuUrl, credentials.heroku, onWait)
      : new NoHeroku();

  const made = new Set(Object.keys(last.sets));
  const seen = sharedReads(placeOf(place), config.root);
  const varsOf = (appId: string) => seenVars()?.take(appId);
  const onStep = (what: string) => tellStep(`reading the ${what}`);
  const mayBeOn = config.vaultEnvAware || (last.record !== undefined && keptState(last.record.flag) !== "off");
  const { environment, root } = config;
  const besides =
    mayBeOn && !steady ? foldersOfLeft({ catalog, environment, root, sets: last.sets }, !config.vaultEnvAware) : [];
  const world = await look(catalog, config, vault, heroku, { made, seen, besides, varsOf, onStep });
  tellStep("planning");
  keepSight(placeOf(place), world, seen);
  const target = { ...place, account: world.account };
  refuseOtherPlace(last.target, target);
  const answer = await askGate(catalog, config, world, target, { vault, heroku });
  const plan = planStack({ catalog, config, world, target, last, gate: answer, steady });
  refuseImpossible(plan);
  vault.expectWrites(writesOf(plan));
  const places = [...(world.root.is === "new" ? [world.root.warning] : []), ...warnOfPlaces(catalog, config, services)];
  for (const finding of [...places, ...plan.warnings]) warn(finding);
  // A flag that is on over something bad is an error at the end of an update; a preview has no end.
  const standing = flagVerdict(plan.expected);
  if (standing && (pulumi.runtime.isDryRun() || plan.flag.refused.length > 0)) warn(standing);
  const readBack = () =>
    new Map(
      world.apps.flatMap(({ name, id }) => {
        const vars = varsOf(id);
        return vars ? [[name, vars] as const] : [];
      }),
    );
  const outputs = declare(
    catalog,
    plan,
    {
      now: () => heroku.now(),
      lookAtFlag: () => lookAtFlag(heroku, catalog, config.environment, readBack()),
    },
    component,
  );
  turnRed(outputs, () => heroku.now());
  return outputs;
}
