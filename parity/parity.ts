// Opens two targets, runs every scenario on both, and says what differs.
import { ConfigurationError } from "../src/errors.js";
import type { KnownDifference } from "./compare.js";
import { scenarios as herokuScenarios } from "./heroku/scenarios.js";
import * as heroku from "./heroku/targets.js";
import { knownDifferences } from "./infisical/known.js";
import { scenarios as infisicalScenarios } from "./infisical/scenarios.js";
import * as infisical from "./infisical/targets.js";
import { describeReport, unknownOf } from "./report.js";
import { compareTargets, type Report, type Target } from "./run.js";
import type { Scenario } from "./scenario.js";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * @param args a service (`infisical` unless it says `heroku`) and two targets
 * @returns exit code 1 where something differs that no known fact explains
 */
export async function parity(
  args: readonly string[],
  env: Env,
  { json = false } = {},
): Promise<{ code: number; text: string; report: Report }> {
  const [service, ...targets] = args[0] === "heroku" || args[0] === "infisical" ? args : ["infisical", ...args];
  const report = await (service === "heroku" ? compareHeroku(targets, env) : compareInfisical(targets, env));
  const text = json ? JSON.stringify(report, null, 2) : describeReport(report);
  return { code: unknownOf(report).length > 0 ? 1 : 0, text, report };
}

const compareInfisical = ([left = "2024-10", right = "current"]: readonly string[], env: Env) =>
  compare([() => openInfisical(left, env), () => openInfisical(right, env)], infisicalScenarios, knownDifferences);

const compareHeroku = ([left = "local", right = "env:HEROKU"]: readonly string[], env: Env) =>
  compare([() => openHeroku(left, env), () => openHeroku(right, env)], herokuScenarios, []);

/** Closes what it opened, whatever happens in between. */
async function compare<Context, Caller extends string, Can extends string>(
  [openLeft, openRight]: readonly [Open<Target<Context, Caller, Can>>, Open<Target<Context, Caller, Can>>],
  scenarios: readonly Scenario<Context, Caller, Can>[],
  known: readonly KnownDifference[],
): Promise<Report> {
  const left = await openLeft();
  try {
    const right = await openRight();
    try {
      return await compareTargets([left, right], scenarios, known);
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
}
type Open<T> = () => Promise<T>;

function openInfisical(text: string, env: Env): Promise<infisical.InfisicalTarget> {
  const [, real, local, version] = /^(?:env:(\w+?)|(2024-10|current))(?::(v[34]))?$/.exec(text) ?? [];
  if (real !== undefined) return infisical.openReal(real, version, env);
  if (local === "2024-10" || local === "current") return infisical.openLocal(local, version);
  throw new ConfigurationError(`${text} is no target: 2024-10, current, current:v3 or env:NAME.`);
}

function openHeroku(text: string, env: Env): Promise<heroku.HerokuTarget> {
  const [, real] = /^env:(\w+)$/.exec(text) ?? [];
  if (real !== undefined) return heroku.openReal(real, env);
  if (text === "local") return heroku.openLocal();
  throw new ConfigurationError(`${text} is no target: local or env:NAME.`);
}
