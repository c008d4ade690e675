// From what was seen of every environment to the status report. Pure: values are compared in here, and only the yes or no leaves.
import { type Catalog, type Credential, type Environment, flagApp, mayHold, scopedVendors } from "../catalog/index.js";
import type { StackConfig } from "../config/index.js";
import {
  type Broken,
  brokenOf,
  decide,
  findForbidden,
  type GateAnswer,
  type Last,
  type MigrationRecord,
  nextSteps,
  offReasons,
  otherPlaces,
  ownVarWarnings,
  phaseOf,
  SetView,
  type Sight,
  settingFirst,
  soakStart,
  specOf,
  type Target,
  tokensFor,
  told,
  type VaultRow,
} from "../migration/index.js";
import { environmentPath, flatPath } from "../resolver/index.js";
import type { Cell, EnvironmentStatus, StatusReport } from "./status.js";

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

/** Whether the flag is on; where that is not to be seen, whether it was when the stack was last updated. */
const isOn = ({ seen, record }: EnvironmentSight) => seen.flag?.on ?? record?.flag.running ?? false;

const rowsAt = (rows: readonly VaultRow[], path: string, name: string) =>
  rows.filter((row) => row.path === path && row.name === name);

function versusFlat(row: VaultRow | undefined, flat: VaultRow | undefined, hidden: boolean): Cell["flat"] {
  if (row && flat) return row.value.equals(flat.value) ? "equal" : "different";
  return row && hidden ? "unknown" : null;
}

function cellOf(
  catalog: Catalog,
  credential: Credential,
  environment: Environment,
  sight: EnvironmentSight,
  unreadable: ReadonlySet<string>,
): Cell {
  const { config, seen, record, last } = sight;
  const { name, vendor } = credential;
  const path = environmentPath(config.root, vendor, environment.name);
  const [row] = rowsAt(seen.rows, path, name);
  const flat = rowsAt(seen.rows, flatPath(config.root, vendor), name);
  const compared = versusFlat(row, flat[0], unreadable.has(flatPath(config.root, vendor)));
  const cell = (state: Cell["state"], why: string | null = null): Cell => ({
    environment: environment.name,
    path,
    state,
    flat: compared,
    why,
  });

  if (unreadable.has(path)) return cell("unreadable");
  if (!mayHold(credential, environment.name))
    return row ? cell("broken", `${environment.name} must never hold it`) : cell("never");
  const spec = specOf(catalog, config, isOn(sight), vendor);
  const view = new SetView(spec, seen.rows);
  const records = last.sets[path]?.memory.records ?? {};
  const decision = decide(spec, records, view).get(name)!;
  const reasons = (broken: readonly Broken[]) => broken.map(told).join("; ");
  switch (decision.is) {
    case "waiting":
    case "missing":
      return cell(decision.is);
    case "create":
      return cell("missing");
    case "conflict":
      return cell("conflict", decision.why);
    case "duplicate":
      return cell("broken", decision.why);
    case "refused":
      return cell("broken", reasons(decision.broken));
    case "follow":
      return cell("stale", "its flat value is another one now");
    case "keep": {
      // What the stack let pass stays so without its flat row.
      const tokens = tokensFor(decision.row, seen.rows, spec.flatPath, record?.overrides);
      const { standing } = view.judged(name, decision.row, tokens);
      const broken = [...brokenOf(standing, decision.row.token), ...view.stale(name, decision.row).standing];
      if (broken.length > 0) return cell("broken", reasons(broken));
      return cell(record?.confirmed.includes(name) ? "confirmed" : "placed");
    }
  }
}

/** Why a flag that is not as wanted stays so, as it is now. */
function flagReasons(catalog: Catalog, { config, seen, gate, record }: EnvironmentSight): readonly string[] {
  if (!seen.flag) return record && record.flag.wanted !== record.flag.running ? record.blocked : [];
  if (config.vaultEnvAware === seen.flag.on) return [];
  if (config.vaultEnvAware) return gate && !gate.open ? gate.reasons : [];
  return offReasons(catalog, config, { ...seen, flag: seen.flag });
}

function environmentOf(catalog: Catalog, sight: EnvironmentSight, cells: readonly Cell[]): EnvironmentStatus {
  const { config, seen, record } = sight;
  const name = config.environment;
  const own = cells.filter((cell) => cell.environment === name && cell.state !== "never");
  // What may not be seen is told as it was last recorded.
  const blind = !seen.flag || own.some(({ state }) => state === "unreadable");
  const forbidden = findForbidden(catalog, config, seen, isOn(sight) || config.vaultEnvAware);
  const confirmed = own.every(({ state }) => state === "confirmed") && forbidden.length === 0;
  const confirmedSince = (confirmed || blind) && record?.confirmedSince ? new Date(record.confirmedSince) : undefined;
  const since = soakStart(confirmedSince, seen.flag?.since);
  const vendors = scopedVendors(catalog);
  // Before the first update nothing is missing yet: it is that update's to copy.
  const fine = ["confirmed", "placed", "waiting", "unreadable", ...(record ? [] : ["missing"])];
  const wrong = own.filter(({ state }) => !fine.includes(state));
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
    blocked: [
      ...new Set([
        ...wrong.map(({ path, why, state }) => `${path}: ${why ?? state}`),
        ...forbidden.map((one) => `${one.name}: ${one.why}`),
        ...flagReasons(catalog, sight),
      ]),
    ],
    folders: { present: seen.folders.size, of: vendors.length },
    flag: {
      name: catalog.flag.name,
      variable: catalog.flag.variable,
      app: flagApp(catalog, name),
      wanted: config.vaultEnvAware,
      recorded: record?.flag.running ?? null,
      running: seen.flag?.on ?? null,
      since: seen.flag?.since?.toISOString() ?? null,
    },
    soak: {
      hours: config.soakHours,
      since: since?.toISOString() ?? null,
      readyAt: since ? new Date(since.getTime() + config.soakHours * 3_600_000).toISOString() : null,
    },
  };
}

/** Where what is there is not what was last recorded. */
function driftOf(catalog: Catalog, sights: Sights, cells: readonly (readonly [string, Cell])[]): StatusReport["drift"] {
  const word = (on: boolean) => (on ? "on" : "off");
  return [...sights.values()].flatMap(({ config, seen, record }) => {
    if (!record) return [];
    const flag =
      !seen.flag || record.flag.running === seen.flag.on
        ? []
        : [
            {
              environment: config.environment,
              subject: `${catalog.flag.variable} on ${seen.flag.app}`,
              expected: word(record.flag.running),
              found: word(seen.flag.on),
            },
          ];
    const lost = cells
      .filter(
        ([name, cell]) =>
          cell.environment === config.environment &&
          record.confirmed.includes(name) &&
          cell.state !== "confirmed" &&
          cell.state !== "unreadable",
      )
      .map(([name, cell]) => ({
        environment: config.environment,
        subject: `${cell.path}${name}`,
        expected: "confirmed",
        found: cell.state,
      }));
    return [...flag, ...lost];
  });
}

function nextOf(
  sights: Sights,
  environments: readonly EnvironmentStatus[],
  cellIs: (environment: string, name: string, state: Cell["state"]) => boolean,
): StatusReport["next"] {
  const names = environments.map(({ name }) => name);
  return environments.flatMap(({ name, phase, soak, flag, blocked }, index) => {
    const sight = sights.get(name)!;
    const { record, config } = sight;
    // Where the flag's app is hidden nothing can be updated.
    if (!sight.seen.flag) return [];
    const up = { command: `console-vault up --stack ${name}`, why: "" };
    if (!record)
      return index === 0 || environments[index - 1]!.phase !== "empty" ? [{ ...up, why: `${name} has not begun` }] : [];
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
      return nextSteps(name, { ...record, missing, waiting: [] }, { before: names[index - 1], after: [] }).map(
        ({ command }) => ({ command, why: blocked[0]! }),
      );
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
    const follows = index > 0 && !flag.running && record.waiting.length === 0;
    if (follows) return [];
    const done = names.slice(index + 1).filter((to) => !isOn(sights.get(to)!));
    const steps =
      phase === "soaked" && index === names.length - 1 && !config.retireFlat
        ? [settingFirst(name, "retireFlat")]
        : nextSteps(name, { ...record, phase, waiting }, { before: names[index - 1], after: done });
    const why = phase === "soaked" && index < names.length - 1 ? `${name} has soaked` : `${name}: ${phase}`;
    return steps.map(({ command, setting }) => ({
      command,
      why: setting ? `${why}; once you have set ${setting}` : why,
    }));
  });
}

/** Whether the stacks' files name one place. The first one is compared with each of the others. */
function placesOf(sights: readonly EnvironmentSight[]): string[] {
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

/** @param unreadable paths that the vault refused to list: what is there is not known */
export function buildStatus(
  catalog: Catalog,
  sights: Sights,
  target: Target,
  unreadable: ReadonlySet<string>,
): StatusReport {
  const all = [...sights.values()];
  const { seen, config } = all.at(-1)!;
  const flatOf = ({ name, vendor }: Credential) => {
    const path = flatPath(config.root, vendor);
    const there = rowsAt(seen.rows, path, name).length > 0;
    return {
      path,
      state: there ? ("present" as const) : unreadable.has(path) ? ("unreadable" as const) : ("absent" as const),
    };
  };
  const credentials = catalog.credentials
    .filter(({ scope }) => scope === "environment")
    .map((credential) => {
      const values = catalog.environments.flatMap(({ name }) =>
        rowsAt(seen.rows, environmentPath(config.root, credential.vendor, name), credential.name).slice(0, 1),
      );
      const equal = values.some((one, index) =>
        values.some((other, position) => position > index && one.value.equals(other.value)),
      );
      const environments = catalog.environments.map((environment) =>
        cellOf(catalog, credential, environment, sights.get(environment.name)!, unreadable),
      );
      const compared = equal ? ("equal" as const) : ("different" as const);
      const hidden = environments.some(({ state }) => state === "unreadable");
      return {
        name: credential.name,
        vendor: credential.vendor,
        flat: flatOf(credential),
        environments,
        distinct: values.length > 1 ? compared : values.length > 0 && hidden ? ("unchecked" as const) : null,
      };
    });
  const cells = credentials.flatMap(({ name, environments }) => environments.map((cell) => [name, cell] as const));
  const environments = all.map((sight) =>
    environmentOf(
      catalog,
      sight,
      cells.map(([, cell]) => cell),
    ),
  );
  return {
    version: 1,
    observedAt: seen.now.toISOString(),
    target,
    environments,
    credentials,
    shared: catalog.credentials
      .filter(({ scope }) => scope === "shared")
      .map((credential) => ({ name: credential.name, vendor: credential.vendor, flat: flatOf(credential) })),
    drift: driftOf(catalog, sights, cells),
    overrides: all.flatMap(({ config: { environment }, record }) =>
      (record?.overrides ?? []).map(({ name, rule, reason }) => ({ environment, name, rule, reason })),
    ),
    warnings: [
      ...placesOf(all),
      ...new Set(all.flatMap(({ seen: { root } }) => (root.is === "wrong" ? [root.why] : []))),
      ...(unreadable.size > 0 ? [`the vault does not let this token list ${[...unreadable].sort().join(", ")}`] : []),
      ...all.flatMap(({ seen: { hidden } }) => hidden),
      ...all.flatMap((sight) =>
        ownVarWarnings(catalog, sight.config, sight.seen, isOn(sight) || sight.config.vaultEnvAware),
      ),
    ],
    next: nextOf(sights, environments, (environment, name, state) =>
      cells.some(([of, cell]) => of === name && cell.environment === environment && cell.state === state),
    ),
  };
}
