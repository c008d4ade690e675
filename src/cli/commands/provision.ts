import { password } from "@inquirer/prompts";
import type { Command } from "commander";
import {
  type Credential,
  credentialOf,
  type Environment,
  environmentOf,
  heldBy,
  type Judgement,
  mayHold,
  neverHolds,
  ruleRefusal,
  rulesOf,
  wantedOf,
} from "../../catalog/index.js";
import { sourceOf } from "../../config/index.js";
import { Refusal, UsageError } from "../../errors.js";
import {
  comparedPlaces,
  decideProvision,
  type FolderSight,
  flagWords,
  keptFlag,
  lookAtFlag,
  lookAtFolder,
  type ProvisionDecision,
  readNames,
  sentence,
} from "../../migration/index.js";
import { environmentPath, flatPath } from "../../resolver/index.js";
import { SecretValue } from "../../secret.js";
import { bytesInBody, MAX_VALUE_BYTES, put, trimmed } from "../../vault/client/index.js";
import { isInterruption } from "../ask.js";
import { environmentToWrite } from "../environment.js";
import { Ended, exitCodes } from "../exit.js";
import { insideUpdates, refuseFailed, tellWarnings } from "../insideUpdates.js";
import { colorsOf, type Io } from "../io.js";
import { lastRecord } from "../lastUpdate.js";
import { openProject, type Project } from "../project.js";
import { type OpenServices, openServices, openStack } from "../stack.js";
import { refuseOtherTarget } from "../target.js";

interface ProvisionOptions {
  readonly env?: string;
  readonly engine?: string;
  readonly cwd?: string;
  readonly replace?: boolean;
  readonly keepNewline?: boolean;
}

/** Nothing was typed, or piped in. */
class NoValue extends UsageError {}

/** A value that an operator types or pipes. One line break at the end is the shell's, not the value's. */
export async function readValue(io: Io, name: string, keepNewline = false): Promise<SecretValue> {
  const piped = await io.readStdin();
  const text =
    piped ?? (io.interactive ? await password({ message: `Value of ${name} (not shown)`, mask: false }) : "");
  const value = keepNewline ? text : text.replace(/\r?\n$/, "");
  if (value.trim() === "")
    throw new NoValue(
      `No value for ${name}: pipe it in (… | console-vault …), or type it at the prompt of a terminal.`,
    );
  // A config var cannot hold NUL, and no vendor's key has an escape in it: a file in UTF-16, or a key that was pressed.
  if (/[^\P{Cc}\t\r\n]/u.test(value))
    throw new UsageError(`The value of ${name} has control characters in it (a file in UTF-16?). Nothing was written.`);
  const given = SecretValue.of(value);
  const kept = trimmed(given);
  if (bytesInBody(kept) > MAX_VALUE_BYTES)
    throw new UsageError(
      `The value of ${name} is too large: Infisical takes about 1 MiB in one request, counted as JSON. Nothing was written.`,
    );
  if (!kept.equals(given))
    io.err("  · blanks and line breaks around the value are dropped: Infisical keeps it without them");
  return kept;
}

async function provision(io: Io, name: string, options: ProvisionOptions): Promise<void> {
  const project = await openProject(io, options.cwd);
  const { catalog } = project;
  const credential = credentialOf(catalog, name);
  const environment = environmentOf(catalog, await environmentToWrite(io, catalog, options.env));
  if (credential.scope === "shared")
    throw new Refusal(
      `${name} is shared: it has one value for all environments, at ${flatPath(catalog.root, credential.vendor)}`,
      { code: "shared-name", name },
    );
  if (!mayHold(credential, environment.name)) throw neverHolds(name, environment.name);
  const services = await openServices(io, project, environment.name);
  const { config, vault, heroku } = services;
  if (sourceOf(catalog, config, name) === "copy")
    throw new Refusal(
      `${name} is copied from its flat path on ${environment.name}. To write it by hand, set console-vault:sources: { ${name}: provision } in Pulumi.${environment.name}.yaml first.`,
      { code: "copied-name", name, environment: environment.name },
    );
  const record = await lastRecord(io, project.dir, { ...options, stack: environment.name });
  // Before a key is sent there.
  refuseOtherTarget(services, record, undefined);
  const value = await readValue(io, name, options.keepNewline);

  refuseOtherTarget(services, record, (await heroku.account()).email);
  await vault.checkAccess();
  const placing = { credential, environment, value, replace: options.replace === true };
  // Before the lock as well: most refusals need no update.
  const { path, warning } = await lookAtPlace(services, placing);
  if (warning) io.err(colorsOf(io).yellow(`! ${sentence(warning)}`));
  // An update that runs meanwhile might turn the flag on over this value, and two creations of one name make two rows.
  const stack = await openStack(io, { ...options, stack: environment.name, steady: true });
  const updates = await insideUpdates(io, [stack], (lost) => write(io, services, placing, lost));
  tellWarnings(io, updates);
  refuseFailed(updates, `${name} is at ${path}, and was read back`);
}

/** Asks for every credential that the environment still waits for, one by one. Each is written before the next one is asked for. */
async function provisionMissing(io: Io, options: ProvisionOptions): Promise<void> {
  if (!io.interactive)
    throw new UsageError(
      "Without a name, provision asks for each value at a terminal. Here, name the credential: … | console-vault provision NAME --env E",
    );
  const project = await openProject(io, options.cwd);
  const named = { ...options, env: await environmentToWrite(io, project.catalog, options.env) };
  const missing = await findMissing(io, project, named);
  if (missing.length === 0) {
    io.out("Nothing is missing: every credential that is written by hand is there.");
    return;
  }
  io.err(`${missing.length} to provision. Enter alone leaves one out; Ctrl-C ends, and keeps what was written.`);
  let written = 0;
  for (const [index, { name, reason, wanted }] of missing.entries()) {
    io.err(`\n${colorsOf(io).bold(`${index + 1} of ${missing.length}: ${name}`)}\n  ${reason}`);
    if (wanted.length > 0) io.err(`  The value ${wanted.join("; ")}.`);
    if (await askUntilWritten(io, name, named, written)) written += 1;
  }
  io.out(`${written} of ${missing.length} written.`);
}

/** @returns whether a value was written; false where none was typed */
async function askUntilWritten(io: Io, name: string, options: ProvisionOptions, before: number): Promise<boolean> {
  for (;;)
    try {
      await provision(io, name, options);
      return true;
    } catch (error) {
      if (error instanceof NoValue) return false;
      if (isInterruption(error))
        throw new Ended(
          exitCodes.failed,
          `Interrupted at ${name}: it was not changed. ${before} written before it; run the command again for the rest.`,
        );
      // A value that breaks a rule, or is no text: the next one may be right.
      if (!(error instanceof Refusal || error instanceof UsageError)) throw error;
      io.err(`${colorsOf(io).red("error:")} ${error.message}`);
    }
}

interface Missing {
  readonly name: string;
  readonly reason: string;
  readonly wanted: readonly string[];
}

/** What is written by hand in the environment and is not there, in the catalog's order. Reads these names alone. */
async function findMissing(
  io: Io,
  project: Project,
  { env: environment, ...options }: ProvisionOptions & { readonly env: string },
): Promise<readonly Missing[]> {
  const { catalog } = project;
  const services = await openServices(io, project, environment);
  const { config, vault } = services;
  // Before a token is sent there.
  refuseOtherTarget(services, await lastRecord(io, project.dir, { ...options, stack: environment }), undefined);
  const byHand = heldBy(catalog, environment).filter(({ name }) => sourceOf(catalog, config, name) === "provision");
  const placeOf = ({ name, vendor }: Credential) => ({
    name,
    path: environmentPath(config.root, vendor, environment),
  });
  const { rows, unread } = await readNames(vault, byHand.map(placeOf));
  const hidden = [...new Set(unread.map(({ path }) => path))];
  if (hidden.length > 0)
    throw new Refusal(
      `The token may not read ${hidden.join(", ")}, so that what is missing there is not known. Give it that right, or name the credential.`,
      { code: "unreadable", paths: hidden },
    );
  const there = new Set(rows.map(({ name }) => name));
  return byHand
    .filter(({ name }) => !there.has(name))
    .map((credential) => ({
      name: credential.name,
      reason: credential.reason,
      wanted: wantedOf(rulesOf(catalog, credential), environment),
    }));
}

interface Placing {
  readonly credential: Credential;
  readonly environment: Environment;
  readonly value: SecretValue;
  readonly replace: boolean;
}

/** Said where a value of another environment, which this one's may not equal, was not to be seen. */
export const notCompared = (distinct: Judgement["distinct"]) =>
  distinct === "unchecked" ? "; that it differs from the other environment's could not be checked" : "";

/** The folder is that of the path. */
interface Destination extends FolderSight {
  readonly path: string;
  readonly distinct: Judgement["distinct"];
  readonly decision: Extract<ProvisionDecision, { is: "there" | "write" }>;
}

/** @throws Refusal for what may not be written */
async function lookAtPlace(
  { catalog, config, vault, heroku }: OpenServices,
  { credential, environment: { name: environment }, value, replace }: Placing,
): Promise<Destination> {
  const { name, vendor } = credential;
  const { root } = config;
  const flag = await lookAtFlag(heroku, catalog, environment);
  const path = environmentPath(root, vendor, environment);
  const folder = await vault.listSecrets(path);
  // Other vendors' too: a value that this environment may not hold is not to come in under another name either.
  const compared = comparedPlaces(catalog, root, credential, environment).filter((one) => one.path !== path);
  const rows = [...folder, ...(await readNames(vault, compared)).rows];
  const facts = { root, path, value, rows, flag: flag.is, replace, now: heroku.now() };
  const { decision, distinct } = decideProvision(catalog, credential, environment, facts);
  if (decision.is === "broken") throw ruleRefusal(`${name} is not written:`, decision.findings);
  if (decision.is === "duplicate")
    throw new Refusal(`${name} has ${decision.rows} rows at ${path}: delete all but one in Infisical first.`, {
      code: "duplicate",
      name,
      path,
      rows: decision.rows,
    });
  const seen = await lookAtFolder(catalog, root, vault, path, rows);
  if (decision.is === "flag-partly")
    throw new Refusal(
      `${path} is in use: the flag is ${flagWords(keptFlag(flag))}. First:\n  console-vault up --stack ${environment}`,
      { code: "flag-partly", environment, apps: keptFlag(flag).apps },
    );
  if (decision.is === "in-use")
    throw new Refusal(
      `${path} is in use: the flag is on (${flag.app}), and the apps have to get a new value as well. Type\n  console-vault rotate ${name} --env ${environment}`,
      { code: "in-use", name, path, app: flag.app },
    );
  if (decision.is === "has-value")
    throw new Refusal(`${path} has another value of ${name}; to replace it, run the command again with --replace`, {
      code: "has-value",
      name,
      path,
    });
  return { path, distinct, decision, ...seen };
}

/** Looks again, writes, reads back: with the stack's lock held. */
async function write(io: Io, services: OpenServices, placing: Placing, lost: AbortSignal): Promise<void> {
  const { vault } = services;
  const { value, credential } = placing;
  const { name } = credential;
  const { path, distinct, decision, folder } = await lookAtPlace(services, placing);
  const c = colorsOf(io);
  if (decision.is === "there") {
    io.out(`${c.green("✓")} ${name} is at ${path} with this value already; nothing was written`);
    return;
  }
  lost.throwIfAborted();
  if (folder === "make") {
    await vault.createFolder(path);
    io.err(`  + folder ${path}`);
  }
  const result = await put(vault, path, { name, value }, { exists: decision.over });
  if (result.is === "approval")
    throw new Refusal(
      `Infisical keeps the change of ${name} at ${path} for an approval; it is not placed until somebody approves it there.`,
      { code: "approval", name, path },
    );
  if (result.is === "other")
    throw new Error(`${name} was written to ${path}, and another value is read back there: look at it in Infisical`);
  io.out(`${c.green("✓")} ${name} written to ${path} and read back${notCompared(distinct)}`);
}

export function addProvision(program: Command, io: Io): void {
  program
    .command("provision")
    .argument("[name]", "credential of the catalog; without it, asks for every missing one in turn")
    .description(
      "write a credential at its environment path: take the value from stdin or a hidden prompt, check it against its rules, write it, read it back",
    )
    .option("--env <environment>", "environment that gets it")
    .option("--replace", "replace a different value that is already there (only while the flag is off)")
    .option("--keep-newline", "keep the line break at the end of stdin as part of the value")
    .option("--engine <engine>", "auto, pulumi (the Pulumi CLI) or embedded: which engine updates the stack", "auto")
    .option("--cwd <dir>", "the project's directory")
    .action((name: string | undefined, options: ProvisionOptions) =>
      name === undefined ? provisionMissing(io, options) : provision(io, name, options),
    );
}
