import { Deployment } from "../../../src/engine/embedded/deploy/deployment.js";
import type { Plugin } from "../../../src/engine/embedded/deploy/plugin.js";
import { ProviderError } from "../../../src/engine/embedded/deploy/plugin.js";
import { secretBlind } from "../../../src/engine/embedded/deploy/secretBlind.js";
import { type SelectedUrns, selectionOf } from "../../../src/engine/embedded/deploy/selection.js";
import { type DeploymentJson, snapshotFromJson } from "../../../src/engine/embedded/state/checkpoint.js";
import type { SecretsManager } from "../../../src/engine/embedded/state/passphrase.js";
import type { Snapshot } from "../../../src/engine/embedded/state/resource.js";
import { hasSecrets } from "../../../src/engine/embedded/values/values.js";
import { ErrorCollector } from "../../../src/engine/errors.js";
import type { EngineEvent } from "../../../src/engine/index.js";
import { snapshotToJson } from "../../support/deployment.js";
import { inProcess, type ProgramData, projectName, stackName } from "./program.js";
import { eventLines, plainErrors, type StepResult, stateLines } from "./results.js";
import type { Scenario, StepData } from "./scenarios.js";
import { meddle, newWorld, toyProvider, type World } from "./world.js";

/** Encrypts nothing: state goes through JSON all the same, as between two runs. */
export const openSecrets: SecretsManager = { salt: "v1:none", encrypt: (text) => text, decrypt: (text) => text };

export const thingUrn = (name: string): string => `urn:pulumi:dev::toy::pulumi-nodejs:dynamic/toy:Thing::${name}`;

/** Names of things as the URNs that the port takes. */
export const selected = ({ targets, targetDependents, excludes, replace }: StepData): SelectedUrns => ({
  ...(targets && { targets: targets.map(thingUrn) }),
  ...(targetDependents === undefined ? {} : { targetDependents }),
  ...(excludes && { excludes: excludes.map(thingUrn) }),
  ...(replace && { replace: replace.map(thingUrn) }),
});

/** A stack in memory, and the engine's core without processes around it. */
export class MemoryStack {
  state: DeploymentJson | undefined;
  /** Every state that was written, the last one last. */
  writes: Snapshot[] = [];
  /** Secret strings that programs registered. */
  readonly secrets: string[] = [];
  /** Called after every write. */
  onWrite: () => void = () => {};

  constructor(readonly world: World = newWorld()) {}

  snapshot(): Snapshot {
    if (this.state === undefined) return { resources: [], pendingOperations: [] };
    return snapshotFromJson(structuredClone(this.state), openSecrets, "the stack");
  }

  async run(step: StepData, program: ProgramData, parallel = 16) {
    const events: EngineEvent[] = [];
    const dryRun = step.op === "preview";
    const kind = step.op === "refresh" || step.op === "destroy" ? step.op : "update";
    this.writes = [];
    const deployment = new Deployment({
      stack: stackName,
      project: projectName,
      kind,
      dryRun,
      refresh: step.refresh ?? false,
      selection: selectionOf(selected(step)),
      parallel,
      base: this.snapshot(),
      persist: async (snapshot) => {
        this.state = snapshotToJson(snapshot, openSecrets, new Date(0));
        this.writes.push(this.snapshot());
        this.onWrite();
      },
      factory: (pkg) => (pkg === "pulumi" ? this.ownOutputs() : secretBlind(toyProvider(this.world))),
      packageConfig: () => ({}),
      config: {},
      emit: (event) => events.push(event),
      onSecrets: (secrets) => this.secrets.push(...secrets),
      signal: undefined,
    });
    const result = await deployment.run(kind === "update" ? inProcess(program, dryRun) : undefined);
    return { ...result, events };
  }

  /** Stack references in memory know this stack only. */
  private ownOutputs(): Plugin {
    const none = async () => {
      throw new Error("not a stack reference");
    };
    return {
      configure: async () => {},
      check: none,
      diff: none,
      create: none,
      update: none,
      delete: async () => {},
      read: async ({ id }, inputs) => {
        const root = this.snapshot().resources.find(({ type }) => type === "pulumi:pulumi:Stack");
        if (inputs.name !== "organization/toy/dev" || root === undefined) {
          throw new ProviderError(`unknown stack "${String(inputs.name)}"`, "ok");
        }
        const secretOutputNames = Object.keys(root.outputs).filter((key) => hasSecrets(root.outputs[key] ?? null));
        return { id, inputs, outputs: { name: inputs.name, outputs: root.outputs, secretOutputNames } };
      },
    };
  }
}

export async function runInProcess({ steps }: Scenario): Promise<StepResult[]> {
  const stack = new MemoryStack();
  const results: StepResult[] = [];
  let program: ProgramData = { resources: [] };
  for (const step of steps) {
    program = step.program ?? program;
    stack.world.rules = step.rules ?? stack.world.rules;
    stack.world.calls = [];
    meddle(stack.world, step.world ?? {});
    const { result, changes, events } = await stack.run(step, program);
    const errors = new ErrorCollector();
    for (const event of events) errors.see(event);
    results.push({
      result,
      changes: changes as Record<string, number>,
      errors: plainErrors(errors.list()),
      events: eventLines(events),
      calls: [...stack.world.calls].sort(),
      state: stateLines(stack.snapshot().resources),
      world: structuredClone(stack.world.things),
    });
  }
  return results;
}
