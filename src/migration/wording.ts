// Findings in the words of a person: the one place where their sentences are written. Whoever needs to know what a finding is
// looks at its data.

import { ruleWords } from "../catalog/index.js";
import { Refusal, type Worded } from "../errors.js";
import { inKilobytes, type VarProblem } from "../heroku/index.js";
import type { Broken, Finding, FindingCode, ForbiddenDetail, Verdict } from "./findings.js";
import { flagWords, keptState } from "./flagState.js";
import { duration } from "./phases.js";
import { howToSee } from "./readers.js";
import type { Decision } from "./set.js";
import type { MigrationRecord, SetSpec } from "./state/index.js";

type Words = { readonly [Code in FindingCode]: (finding: Extract<Finding, { readonly code: Code }>) => string };

/** Without the name that it is about, which `sentence` puts before. */
const words: Words = {
  "not-provisioned": () => "not provisioned yet",
  missing: ({ path }) => (path === undefined ? "missing" : `missing at ${path}`),
  "rule-broken": (one) => `${whyBroken(one)} (${one.rule}${one.token === undefined ? "" : `; token ${one.token}`})`,
  conflict: (one) => `conflict: ${whyConflict(one)}`,
  "not-confirmed": () => "not confirmed",
  unreadable: ({ name, path }) => `the token may not read ${name} at ${path}`,
  absent: ({ name, path }) => `${name} is not at ${path}`,
  duplicate: ({ name, path, rows }) => `${name} has ${rows} rows at ${path}`,
  "copy-stale": () => "its flat value is another one now",
  "written-since": ({ path }) => `written again at ${path} since it was confirmed`,
  "flat-differs": ({ path, flatPath }) => `${flatPath} has another value than ${path}`,

  "gate-no-output": ({ environment }) =>
    `the stack ${environment} has no output "migration": run console-vault up --stack ${environment}`,
  "gate-odd-output": ({ environment, keys }) =>
    `the output "migration" of the stack ${environment} is not as expected (${keys.join(", ")}): run console-vault up --stack ${environment}`,
  "gate-other-place": ({ environment, key, theirs, ours }) =>
    `${environment} works on another ${key} (${theirs}, here ${ours})`,
  "gate-not-wanted": ({ environment }) => `${environment}'s flag is not wanted on: set vaultEnvAware: true there first`,
  "gate-not-confirmed": ({ environment, name }) =>
    name === undefined
      ? `${environment} is not confirmed: run console-vault up --stack ${environment}`
      : `${environment} last recorded ${name} as not confirmed: run console-vault up --stack ${environment}`,
  "gate-flag-off": ({ environment, app }) => `${environment}'s flag is off now (${app})`,
  "gate-no-release": ({ app }) => `no release of ${app} tells when its flag was turned on`,
  "gate-unchecked": ({ names }) =>
    `could not compare both environments' values of ${names.join(", ")}: the token must read both`,
  "gate-no-rotation": ({ environment }) =>
    `no rotation seen on ${environment} since its flag was turned on: console-vault rotate NAME --env ${environment}`,
  "gate-future": ({ environment, since, now }) =>
    `${environment}'s soak starts in the future (${since}); Heroku's clock says ${now}`,
  "gate-soaking": ({ environment, to, hours, since, now }) => {
    const soaked = Date.parse(now) - Date.parse(since);
    const ready = Date.parse(since) + hours * 3_600_000;
    const left = `${duration(ready - Date.parse(now))} left, until ${new Date(ready).toISOString()}`;
    return `${environment} has soaked ${duration(soaked)} of ${hours} h: ${left}; ${to} may follow then`;
  },

  "flat-ambiguous": ({ name, path, rows }) =>
    `${name} has ${rows} rows at ${path}, and which of them is read is chance`,
  "flat-gone": ({ name, path, environment }) =>
    `${name} is not at ${path} any more, where it is read with the flag off: bring it back with retireFlat: false on ${environment}`,
  "flat-other-value": ({ name, path, environment }) =>
    `${name} has another value at ${path}, where it is read with the flag off: console-vault rollback --stack ${environment} says how to go back`,
  "flag-unclear": ({ variable, app }) =>
    `${variable} (${app}) is neither true, 1, false, 0 nor empty, so whether it is on cannot be told. If it is meant to be on, type this, else the same with false:\n  heroku config:set ${variable}=true --app ${app}`,
  "flag-turned-meanwhile": () => "somebody turned it since this update looked",

  "flat-read": ({ app }) => `the flag is off (${app}), so the flat path is what is read`,
  "not-soaked": ({ phase }) => `this stack's own phase is ${phase}, not soaked`,
  "flat-duplicate": ({ path, rows }) => `${rows} rows of the name at ${path}`,
  "flat-only": () => "the environment path does not have it exactly once",
  "flat-not-copied": ({ path }) => `${path} has another value, which was not copied from there`,
  "flat-changed-meanwhile": () => "it, or the environment's value, was written or deleted just now",
  "flag-off-meanwhile": ({ variable, apps }) =>
    `${variable} was turned off on ${apps.join(" and ")} while the flat copies were deleted, so the flat paths are read there again: nothing more is deleted. Bring back what is gone with retireFlat: false`,
  "flat-approval": ({ name, path }) =>
    `Infisical keeps the change of ${name} at ${path} for an approval; approve it there and run the command again`,
  "only-records": () => "this update only records what a command did",
  recorded: ({ text }) => text,

  "own-var-broken": ({ app, environment, broken }) =>
    `${app} has what breaks a rule of ${environment}, and no update manages it (see manage): ${broken.map((one) => sentence({ code: "rule-broken", ...one })).join("; ")}`,
  "app-keeps": ({ app, name, because }) => `${app} keeps the ${name} that it has: ${reasons(because)}`,
  "app-lacks": ({ app, name, because }) => `${app} does not get ${name}: ${reasons(because)}`,
  "app-nearly-full": ({ app, bytes, limit }) =>
    `the config vars of ${app} have ${inKilobytes(bytes)} of the ${inKilobytes(limit)} that Heroku takes`,
  "manage-broken": ({ app, name, because }) => `manage.${name}: ${app} does not get it: ${reasons(because)}`,
  "manage-absent": ({ app, name, path }) => `manage.${name}: nothing at ${path}, so ${app} would lose it`,
  "takeover-unsaid": ({ app, name }) =>
    `${app} has another value in ${name} than the vault; to replace it, give a reason in takeover.${app}.${name}`,
  "leaves-manage": ({ app, name }) =>
    `${name} on ${app} is managed by this stack and would be deleted there; put ${app} back into manage.${name}`,
  "leaves-flag": ({ app, variable, environment }) =>
    `${app} has ${variable} on and reads the paths of ${environment}, and the catalog has that flag there no more; put it back, turn it off with console-vault rollback --stack ${environment}, and take it out then`,
  "leaves-fallback": ({ environment, fallback }) =>
    `the flat path holds the values of ${environment}, which has its flag on or its flat copies retired, and the catalog's fallback is ${fallback} now; put fallback: "${environment}" back`,
  "leaves-path": ({ name, path, to, environment, is }) =>
    `${name} is read at ${path} while the flag of ${environment} is on, and the catalog has it shared now: it would be read at ${to}, where ${is === "absent" ? "nothing is" : "another value is"}. Give both the same value, or turn the flag off with console-vault rollback --stack ${environment}, and change the catalog then`,

  "new-vault": ({ root }) =>
    `${root} is empty, so this is a new vault: there is nothing to copy, and every credential has to be provisioned`,
  "stacks-differ": ({ key, environment, ours, other, theirs }) =>
    `console-vault:${key} differs between the stacks: ${ours} in Pulumi.${environment}.yaml, ${theirs} in Pulumi.${other}.yaml. Stacks of one migration work on one vault`,
  engine: ({ text }) => text,
  "wrong-root": wrongRoot,
  "root-unknown": ({ root, answer }) =>
    `Whether ${root} is the right root is not known. ${answer}\nNothing was changed. Use a token that may list folders there.`,
  "stack-unread": ({ environment, answer }) =>
    `The flag follows ${environment}'s, and the stack ${environment} cannot be read (${answer}). Where there is none yet, first:\n  console-vault up --stack ${environment}`,
  "paths-hidden": ({ paths }) => `the vault does not let this token list ${paths.join(", ")}`,
  "app-hidden": ({ app, account }) =>
    `The Heroku account ${account} does not see the app ${app}. Use a key of an account that sees all apps of the stack (heroku:apiKey or HEROKU_API_KEY).`,
  "gate-not-asked": ({ environment }) =>
    `${environment}'s running flag, its releases and every one of its names are read again when the flag turns on`,
  "last-recorded": ({ environment, phase, on }) =>
    `${environment} as last recorded: ${phase}, its flag ${on ? "on" : "off"}`,
  "never-updated": ({ environment }) => `${environment} was never updated`,
  "state-unread": ({ environment, why }) => `what ${environment} recorded could not be read: ${why}`,
  moved: ({ key, before, now }) => `${key}: this stack works on ${before}, not on ${now}`,
  "left-out": ({ variable, app, on, what }) =>
    `${variable} stays ${on ? "on" : "off"}: this update leaves out ${what === "migration" ? "Migration, which stands before it" : `the config vars of ${app}, which turn it`}`,

  "flag-stays": (verdict) => listed(verdict),
  "flag-unconfirmed": (verdict) => listed(verdict),
  "flat-stays": (verdict) => listed(verdict),
};

/** Without the name and the rule. */
function whyBroken(broken: Broken): string {
  // What an earlier version left, and this update leaves as it is, is a sentence.
  if (!broken.detail) return (broken as { why?: string }).why ?? "broken";
  switch (broken.rule) {
    case "never-in":
      return "at" in broken.detail
        ? whyForbidden(broken.detail, broken.name)
        : ruleWords({ ...broken, detail: broken.detail });
    case "older-than-flat": {
      const { path, written, flatPath, flatWritten } = broken.detail;
      return `${flatPath} has another value, written ${flatWritten}; the one at ${path} is older (${written})`;
    }
    case "duplicate":
      return whyDuplicate(broken.detail);
    case "approval":
      return `the write to ${broken.detail.path} waits for an approval in Infisical`;
    case "read-back":
      return broken.detail.is === "absent"
        ? `it was written to ${broken.detail.path} and is not there`
        : `another value than the one written is at ${broken.detail.path}`;
    case "config-var":
      return whyNoVar(broken.detail);
    default:
      return ruleWords(broken);
  }
}

function whyForbidden({ environment, at, kind, under }: ForbiddenDetail, name: string): string {
  if (under === name)
    return `${environment} must never hold it, and ${kind === "var" ? `${at} has it` : `it is at ${at}`}`;
  if (kind === "var") return `${at} has its value, in ${under ?? `a var outside the catalog (${howToSee})`}`;
  return `its value is at ${at}${under ?? `, under a name outside the catalog (${howToSee})`}`;
}

const whyDuplicate = ({ path, rows }: { readonly path: string; readonly rows: number }) =>
  `${rows} rows of the name at ${path}; delete all but one in Infisical`;

const whyNoVar = (problem: VarProblem) =>
  problem.is === "nul"
    ? `${problem.app} cannot have it: the value has NUL in it, which ends a config var`
    : `the config vars of ${problem.app} would have ${inKilobytes(problem.bytes)} with it, and Heroku takes ${inKilobytes(problem.limit)}`;

function whyConflict({ name, path }: { readonly name: string; readonly path?: string | undefined }): string {
  const somebody = "somebody wrote another value than the flat path's";
  return path === undefined
    ? somebody
    : `${somebody}; delete it at ${path} to have the flat value copied, or set sources.${name}: provision to keep it`;
}

/** Every code that there is. */
export const findingCodes = Object.keys(words) as FindingCode[];

/** What is refused, without the reasons; undefined for a finding that is no verdict. */
export function verdictHead(finding: Finding): string | undefined {
  if (finding.code === "flag-stays") {
    const { variable, app, on, apps } = finding;
    const flag = { app, running: on, apps };
    return keptState(flag) === "partly"
      ? `${variable} stays as it is (${flagWords(flag)})`
      : `${variable} stays ${on ? "on" : "off"} (${app})`;
  }
  if (finding.code === "flag-unconfirmed")
    return `${finding.variable} is on (${finding.app}), and not everything it needs is confirmed (the soak starts again)`;
  return finding.code === "flat-stays" ? "The flat copies stay" : undefined;
}

/** Says nothing of what a folder is called that is not the catalog's: refusals are read by many people. */
function wrongRoot({ root, exists, folders, vendors, likely }: Extract<Finding, { code: "wrong-root" }>): string {
  const many = folders === 1 ? "1 folder" : `${folders} folders`;
  const parent = root.slice(0, root.lastIndexOf("/")) || "/";
  const found = exists
    ? `The root ${root} holds none of the catalog's folders (${vendors.join(", ")}): it has ${folders === 0 ? "secrets of its own and no folder" : `${many}, all outside the catalog`}.`
    : `There is no folder ${root}, which console-vault:root names. ${parent} has ${folders === 0 ? "no folder at all" : many}.`;
  const remedy = likely
    ? `${likely.root} holds ${likely.holds} of the catalog's ${vendors.length} folders. If that is the vault, set\n  console-vault:root: ${likely.root}`
    : `Check console-vault:root, console-vault:infisicalProjectId and console-vault:infisicalEnvironment.${exists ? "" : `\nTo begin with an empty vault, make the folder ${root} in Infisical first.`}`;
  return `${found}\n${remedy}`;
}

const reasons = (because: readonly Finding[]) => because.map(reason).join("; ");

const listed = (verdict: Verdict): string =>
  `${verdictHead(verdict)}:\n${verdict.because.map((one) => `  ${sentence(one)}`).join("\n")}`;

/** Without its name, for a place that shows the name already. */
export function reason(finding: Finding): string {
  const word = words[finding.code] as ((finding: Finding) => string) | undefined;
  // A later version may have left it in the state.
  return word ? word(finding) : JSON.stringify(finding);
}

/** What another environment has, seen now. */
const codesReadNow = ["rule-broken", "unreadable", "absent", "duplicate"] as const satisfies readonly FindingCode[];
/** Whose words do not say the name: it is put before them. */
const nameless: ReadonlySet<FindingCode> = new Set([
  "rule-broken",
  "not-provisioned",
  "missing",
  "conflict",
  "not-confirmed",
  "copy-stale",
  "written-since",
  "flat-differs",
] as const satisfies readonly FindingCode[]);

/** A finding for an operator's terminal and for a log. */
export function sentence(finding: Finding): string {
  const { code, name, environment } = finding as { code: FindingCode; name?: string; environment?: string };
  const seen = environment !== undefined && (codesReadNow as readonly FindingCode[]).includes(code);
  const subject = name !== undefined && nameless.has(code) ? `${name}: ` : "";
  return `${seen ? `${environment}, read now: ` : ""}${subject}${reason(finding)}`;
}

/** @param after what is said below the findings */
export const refusalOf = (findings: readonly Finding[], ...after: readonly string[]): Refusal =>
  new Refusal([...findings.map(sentence), ...after].join("\n"), findings.map(findingJson));

/** A finding for a program that reads JSON: its data, and the sentence beside it. */
export type FindingJson = Worded & { readonly [key: string]: unknown };
export const findingJson = (finding: Finding): FindingJson => ({
  ...withWhy(finding),
  ...("because" in finding ? { because: finding.because.map(findingJson) } : {}),
  ...("broken" in finding ? { broken: finding.broken.map(brokenJson) } : {}),
  text: sentence(finding),
});

const brokenJson = (broken: Broken) => ({ ...broken, why: whyBroken(broken) });

const withWhy = <One extends Finding>(finding: One): One => {
  if (finding.code === "rule-broken") return { ...finding, why: whyBroken(finding) };
  return finding.code === "conflict" ? { ...finding, why: whyConflict(finding) } : finding;
};

/** The stack output `migration`: a sentence beside the data of what is wrong, for people who read it. No code does. */
export const recordOutput = (record: MigrationRecord): MigrationRecord => ({
  ...record,
  blocked: record.blocked.map(withWhy),
  broken: record.broken.map(brokenJson),
  conflicts: record.conflicts.map((one) => ({ ...one, why: whyConflict(one) })),
});

/** What a person reads in the preview of one name. */
export function planWords(spec: SetSpec, name: string, decision: Decision): string {
  switch (decision.is) {
    case "create":
      return `copy from ${spec.flatPath}`;
    case "follow":
      return `copy again from ${spec.flatPath}, whose value is another one now`;
    case "keep":
      return "read back";
    case "waiting":
      return `wait for: console-vault provision ${name} --env ${spec.environment}`;
    case "refused":
      return `not copied: ${decision.broken.map((one) => `${whyBroken(one)} (${one.rule})`).join("; ")}`;
    case "missing":
      return decision.authority === "environment"
        ? "missing: the flag is on and nothing is there; write it with console-vault rotate"
        : "missing: the flat path does not have it either";
    case "conflict":
      return `conflict: ${whyConflict({ name, ...decision })}`;
    case "duplicate":
      return `duplicate: ${whyDuplicate(decision)}`;
  }
}
