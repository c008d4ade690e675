// From what was seen of every environment to the status report. Pure: values are compared in here, and only the yes or no leaves.
import {
  type Catalog,
  type Credential,
  type Environment,
  flagApps,
  flagVariable,
  mayHold,
  scopedVendors,
} from "../catalog/index.js";
import type { StackConfig } from "../config/index.js";
import {
  appsInWords,
  appsOfFlag,
  asWanted,
  brokenOf,
  decide,
  distinct,
  duplicateOf,
  type Finding,
  type FlagState,
  findForbidden,
  findingJson,
  flagWords,
  type GateAnswer,
  indexed,
  keptFlag,
  keptState,
  type Last,
  leftByPath,
  type MigrationRecord,
  nextSteps,
  offReasons,
  otherPlaces,
  ownVarWarnings,
  phaseOf,
  reason,
  revisionsFor,
  ruleBroken,
  SetView,
  type Sight,
  sentence,
  settingFirst,
  soakEnd,
  soakStart,
  specOf,
  type Target,
  type VaultRow,
} from "../migration/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import type { Cell, CredentialStatus, EnvironmentStatus, StatusReport } from "./status.js";

/** One environment as it was seen, and as its stack's last update left it. */
export interface EnvironmentSight {
  readonly config: StackConfig;
  readonly seen: Sight;
  /** The stack's output `migration`; undefined before the first update. */
  readonly record: MigrationRecord | undefined;
  /** The rest of what its last update left. */
  readonly last: Last;
  /** What the gate says now, where the flag is wanted on and still off; undefined where there is none to ask. */
  readonly gate: GateAnswer | undefined;
}

type Sights = ReadonlyMap<string, EnvironmentSight>;

/** What is said of one credential in one environment: what a reader's cell shows, and the data of it. */
interface Judged {
  readonly name: string;
  readonly cell: Cell;
  readonly findings: readonly Finding[];
}

/** How the flag is; where that is not to be seen, how it was when the stack was last updated. */
const stateOf = ({ seen, record }: EnvironmentSight): FlagState =>
  seen.flag?.is ?? (record ? keptState(record.flag) : "off");

/** Whether any app reads the environment path. */
const isOn = (sight: EnvironmentSight) => stateOf(sight) !== "off";

const rowsAt = (rows: readonly VaultRow[], path: string, name: string) => indexed(rows).at(path, name);

function compareWithFlat(row: VaultRow | undefined, flat: VaultRow | undefined, hidden: boolean): Cell["flat"] {
  if (row && flat) return row.value.equals(flat.value) ? "equal" : "different";
  return row && hidden ? "unknown" : null;
}

function judgeCell(
  catalog: Catalog,
  credential: Credential,
  environment: Environment,
  sight: EnvironmentSight,
  unreadable: ReadonlySet<string>,
): Judged {
  const { config, seen, record, last } = sight;
  const { name, vendor } = credential;
  const path = environmentPath(config.root, vendor, environment.name);
  const [row] = rowsAt(seen.rows, path, name);
  const flat = rowsAt(seen.rows, flatPath(config.root, vendor), name);
  const compared = compareWithFlat(row, flat[0], unreadable.has(flatPath(config.root, vendor)));
  const cell = (state: Cell["state"], findings: readonly Finding[] = []): Judged => {
    const why = findings.length > 0 ? findings.map(reason).join("; ") : null;
    const codes = findings.map(({ code }) => code);
    return { name, cell: { environment: environment.name, path, state, flat: compared, why, codes }, findings };
  };
  const missing = cell("missing");

  if (unreadable.has(path)) return cell("unreadable");
  if (!mayHold(credential, environment.name))
    return row
      ? cell("broken", [ruleBroken({ name, rule: "never-in", detail: { environment: environment.name } })])
      : cell("never");
  const spec = specOf(catalog, config, isOn(sight), vendor);
  const view = new SetView(spec, seen.rows);
  const records = last.sets[path]?.memory.records ?? {};
  const decision = decide(spec, records, view).get(name)!;
  switch (decision.is) {
    case "waiting":
      return cell("waiting");
    case "missing":
    case "create":
      return { ...missing, findings: [{ code: "missing", name, path }] };
    case "conflict":
      return cell("conflict", [{ code: "conflict", name, path: decision.path }]);
    case "duplicate":
      return cell("broken", [ruleBroken(duplicateOf(name, decision))]);
    case "refused":
      return cell("broken", decision.broken.map(ruleBroken));
    case "follow":
      return cell("stale", [{ code: "copy-stale", name }]);
    case "keep": {
      // What the stack let pass stays so without its flat row.
      const revisions = revisionsFor(decision.row, seen.rows, spec.flatPath, record?.overrides);
      const { standing } = view.judged(name, decision.row, revisions);
      const broken = [...brokenOf(standing, decision.row.revision), ...view.stale(name, decision.row).standing];
      if (broken.length > 0) return cell("broken", broken.map(ruleBroken));
      return cell(record?.confirmed.includes(name) ? "confirmed" : "placed");
    }
  }
}

/** Why a flag that is not as wanted stays so, as it is now. */
function flagReasons(catalog: Catalog, { config, seen, gate, record, last }: EnvironmentSight): readonly Finding[] {
  if (!seen.flag) return record && !asWanted(record.flag) ? record.blocked : [];
  if (asWanted({ ...keptFlag(seen.flag), wanted: config.vaultEnvAware })) return [];
  if (config.vaultEnvAware) return gate && !gate.open ? gate.reasons : [];
  return offReasons(catalog, config, { ...seen, flag: seen.flag }, last);
}

/** Neither on nor off is not known, for those who ask only for that. */
const said = (state: FlagState) => (state === "partly" ? null : state === "on");

/** The flag app by app, where it stands on several. */
function flagOnApps(
  apps: readonly string[],
  { seen, record }: EnvironmentSight,
): Pick<EnvironmentStatus["flag"], "apps"> {
  if (apps.length < 2) return {};
  const recorded = new Map((record ? appsOfFlag(record.flag) : []).map(({ app, running }) => [app, running]));
  const running = new Map(seen.flag?.apps.map(({ app, on }) => [app, on]));
  return {
    apps: apps.map((app) => ({ app, recorded: recorded.get(app) ?? null, running: running.get(app) ?? null })),
  };
}

function environmentStatus(catalog: Catalog, sight: EnvironmentSight, judged: readonly Judged[]): EnvironmentStatus {
  const { config, seen, record, last } = sight;
  const name = config.environment;
  const left = { catalog, environment: name, root: config.root, sets: last.sets };
  const own = judged.filter(({ cell }) => cell.environment === name && cell.state !== "never");
  // What may not be seen is told as it was last recorded.
  const blind = !seen.flag || own.some(({ cell }) => cell.state === "unreadable");
  const forbidden = findForbidden(catalog, config, seen, isOn(sight) || config.vaultEnvAware);
  const confirmed = own.every(({ cell }) => cell.state === "confirmed") && forbidden.length === 0;
  const confirmedSince = (confirmed || blind) && record?.confirmedSince ? new Date(record.confirmedSince) : undefined;
  const since = soakStart(confirmedSince, seen.flag?.since);
  const vendors = scopedVendors(catalog);
  // Before the first update nothing is missing yet: it is that update's to copy.
  const fine = ["confirmed", "placed", "waiting", "unreadable", ...(record ? [] : ["missing"])];
  const wrong = own.filter(({ cell }) => !fine.includes(cell.state));
  const findings = distinct([
    ...wrong.flatMap((one) => one.findings),
    ...forbidden.map(ruleBroken),
    ...flagReasons(catalog, sight),
    ...(isOn(sight) ? leftByPath(left, seen.rows) : []),
  ]);
  return {
    name,
    phase:
      blind && record
        ? record.phase
        : phaseOf({
            begun: seen.folders.size > 0,
            confirmed,
            flagOn: isOn(sight),
            soakingSince: since,
            now: seen.now,
            soakHours: config.soakHours,
            retired: record?.phase === "retired",
          }),
    blocked: findings.map(sentence),
    findings: findings.map(findingJson),
    folders: { present: seen.folders.size, of: vendors.length },
    flag: {
      name: catalog.flag?.name ?? "",
      variable: flagVariable(catalog),
      app: appsInWords(flagApps(catalog, name)),
      wanted: config.vaultEnvAware,
      recorded: record ? said(keptState(record.flag)) : null,
      running: seen.flag ? said(seen.flag.is) : null,
      ...flagOnApps(flagApps(catalog, name), sight),
      since: seen.flag?.since?.toISOString() ?? null,
    },
    soak: {
      hours: config.soakHours,
      since: since?.toISOString() ?? null,
      readyAt: since ? soakEnd(since, config.soakHours).toISOString() : null,
    },
  };
}

/** Where what is there is not what was last recorded. */
function driftOf(catalog: Catalog, sights: Sights, judged: readonly Judged[]): StatusReport["drift"] {
  const word = (on: boolean) => (on ? "on" : "off");
  return [...sights.values()].flatMap(({ config, seen, record }) => {
    if (!record) return [];
    const recorded = new Map(appsOfFlag(record.flag).map(({ app, running }) => [app, running]));
    const flag = (seen.flag?.apps ?? []).flatMap(({ app, on }) =>
      (recorded.get(app) ?? record.flag.running) === on
        ? []
        : [
            {
              environment: config.environment,
              subject: `${flagVariable(catalog)} on ${app}`,
              expected: word(!on),
              found: word(on),
            },
          ],
    );
    const lost = judged
      .filter(
        ({ name, cell }) =>
          cell.environment === config.environment &&
          record.confirmed.includes(name) &&
          cell.state !== "confirmed" &&
          cell.state !== "unreadable",
      )
      .map(({ name, cell }) => ({
        environment: config.environment,
        subject: `${cell.path}${name}`,
        expected: "confirmed",
        found: cell.state,
      }));
    return [...flag, ...lost];
  });
}

function nextOf(
  { fallback }: Catalog,
  sights: Sights,
  environments: readonly EnvironmentStatus[],
  cellIs: (environment: string, name: string, state: Cell["state"]) => boolean,
): StatusReport["next"] {
  const names = environments.filter(({ flag }) => flag.app !== "").map(({ name }) => name);
  return environments.flatMap(({ name, phase, soak, flag, blocked }, index) => {
    const sight = sights.get(name)!;
    const { record, config } = sight;
    const before = names[names.indexOf(name) - 1];
    const follower = names.includes(name) ? names[names.indexOf(name) + 1] : undefined;
    // Where the flag's app is hidden nothing can be updated.
    if (!sight.seen.flag) return [];
    const up = { command: `console-vault up --stack ${name}`, why: "" };
    if (!record)
      return index === 0 || environments[index - 1]!.phase !== "empty" ? [{ ...up, why: `${name} has not begun` }] : [];
    if (sight.seen.flag.is === "partly") {
      const steps = blocked.length > 0 ? [up.command, `console-vault rollback --stack ${name}`] : [up.command];
      return steps.map((command) => ({ command, why: `${name}'s flag is ${flagWords(keptFlag(sight.seen.flag!))}` }));
    }
    if (flag.running !== flag.recorded)
      return [
        { ...up, why: `${flag.app} runs the flag ${flag.running ? "on" : "off"}, and the stack recorded otherwise` },
      ];
    if (flag.wanted !== flag.running)
      return [{ ...up, why: `the flag is wanted ${flag.wanted ? "on" : "off"} in Pulumi.${name}.yaml` }];
    const missing = record.confirmed
      .concat(record.missing, record.waiting)
      .filter((one) => cellIs(name, one, "missing"));
    if (flag.running && missing.length > 0)
      return nextSteps(name, { ...record, missing, waiting: [] }, { before, after: undefined }).map(({ command }) => ({
        command,
        why: blocked[0]!,
      }));
    if (blocked.length > 0) return [{ ...up, why: blocked[0]! }];
    const waiting = record.waiting.filter((one) => cellIs(name, one, "waiting"));
    if (record.waiting.some((one) => cellIs(name, one, "unreadable"))) return [];
    if (record.waiting.length > 0 && waiting.length === 0)
      return [{ ...up, why: `${name}: what was provisioned is read back and confirmed` }];
    if (phase === "soaking")
      return soak.readyAt
        ? [{ command: "console-vault status", why: `${name} soaks until ${soak.readyAt}` }]
        : [{ ...up, why: "reads everything again and starts the soak" }];
    // Only what comes next: prod's flag is turned on by promote, once staging has soaked.
    const follows = before !== undefined && !flag.running && record.waiting.length === 0;
    if (follows) return [];
    const after = follower !== undefined && stateOf(sights.get(follower)!) !== "on" ? follower : undefined;
    const last = name === names.at(-1) && name === fallback;
    const steps =
      phase === "soaked" && last && !config.retireFlat
        ? [settingFirst(name, "retireFlat")]
        : nextSteps(name, { ...record, phase, waiting }, { before, after });
    const why = phase === "soaked" && !last ? `${name} has soaked` : `${name}: ${phase}`;
    return steps.map(({ command, setting }) => ({
      command,
      why: setting ? `${why}; once you have set ${setting}` : why,
      ...(setting ? { setting } : {}),
    }));
  });
}

/** Whether the stacks' files name one place. The first one is compared with each of the others. */
function placesOf(sights: readonly EnvironmentSight[]): Finding[] {
  const [first, ...others] = sights.map(({ config }) => ({
    environment: config.environment,
    target: {
      vault: config.infisicalUrl,
      project: config.infisicalProjectId,
      slug: config.infisicalEnvironment,
      root: config.root,
      heroku: config.herokuApiUrl,
    },
  }));
  return first ? otherPlaces(first, others) : [];
}

/** Where the flat rows are that every environment reads for now. */
function flatOf(
  { name, vendor }: Credential,
  { seen, config }: EnvironmentSight,
  unreadable: ReadonlySet<string>,
): CredentialStatus["flat"] {
  const path = flatPath(config.root, vendor);
  if (rowsAt(seen.rows, path, name).length > 0) return { path, state: "present" };
  return { path, state: unreadable.has(path) ? "unreadable" : "absent" };
}

/** Whether the environments' values are different ones, as far as they can be seen. */
function compareValues(
  catalog: Catalog,
  { name, vendor }: Credential,
  { seen, config }: EnvironmentSight,
  judged: readonly Judged[],
): CredentialStatus["distinct"] {
  const values = catalog.environments.flatMap((one) =>
    rowsAt(seen.rows, environmentPath(config.root, vendor, one.name), name).slice(0, 1),
  );
  const equal = values.some((one, index) => values.slice(index + 1).some((other) => one.value.equals(other.value)));
  if (values.length > 1) return equal ? "equal" : "different";
  return values.length > 0 && judged.some(({ cell }) => cell.state === "unreadable") ? "unchecked" : null;
}

function warningsOf(catalog: Catalog, all: readonly EnvironmentSight[], unreadable: ReadonlySet<string>): Finding[] {
  return [
    ...placesOf(all),
    ...distinct(all.flatMap(({ seen: { root } }) => (root.is === "wrong" ? [root.why] : []))),
    ...(unreadable.size > 0 ? [{ code: "paths-hidden", paths: [...unreadable].sort() } as const] : []),
    ...all.flatMap(({ seen: { hidden } }) => hidden),
    ...all.flatMap((sight) =>
      ownVarWarnings(catalog, sight.config, sight.seen, isOn(sight) || sight.config.vaultEnvAware),
    ),
  ];
}

/** @param unreadable paths that the vault refused to list: what is there is not known */
export function buildStatus(
  catalog: Catalog,
  sights: Sights,
  target: Target,
  unreadable: ReadonlySet<string>,
): StatusReport {
  const all = [...sights.values()];
  const sight = all.at(-1)!;
  const scoped = catalog.credentials
    .filter(({ scope }) => scope === "environment")
    .map((credential) => ({
      credential,
      judged: catalog.environments.map((one) => judgeCell(catalog, credential, one, sights.get(one.name)!, unreadable)),
    }));
  const judged = scoped.flatMap((one) => one.judged);
  const environments = all.map((one) => environmentStatus(catalog, one, judged));
  const warnings = warningsOf(catalog, all, unreadable);
  return {
    version: 1,
    observedAt: sight.seen.now.toISOString(),
    target,
    environments,
    credentials: scoped.map(({ credential, judged }) => ({
      name: credential.name,
      vendor: credential.vendor,
      flat: flatOf(credential, sight, unreadable),
      environments: judged.map(({ cell }) => cell),
      distinct: compareValues(catalog, credential, sight, judged),
    })),
    shared: catalog.credentials
      .filter(({ scope }) => scope === "shared")
      .map((one) => ({ name: one.name, vendor: one.vendor, flat: flatOf(one, sight, unreadable) })),
    drift: driftOf(catalog, sights, judged),
    overrides: all.flatMap(({ config: { environment }, record }) =>
      (record?.overrides ?? []).map(({ name, rule, reason }) => ({ environment, name, rule, reason })),
    ),
    warnings: warnings.map(sentence),
    findings: warnings.map(findingJson),
    next: nextOf(catalog, sights, environments, (environment, name, state) =>
      judged.some(({ name: of, cell }) => of === name && cell.environment === environment && cell.state === state),
    ),
  };
}
