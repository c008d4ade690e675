// Mode A: create, test, set, test. The new value exists at the vendor already (create); it is tried where it can be tried
// (test), written and propagated (set), and read back everywhere (test). Every step looks first, so running it again with the
// same value finishes what an interrupted run began.
import type { Judgement } from "../catalog/index.js";
import { Refusal } from "../errors.js";
import { indexed, type Place, type VaultRow } from "../migration/index.js";
import { putAs, writeSecrets } from "../vault/client/index.js";
import type { AffectedApp } from "./affected.js";
import { FlagMoved, readFlags } from "./flags.js";
import { factsOf, type RotationPlan, type RotationRequest } from "./plan.js";
import { decideApp, type Kept } from "./reach.js";

export type RotationEvent =
  | { readonly step: "ruled"; readonly distinct: Judgement["distinct"]; readonly unread: readonly Place[] }
  | { readonly step: "tried" | "not tried" }
  | { readonly step: "written" | "in place"; readonly path: string; readonly revision: string }
  | { readonly step: "set" | "had it" | "does not use it"; readonly app: string }
  | { readonly step: "keeps"; readonly app: string; readonly why: Kept };

/**
 * Does what `planRotation` said.
 * @returns apps of which it is not known whether they had the path's previous value: they keep what they have
 * @throws Refusal, FlagMoved, InfisicalError, HerokuError; the same call goes on from there
 */
export async function rotate(
  request: RotationRequest,
  plan: RotationPlan,
  onEvent: (event: RotationEvent) => void,
): Promise<string[]> {
  onEvent({ step: "ruled", distinct: plan.distinct, unread: plan.unread });
  if (request.attempt) {
    await request.attempt(request.value);
    onEvent({ step: "tried" });
  } else onEvent({ step: "not tried" });
  onEvent(await writePath(request, plan));
  await sameFlags(request, plan);
  const unknown: string[] = [];
  for (const app of plan.apps) {
    const event = await reach(request, plan, app);
    onEvent(event);
    if (event.step === "keeps" && event.why === "unknown") unknown.push(app.app);
  }
  return unknown;
}

async function writePath(request: RotationRequest, { path, folder, before }: RotationPlan): Promise<RotationEvent> {
  const { name, value, vault } = request;
  if (folder === "make") await vault.createFolder(path);
  const now = await vault.getSecret(path, name);
  if (now?.revision !== before?.revision)
    throw new Refusal(
      `${name} at ${path} was ${now ? "written" : "deleted"} just now, by another. Nothing was changed; run the command again.`,
      { code: "changed-meanwhile", name, path },
    );
  if (now?.value.equals(value)) {
    // What the updates of the stacks begin with.
    await request.look?.();
    return { step: "in place", path, revision: now.revision };
  }
  const secret = { name, value };
  const waiting = await writeSecrets(vault, path, now ? { update: [secret] } : { create: [secret] });
  if (waiting.size > 0)
    throw new Refusal(
      `Infisical keeps the change of ${name} at ${path} for an approval. Nothing was set on an app; run the command again once it is approved.`,
      { code: "approval", name, path },
    );
  const result = putAs(secret, await readBack(request, path));
  if (result.is === "other")
    throw new Refusal(
      `${name} was written to ${path}, and another value is read back there. Nothing was set on an app.`,
      { code: "other-value", name, path },
    );
  return { step: "written", path, revision: result.row.revision };
}

/** A list leaves out what the token may not read there, and does not say so. */
async function readBack({ name, vault, look }: RotationRequest, path: string): Promise<readonly VaultRow[]> {
  const listed = indexed((await look?.()) ?? []).at(path, name);
  return listed.length > 0 ? listed : [(await vault.getSecret(path, name)) ?? []].flat();
}

/**
 * A flag that moved since decides otherwise who reads the path.
 * @throws FlagMoved; Refusal for one that is neither on nor off by now
 */
async function sameFlags(request: RotationRequest, { path, flat }: RotationPlan): Promise<void> {
  const { catalog, name, environment, flags, heroku } = request;
  const now = await readFlags(heroku, catalog).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(
      `${error.message}\nThe new value of ${name} is at ${path}, and no further app was set. Then, with the same value:\n  console-vault rotate ${name} --env ${environment}`,
      error.findings,
    );
  });
  if (catalog.environments.some((one) => flags[one.name] !== now[one.name]))
    throw new FlagMoved({ catalog, name, environment, path, flat, flags }, now);
}

async function reach(request: RotationRequest, plan: RotationPlan, affected: AffectedApp): Promise<RotationEvent> {
  const { name, value, heroku } = request;
  const { app } = affected;
  const current = (await heroku.configVars(app)).get(name);
  const step = decideApp(plan.credential, factsOf(request, plan, affected, current));
  if (step.is === "keeps") return { step: "keeps", app, why: step.why };
  if (step.is !== "set") return { step: step.is, app };
  await sameFlags(request, plan);
  await heroku.patchConfigVars(app, new Map([[name, value]]));
  if (!(await heroku.configVars(app)).get(name)?.equals(value))
    throw new Refusal(
      `${name} was set on ${app}, and another value is read back there. The vault has the new one; run the command again.`,
      { code: "other-value", name, app },
    );
  await sameFlags(request, plan);
  return { step: "set", app };
}
