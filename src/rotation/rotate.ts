// Mode A: create, test, set, test. The new value exists at the vendor already (create); it is tried where it can be tried
// (test), written and propagated (set), and read back everywhere (test). Every step looks first, so running it again with the
// same value finishes what an interrupted run began.
import { type Catalog, credentialOf, environmentOf, type Judgement, judge, mayHold } from "../catalog/index.js";
import { Refusal } from "../errors.js";
import { type HerokuClient, overLimit } from "../heroku/index.js";
import { mustRead, surroundingsOf } from "../migration/index.js";
import { environmentPath, flatPath, resolve } from "../resolver/index.js";
import type { SecretValue } from "../secret.js";
import type { InfisicalClient } from "../vault/client/index.js";
import { type AffectedApp, affectedApps } from "./affected.js";

export interface RotationRequest {
  readonly catalog: Catalog;
  readonly name: string;
  readonly environment: string;
  readonly value: SecretValue;
  readonly root: string;
  readonly vault: InfisicalClient;
  readonly heroku: HerokuClient;
  /** The running flag of every environment. */
  readonly flags: Readonly<Record<string, boolean>>;
  /** Apps on which the name is managed, whether they have the var or not. */
  readonly managed: readonly string[];
  /** Tries the value at its vendor; undefined where it cannot be tried from here. */
  readonly attempt?: (value: SecretValue) => Promise<void>;
}

export interface RotationPlan {
  readonly path: string;
  /** Of the path. */
  readonly folder: "there" | "make";
  readonly distinct: Judgement["distinct"];
  readonly apps: readonly AffectedApp[];
  /** Values of the environments that only read this path for now, at their own: an app that has its own keeps it. */
  readonly own: Readonly<Record<string, SecretValue>>;
}

export type RotationEvent =
  | { readonly step: "ruled"; readonly distinct: Judgement["distinct"] }
  | { readonly step: "tried" | "not tried" }
  | { readonly step: "written" | "in place"; readonly path: string; readonly token: string }
  | { readonly step: "set" | "had it" | "does not use it" | "keeps its own"; readonly app: string };

/** Where the value would go. Reads only. @throws Refusal where a rule is broken */
export async function planRotation(request: RotationRequest): Promise<RotationPlan> {
  const { catalog, name, environment, value, root, vault, flags } = request;
  const credential = credentialOf(catalog, name);
  environmentOf(catalog, environment);
  if (!mayHold(credential, environment)) throw new Refusal(`${environment} must never hold ${name} (never-in).`);
  const { path } = resolve(name, environment, { catalog, root, flag: flags[environment] ?? false });
  const judgedAs = path === flatPath(root, credential.vendor) ? catalog.fallback : environment;
  const rows = await vault.listSecrets(root, { recursive: true });
  const apps = affectedApps(catalog, name, path, root, flags);
  // What may not be read is not taken for missing: an environment's own value is what keeps its apps from getting this one.
  const places = [path, ...apps.map((one) => environmentPath(root, credential.vendor, one.environment))];
  await mustRead(vault, rows, places);
  const judgedFor = (as: string, rules: typeof credential.rules) =>
    judge({ name, environment: as, value, rules }, surroundingsOf(catalog, as, root, rows));
  const { findings: broken, distinct } = judgedFor(judgedAs, credential.rules);
  // The flat path has one environment's value and may be read by apps of another, which must not hold just any of them.
  const readers = [...new Set(apps.map((one) => one.environment))].filter((one) => one !== judgedAs);
  const findings = [
    ...broken,
    ...readers.flatMap((one) => judgedFor(one, []).findings.filter(({ rule }) => rule === "never-in")),
  ];
  if (findings.length > 0)
    throw new Refusal(`${name} is not rotated:\n${findings.map(({ why, rule }) => `  ${why} (${rule})`).join("\n")}`);
  const there = rows.filter((row) => row.path === path && row.name === name);
  const own: Record<string, SecretValue> = {};
  for (const reader of readers) {
    const row = rows.find((one) => one.name === name && one.path === environmentPath(root, credential.vendor, reader));
    if (row && !there.some((one) => one.value.equals(row.value))) own[reader] = row.value;
  }
  // A key that may not read an app may not set its vars either, and the vault is written first.
  for (const { app, environment: of } of apps) {
    const vars = await request.heroku.configVars(app);
    const current = vars.get(name);
    const gets = current ? !own[of]?.equals(current) : request.managed.includes(app);
    const over = gets ? overLimit(app, vars, new Map([[name, value]])) : undefined;
    if (over) throw new Refusal(`${name} is not rotated: ${over}. Nothing was changed.`);
  }
  if (there.length > 1)
    throw new Refusal(`${name} has ${there.length} rows at ${path}: delete all but one in Infisical first.`);
  const folder = rows.some((row) => row.path === path) || (await vault.folderExists(path)) ? "there" : "make";
  return {
    path,
    folder,
    distinct,
    apps,
    own,
  };
}

/** Does what `planRotation` said. @throws Refusal, InfisicalError, HerokuError; the same call goes on from there */
export async function rotate(
  request: RotationRequest,
  plan: RotationPlan,
  onEvent: (event: RotationEvent) => void,
): Promise<void> {
  const { name, value, vault, heroku, managed } = request;
  onEvent({ step: "ruled", distinct: plan.distinct });
  if (request.attempt) {
    await request.attempt(value);
    onEvent({ step: "tried" });
  } else onEvent({ step: "not tried" });

  if (plan.folder === "make") await vault.createFolder(plan.path);
  const before = await vault.getSecret(plan.path, name);
  if (!before?.value.equals(value)) {
    const result = before
      ? await vault.updateSecrets(plan.path, [{ name, value }])
      : await vault.createSecrets(plan.path, [{ name, value }]);
    if ("approval" in result)
      throw new Refusal(
        `Infisical keeps the change of ${name} at ${plan.path} for an approval. Nothing was set on an app; run the command again once it is approved.`,
      );
  }
  const back = await vault.getSecret(plan.path, name);
  if (!back?.value.equals(value))
    throw new Refusal(
      `${name} was written to ${plan.path}, and another value is read back there. Nothing was set on an app.`,
    );
  onEvent({ step: before?.value.equals(value) ? "in place" : "written", path: plan.path, token: back.token });

  for (const { app, environment } of plan.apps) {
    const current = (await heroku.configVars(app)).get(name);
    const own = plan.own[environment];
    if (current && own?.equals(current)) {
      onEvent({ step: "keeps its own", app });
      continue;
    }
    if (!current && !managed.includes(app)) {
      onEvent({ step: "does not use it", app });
      continue;
    }
    if (current?.equals(value)) {
      onEvent({ step: "had it", app });
      continue;
    }
    await heroku.patchConfigVars(app, new Map([[name, value]]));
    if (!(await heroku.configVars(app)).get(name)?.equals(value))
      throw new Refusal(
        `${name} was set on ${app}, and another value is read back there. The vault has the new one; run the command again.`,
      );
    onEvent({ step: "set", app });
  }
}
