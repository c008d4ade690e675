// `up`, `preview`, `refresh`, `destroy`: the stack update.
import { isDeepStrictEqual } from "node:util";
import type { Command } from "commander";
import { flagVariable } from "../../catalog/index.js";
import type { OutputMap } from "../../engine/index.js";
import { Refusal, UsageError } from "../../errors.js";
import {
  asWanted,
  duration,
  type Earlier,
  findingJson,
  flagVerdict,
  flagWords,
  type KeptFlat,
  keptFlag,
  keptState,
  lookAtFlag,
  type MigrationRecord,
  type Neighbours,
  nextSteps,
  predecessor,
  type Reason,
  type RetirementReport,
  reason,
  recordAsOf,
  recordOf,
  refusalOf,
  reportAsOf,
  retirementVerdict,
  sentence,
  successor,
  targetOf,
} from "../../migration/index.js";
import { flagSwitch, planReport, refusedReport, soakOf } from "../../report/plan/index.js";
import { askYes } from "../ask.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io } from "../io.js";
import { lastUpdate, outputsOf, refuseUnexported } from "../lastUpdate.js";
import { type Ran, runEngine } from "../run.js";
import { countWords, stepLines } from "../show.js";
import { type OpenStack, openStack, type StackOptions } from "../stack.js";
import { refuseOtherTarget } from "../target.js";
import { inSteps } from "../view.js";
import { type PartialOptions, partOf, withPartialOptions } from "./partial.js";
import { previewOffline, writeComment } from "./previewOffline.js";

export interface UpdateOptions extends StackOptions, PartialOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly expectNoChanges?: boolean;
  readonly markdown?: string;
}

export function withStackOptions(command: Command): Command {
  return command
    .requiredOption("--stack <stack>", "environment of the catalog")
    .option("--engine <engine>", "auto, pulumi (the Pulumi CLI) or embedded", "auto")
    .option("--cwd <dir>", "the project's directory (default: the nearest with a Pulumi.yaml)")
    .option("--rebind", "let the stack move to another vault, project or account than before")
    .option("--json", "answer as JSON");
}

/**
 * Looks whether both services can be reached before an engine starts. A program in this very process goes on with the same login, and
 * begins with that look itself.
 * @returns e-mail of the Heroku account
 */
async function login({ vault, heroku, engine }: OpenStack, command: string): Promise<string> {
  const looksItself = engine.name === "embedded" && (command === "up" || command === "preview");
  await (looksItself ? vault.authenticate() : vault.checkAccess());
  return (await heroku.account()).email;
}

/** Says where the stack works. */
function tellPlace(io: Io, { config, services, engine, engineReason }: OpenStack, email: string): void {
  const c = colorsOf(io);
  io.err(
    [
      `${c.bold(`stack ${config.environment}`)}  ${c.dim(`engine ${engine.name} (${engineReason})`)}`,
      c.dim(
        `vault   ${services.infisicalUrl}  project ${config.infisicalProjectId}  environment slug ${config.infisicalEnvironment}  root ${config.root}`,
      ),
      c.dim(email === "" ? "heroku  none" : `heroku  ${services.herokuUrl}  account ${email}`),
    ].join("\n"),
  );
}

/** What the stack's last update left, and the e-mail of the Heroku account that answers now. */
interface Opened {
  readonly outputs: OutputMap;
  readonly account: string;
}

/**
 * Compares the place with the last update's before a credential is sent there, then logs in and says where the stack works.
 * @throws Refusal for another place than the stack worked on: an engine would first ask whatever its state names
 */
async function openHere(
  io: Io,
  stack: OpenStack,
  { rebind, stack: name }: UpdateOptions,
  command: string,
): Promise<Opened> {
  const ifMeant = `console-vault ${command} --stack ${name} --rebind`;
  const { outputs, record, account } = await inSteps(io, "reading the last update's outputs", async (next) => {
    const outputs = await stack.engine.outputs();
    const { migration: record } = outputsOf(name, outputs);
    if (!rebind) refuseOtherTarget(stack, record, undefined, ifMeant);
    next("logging in to Infisical and Heroku");
    return { outputs, record, account: await login(stack, command) };
  });
  tellPlace(io, stack, account);
  if (!rebind) refuseOtherTarget(stack, record, account, ifMeant);
  return { outputs, account };
}

const changesOf = ({ outcome }: Ran): number =>
  Object.entries(outcome.changes).reduce(
    (sum, [op, count]) => sum + (op === "same" || op === "refresh" ? 0 : (count ?? 0)),
    0,
  );

/** What a plan announces before it knows what another resource of it finds. */
function unchangedAfterAll(planned: Ran, done: Ran): string[] {
  const happened = new Set(done.steps.map(({ urn }) => urn));
  return planned.steps
    .filter(({ urn }) => !happened.has(urn))
    .map(({ kind, subject }) => `  · ${kind} ${subject} stayed as it was`);
}

function showPlan(io: Io, { vault }: Pick<OpenStack, "vault">, ran: Ran): void {
  const c = colorsOf(io);
  const api = vault.apiVersion();
  io.out(`${c.bold("\nPlan")}${api ? c.dim(`  Infisical's API ${api}`) : ""}`);
  if (changesOf(ran) === 0) io.out("  no changes");
  for (const step of ran.steps) io.out(stepLines(step, c).join("\n"));
  if (ran.steps.length === 0 && changesOf(ran) > 0) io.out("  ~ settings of the providers, as the state keeps them");
  for (const warning of ran.warnings) io.out(c.yellow(`  ! ${sentence(warning)}`));
  io.out(c.dim(`  ${countWords(ran.counts, false)}`));
}

/** A flag that is wanted and refused, or that is on over something bad: recorded, and said by the exit code. */
export function flagRefusal(record: MigrationRecord | undefined): Refusal | undefined {
  const verdict = record && flagVerdict(record);
  return verdict && refusalOf([verdict]);
}

/** `47 h of its soak left, until …`; undefined where it does not run or is over. */
async function soakLeft(io: Io, { projectDir, config, heroku }: OpenStack): Promise<string | undefined> {
  const last = await lastUpdate(io, projectDir, config.environment).catch(() => undefined);
  const until = last?.is === "known" ? soakOf(config, last)?.readyAt : undefined;
  const left = until ? Date.parse(until) - heroku.now().getTime() : 0;
  return left > 0 ? `${duration(left)} left, until ${until}` : undefined;
}

interface After {
  readonly neighbours: Neighbours;
  readonly soak: string | undefined;
}

function showRecord(
  io: Io,
  environment: string,
  record: MigrationRecord | undefined,
  { neighbours, soak }: After,
): void {
  if (!record) return;
  const c = colorsOf(io);
  const { flag } = record;
  io.out(
    `\n${c.bold("phase")}   ${record.phase}${record.confirmedSince ? c.dim(`  everything confirmed since ${record.confirmedSince}`) : ""}`,
  );
  if (soak) io.out(`${c.bold("soak")}    ${soak}`);
  const otherwise =
    asWanted(flag) || record.blocked.length > 0
      ? ""
      : c.yellow(`  wanted ${flag.wanted ? "on" : "off"}, and this update did not turn it`);
  const state =
    keptState(flag) === "partly" ? flagWords(flag) : `${flag.running ? c.green("on") : "off"} (${flag.app})`;
  if (flag.app !== "") io.out(`${c.bold("flag")}    ${flag.variable} is ${state}${otherwise}`);
  for (const name of record.confirmed) io.out(`  ${c.green("✓")} ${name}  ${c.dim("confirmed")}`);
  for (const name of record.waiting) io.out(`  ${c.yellow("…")} ${name}  ${c.dim("awaits provision")}`);
  for (const one of record.blocked) io.out(`  ${c.red("✗")} ${sentence(one)}`);
  const next = nextSteps(environment, record, neighbours);
  const lines = next.flatMap(({ command, setting, because }, index) => [
    ...(because && because !== next[index - 1]?.because ? [c.dim(`  # ${because}`)] : []),
    ...(setting ? [c.dim(`  # set ${setting}, then`)] : []),
    `  ${command}`,
  ]);
  if (lines.length > 0) io.out(`\n${c.bold("next")}\n${lines.join("\n")}`);
}

/** The environment after this one, where its flag was off at its last update, or nothing is known of that. */
async function toFollow(io: Io, { projectDir, catalog, config }: OpenStack): Promise<string | undefined> {
  const name = successor(catalog, config.environment);
  // Only for what is said at the end: a state that cannot be read changes nothing of how this update ends.
  const last = name === undefined ? undefined : await lastUpdate(io, projectDir, name).catch(() => undefined);
  return last?.is === "known" && recordOf(last)?.flag.running ? undefined : name;
}

/** The environment before, where its state lies open. A state that cannot be read changes nothing of how this update ends. */
async function earlierOf(io: Io, { projectDir, catalog, config, heroku }: OpenStack): Promise<Earlier | undefined> {
  const before = predecessor(catalog, config.environment);
  const last = before === undefined ? undefined : await lastUpdate(io, projectDir, before).catch(() => undefined);
  if (last?.is !== "known") return undefined;
  const { readyAt } = soakOf(config, last) ?? {};
  return { record: recordOf(last), readyAt: readyAt ? new Date(readyAt) : undefined, now: heroku.now() };
}

async function neighboursOf(io: Io, stack: OpenStack): Promise<Neighbours> {
  return {
    before: predecessor(stack.catalog, stack.config.environment),
    after: await toFollow(io, stack),
    earlier: await earlierOf(io, stack),
  };
}

async function preview(io: Io, options: UpdateOptions): Promise<void> {
  const part = partOf(options);
  const stack = await openStack(io, options);
  const { catalog, config, services } = stack;
  let account = "not asked";
  const look = async () => {
    ({ account } = await openHere(io, stack, options, "preview"));
    return runEngine(io, stack.engine, "preview", { refresh: true, ...part });
  };
  const about = () => ({ catalog, config, target: targetOf(config, services, account), api: stack.vault.apiVersion() });
  const ran = await look().catch((error: Error) => {
    writeComment(io, options.markdown, refusedReport(about(), error));
    throw error;
  });
  writeComment(io, options.markdown, planReport({ ...about(), ...ran }));
  if (options.json)
    io.out(
      JSON.stringify(
        {
          api: stack.vault.apiVersion() ?? null,
          changes: ran.outcome.changes,
          steps: ran.steps,
          warnings: ran.warnings.map(sentence),
          findings: ran.warnings.map(findingJson),
        },
        null,
        2,
      ),
    );
  else showPlan(io, stack, ran);
  const pending = ran.steps.length || changesOf(ran);
  if (options.expectNoChanges && changesOf(ran) > 0)
    throw new Ended(
      exitCodes.pending,
      `${pending} changes are pending on ${options.stack}: console-vault up --stack ${options.stack}`,
    );
}

/** Plan, question, update: what `up` does, and what other commands end with. */
export async function update(io: Io, options: UpdateOptions): Promise<void> {
  const part = partOf(options);
  const stack = await openStack(io, options);
  const { outputs: before } = await openHere(io, stack, options, "up");
  const planned = await runEngine(io, stack.engine, "preview", { refresh: true, ...part });
  if (!options.json) showPlan(io, stack, planned);
  const flag = flagSwitch(planned);
  if (changesOf(planned) > 0)
    await askYes(
      io,
      options,
      flag ? `Update ${options.stack}, and turn ${flag.name} ${flag.text}?` : `Update ${options.stack}?`,
      " once the plan is as it should be (console-vault preview shows it)",
    );
  // With nothing to do there is nothing to write either: the program has looked at everything just now. Unless an earlier run
  // ended right before it could say so, or another update may be running.
  const said = isDeepStrictEqual(planned.outcome.outputs, before);
  const same = said && changesOf(planned) === 0 && planned.outcome.interrupted.length === 0;
  const idle = same && (await stack.refuseWhileHeld());
  const done = idle ? planned : await runEngine(io, stack.engine, "up", { refresh: true, ...part });
  await reportUpdate(io, stack, options, done, planned);
}

/** Why a flat copy stays, where it is not for a time. */
function keptReasons(kept: KeptFlat): readonly Reason[] {
  if ("why" in kept) return [kept.why];
  return "because" in kept.held ? kept.held.because : [];
}

/** Sentences where JSON has always had them, and the same as data. */
function recordJson(record: MigrationRecord) {
  const { blocked } = record;
  return { ...record, blocked: blocked.map(sentence), findings: blocked.map(findingJson) };
}

function retirementJson({ retired, kept, refused }: RetirementReport) {
  return {
    retired,
    kept: kept.map((one) => {
      if ("held" in one && "until" in one.held) return { ...one, why: `until ${one.held.until}` };
      const list = keptReasons(one);
      const why = list.map(reason).join("; ");
      const held = "held" in one ? { held: { reason: why } } : {};
      return { name: one.name, ...held, why, findings: list.map(findingJson) };
    }),
    refused: refused.map(sentence),
    findings: refused.map(findingJson),
  };
}

/** Flat copies that stay, those for one reason together. */
function keptLines(kept: readonly KeptFlat[], now: Date): string[] {
  const names = new Map<string, string[]>();
  for (const one of kept) {
    const until = "held" in one && "until" in one.held ? one.held.until : undefined;
    const left = until && ` (${duration(Math.max(0, Date.parse(until) - now.getTime()))} left)`;
    const why = until ? `until ${until}${left}` : keptReasons(one).map(reason).join("; ");
    names.set(why, [...(names.get(why) ?? []), one.name]);
  }
  return [...names].map(([why, of]) => `flat ${of.join(", ")} ${of.length > 1 ? "stay" : "stays"}: ${why}`);
}

/** What an update has left, and how the command ends for it. @throws Refusal where something that is wanted was refused */
export async function reportUpdate(
  io: Io,
  stack: OpenStack,
  options: Pick<UpdateOptions, "stack" | "json">,
  done: Ran,
  planned: Ran = done,
): Promise<void> {
  const last = outputsOf(options.stack, done.outcome.outputs);
  await refuseUnexported(stack, last);
  const record = last.migration && recordAsOf(last.migration, stack.heroku.now());
  const retirement = last.retirement && reportAsOf(last.retirement, stack.heroku.now());
  if (options.json)
    io.out(
      JSON.stringify(
        {
          result: done.outcome.result,
          changes: done.outcome.changes,
          migration: record ? recordJson(record) : null,
          ...(retirement ? { retirement: retirementJson(retirement) } : {}),
        },
        null,
        2,
      ),
    );
  else {
    io.out(`\n${colorsOf(io).bold("Done")}    ${countWords(done.counts, true)}`);
    if (done !== planned) for (const line of unchangedAfterAll(planned, done)) io.out(line);
    showRecord(io, options.stack, record, {
      neighbours: await neighboursOf(io, stack),
      soak: await soakLeft(io, stack),
    });
    for (const line of keptLines(retirement?.kept ?? [], stack.heroku.now())) io.out(`  ${line}`);
  }
  const refusal = flagRefusal(record);
  if (refusal) throw refusal;
  const stay = retirementVerdict(retirement);
  if (stay) throw refusalOf([stay]);
}

async function refresh(io: Io, options: UpdateOptions): Promise<void> {
  const stack = await openStack(io, options);
  await openHere(io, stack, options, "refresh");
  await askYes(io, options, `Read every resource of ${options.stack} again and keep what is found in its state?`);
  const ran = await runEngine(io, stack.engine, "refresh", {});
  if (options.json) io.out(JSON.stringify({ result: ran.outcome.result, changes: ran.outcome.changes }, null, 2));
  else io.out(`Refreshed  ${countWords(ran.outcome.changes, true) || "nothing"}`);
}

async function destroy(io: Io, options: UpdateOptions): Promise<void> {
  const stack = await openStack(io, options);
  const { outputs } = await openHere(io, stack, options, "destroy");
  const { migration: record } = outputsOf(options.stack, outputs);
  const { catalog } = stack;
  const flag = await lookAtFlag(stack.heroku, catalog, options.stack);
  // Recorded on counts as well: then the state protects every resource.
  if (flag.is !== "off" || (record && keptState(record.flag) !== "off"))
    throw new Refusal(
      `${flagVariable(catalog)} is ${flag.is === "partly" ? flagWords(keptFlag(flag)) : `on (${flag.app})`}: its readers need what this stack declares. Turn it off first:\n  console-vault rollback --stack ${options.stack}`,
      { code: "flag-is-on", environment: options.stack, app: flag.app },
    );
  await askYes(
    io,
    options,
    `Forget the stack ${options.stack}? Credentials and config vars stay; folders that it made and that are empty go.`,
  );
  const ran = await runEngine(io, stack.engine, "destroy", { refresh: false });
  if (options.json) io.out(JSON.stringify({ result: ran.outcome.result, changes: ran.outcome.changes }, null, 2));
  else
    io.out(
      `Destroyed  ${countWords(ran.counts, true) || "nothing"}. Every credential and every config var is where it was.`,
    );
}

const yes = ["-y, --yes", "do not ask"] as const;

export function addUp(program: Command, io: Io): void {
  withPartialOptions(
    withStackOptions(
      program.command("up").description("bring the stack to what its config says: show the plan, ask, update"),
    ),
  )
    .option(...yes)
    .action((options: UpdateOptions) => update(io, options));
}

export function addPreview(program: Command, io: Io): void {
  withPartialOptions(withStackOptions(program.command("preview").description("show what up would do; changes nothing")))
    .option("-y, --yes", "accepted, as by every command; a preview asks nothing")
    .option("--expect-no-changes", "exit 4 if there are changes")
    .option("--markdown <file>", "also write the plan as a comment for a pull request")
    .option("--offline", "plan from catalog, config and last outputs: no network, no token, nothing is run")
    .action(({ offline, ...options }: UpdateOptions & { offline?: boolean }) => {
      if (!offline) return preview(io, options);
      if (Object.keys(partOf(options)).length > 0)
        throw new UsageError("--offline plans the whole stack: leave out --target, --exclude and --replace.");
      return previewOffline(io, options);
    });
}

export function addRefresh(program: Command, io: Io): void {
  withStackOptions(
    program.command("refresh").description("read every resource again and record in the state what is found"),
  )
    .option(...yes)
    .action((options: UpdateOptions) => refresh(io, options));
}

export function addDestroy(program: Command, io: Io): void {
  withStackOptions(
    program.command("destroy").description("forget the stack; every credential and every config var stays where it is"),
  )
    .option(...yes)
    .action((options: UpdateOptions) => destroy(io, options));
}

export function addCancel(program: Command, io: Io): void {
  withStackOptions(program.command("cancel").description("free the lock that an update left behind when it died"))
    .option(...yes)
    .action(async (options: UpdateOptions) => {
      const { engine } = await openStack(io, options);
      await askYes(io, options, `Is no update of ${options.stack} running anywhere, and may its lock go?`);
      const freed = await engine.cancel();
      const next = `console-vault up --stack ${options.stack}`;
      if (options.json) return io.out(JSON.stringify({ freed: freed ?? null, next: [next] }, null, 2));
      for (const holder of freed ?? []) io.err(`  the lock was held ${holder}`);
      io.out(
        freed?.length === 0
          ? `${options.stack} is not locked; nothing was changed.`
          : `${options.stack} is not locked any more. Next: ${next}`,
      );
    });
}
