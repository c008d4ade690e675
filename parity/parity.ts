// Opens two targets, runs every scenario on both, and says what differs.
import { ConfigurationError } from "../src/errors.js";
import { knownDifferences } from "./infisical/known.js";
import { scenarios } from "./infisical/scenarios.js";
import { type InfisicalTarget, openLocal, openReal } from "./infisical/targets.js";
import { describeReport, unknownOf } from "./report.js";
import { compareTargets, type Report } from "./run.js";

type Env = Readonly<Record<string, string | undefined>>;

/** @returns exit code 1 where something differs that no known fact explains */
export async function parity(
  args: readonly string[],
  env: Env,
  { json = false } = {},
): Promise<{ code: number; text: string; report: Report }> {
  const [left = "2024-10", right = "current"] = args;
  const report = await withTargets([left, right], env, (targets) =>
    compareTargets(targets, scenarios, knownDifferences),
  );
  const text = json ? JSON.stringify(report, null, 2) : describeReport(report);
  return { code: unknownOf(report).length > 0 ? 1 : 0, text, report };
}

async function withTargets<Result>(
  names: readonly [string, string],
  env: Env,
  work: (targets: readonly [InfisicalTarget, InfisicalTarget]) => Promise<Result>,
): Promise<Result> {
  const left = await open(names[0], env);
  try {
    const right = await open(names[1], env);
    try {
      return await work([left, right]);
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
}

function open(text: string, env: Env): Promise<InfisicalTarget> {
  const [, real, local, version] = /^(?:env:(\w+?)|(2024-10|current))(?::(v[34]))?$/.exec(text) ?? [];
  if (real !== undefined) return openReal(real, version, env);
  if (local === "2024-10" || local === "current") return openLocal(local, version);
  throw new ConfigurationError(`${text} is no target: 2024-10, current, current:v3 or env:NAME.`);
}
