import type { ResourceState } from "../state/resource.js";
import { isProviderType } from "../urn.js";
import { equal, type Properties } from "../values/values.js";
import { type Diff, type Plugin, ProviderError } from "./plugin.js";
import type { ProviderRegistry } from "./registry.js";
import { unknownProviderId } from "./registry.js";
import { type Applied, ProtectedError, type Step } from "./step.js";

/** What steps need of the deployment they belong to. */
export interface StepContext {
  dryRun: boolean;
  registry: ProviderRegistry;
}

type Completion = (state: ResourceState) => void;
const nobody: Completion = () => {};

const timestamp = (): string => new Date().toISOString();

function step(parts: Pick<Step, "op" | "old" | "new" | "apply"> & Partial<Step>): Step {
  return {
    logical: true,
    keys: [],
    diffs: [],
    detailedDiff: undefined,
    skippedCreate: false,
    complete: () => {},
    ...parts,
  };
}

const whatChanged = (diff: Diff) => ({
  keys: diff.replaceKeys,
  diffs: diff.changedKeys,
  detailedDiff: diff.detailedDiff,
});

/** The provider of a resource. Throws when it is not there, which is the engine's own mistake or a state cut by hand. */
export function pluginOf(context: StepContext, reference: string, urn: string): { plugin: Plugin; known: boolean } {
  const found = context.registry.get(reference);
  if (found === undefined) throw new Error(`unknown provider '${reference}' for resource ${urn}`);
  return found;
}

/** Nothing changes but what the engine alone keeps: dependencies, protection, the parent. */
export function sameStep(
  context: StepContext,
  old: ResourceState,
  now: ResourceState,
  done: Completion = nobody,
  untargeted = false,
): Step {
  return step({
    op: "same",
    old,
    new: now,
    async apply() {
      now.id = old.id;
      now.outputs = old.outputs;
      // A provider that says "no difference" goes on with the inputs it had.
      if (isProviderType(now.type) && !untargeted) await context.registry.same({ ...now, inputs: old.inputs });
      return undefined;
    },
    complete: () => done(now),
  });
}

export function skippedCreateStep(now: ResourceState, done: Completion): Step {
  return step({
    op: "same",
    old: { ...now },
    new: now,
    skippedCreate: true,
    apply: async () => undefined,
    complete: () => done(now),
  });
}

/** @param replacement the resource that this one takes the place of, and whether that is still there to be deleted. */
export function createStep(
  context: StepContext,
  now: ResourceState,
  done: Completion,
  replacement?: { old: ResourceState; diff: Diff; pendingDelete: boolean },
): Step {
  return step({
    op: replacement === undefined ? "create" : "create-replacement",
    old: replacement?.old,
    new: now,
    logical: replacement === undefined,
    ...(replacement === undefined ? {} : whatChanged(replacement.diff)),
    async apply() {
      let applied: Applied | undefined;
      if (now.custom) applied = await partially(now, () => create(context, now));
      now.created = timestamp();
      now.modified = now.created;
      if (replacement?.pendingDelete === true) replacement.old.delete = true;
      return applied;
    },
    complete: () => done(now),
  });
}

async function create(context: StepContext, now: ResourceState): Promise<void> {
  if (isProviderType(now.type)) {
    Object.assign(now, await context.registry.create(now.urn, now.inputs));
    return;
  }
  const { plugin, known } = pluginOf(context, now.provider, now.urn);
  if (context.dryRun) {
    now.outputs = known ? now.inputs : {};
    return;
  }
  const { id, outputs } = await plugin.create(now, now.inputs);
  if (id === "") throw new ProviderError("the provider gave no id for what it created", "unknown");
  now.id = id;
  now.outputs = outputs;
}

/** A provider may fail and leave something behind: that is kept, and the step has failed all the same. */
async function partially(now: ResourceState, operate: () => Promise<void>): Promise<Applied | undefined> {
  try {
    await operate();
    return undefined;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.partial === undefined) throw error;
    const { id, outputs, reasons } = error.partial;
    now.id = id;
    now.outputs = outputs;
    now.initErrors = reasons;
    return { partialFailure: error };
  }
}

export function updateStep(
  context: StepContext,
  old: ResourceState,
  now: ResourceState,
  diff: Diff,
  ignoreChanges: string[],
  done: Completion,
): Step {
  return step({
    op: "update",
    old,
    new: now,
    ...whatChanged(diff),
    keys: [],
    async apply() {
      now.id = old.id;
      now.created = old.created;
      now.modified = old.modified;
      if (!now.custom) return undefined;
      const applied = await partially(now, () => update(context, old, now, ignoreChanges));
      now.modified = timestamp();
      // What failed was not made of the new inputs: with the old ones the next run sees the difference again.
      if (applied?.partialFailure !== undefined) {
        now.inputs = old.inputs;
        now.id = old.id;
      }
      return applied;
    },
    complete: () => done(now),
  });
}

async function update(
  context: StepContext,
  old: ResourceState,
  now: ResourceState,
  ignoreChanges: string[],
): Promise<void> {
  if (isProviderType(now.type)) {
    Object.assign(now, await context.registry.update(now.urn, old.id, now.inputs));
    return;
  }
  const { plugin, known } = pluginOf(context, now.provider, now.urn);
  if (context.dryRun) {
    now.outputs = known ? now.inputs : {};
    return;
  }
  const resource = { urn: now.urn, type: now.type, id: old.id };
  Object.assign(
    now,
    await plugin.update(resource, { inputs: old.inputs, outputs: old.outputs }, now.inputs, ignoreChanges),
  );
}

/** The replacement as a whole, for those who watch; its halves are steps of their own. */
export function replaceStep(old: ResourceState, now: ResourceState, diff: Diff): Step {
  return step({ op: "replace", old, new: now, ...whatChanged(diff), apply: async () => undefined });
}

export interface DeleteOptions {
  /** Part of a replacement: protection was looked at before. */
  replacing: boolean;
  /** Delete before replace: the resource stays in state, marked, until its replacement is there. */
  pendingReplacement: boolean;
  /** URNs that this deployment deletes: what is deleted with one of them needs no deletion of its own. */
  deletions: ReadonlySet<string>;
}

export function deleteStep(context: StepContext, old: ResourceState, options: DeleteOptions): Step {
  const { replacing, pendingReplacement, deletions } = options;
  const op = old.external ? (replacing ? "discard-replaced" : "discard") : replacing ? "delete-replaced" : "delete";
  return step({
    op,
    old,
    new: undefined,
    logical: !replacing,
    async apply() {
      if (!replacing && old.protect) {
        throw new ProtectedError(
          `resource ${JSON.stringify(old.urn)} cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the \`protect\` flag from the resource in your Pulumi program and run \`pulumi up\`, or use the command:\n\`pulumi state unprotect '${old.urn}'\``,
        );
      }
      const needsProvider = old.custom && !old.external && !old.retainOnDelete && !isProviderType(old.type);
      if (!context.dryRun && needsProvider && !deletions.has(old.deletedWith)) {
        const { plugin } = pluginOf(context, old.provider, old.urn);
        await plugin.delete(old, old.inputs, old.outputs);
      }
      if (pendingReplacement) old.pendingReplacement = true;
      return undefined;
    },
  });
}

/** The state forgets a resource that was deleted before a replacement that is not wanted any more. */
export const removePendingReplaceStep = (old: ResourceState): Step =>
  step({ op: "remove-pending-replace", old, new: undefined, logical: false, apply: async () => undefined });

export function readStep(
  context: StepContext,
  old: ResourceState | undefined,
  now: ResourceState,
  replacing: boolean,
  done: Completion,
): Step {
  return step({
    op: replacing ? "read-replacement" : "read",
    old,
    new: now,
    logical: !replacing,
    async apply() {
      if (now.id !== unknownProviderId) {
        const { plugin } = pluginOf(context, now.provider, now.urn);
        // As the CLI does it: a program that reads knows inputs only, and they serve as state as well.
        const result = await plugin.read(now, now.inputs, now.inputs);
        if (result.outputs === undefined) throw new ProviderError(`resource '${now.id}' does not exist`, "ok");
        if (result.id !== "") now.id = result.id;
        now.outputs = result.outputs;
      }
      if (replacing && old !== undefined) old.delete = true;
      if (old !== undefined) {
        now.created = old.created;
        now.modified = equal(now.inputs, old.inputs) && equal(now.outputs, old.outputs) ? old.modified : timestamp();
      }
      return undefined;
    },
    complete: () => done(now),
  });
}

/** Whether a read told anything new; without that it is no change. */
export const readChanged = ({ old, new: now }: Step): boolean =>
  old !== undefined && now !== undefined && !equal(old.outputs, now.outputs);

export interface RefreshStep extends Step {
  op: "refresh";
  /** What the read found: the resource as it was, changed, or gone. */
  resultOp(): "same" | "update" | "delete";
}

/** @param diff compares as the next update would: the resource as it is now, against the inputs it was made from. */
export function refreshStep(
  context: StepContext,
  old: ResourceState,
  diff: (now: ResourceState, olds: Properties) => Promise<Diff>,
  warn: (message: string) => void,
): RefreshStep {
  let found: Diff | undefined;
  const refresh: RefreshStep = {
    ...step({ op: "refresh", old, new: old, logical: false, apply }),
    op: "refresh",
    resultOp() {
      if (refresh.new === undefined) return "delete";
      if (refresh.new === old) return "same";
      const changed = old.external ? !equal(old.outputs, refresh.new.outputs) : found?.changes === true;
      return changed ? "update" : "same";
    },
  };
  async function apply(): Promise<Applied | undefined> {
    if (!old.custom || isProviderType(old.type) || old.pendingReplacement) return undefined;
    const { plugin } = pluginOf(context, old.provider, old.urn);
    let initErrors: string[] = [];
    const result = await plugin.read(old, old.inputs, old.outputs).catch((error: unknown) => {
      if (!(error instanceof ProviderError) || error.partial === undefined) throw error;
      initErrors = error.partial.reasons;
      warn(`Refreshed resource is in an unhealthy state:\n* ${initErrors.join("\n* ")}`);
      return { id: error.partial.id, outputs: error.partial.outputs, inputs: undefined };
    });
    if (result.id === "") {
      refresh.new = undefined;
      return undefined;
    }
    const now: ResourceState = {
      ...old,
      id: result.id,
      initErrors,
      outputs: result.outputs ?? {},
      inputs: result.inputs ?? old.inputs,
    };
    if (!equal(now.inputs, old.inputs) || !equal(now.outputs, old.outputs)) now.modified = timestamp();
    refresh.new = now;
    if (!old.external) {
      found = inverted(await diff(now, old.inputs));
      refresh.diffs = found.changedKeys;
      refresh.detailedDiff = found.detailedDiff;
    }
    return undefined;
  }
  return refresh;
}

/** A refresh shows what came from outside, which is the opposite of what an update would put back. */
function inverted(diff: Diff): Diff {
  const opposite = { add: "delete", delete: "add", update: "update" } as const;
  const turn = (kind: string) => {
    const plain = kind.replace(/-replace$/, "") as keyof typeof opposite;
    return kind.endsWith("-replace") ? (`${opposite[plain]}-replace` as const) : opposite[plain];
  };
  return {
    ...diff,
    detailedDiff:
      diff.detailedDiff &&
      Object.fromEntries(
        Object.entries(diff.detailedDiff).map(([path, { kind, inputDiff }]) => [path, { kind: turn(kind), inputDiff }]),
      ),
  };
}
