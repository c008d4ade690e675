import type { Command } from "commander";
import { environmentOf } from "../../catalog/index.js";
import { UsageError } from "../../errors.js";
import {
  type ComparedEnvironment,
  checkRoot,
  compareEnvironments,
  type Difference,
  foldersToCompare,
  overridesOf,
  readFolders,
  sentence,
} from "../../migration/index.js";
import { Ended, exitCodes } from "../exit.js";
import { colorsOf, type Io } from "../io.js";
import { openProject } from "../project.js";
import { type OpenVault, openVaultOnly } from "../stack.js";
import { table } from "../table.js";

interface DiffOptions {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly cwd?: string;
}

/** Reads the folders of one environment that a comparison takes, and no other. */
async function see(io: Io, { catalog, config, vault }: OpenVault, samePlace: boolean): Promise<ComparedEnvironment> {
  const { environment, root } = config;
  const side = { environment, root, overrides: overridesOf(config) };
  await vault.checkAccess();
  const paths = foldersToCompare(catalog, side, samePlace);
  const { rows, hidden } = await readFolders(vault, paths);
  // Below a mistyped root every name would be called missing.
  const warning = hidden.size < paths.length ? await checkRoot(catalog, root, vault, rows) : undefined;
  if (warning) io.err(colorsOf(io).yellow(`! ${sentence(warning)}`));
  return { ...side, rows, hidden: new Set(hidden.keys()) };
}

const list = (names: readonly string[]) => names.join(" and ");

/** What a row's last column says. */
function remark({ problem, missing, unreadable, places }: Difference): string {
  const paths = (names: readonly string[]) =>
    list(places.filter(({ environment }) => names.includes(environment)).map(({ path }) => path));
  switch (problem) {
    case "must-differ":
      return "each environment needs its own value (distinct)";
    case "must-be-equal":
      return "a shared credential has one value";
    case "must-not-hold":
      return "one of the environments must never hold it (never-in)";
    case "duplicate":
      return `several secrets of this name at ${paths(unreadable)}`;
    case "unreadable":
      return `the token may not read ${paths(unreadable)}`;
    case "missing":
      return `not at ${paths(missing)}`;
    case null:
      return missing.length > 0 ? `${list(missing)} must not hold it` : "";
  }
}

const stateWords = ({ state, missing }: Difference) => (state === "missing" ? `missing in ${list(missing)}` : state);

async function diff(io: Io, names: readonly [string, string], options: DiffOptions): Promise<void> {
  const project = await openProject(io, options.cwd);
  const { catalog } = project;
  const environments = names.map((name) => environmentOf(catalog, name).name);
  if (environments[0] === environments[1])
    throw new UsageError(`Name two environments: ${environments[0]} is compared with itself.`);
  const open = environments.map((name) => openVaultOnly(io, project, name)) as [OpenVault, OpenVault];
  const places = open.map(({ config, services }) =>
    JSON.stringify([services.infisicalUrl, config.infisicalProjectId, config.infisicalEnvironment, config.root]),
  );
  const samePlace = places[0] === places[1];
  const sides = [await see(io, open[0], samePlace), await see(io, open[1], samePlace)] as const;
  const differences = compareEnvironments(catalog, sides, samePlace);

  if (options.json) io.out(JSON.stringify({ environments, credentials: differences }, null, 2));
  else {
    const rows = table(io, ["credential", environments.join(" and "), ""]);
    for (const one of differences) rows.push([one.name, stateWords(one), remark(one)]);
    io.out(rows.toString());
  }
  const problems = differences.filter(({ problem }) => problem !== null);
  if (options.check && problems.length > 0)
    throw new Ended(exitCodes.pending, problems.map((one) => `${one.name}: ${remark(one)}`).join("\n"));
}

export function addDiff(program: Command, io: Io): void {
  program
    .command("diff")
    .argument("<environment>", "an environment of the catalog")
    .argument("<environment>", "the environment to compare it with")
    .description("compare two environments' credentials: equal, different, missing or unreadable; never a value")
    .option("--check", "exit 4 if a credential is equal and must differ, is missing, or cannot be read")
    .option("--json", "as JSON: per credential its state, places and problem")
    .option("--cwd <dir>", "the project's directory")
    .action((one: string, other: string, options: DiffOptions) => diff(io, [one, other], options));
}
