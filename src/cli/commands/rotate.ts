import { isDeepStrictEqual } from "node:util";
import { confirm } from "@inquirer/prompts";
import type { Command } from "commander";
import { flagApp } from "../../catalog/index.js";
import { readStackConfig } from "../../config/index.js";
import { Refusal, UsageError } from "../../errors.js";
import { HerokuClient, HerokuError } from "../../heroku/index.js";
import { lookAtFlag, type MigrationRecord } from "../../migration/index.js";
import { planRotation, type RotationEvent, type RotationRequest, rotate } from "../../rotation/index.js";
import type { SecretValue } from "../../secret.js";
import { environmentToWrite } from "../environment.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io } from "../io.js";
import { catalog, projectDirOf } from "../project.js";
import { type OpenStack, openStack } from "../stack.js";
import { refuseOtherTarget } from "../target.js";
import { notCompared, readValue } from "./provision.js";

interface RotateOptions {
  readonly env?: string;
  readonly engine?: string;
  readonly cwd?: string;
  readonly yes?: boolean;
  readonly keepNewline?: boolean;
}

/** Names whose value is a Heroku key, which Heroku itself can try. */
const herokuKeys = ["HEROKU_API_KEY", "HEROKU_PLATFORM_API_TOKEN"];

/** The key that the tool itself logs in with may be the one that is rotated: revoked already, it is the new one that works. */
async function clientFor(stack: OpenStack, name: string, value: SecretValue): Promise<HerokuClient> {
  try {
    await stack.heroku.account();
    return stack.heroku;
  } catch (error) {
    if (!herokuKeys.includes(name) || !(error instanceof HerokuError) || error.kind !== "unauthorized") throw error;
    return keyed(stack, value);
  }
}

const keyed = ({ services }: OpenStack, key: SecretValue) =>
  new HerokuClient({ url: services.herokuUrl, auth: { kind: "bearer", key } });

/** A key that Heroku does not know is a mistake in what was piped in, not in how the tool itself logs in. */
async function tryKey(stack: OpenStack, name: string, key: SecretValue): Promise<void> {
  try {
    await keyed(stack, key).account();
  } catch (error) {
    if (!(error instanceof HerokuError) || error.kind !== "unauthorized") throw error;
    throw new Refusal(`Heroku does not accept the new value of ${name} as an API key. Nothing was changed.`);
  }
}

async function runningFlags(heroku: HerokuClient): Promise<Record<string, boolean>> {
  const flags: Record<string, boolean> = {};
  for (const { name } of catalog.environments) flags[name] = (await lookAtFlag(heroku, catalog, name)).on;
  return flags;
}

/** Config says what is wanted, state what was last done, the app what is true: a rotation goes by the truth, if all agree. */
async function agreedFlags(
  stack: OpenStack,
  heroku: HerokuClient,
  record: MigrationRecord | undefined,
): Promise<Record<string, boolean>> {
  const flags = await runningFlags(heroku);
  const { environment, vaultEnvAware: wanted } = stack.config;
  const [running, recorded] = [flags[environment]!, record?.flag.running ?? false];
  const word = (on: boolean) => (on ? "on" : "off");
  if (wanted !== running || recorded !== running)
    throw new Refusal(
      `${catalog.flag.variable} of ${environment} is not agreed on: wanted ${word(wanted)} (Pulumi.${environment}.yaml), recorded ${word(recorded)} (the stack's last update), running ${word(running)} (${flagApp(catalog, environment)}). First: console-vault up --stack ${environment}`,
    );
  return flags;
}

/** Apps on which some stack manages the name now: one that does not own the flat path does so only while its flag is on. */
function managedApps(projectDir: string, name: string, flags: Readonly<Record<string, boolean>>): string[] {
  return catalog.environments
    .filter((one) => one.name === catalog.fallback || flags[one.name])
    .flatMap((one) => readStackConfig(projectDir, one.name, catalog).manage[name] ?? []);
}

function tell(io: Io, event: RotationEvent): void {
  const c = colorsOf(io);
  const lines: Record<RotationEvent["step"], string> = {
    ruled: `the value passes its rules${"distinct" in event ? notCompared(event.distinct) : ""}`,
    tried: "the value works at its vendor",
    "not tried": "the value cannot be tried from here",
    written: "path" in event ? `written to ${event.path} and read back (${event.token})` : "",
    "in place": "path" in event ? `${event.path} has it already` : "",
    set: "app" in event ? `set on ${event.app} and read back` : "",
    "had it": "app" in event ? `${event.app} has it already` : "",
    "keeps its own": "app" in event ? `${event.app} has its own environment's value, and keeps it` : "",
    "does not use it": "app" in event ? `${event.app} does not have the var, and is left alone` : "",
  };
  io.out(`  ${event.step === "not tried" ? c.yellow("·") : c.green("✓")} ${lines[event.step]}`);
}

async function rotateCommand(io: Io, name: string, options: RotateOptions): Promise<void> {
  const environment = await environmentToWrite(io, options.env);
  const projectDir = projectDirOf(io, options.cwd);
  const stack = await openStack(io, { ...options, stack: environment });
  const value = await readValue(io, name, options.keepNewline);
  const heroku = await clientFor(stack, name, value);
  const record = (await stack.engine.outputs()).migration?.value as MigrationRecord | undefined;
  refuseOtherTarget(stack, record, (await heroku.account()).email);
  await stack.vault.checkAccess();
  const flags = await agreedFlags(stack, heroku, record);
  const request: RotationRequest = {
    catalog,
    name,
    environment,
    value,
    root: stack.config.root,
    vault: stack.vault,
    heroku,
    flags,
    managed: managedApps(projectDir, name, flags),
    ...(herokuKeys.includes(name) ? { attempt: (tried: SecretValue) => tryKey(stack, name, tried) } : {}),
  };
  const plan = await planRotation(request);
  const c = colorsOf(io);
  io.out(c.bold(`Rotate ${name} for ${environment}`));
  io.out(`  flag ${flags[environment] ? "on" : "off"}, so it is written to ${c.bold(plan.path)}`);
  io.out(`  apps that read it there: ${plan.apps.map(({ app }) => app).join(", ") || "none"}`);
  const others = [...new Set(plan.apps.map((one) => one.environment))].filter((one) => one !== environment);
  if (others.length > 0)
    io.out(c.yellow(`  ! ${others.join(" and ")} reads the same path: this rotates ${others.join(" and ")}'s too`));
  if (!options.yes) {
    if (!io.interactive) throw new UsageError("Nobody can be asked here: add --yes.");
    if (!(await confirm({ message: "Rotate?", default: false })))
      throw new Ended(exitCodes.failed, "Nothing was changed.");
  }
  const touched = [...new Set([environment, ...plan.apps.map((one) => one.environment)])];
  await stack.lock(touched, async () => {
    // Somebody else's update may have ended while this one asked and waited.
    if (!isDeepStrictEqual(await runningFlags(heroku), flags))
      throw new Refusal(
        "A flag was turned meanwhile, so this plan is over. Nothing was changed; run the command again.",
      );
    await rotate(request, plan, (event) => tell(io, event));
  });
  if (herokuKeys.includes(name) && io.env.HEROKU_API_KEY)
    io.out(
      `\nnext\n  if it was the key that this shell uses: export HEROKU_API_KEY=… (the new one), or pulumi config set --secret heroku:apiKey --stack ${environment}`,
    );
}

export function addRotate(program: Command, io: Io): void {
  program
    .command("rotate")
    .argument("<name>", "credential, e.g. HEROKU_API_KEY")
    .description(
      "a new value: tried, written where the running flag says, propagated to the apps that read it there, read back",
    )
    .option("--env <environment>", "environment whose credential it is")
    .option("--engine <engine>", "auto, pulumi or embedded: whose state says what was recorded", "auto")
    .option("--keep-newline", "the line break at the end of stdin belongs to the value")
    .option("--cwd <dir>", "the project's directory")
    .option("-y, --yes", "do not ask")
    .action((name: string, options: RotateOptions) => rotateCommand(io, name, options));
}
